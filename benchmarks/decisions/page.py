"""The section of `docs/benchmarks.md` on decisions, made from `benchmarks/results/decisions-*.json`."""

import json
from typing import Any

from benchmarks.decisions.worlds import WORLDS
from benchmarks.machine import RESULTS

GOALS = {"right": (0.94, 0.91, 0.88), "wrong": (0.92, 0.87, 0.82)}
"""Of the plan: the mean, the tenth percentile and the worst are to be at least this."""

OVER_BASELINES = 1.15
"""In the other worlds the plan's mean is to be so much over every baseline's."""

INTRODUCTION = """## Decisions

`python -m benchmarks.decisions`: about a thousand requests come one by one, all or nothing, and each is decided at
once and for good on the product's own ledger. A score is the value above spot over a bound that knows all requests.
*Static* is the plan of the first day, never renewed. *Over* is of mean values. Seeds 0 to 29, unless said.
"""
_HEAD = "| world | policy | mean | p10 | worst | over first come | over inside first | outside | inside | goal |"


def section() -> str:
    """A table of all worlds that have been played."""
    lines = [INTRODUCTION, _HEAD, "|---|---|" + "---:|" * 7 + "---|"]
    for world in WORLDS:
        path = RESULTS / f"decisions-{world}.json"
        if path.exists():
            lines += _lines(world, json.loads(path.read_text()))
    return "\n".join(lines) + "\n"


def _lines(world: str, result: dict[str, Any]) -> list[str]:
    rows = {row["policy"]: row for row in result["rows"]}
    name = world if len(result["seeds"]) == 30 else f"{world}, {len(result['seeds'])} seeds"
    return [_line(name, row, _verdict(world, rows) if policy == "plan" else "") for policy, row in rows.items()]


def _line(world: str, row: dict[str, Any], verdict: str) -> str:
    ratios = [f"{row[key]:.1%}" for key in ("mean", "p10", "worst")]
    over = [f"x{row[key]:.2f}" for key in ("over_fcfs", "over_inside_first")]
    money = [f"{row['outside_musd']:,.0f} M USD", f"{row['inside_ratio']:.0%}"]
    return f"| {' | '.join([world, row['policy'].replace('_', ' '), *ratios, *over, *money, verdict])} |"


def _verdict(world: str, rows: dict[str, dict[str, Any]]) -> str:
    plan = rows["plan"]
    if world in GOALS:
        pairs = zip(("mean", "p10", "worst"), GOALS[world], strict=True)
        said = [f"{key} ≥ {goal:.0%}: {_met(plan[key] >= goal)}" for key, goal in pairs]
        if world == "right":
            said += [f"over first come ≥ 1.30: {_met(plan['over_fcfs'] >= 1.30)}"]
            said += [f"over inside first ≥ 1.25: {_met(plan['over_inside_first'] >= 1.25)}"]
        return "; ".join(said)
    best = max(row["mean"] for policy, row in rows.items() if policy != "plan")
    return f"≥ 1.15 of every baseline: x{plan['mean'] / best:.2f}, {_met(plan['mean'] >= OVER_BASELINES * best)}"


def _met(is_met: bool) -> str:
    return "met" if is_met else "**missed**"
