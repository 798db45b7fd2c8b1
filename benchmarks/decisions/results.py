"""Scores over seeds: a row for each policy, as a table and as a file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.decisions.scores import FIRST_COME, INSIDE_FIRST, Score
from benchmarks.machine import save

Row = dict[str, Any]

HEAD = (
    "policy", "mean", "p10", "worst", "over first come", "over inside first", "outside", "inside", "lost", "a game",
)  # fmt: skip


def rows_of(scores: Sequence[Score]) -> list[Row]:
    """A row for each policy in one world: scores from 0 to 1, and ratios of mean values above spot."""
    by_policy: dict[str, list[Score]] = {}
    for score in scores:
        by_policy.setdefault(score.policy, []).append(score)
    return [_row(policy, of, by_policy) for policy, of in by_policy.items()]


def _row(policy: str, of: Sequence[Score], by_policy: dict[str, list[Score]]) -> Row:
    of = sorted(of, key=lambda score: score.seed)
    scores = [score.score for score in of]
    refusals = sum((Counter(score.refusals) for score in of), Counter[str]())
    return {
        "policy": policy,
        "mean": float(np.mean(scores)),
        "p10": float(np.percentile(scores, 10)),
        "worst": min(scores),
        "over_fcfs": _value(of) / _value(by_policy[FIRST_COME]),
        "over_inside_first": _value(of) / _value(by_policy[INSIDE_FIRST]),
        "outside_musd": float(np.mean([score.outside_usd for score in of])) / 1e6,
        "inside_ratio": sum(score.inside_gpu_h for score in of) / sum(score.leased_gpu_h for score in of),
        "lost": sum(score.lost for score in of),
        "took_s": float(np.mean([score.took_s for score in of])),
        "refusals": dict(refusals.most_common()),
        "scores": list(map(_told, of)),
    }


def _told(score: Score) -> Row:
    """A score as it is kept: what its row does not say."""
    return {name: value for name, value in asdict(score).items() if name not in {"policy", "world", "refusals"}}


def _value(scores: Sequence[Score]) -> float:
    """The mean value above spot, in USD."""
    return float(np.mean([score.value_usd for score in scores]))


def table(world: str, seeds: Sequence[int], rows: Sequence[Row]) -> str:
    """The rows as text: money is a mean over seeds, refusals are sums."""
    lines = [HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    said = [f"{world}, {len(seeds)} seeds"]
    said += ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in lines]
    said += [f"{row['policy']} declined: {_reasons(row['refusals'])}" for row in rows]
    return "\n".join(said) + "\n"


def _cells(row: Row) -> list[str]:
    ratios = (f"{row[name]:.1%}" for name in ("mean", "p10", "worst"))
    over = (f"x{row[name]:.3f}" for name in ("over_fcfs", "over_inside_first"))
    money, inside = f"{row['outside_musd']:,.0f} M USD", f"{row['inside_ratio']:.0%}"
    return [row["policy"], *ratios, *over, money, inside, str(row["lost"]), f"{row['took_s']:.1f} s"]


def _reasons(refusals: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in refusals.items()) or "nothing"


def keep(world: str, seeds: Sequence[int], rows: list[Row]) -> None:
    """Write them down for the page of figures."""
    save(f"decisions-{world}", rows, seeds=list(seeds))
