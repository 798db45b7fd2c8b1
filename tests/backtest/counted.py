"""Slow and obvious: a replay that counts GPUs, second by second, by the words of each policy."""

from typing import Any, NamedTuple

import numpy as np

from neocloud.model.traces import Trace, Whole


class Job(NamedTuple):
    """A job of a made-up history."""

    submit_s: int
    duration_s: int
    gpus: int
    estimate_s: int = 0  # 0: as long as it runs

    @property
    def planned_s(self) -> int:
        """How long it is taken to run."""
        return max(self.estimate_s, self.duration_s)


def replay(jobs: list[Job], gpus: int, policy: str) -> list[int]:
    """The start of each job; -1 of one that is larger than all GPUs."""
    starts = [-1] * len(jobs)
    waiting = [i for i, job in enumerate(jobs) if job.gpus <= gpus]
    now = 0
    while waiting:
        while (i := _next(jobs, starts, waiting, now, gpus, policy)) is not None:
            starts[i] = now
            waiting.remove(i)
        now += 1
    return starts


def _next(jobs: list[Job], starts: list[int], waiting: list[int], now: int, gpus: int, policy: str) -> int | None:
    """Who starts next in this second, if anybody."""
    queue = [i for i in waiting if jobs[i].submit_s <= now]
    if policy == "shortest":
        queue.sort(key=lambda i: (jobs[i].planned_s, i))
    if not queue:
        return None
    first, *later = queue
    if _free(jobs, starts, now, gpus) >= jobs[first].gpus:
        return first
    if policy != "backfill":
        return None
    promised = _promised(jobs, starts, first, now, gpus)
    for i in later:
        if _free(jobs, starts, now, gpus) >= jobs[i].gpus:
            tried = [*starts]
            tried[i] = now
            if _promised(jobs, tried, first, now, gpus) <= promised:
                return i
    return None


def _free(jobs: list[Job], starts: list[int], now: int, gpus: int) -> int:
    """GPUs free now: what has ended by now has given them back."""
    return gpus - sum(
        job.gpus for job, start in zip(jobs, starts, strict=True) if 0 <= start <= now < start + job.duration_s
    )


def _promised(jobs: list[Job], starts: list[int], first: int, now: int, gpus: int) -> int:
    """The first instant from now on at which a job fits, if running jobs end as estimated."""
    at = now
    while True:
        held = sum(
            job.gpus
            for job, start in zip(jobs, starts, strict=True)
            if 0 <= start <= now < start + job.duration_s and at < start + job.planned_s
        )
        if gpus - held >= jobs[first].gpus:
            return at
        at += 1


def trace_of(jobs: list[Job], **columns: Whole) -> Trace:
    """A trace of jobs, in the order of submit; other columns as given, or as where nothing is known."""
    count = len(columns.get("submit_s", jobs))
    nothing = np.zeros(count, np.int64)
    given: dict[str, Any] = {
        "job_ids": np.arange(count), "nodes": nothing, "limit_s": nothing, "rank": nothing + 1,
        "waited_s": nothing - 1, "team": nothing, "gpu_type": nothing, "is_cut": np.zeros(count, np.bool_),
        "outcome": nothing,
        **{name: np.array([getattr(job, name) for job in jobs], np.int64) for name in Job._fields[:3]},
    }  # fmt: skip
    return Trace(**(given | columns))
