"""Answers of the thread that writes, for those who await them: a group at a time, as waking the loop takes 20 us."""

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

Found = TypeVar("Found")


class Answers:
    """Hands answers over to one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._come: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._is_woken = False

    async def of(self, written: "Future[Found]") -> Found:
        """The answer, once it is there. Raises what it came to; whoever gives up takes back what has not begun."""
        awaited: asyncio.Future[Found] = self.loop.create_future()
        written.add_done_callback(partial(self._came, awaited))
        try:
            return await awaited
        except asyncio.CancelledError:
            written.cancel()
            raise

    def _came(self, awaited: "asyncio.Future[Found]", written: "Future[Found]") -> None:
        """In the thread that writes."""
        self._come.append((awaited, written))
        if not self._is_woken:
            self._is_woken = True
            with suppress(RuntimeError):  # the loop has ended: nobody waits
                self.loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        self._is_woken = False  # before the first is taken, so that none that comes now is left lying
        while self._come:
            awaited, written = self._come.popleft()
            if awaited.done() or written.cancelled():
                continue
            if (error := written.exception()) is not None:
                awaited.set_exception(error)
            else:
                awaited.set_result(written.result())
