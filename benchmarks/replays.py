"""Runs in a process of its own, so that its memory, its compiler and its switch to plain Python touch nobody else's.

    python -m benchmarks.replays philly TRIES              every policy at every share sold
    python -m benchmarks.replays frontier SHARES RESAMPLES the whole question, from jobs that are read to the answer
    python -m benchmarks.replays growth POLICY JOBS LOAD   one policy on made-up jobs
    python -m benchmarks.replays same POLICY JOBS TRIES    one policy on jobs that peers simulate as well

It answers in one line of JSON. Times are of one replay, the least of some tries, when all is read and compiled.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.histories import FLEET, PHILLY_GPUS, busy, made_up, part, philly
from benchmarks.machine import machine
from neocloud.backtest.fleet import Fleet
from neocloud.backtest.objective import Objective
from neocloud.backtest.policy import Estimates, Policy
from neocloud.backtest.question import Question, shares_of
from neocloud.backtest.replay import Replay
from neocloud.backtest.surplus import surplus
from neocloud.model.traces import Reading, Trace, Whole

ASKED = ((Policy.FIFO, "perfect"), (Policy.BACKFILL, "perfect"), (Policy.BACKFILL, "padded"))
"""What is replayed of Philly; strict FIFO looks at no estimates."""

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4)
GROWTH_TRIES = 3


def replays_of_philly(tries: str) -> list[dict[str, Any]]:
    """A row for each policy and share; `first_s` has the first replay of all, with its compiling."""
    trace = _philly()
    return [row for policy, how in ASKED for row in _at_shares(trace, policy, how, int(tries))]


def _philly() -> Trace:
    trace = philly()
    assert isinstance(trace, Trace), trace
    return trace


def _at_shares(trace: Trace, policy: Policy, how: str, tries: int) -> Iterator[dict[str, Any]]:
    replay, whole = Replay(trace, policy, Estimates.of(trace, how).seconds), Fleet.of_gpus(PHILLY_GPUS)
    first_s, _ = _timed(lambda: replay.on(whole))
    for share in SHARES:
        fleet = whole.less(whole.steps_of(share))
        took_s, start_s = _least(replay, fleet, tries)
        row: dict[str, Any] = {"policy": policy.value, "estimates": how, "share": share, "jobs": len(trace)}
        yield {**row, "s": took_s, "first_s": first_s, "mean_wait_s": float((start_s - trace.submit_s).mean())}


def _least(replay: Replay, fleet: Fleet, tries: int) -> tuple[float, Whole]:
    """The least time of some tries, and when jobs start."""
    found = [_timed(lambda: replay.on(fleet).start_s) for _ in range(tries)]
    return min(took_s for took_s, _ in found), found[-1][1]


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = perf_counter()
    made = work()
    return perf_counter() - began, made


def frontier(shares: str, resamples: str) -> dict[str, Any]:
    """The frontier of Philly, its knee and the range of that, under EASY backfill."""
    trace = _philly()
    question = Question(
        fleet=Fleet.of_gpus(PHILLY_GPUS),
        objective=Objective.of("p95<30m"),
        shares=shares_of(shares),
        resamples=int(resamples),
    )
    reading = Reading(trace=trace, path="philly", format="parquet", rows_read=len(trace))
    took_s, answered = _timed(lambda: surplus(reading, question))
    knee = answered.surplus.knee
    assert knee, "all of Philly keeps its objective on the whole fleet"
    found = {"knee": knee.share_ratio, "low": knee.low_ratio, "high": knee.high_ratio}
    return {"shares": len(question.shares), "resamples": knee.resamples, "s": took_s, **found, "peak_mb": _peak_mb()}


def growth(policy: str, jobs: str, load_ratio: str) -> dict[str, Any]:
    """One policy with perfect estimates; `ready_s` is what it takes to compile, or to find what was compiled.

    The peak is that of making the jobs and replaying them.
    """
    small = made_up(100, 0.5)
    ready_s, _ = _timed(lambda: Replay(small, Policy(policy), small.duration_s).on(Fleet.of_gpus(FLEET)))
    made_s, trace = _timed(lambda: made_up(int(jobs), float(load_ratio)))
    replay = Replay(trace, Policy(policy), trace.duration_s)
    took_s, start_s = _least(replay, Fleet.of_gpus(FLEET), GROWTH_TRIES)
    row = {"policy": policy, "jobs": int(jobs), "load_ratio": float(load_ratio), "ready_s": ready_s}
    row |= {"made_s": made_s, "s": took_s, "peak_mb": _peak_mb()}
    waits_s = start_s - trace.submit_s
    return {**row, "mean_wait_s": float(waits_s.mean()), "longest_queue": _longest_queue(trace.submit_s, start_s)}


def same(policy: str, jobs: str, tries: str) -> dict[str, Any]:
    """From columns of jobs to when they start, with perfect estimates: wall and CPU, and these starts."""
    trace, gpus = busy(int(jobs))
    Replay(part(trace, 0, 10), Policy(policy), trace.duration_s[:10]).on(Fleet.of_gpus(gpus))
    took, start_s = [], np.zeros(0, np.int64)
    for _ in range(int(tries)):
        cpu_s = process_time()
        wall_s, start_s = _timed(
            lambda: Replay(trace, Policy(policy), trace.duration_s).on(Fleet.of_gpus(gpus)).start_s
        )
        took.append((wall_s, process_time() - cpu_s))
    wall_s, cpu_s = (min(each) for each in zip(*took, strict=True))
    return {"wall_s": wall_s, "cpu_s": cpu_s, "starts": start_s.tolist()}


def _longest_queue(submit_s: Whole, start_s: Whole) -> int:
    """The most jobs that waited at once."""
    begun = np.searchsorted(np.sort(start_s), submit_s, side="right")
    return max(0, int((np.arange(1, len(submit_s) + 1) - begun).max()))


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


WORK: dict[str, Callable[..., Any]] = {
    "philly": replays_of_philly,
    "frontier": frontier,
    "growth": growth,
    "same": same,
}

if __name__ == "__main__":
    found = WORK[sys.argv[1]](*sys.argv[2:])
    now = machine()
    print(json.dumps({"found": found, "load": now["load"], "loop_ns": now["loop_ns"]}))
