"""Slow and obvious: a replay that counts GPUs, second by second, by the words of each policy."""

from typing import Any, NamedTuple

import numpy as np

from neocloud.backtest.kernels.compiled import NEVER_S
from neocloud.backtest.kernels.sale import Sale
from neocloud.model.traces import Trace, Whole
from neocloud.settings import RECLAIM_LOOK_S


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
    running = [
        (job, start + job.planned_s)
        for job, start in zip(jobs, starts, strict=True)
        if 0 <= start <= now < start + job.duration_s
    ]
    for at in [now, *sorted(end for _, end in running)]:
        if gpus - sum(job.gpus for job, end in running if at < end) >= jobs[first].gpus:
            return at
    return NEVER_S


STEP_S = 600


def replay_beside(jobs: list[Job], gpus: int, sale: Sale) -> tuple[list[int], int, int]:
    """Backfill beside a sale, in steps of ten minutes: starts, GPU-seconds that the customer got, and reclaims.

    Every time that is said is a multiple of `STEP_S`.
    """
    starts, sold, got, reclaims, due = [-1] * len(jobs), sale.sold_gpus, 0, 0, -1
    waiting = list(range(len(jobs)))
    now = 0
    while waiting:
        if now == due:
            sold, due, reclaims = 0, -1, reclaims + 1
        while (i := _next(jobs, starts, waiting, now, gpus - sold, "backfill")) is not None:
            starts[i] = now
            waiting.remove(i)
        if now and now % RECLAIM_LOOK_S == 0 and due < 0:
            queue = [i for i in waiting if jobs[i].submit_s <= now]
            seen = [i for i, job in enumerate(jobs) if now - sale.memory_s < job.submit_s <= now]
            begun = [now if i in waiting else starts[i] for i in seen]
            late = sum(at - jobs[i].submit_s >= sale.late_s for i, at in zip(seen, begun, strict=True))
            stuck = bool(queue) and now - jobs[queue[0]].submit_s > sale.memory_s
            if sold and (stuck or late * 10**6 > sale.allowed_millionths * len(seen)):
                due = now + sale.notice_s
            elif sold < sale.sold_gpus and not queue and 2 * late * 10**6 <= sale.allowed_millionths * len(seen):
                sold += min(_free(jobs, starts, now, gpus - sold), sale.sold_gpus - sold)
        if now < jobs[-1].submit_s:
            got += sold * STEP_S
        now += STEP_S
    return starts, got, reclaims


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
