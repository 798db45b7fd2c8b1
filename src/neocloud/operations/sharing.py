"""One ledger for many who ask at once: one thread writes, in groups that share a commit, and follows others.

The journal wakes that thread when somebody else has appended. Only that thread uses it. Whoever reads holds the
ledger's lock, which a writer does not while it waits for its turn; so reading goes on while another process writes.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from itertools import groupby
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

from neocloud.errors import Mistaken, NeocloudError, Overloaded, Refused, Unavailable
from neocloud.model.world import World
from neocloud.operations.ledger import Answer, Ledger, Said
from neocloud.settings import FOLLOW_ANYWAY_S, MOST_WRITES_AT_ONCE, MOST_WRITES_WAITING

_log = logging.getLogger(__name__)

_Wish = tuple[Said | list[Said], "Future[Any]"]
"""A command, or several of which all are written or none; and where the answer goes."""

Written = Callable[[Sequence[Answer | Exception], float], None]
"""Who is told what each command of a group came to, and how long the group took (seconds)."""


class SharedLedger:
    """A ledger that any thread may read and write. `clock` says what time it is (whole UTC seconds)."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], int],
        *,
        most_waiting: int = MOST_WRITES_WAITING,
        follow_every_s: float = FOLLOW_ANYWAY_S,
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.trouble: NeocloudError | None = None
        """Why the journal could not be used when that was last tried; None while all is well."""
        self.written: list[Written] = []
        self._every_s = follow_every_s
        self._followed_s = monotonic()
        self._asked = Event()
        """Whether it was asked to look at what others wrote, and has not yet."""
        self._queue: Queue[_Wish | None] = Queue(
            most_waiting
        )  # None wakes it: to look at what others wrote, or to end
        self._door = Lock()
        self._closing = False
        self._aside = ThreadPoolExecutor(1, "snapshots")
        ledger.aside, ledger.is_shared = self._aside.submit, True
        self._thread = Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()
        self._unwatch = ledger.journal.watch(self.follow)

    @property
    def now(self) -> int:
        """The instant at which is asked and decided: the clock's, and never before the last entry."""
        return max(self.clock(), self.ledger.world.head.recorded_at)

    @property
    def waiting(self) -> int:
        """How many commands wait for their turn."""
        return self._queue.qsize()

    @property
    def lag_s(self) -> float:
        """For how long nobody has looked for what others wrote (seconds)."""
        return monotonic() - self._followed_s

    def world(self) -> AbstractContextManager[World]:
        """The world as a decision now would see it, to be looked at quickly."""
        return self.ledger.at(self.now)

    def say(self, said: Said) -> "Future[Answer]":
        """Have a command decided, and written. Raises Overloaded; the future Mistaken, Refused or Unavailable."""
        return self._ask((said, Future()))

    def say_all(self, said: Sequence[Said]) -> "Future[list[Answer]]":
        """Have commands decided, and all of them written or none. Raises as `say` does."""
        return self._ask((list(said), Future()))

    def _ask(self, wish: _Wish) -> "Future[Any]":
        with self._door:  # nothing gets in behind the end, where nobody would answer it
            if self._closing:
                raise Overloaded("the service is stopping; ask again in a moment")
            try:
                self._queue.put_nowait(wish)
            except Full:
                raise Overloaded(f"{self._queue.maxsize:,} commands wait for their turn already; try again") from None
        return wish[1]

    def follow(self) -> None:
        """Have what others wrote looked for now."""
        if not self._asked.is_set():
            self._asked.set()
            with suppress(Full):  # whoever writes next looks for it too
                self._queue.put_nowait(None)

    def close(self) -> None:
        """Write what waits, and stop; nothing more is taken on."""
        self._unwatch()
        with self._door:
            self._closing = True
            with suppress(Full):  # then it is awake anyhow
                self._queue.put_nowait(None)
        self._thread.join()
        self._aside.shutdown()

    def _run(self) -> None:
        while True:
            wishes = self._wait()
            self._asked.clear()
            if wishes:
                self._write(wishes)
            elif self._closing and self._queue.empty():
                return
            else:
                self._catch_up()

    def _wait(self) -> list[_Wish]:
        """What is to be written next; nothing where others are to be followed. Whom nobody waits for is left out."""
        found: list[_Wish | None] = []
        try:
            found.append(self._queue.get(timeout=self._every_s))
            while len(found) < MOST_WRITES_AT_ONCE:
                found.append(self._queue.get_nowait())
        except Empty:
            pass
        return [wish for wish in found if wish is not None and wish[1].set_running_or_notify_cancel()]

    def _write(self, wishes: list[_Wish]) -> None:
        """Each run of single commands in one commit, and what belongs together in one of its own."""
        for together, some in groupby(wishes, key=lambda wish: isinstance(wish[0], list)):
            part = list(some)
            for group in [[wish] for wish in part] if together else [part]:
                self._write_part(group)

    def _write_part(self, wishes: list[_Wish]) -> None:
        began_s = monotonic()
        answers: Sequence[Any]
        try:
            answers = self._decided([said for said, _ in wishes])
            self.trouble, self._followed_s = None, monotonic()
        except Exception as error:
            if len(wishes) > 1 and not isinstance(error, NeocloudError):
                for wish in wishes:  # a mistake of ours in deciding one of them is not the loss of the others
                    self._write_part([wish])
                return
            if not isinstance(error, Mistaken | Refused):
                self._note(error)
            answers = [error] * len(wishes)
        self._tell(answers, monotonic() - began_s)
        for (_, future), answer in zip(wishes, answers, strict=True):
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _decided(self, said: list[Said | list[Said]]) -> Sequence[Any]:
        if isinstance(said[0], list):
            return [self.ledger.submit(*said[0], now=self.now)]
        return self.ledger.submit_each([each for each in said if isinstance(each, Said)], self.now)

    def _tell(self, answers: Sequence[Answer | Exception], took_s: float) -> None:
        for listener in self.written:
            try:
                listener(answers, took_s)
            except Exception:  # those who wait are answered, and the only thread that writes lives on
                _log.exception("somebody could not be told of answers")

    def _catch_up(self) -> None:
        try:
            self.ledger.catch_up()
        except Exception as error:
            self._note(error)
        else:
            self.trouble, self._followed_s = None, monotonic()

    def _note(self, error: Exception) -> None:
        if not isinstance(error, NeocloudError):
            _log.exception("the ledger failed")
            error = Unavailable("the ledger failed; its log says how")
        if self.trouble is None or str(self.trouble) != str(error):
            _log.warning("%s", error)
        self.trouble = error
