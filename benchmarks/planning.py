"""Planning: a whole plan, quotes from its prices, and exact ones, at three sizes; and linopy on one future of it.

    python -m benchmarks.planning [--quick] [--save]

Every part is measured in a process of its own (`planned`). Times of plans are the processor's.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.machine import save
from benchmarks.plan_worlds import Size
from benchmarks.planned import FUTURES

SIZES = (Size(50, 3, 1), Size(500, 12, 4), Size(10_000, 200, 20))
MIDDLE, LARGEST = SIZES[1:]
PEER_SIZES = SIZES[:2]
GOALS: dict[Size, dict[str, float]] = {
    MIDDLE: {"quote_p99_ms": 50, "exact_cpu_s": 2, "plan_cpu_s": 2},
    LARGEST: {"plan_cpu_s": 60, "peak_mb": 2_000},
}
"""What a figure is to stay under."""

SAME_RATIO = 1e-6
LIMIT_S = 240
"""A part that is not done by then (wall time) is stopped: its plan misses its goal, and the rest is not measured."""


Row = dict[str, Any]


def planning_rows(*, quick: bool = False) -> list[Row]:
    """Every part, or its smallest."""
    rows = []
    for size in SIZES[:1] if quick else SIZES:
        rows.append(_shown({"part": "plan", **size._asdict(), **measured("plan", size)}))
    return [*rows, *_peers(PEER_SIZES[:1] if quick else PEER_SIZES)]


def _peers(sizes: Sequence[Size]) -> Iterator[Row]:
    """linopy and ours in turn, on the same future."""
    for size in sizes:
        ours, theirs = measured("neocloud", size), measured("linopy", size)
        if "why" in theirs:
            print(f"linopy is not measured: {theirs['why']}")
            return
        same = abs(theirs["worth"] - ours["worth"]) <= SAME_RATIO * abs(ours["worth"])
        assert same, f"linopy finds {theirs['worth']}, we find {ours['worth']}"
        yield _shown({"part": "peer", **size._asdict(), "ours": ours, "theirs": theirs})


def measured(part: str, size: Size) -> Row:
    """What a process of its own says of a part."""
    command = [sys.executable, "-m", "benchmarks.planned", part, *map(str, size)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        return {"stopped_s": LIMIT_S}
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def misses(row: Row) -> list[str]:
    """The figures of a row that miss their goals."""
    goals = GOALS.get(Size(row["leases"], row["pools"], row["sites"]), {}) if row["part"] == "plan" else {}
    if "stopped_s" in row:
        return [name for name in goals if name == "plan_cpu_s"]
    return [name for name, bound in goals.items() if of_a_plan(row, name) >= bound]


def of_a_plan(row: Row, name: str) -> float:
    """A figure; the time of a plan of fewer futures as that of all, which is as much for each."""
    more = FUTURES / row.get("futures", FUTURES) if name == "plan_cpu_s" else 1
    return float(row[name] * more)


def _shown(row: Row) -> Row:
    print(json.dumps(row), "MISSED" if misses(row) else "", *misses(row), flush=True)
    return row


if __name__ == "__main__":
    found = planning_rows(quick="--quick" in sys.argv)
    if "--save" in sys.argv:
        save("planning", found)
