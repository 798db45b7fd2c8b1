"""The world as it was known: folded apart, in a thread of its own, one at a time; the last few are kept.

Nobody who reads the world as it is, nor who writes, waits for that.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Annotated, NamedTuple, TypeVar

from msgspec import Meta, Struct

from neocloud.errors import Invalid
from neocloud.operations.known import KnownAt, known_at
from neocloud.operations.ledger import Ledger
from neocloud.settings import MOST_PAST_ENTRIES, MOST_PAST_WORLDS
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Snapshots

Answered = TypeVar("Answered")

Then = Annotated[
    str | None,
    Meta(description="the world as it was known then: an instant that has passed, or the number of an entry"),
]


class Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of the world as it is, or as it was known."""

    known_at: Then = None


class KnownLedger(NamedTuple):
    """What was known, and the ledger that it is folded to."""

    known: KnownAt
    ledger: Ledger


class Past:
    """Looks back into a journal; made with the service, and closed by it."""

    def __init__(self, url: str, directory: Path) -> None:
        self._url = url
        self._snapshots = Snapshots(directory / "snapshots", lambda _: None)
        self._journal: Journal | None = None
        self._kept: dict[int, Ledger] = {}  # by the last entry, the one asked for last at the end
        self._lock = Lock()
        self._turn = asyncio.Semaphore(1)

    async def look(self, said: str, now: int, ask: Callable[[KnownLedger], Answered]) -> Answered:
        """What is asked of the ledger as it was known. Raises Invalid where nothing was, or it is not known yet."""

        def asked() -> Answered:
            with self._lock:  # who asked may have given up, and its thread go on
                return ask(self._then(said, now))

        async with self._turn:
            return await asyncio.to_thread(asked)

    def close(self) -> None:
        """Let go of the journal, when whoever looks back has done so."""
        with self._lock:
            if self._journal is not None:
                self._journal.close()

    def _then(self, said: str, now: int) -> KnownLedger:
        if self._journal is None:
            self._journal = open_journal(self._url)
        try:
            known = known_at(self._journal, said, now)
        except Invalid as error:
            raise error.at("known_at") from None
        seq = known.head.seq
        ledger = self._kept.pop(seq, None) or Ledger(self._journal, self._snapshots, until=known.head)
        self._kept[seq] = ledger
        self._forget()
        return KnownLedger(known, ledger)

    def _forget(self) -> None:
        """Keep no more than a few, nor more than comes to so many entries; the one asked for last in any case."""
        while len(self._kept) > 1 and (len(self._kept) > MOST_PAST_WORLDS or sum(self._kept) > MOST_PAST_ENTRIES):
            self._kept.pop(next(iter(self._kept))).world.end()
