"""Two simulators beside our replay, as a section of `docs/peers.md`."""

from collections.abc import Sequence
from typing import Any

from benchmarks.peer_simulators import GOAL_RATIO

Row = dict[str, Any]

POLICIES = {"fifo": "strict FIFO", "backfill": "EASY backfill"}

INTRODUCTION = """## Simulators: SimPy and AccaSim

{date}, commit {commit}: {cores} cores of {cpu}, Python {python}; {names}. Load from {least} to {most}.

The same jobs of Philly, one simulation of each in turn: parts from its day 50 on, each on 60 % of the GPUs that it
wants at its peak, and all of it on 90 % of its own. Estimates are perfect. Times are of the simulation alone: ours is
from columns of jobs to the start of each, compiled and compiled before, on one core; the same in plain Python beside
it. SimPy has no scheduler, so it runs what an engineer would write of strict FIFO: a `Container` of GPUs, a process
for each job. AccaSim runs the FIFO and the EASY dispatcher that it ships, on one node of so many cores; it reads its
jobs as it goes, and is of before Python 3.10: it imports once `collections.Mapping` is there. Goal: ours at least
{goal} times quicker, by CPU.
"""

SAME = """*Other starts* are jobs that start at another second than ours. Under strict FIFO {fifo}.
"""

EASY = """### What AccaSim got wrong

What it calls EASY backfill keeps no promise. It works out when the first in the queue will fit, and then hands its
allocator that instant with an empty list of reserved nodes: so any later job that fits now starts now, however long
it runs, and the first in the queue may find its GPUs taken. Replayed by that rule (`benchmarks/peer_easy.py`),
{explained}. Its mean waits beside those of EASY:
"""


def section(result: Row) -> list[str]:
    """Times, and what differs."""
    rows = result["rows"]
    loads = [row["load"] for row in rows]
    names = ", ".join(dict.fromkeys(row["peer"] for row in rows))
    span = {"names": names, "least": min(loads), "most": max(loads), "goal": GOAL_RATIO}
    parts = [INTRODUCTION.format(**{**result, **result["machine"], **span}), _times(rows)]
    measured = [row for row in rows if "differ" in row]
    fifo = sum(row["differ"] for row in measured if row["policy"] == "fifo")
    parts.append(SAME.format(fifo="every start is ours, to the second" if not fifo else f"{fifo:,} are"))
    easy = [row for row in measured if row["policy"] == "backfill"]
    return [*parts, *(_easy(easy) if easy else [])]


def _times(rows: Sequence[Row]) -> str:
    head = [
        "peer",
        "jobs",
        "GPUs",
        "CPU, theirs",
        "ours",
        "ratio",
        "wall, theirs",
        "ours",
        "ratio",
        "ours in plain Python",
    ]
    lines = []
    for row in rows:
        cells = [f"{row['peer']}, {POLICIES[row['policy']]}", f"{row['jobs']:,}", f"{row['gpus']:,}"]
        if "differ" in row:
            cells += [*_pair(row, "cpu_s"), *_pair(row, "wall_s")]
            plain = f"{_time(row['plain_cpu_s'])}, ratio {row['their_cpu_s'] / row['plain_cpu_s']:,.0f}"
            met = row["their_cpu_s"] / row["our_cpu_s"] >= GOAL_RATIO
            cells += [plain, f"{row['differ']:,}", "met" if met else "**missed**"]
        else:
            cells += ["not done in time", *["-"] * 8]
        lines.append(cells)
    return _table([*head, "other starts", "goal"], [*lines, *_growth(rows)])


def _pair(row: Row, key: str) -> list[str]:
    theirs, ours = row[f"their_{key}"], row[f"our_{key}"]
    return [_time(theirs), _time(ours), f"{theirs / ours:,.0f}"]


def _growth(rows: Sequence[Row]) -> list[list[str]]:
    """From the fewest jobs to the most, a line for each peer and policy."""
    lines = []
    for peer, policy in dict.fromkeys((row["peer"], row["policy"]) for row in rows):
        of = [row for row in rows if (row["peer"], row["policy"]) == (peer, policy) and "differ" in row]
        keys = ("jobs", "", "their_cpu_s", "our_cpu_s", "", "their_wall_s", "our_wall_s", "", "plain_cpu_s", "", "")
        grown = [f"x{of[-1][key] / of[0][key]:,.3g}" if key else "" for key in keys]
        lines.append([f"growth of {peer}, {POLICIES[policy]}", *grown])
    return lines


def _easy(rows: Sequence[Row]) -> list[str]:
    total, left = (sum(row[key] for row in rows) for key in ("differ", "unexplained"))
    explained = f"{total - left:,} of the {total:,} come out" if left else "all its starts come out, to the second"
    head = ["jobs", "GPUs", "other starts", "mean wait, theirs", "under EASY"]
    lines = [
        [
            *(f"{row[key]:,}" for key in ("jobs", "gpus", "differ")),
            *(f"{row[key]:,.0f} s" for key in ("their_mean_wait_s", "our_mean_wait_s")),
        ]
        for row in rows
    ]
    return [EASY.format(explained=explained), _table(head, lines)]


def _time(seconds: float) -> str:
    return f"{seconds:,.2f} s" if seconds >= 1 else f"{1000 * seconds:,.2f} ms"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---:"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
