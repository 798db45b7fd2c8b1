"""The journal of a service, followed over HTTP: the store's protocol, for reading. Its hash chain is checked here."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NoReturn

from msgspec import Struct

from neocloud import __version__
from neocloud.client.answers import page_of_rows, value
from neocloud.client.asks import Ask, Listing, path
from neocloud.client.sending import Sender
from neocloud.documents.answers import HeadRow
from neocloud.errors import Forbidden, JournalReadOnly, Unavailable
from neocloud.model.entries import Batch, Head
from neocloud.settings import MOST_PAGE_ITEMS
from neocloud.store.journal import Link
from neocloud.units import parse_instant

_COMMANDS_AT_ONCE = 50  # their ids stand in the URL


class _Row(Struct):
    first_seq: int
    last_seq: int
    recorded_at: int
    body: bytes
    chain: str

    @property
    def batch(self) -> Batch:
        """The batch of the row."""
        return Batch(self.last_seq, self.first_seq, self.recorded_at, self.body, bytes.fromhex(self.chain))


class RemoteJournal:
    """The journal of the service that a sender speaks to. It is read; written to is it by commands only."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @property
    def url(self) -> str:
        """Where the service is."""
        return self._sender.url

    def now(self) -> int:
        """What time it is for the service. Raises Unavailable where its version is another."""
        row = self._head()
        if _release(row.version) != _release(__version__):
            raise Unavailable(
                f"{self.url} runs neocloud {row.version}, and this is {__version__}; install the version that it has"
            )
        return parse_instant(row.now, now=0)

    def head(self) -> Head:
        """Its end; EMPTY for a journal without entries."""
        row = self._head()
        seq, _, chain = row.head.partition(":")
        return Head(int(seq), bytes.fromhex(chain), parse_instant(row.recorded, now=0))

    def batches(self, after_seq: int = 0) -> Iterator[Batch]:
        """The batches that end after entry `after_seq`, in order."""
        return self._pages(MOST_PAGE_ITEMS, first=[("after", str(after_seq))])

    def link_at(self, seq: int) -> Link | None:
        """The batch that holds entry `seq`, without its body; None where the journal ends before."""
        found = next(self._pages(1, first=[("after", str(seq - 1))]), None)
        return None if found is None else Link(found.first_seq, found.head)

    def batches_of(self, commands: Sequence[str]) -> list[Batch]:
        """The batches that hold what these commands wrote, in order."""
        found: dict[int, Batch] = {}
        for i in range(0, len(commands), _COMMANDS_AT_ONCE):
            some = [("commands", each) for each in commands[i : i + _COMMANDS_AT_ONCE]]
            found |= {each.last_seq: each for each in self._pages(MOST_PAGE_ITEMS, first=some)}
        return [found[seq] for seq in sorted(found)]

    def turn(self) -> AbstractContextManager[None]:
        """Nobody has the writer's turn from here."""
        self._refuse()

    def append(self, batch: Batch, commands: Sequence[str], *, expected: Head) -> None:
        """Nothing is appended from here."""
        self._refuse()

    def extend(self, batches: Sequence[tuple[Batch, Sequence[str]]], *, expected: Head) -> None:
        """Nothing is appended from here."""
        self._refuse()

    def close(self) -> None:
        """Let go of the connections."""
        self._sender.close()

    def _head(self) -> HeadRow:
        try:
            return self._sender.send(Ask(method="GET", path=path("journal", "head"), read=value(HeadRow)))
        except Forbidden as error:
            raise Forbidden(
                "this key may not read the journal, which the command line follows: it lacks journal.read",
                **error.facts,
            ) from None

    def _pages(self, items: int, first: Sequence[tuple[str, str]]) -> Iterator[Batch]:
        limit = [("limit", str(items))]
        where = path("journal", "batches")
        rows = Listing(path=where, read=page_of_rows(_Row), query=limit, next="after", first=first)
        return (row.batch for row in self._sender.pages(rows))

    def watch(self, moved: Callable[[], None]) -> Callable[[], None]:
        """Not here: a command line asks when it looks."""
        self._refuse()

    def claim(self, work: str) -> bool:
        """Not here: what one process does for all, the service does."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise JournalReadOnly(f"{self.url} is written to by commands, and not to its journal")


def _release(version: str) -> list[str]:
    """What of a version must be the same: before 1.0 a minor version may answer otherwise."""
    return version.split(".")[:2]
