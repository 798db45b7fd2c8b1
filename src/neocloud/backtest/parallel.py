"""The same work for many items over all cores: threads where kernels are compiled, else processes."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any, TypeVar

from neocloud.backtest.kernels.compiled import IS_COMPILED

Item = TypeVar("Item")
Result = TypeVar("Result")

_work: Callable[[Any], Any]
"""What the processes do; they are forked with it, as a trace is too large to be sent."""


def over_cores(work: Callable[[Item], Result], items: Sequence[Item], done: Callable[[], None]) -> list[Result]:
    """`work` of each item, in the order of the items; `done` is called after each."""
    cores = min(os.cpu_count() or 1, len(items))
    if cores < 2 or (not IS_COMPILED and "fork" not in multiprocessing.get_all_start_methods()):
        return list(_one_by_one(work, items, done))
    with _pool(work, cores) as (pool, job):
        futures = [pool.submit(job, item) for item in items]
        for future in as_completed(futures):
            future.result()
            done()
        return [future.result() for future in futures]


def _one_by_one(work: Callable[[Item], Result], items: Sequence[Item], done: Callable[[], None]) -> Iterator[Result]:
    for item in items:
        yield work(item)
        done()


@contextmanager
def _pool(work: Callable[[Any], Any], cores: int) -> Iterator[tuple[Executor, Callable[[Any], Any]]]:
    """A pool that forgets what is not begun when it is interrupted."""
    global _work  # noqa: PLW0603
    pool: Executor
    if IS_COMPILED:
        pool, job = ThreadPoolExecutor(cores), work
    else:
        _work = work
        pool, job = ProcessPoolExecutor(cores, multiprocessing.get_context("fork")), _do
    try:
        yield pool, job
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _do(item: Any) -> Any:
    return _work(item)
