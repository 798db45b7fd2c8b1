"""How long requests may take: one look at all that run, every little while; a timer for each took 25 us."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class TimeLimit:
    """Until when a request may run, on its event loop's clock; then its task is cancelled, and `passed` says so."""

    __slots__ = ("passed", "task", "until_s")

    def __init__(self, task: "asyncio.Task[object]", until_s: float) -> None:
        self.task = task
        self.until_s = until_s
        self.passed = False

    @contextmanager
    def sooner(self, within_s: float) -> Iterator[None]:
        """A part of it that may take no longer than that. Raises TimeoutError."""
        whole_s = self.until_s
        self.until_s = min(whole_s, asyncio.get_running_loop().time() + within_s)
        try:
            yield
        except asyncio.CancelledError:
            self.check()
            raise
        finally:
            self.until_s = whole_s

    def check(self) -> None:
        """Raises TimeoutError, in place of the cancellation, where the limit has passed."""
        if self.passed:
            self.passed = False
            self.task.uncancel()
            raise TimeoutError from None


class TimeLimits:
    """The limits of all requests that run."""

    def __init__(self, look_every_s: float) -> None:
        self._every_s = look_every_s
        self._running: set[TimeLimit] = set()
        self._next: asyncio.TimerHandle | None = None

    def begin(self, within_s: float) -> TimeLimit:
        """From now on the running task may take so long."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "a request runs in a task"
        limit = TimeLimit(task, loop.time() + within_s)
        self._running.add(limit)
        if self._next is None:
            self._next = loop.call_later(self._every_s, self._look)
        return limit

    def end(self, limit: TimeLimit) -> None:
        """It is done."""
        self._running.discard(limit)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        for limit in [each for each in self._running if each.until_s <= now_s and not each.passed]:
            limit.passed = True
            limit.task.cancel()
        self._next = loop.call_later(self._every_s, self._look) if self._running else None
