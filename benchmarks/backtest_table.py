"""What replays took, as a section of `docs/benchmarks.md`."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.backtest import (
    BELOW_LOAD,
    BEYOND_LOAD,
    FRONTIER_GOAL_S,
    GOAL_S,
    GROWTH_GOAL_MB,
    GROWTH_GOAL_S,
    misses,
)

Row = dict[str, Any]

POLICIES = {"fifo": "strict FIFO", "backfill": "EASY backfill"}

INTRODUCTION = """## Replays

{date}, commit {commit}: {cores} cores of {cpu}, Python {python}, load {loads}, a plain loop at {loops} ns a turn
while it was measured. Where only GPUs are counted. Each figure is of a process of its own, which has read and
compiled before: the least of some tries of one replay on one core. *Plain* is the same source without numba.
All of it moves with the load: on 24 November a run at a load of 5 to 8 mostly took 1.5 to 2.5 times as long as one
at a load of 2 to 4, and met every goal as well.
"""

PHILLY = """### Philly

{jobs:,} jobs on 2,490 GPUs, of which a share is sold. Goal at every share: strict FIFO in under {fifo:g} s, EASY in
under {backfill:g} s, compiled. *Growth* is from nothing sold to 40 %.
"""

FRONTIER = """The whole question under EASY ({shares} shares, the knee for p95 < 30 min, and its range from
{resamples} draws of weeks), from jobs that are read to the answer, over all cores:

- compiled before: **{s:.1f} s** (goal under {goal:g} s: {met}), at most {peak_mb:,} MB;
- with an empty cache of compiled code: {cold_s:.1f} s;
- it found {knee:.1%} of the fleet ({low:.1%} to {high:.1%}).
"""

COMPILING = "The first replay of all waits for the compiler, once a machine: {}.\n"

GROWTH = """### Growth

Made-up jobs (a median of 10 minutes, 1 to 256 GPUs) on 10,000 GPUs, perfect estimates, at a load of {below:g}: below
the knee, nobody waits. Goal at ten million: under {fifo:g} s for strict FIFO and {backfill:g} s for EASY,
each in a process that never has {mb:,} MB. Memory is all of the process, with the jobs and the code.
"""

BEYOND = """Beyond the knee, at a load of {beyond:g}, the queue grows until the last submit:
"""


def section(result: Row) -> str:
    """All tables of one run."""
    rows, m = result["rows"], result["machine"]
    parts = [INTRODUCTION.format(**result, **m, loads=_span(rows, "load"), loops=_span(rows, "loop_ns"))]
    if _of(rows, "philly"):
        parts += [*_philly(_of(rows, "philly")), _frontier(_of(rows, "frontier"))]
    parts += [_compiling(_of(rows, "compiling"))]
    goals = {"below": BELOW_LOAD, "mb": GROWTH_GOAL_MB, **GROWTH_GOAL_S}
    grown = _of(rows, "growth")
    parts += [GROWTH.format(**goals), _growth([row for row in grown if row["load_ratio"] == BELOW_LOAD])]
    parts += [BEYOND.format(beyond=BEYOND_LOAD), _growth([row for row in grown if row["load_ratio"] == BEYOND_LOAD])]
    return "\n".join(parts)


def _of(rows: Sequence[Row], part: str) -> list[Row]:
    return [row for row in rows if row["part"] == part]


def _span(rows: Sequence[Row], key: str) -> str:
    values = [row[key] for row in rows]
    return f"{min(values)} to {max(values)}"


def _philly(rows: Sequence[Row]) -> list[str]:
    shares = sorted({row["share"] for row in rows})
    lines = []
    for policy, how in dict.fromkeys((row["policy"], row["estimates"]) for row in rows):
        asked = [row for row in rows if (row["policy"], row["estimates"]) == (policy, how)]
        name = POLICIES[policy] + (f", {how} estimates" if policy == "backfill" else "")
        for kind in ("compiled", "plain"):
            of = [row for row in asked if row["kind"] == kind]
            cells = [_s(row["s"]) for row in of] + [_grown(of, "s")]
            lines.append([f"{name}, {kind}", *cells, _met(any(map(misses, of))) if kind == "compiled" else "-"])
        lines.append(["mean wait", *(f"{row['mean_wait_s']:,.0f} s" for row in of), "", ""])
    head = ["one replay", *(f"{share:.0%} sold" for share in shares), "growth", "goal"]
    return [PHILLY.format(jobs=rows[0]["jobs"], **GOAL_S), _table(head, lines)]


def _frontier(rows: Sequence[Row]) -> str:
    cold, later = rows
    return FRONTIER.format(**later, goal=FRONTIER_GOAL_S, met=_met(bool(misses(later))), cold_s=cold["s"])


def _compiling(rows: Sequence[Row]) -> str:
    took = (f"{row['s']:.1f} s for {POLICIES[row['policy']]} (later {row['later_s']:.2f} s)" for row in rows)
    return COMPILING.format(", ".join(took))


def _growth(rows: Sequence[Row]) -> str:
    figures: dict[str, Callable[[Row], str]] = {
        "one replay": lambda row: _s(row["s"]),
        "memory": lambda row: f"{row['peak_mb']:,} MB",
        "longest queue": lambda row: f"{row['longest_queue']:,} jobs",
        "mean wait": lambda row: f"{row['mean_wait_s']:,.0f} s",
    }
    keys = {"one replay": "s", "memory": "peak_mb"}
    sizes, lines = sorted({row["jobs"] for row in rows}), []
    for policy, name in POLICIES.items():
        of = [row for row in rows if row["policy"] == policy]
        for title, said in figures.items():
            grown = _grown(of, keys[title]) if title in keys else ""
            met = misses(of[-1]) if title in keys else None
            lines.append([f"{name}, {title}", *map(said, of), grown, "-" if met is None else _met(met)])
    head = ["", *(f"{size:,} jobs" for size in sizes), f"growth, x{sizes[-1] // sizes[0]:,}", "goal"]
    return _table(head, lines)


def _grown(rows: Sequence[Row], key: str) -> str:
    ratio = rows[-1][key] / rows[0][key]
    return f"x{ratio:,.0f}" if ratio >= 10 else f"x{ratio:.2g}"


def _s(seconds: float) -> str:
    return f"{seconds:,.2f} s" if seconds >= 1 else f"{1000 * seconds:,.1f} ms"


def _met(missed: bool) -> str:
    return "**missed**" if missed else "met"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
