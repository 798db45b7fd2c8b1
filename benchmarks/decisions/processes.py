"""Processes that play worlds, one each at a time, and that are gone at once when they are interrupted."""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.pool import Pool
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_BAR = 30


@contextmanager
def processes(jobs: int) -> Iterator[Pool]:
    """A pool of processes; when it is left they are ended, whatever they do, and their files are removed."""
    with (
        tempfile.TemporaryDirectory(prefix="decisions-") as folder,
        multiprocessing.get_context("spawn").Pool(jobs, _begin, (folder,)) as pool,
    ):
        yield pool


def _begin(folder: str) -> None:
    """An interrupt is for who started us. A solver greets on standard output, where the table is to be."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    tempfile.tempdir = folder


def each_done(pool: Pool, work: Callable[[Item], Result], items: Sequence[Item], what: str) -> Iterator[Result]:
    """What `work` makes of each item, as it is done, with a bar on a terminal."""
    began = time.monotonic()
    _show(what, 0, len(items), began)
    for done, result in enumerate(pool.imap_unordered(work, items), 1):
        _show(what, done, len(items), began)
        yield result


def _show(what: str, done: int, of: int, began: float) -> None:
    if not sys.stderr.isatty():
        return
    full, taken_s = _BAR * done // of, round(time.monotonic() - began)
    line = f"{what} [{'#' * full}{'.' * (_BAR - full)}] {done}/{of} {taken_s // 60}:{taken_s % 60:02}"
    print("\r" + (" " * len(line) + "\r" if done == of else line), end="", file=sys.stderr, flush=True)
