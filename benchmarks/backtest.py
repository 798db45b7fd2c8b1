"""The past replayed: Philly compiled and in plain Python, the frontier and its range, growth to ten million jobs.

    python -m benchmarks.backtest [--quick] [--save]

Every part is measured in a process of its own (`replays`). What compiling costs is told by a part that begins with
an empty cache of compiled code.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.histories import philly
from benchmarks.machine import save

SIZES, BEYOND = (10_000, 100_000, 1_000_000, 10_000_000), (100_000, 1_000_000)
BELOW_LOAD, BEYOND_LOAD = 0.7, 1.2
TRIES, PLAIN_TRIES = 5, 2
SHARES, RESAMPLES = "0:0.4:0.02", 200
GOAL_S = {"fifo": 0.05, "backfill": 0.5}
"""Philly at any share."""

FRONTIER_GOAL_S = 60.0
GROWTH_GOAL_S = {"fifo": 5.0, "backfill": 60.0}
"""Ten million jobs, below the knee."""

GROWTH_GOAL_MB = 4_000


def backtest_rows(*, quick: bool = False) -> list[dict[str, Any]]:
    """Every part, or its smallest; without Philly, what needs no Philly."""
    rows = list(_growth(SIZES[:1] if quick else SIZES, BELOW_LOAD))
    if not quick:
        rows += [*_growth(BEYOND, BEYOND_LOAD), *_compiling()]
    why = philly()
    if isinstance(why, str):
        print(f"Philly is not measured: {why}")
        return rows
    if quick:
        return rows + _philly("compiled", 1)
    return [*rows, *_philly("compiled", TRIES), *_philly("plain", PLAIN_TRIES), *_frontiers()]


def _growth(sizes: Sequence[int], load_ratio: float) -> Iterator[dict[str, Any]]:
    for policy in GROWTH_GOAL_S:
        for jobs in sizes:
            found = measured("growth", policy, jobs, load_ratio)
            yield shown({"part": "growth", **found["found"], **_when(found)})


def _compiling() -> Iterator[dict[str, Any]]:
    """The first replay of all, with an empty cache of compiled code and with the one that this leaves."""
    for policy in GROWTH_GOAL_S:
        with tempfile.TemporaryDirectory() as cache:
            found = [measured("growth", policy, SIZES[0], BELOW_LOAD, cache=cache) for _ in range(2)]
        cold_s, later_s = (each["found"]["ready_s"] for each in found)
        yield shown({"part": "compiling", "policy": policy, "s": cold_s, "later_s": later_s, **_when(found[0])})


def _philly(kind: str, tries: int) -> list[dict[str, Any]]:
    found = measured("philly", tries, plain=kind == "plain")
    return [shown({"part": "philly", "kind": kind, **row, **_when(found)}) for row in found["found"]]


def _frontiers() -> Iterator[dict[str, Any]]:
    """With an empty cache of compiled code, and with that which it leaves."""
    with tempfile.TemporaryDirectory() as cache:
        for kind in ("cold", "compiled"):
            found = measured("frontier", SHARES, RESAMPLES, cache=cache)
            yield shown({"part": "frontier", "kind": kind, **found["found"], **_when(found)})


def measured(part: str, *words: object, plain: bool = False, cache: str | None = None) -> dict[str, Any]:
    """What a process of its own says of a part."""
    env = os.environ | ({"NEOCLOUD_PLAIN": "1"} if plain else {}) | ({"NUMBA_CACHE_DIR": cache} if cache else {})
    command = [sys.executable, "-m", "benchmarks.replays", part, *map(str, words)]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _when(found: dict[str, Any]) -> dict[str, Any]:
    return {"load": found["load"], "loop_ns": found["loop_ns"]}


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row, printed with its goal."""
    missed = misses(row)
    print(*(f"{name} {value:.4g}" if isinstance(value, float) else value for name, value in row.items()), end=": ")
    print("no goal" if missed is None else "MISSED" if missed else "met", flush=True)
    return row


def misses(row: dict[str, Any]) -> bool | None:
    """Whether a row misses its goal; None where it has none."""
    match row["part"], row.get("kind"):
        case "philly", "compiled":
            return bool(row["s"] >= GOAL_S[row["policy"]])
        case "frontier", "compiled":
            return bool(row["s"] >= FRONTIER_GOAL_S)
        case "growth", _ if row["load_ratio"] == BELOW_LOAD and row["jobs"] == SIZES[-1]:
            return bool(row["s"] >= GROWTH_GOAL_S[row["policy"]] or row["peak_mb"] >= GROWTH_GOAL_MB)
    return None


if __name__ == "__main__":
    rows = backtest_rows(quick="--quick" in sys.argv)
    if "--save" in sys.argv:
        save("backtest", rows)
