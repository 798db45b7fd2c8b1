"""Waits summed up: means and quantiles, of all jobs and of each team and size class.

A quantile is by rank: p95 is the least wait that 95 of 100 jobs do not exceed. So it is one of the waits, whole.
"""

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np

from neocloud.backtest.answer import GroupWaits, Waits
from neocloud.backtest.kernels.compiled import NEVER_S
from neocloud.model.traces import Trace, Whole

SIZE_CLASSES = (1, 4, 8, 32, 128, 512)
"""The most GPUs of each size class but the last, which has no most."""


def waits(waits_s: Whole) -> Waits:
    """Sum up one wait or more."""
    return _summed(np.sort(waits_s))


def _summed(rising_s: Whole) -> Waits:
    jobs = len(rising_s)
    running = int(np.searchsorted(rising_s, NEVER_S))
    return Waits(
        jobs=jobs,
        never=jobs - running,
        mean_s=float(rising_s[:running].mean()) if running else 0.0,
        p50_s=_quantile(rising_s, 50),
        p95_s=_quantile(rising_s, 95),
        p99_s=_quantile(rising_s, 99),
        longest_s=_seconds(rising_s[-1]),
    )


def _quantile(rising_s: Whole, percent: int) -> int | None:
    return _seconds(rising_s[rank_of(percent, len(rising_s))])


def rank_of(percent: int, count: int) -> int:
    """The place, from 0, of the least of so many rising values that so many of 100 do not exceed."""
    return max(ceil(count * percent / 100) - 1, 0)


def _seconds(wait_s: np.int64) -> int | None:
    return None if wait_s >= NEVER_S else int(wait_s)


def groups(trace: Trace, waits_s: Whole, first_job: int) -> tuple[GroupWaits, ...]:
    """The waits of each team and each size class that has jobs; `waits_s` is of the jobs from `first_job` on."""
    teams = _grouped("team", trace.teams, trace.team[first_job:], waits_s)
    sizes = _grouped("size", size_names(), size_class(trace.gpus[first_job:]), waits_s)
    return (*teams, *sizes)


def _grouped(of: str, names: Sequence[str], group: Whole, waits_s: Whole) -> Iterator[GroupWaits]:
    order = np.lexsort((waits_s, group))
    edges = np.searchsorted(group[order], np.arange(len(names) + 1))
    for i, name in enumerate(names):
        if edges[i] < edges[i + 1]:
            yield GroupWaits(of=of, name=name, waits=_summed(waits_s[order[edges[i] : edges[i + 1]]]))


def size_class(gpus: Whole) -> Whole:
    """The index of the size class of each job."""
    return np.searchsorted(SIZE_CLASSES, gpus).astype(np.int64)


def size_names() -> list[str]:
    """The size classes as people say them: `1`, `2-4`, ... `513+`."""
    lows = [1, *(most + 1 for most in SIZE_CLASSES)]
    names = [f"{low}" if low == most else f"{low}-{most}" for low, most in zip(lows, SIZE_CLASSES, strict=False)]
    return [*names, f"{lows[-1]}+"]
