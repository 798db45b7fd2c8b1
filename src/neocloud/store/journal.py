"""The journal's protocol: append with proof, one writer's turn at a time, read in order.

Every implementation passes the one contract suite in `tests/contracts`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from neocloud.errors import HeadMoved, JournalCutShort
from neocloud.model.entries import Batch, Head


class CommitUnknownError(Exception):
    """The connection broke off in the commit: it may have happened, or not. Read it back before answering."""


class Link(NamedTuple):
    """A batch without its body: its first entry, and the head that it makes."""

    first_seq: int
    head: Head


class Journal(Protocol):
    """An append-only sequence of batches, shared by any number of processes."""

    @property
    def url(self) -> str:
        """Where it is, without secrets."""
        ...

    def head(self) -> Head:
        """Its end; EMPTY for a journal without entries."""
        ...

    def batches(self, after_seq: int = 0) -> Iterator[Batch]:
        """The batches that end after entry `after_seq`, in order."""
        ...

    def link_at(self, seq: int) -> Link | None:
        """The batch that holds entry `seq`, without its body; None where the journal ends before."""
        ...

    def batches_of(self, commands: Sequence[str]) -> list[Batch]:
        """The batches that hold what these commands wrote, in order."""
        ...

    def turn(self) -> AbstractContextManager[None]:
        """The writer's turn: waits for it, and gives it back. Nobody else appends meanwhile.

        Raises JournalLocked after WRITER_WAIT_S, JournalReadOnly where writing is not allowed.
        """
        ...

    def append(self, batch: Batch, commands: Sequence[str], *, expected: Head) -> None:
        """Write a batch durably, within a turn, if the journal still ends at `expected`.

        `commands` are the ids it can be found by again. Raises HeadMoved if the end has moved or a
        command was accepted before, JournalCutShort, JournalFull, or CommitUnknownError: in each case
        but the last, nothing was written.
        """
        ...

    def extend(self, batches: Sequence[tuple[Batch, Sequence[str]]], *, expected: Head) -> None:
        """Write batches of another journal, each with its commands, as `append` writes one: all in one commit."""
        ...

    def watch(self, moved: Callable[[], None]) -> Callable[[], None]:
        """Have `moved` called soon after another connection has appended, in a thread of its own, until the end.

        It may be called for nothing; and while the store cannot be reached, it is called every FOLLOW_EVERY_S.
        What is answered ends the watch, and waits until it has ended.
        """
        ...

    def claim(self, work: str) -> bool:
        """Be the one process that does some work, until this journal is closed; False while another one is.

        Whoever has it asks again now and then: False, or an error, says that it was lost with the connection.
        """
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


def check_head(found: Head, expected: Head) -> None:
    """The compare of compare-and-set. A journal only grows: one that ends before `expected` has lost its end."""
    if (found.seq, found.chain) == (expected.seq, expected.chain):
        return
    if found.seq <= expected.seq:
        raise JournalCutShort(
            f"the journal ended at entry {expected.seq} before, and that is missing now; restore it from a copy",
            seq=expected.seq,
        )
    raise HeadMoved(f"the journal ends at {found.seq}, not at {expected.seq}", seq=found.seq)
