"""Copying a journal to another store: the same bytes in the same batches, so the same chain and digest.

The copy is a prefix of its source at every instant, because each part of it is one commit: interrupted
anywhere, it is gone on with from its head. The chain is checked over what is read before it is written.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from neocloud.errors import HeadMoved, Invalid, JournalLocked, JournalTampered, JournalUnreachable
from neocloud.model.entries import EMPTY, Batch, Head, read
from neocloud.operations.known import fold
from neocloud.store.journal import CommitUnknownError, Journal
from neocloud.units import Progress

_PART_BYTES = 8_000_000  # of bodies in one commit
_PART_BATCHES = 5_000

Part = list[tuple[Batch, list[str]]]


class Copy(NamedTuple):
    """The head that both journals pass through now, what was copied, and what was recorded meanwhile."""

    head: Head
    entries: int
    later: int


def copy_journal(source: Journal, target: Journal, progress: Progress | None = None) -> Copy:
    """Bring a journal to all that another holds now. Raises Invalid where it holds anything else."""
    until, begun = source.head(), target.head()
    _check_prefix(source, target, begun)
    head = begun
    for part in _parts(source, begun, until):
        _write(target, part, head)
        head = part[-1][0].head
        if progress:
            progress(head.seq, until.seq)
    return Copy(head, head.seq - begun.seq, source.head().seq - head.seq)


def digest_of(journal: Journal, head: Head, progress: Progress | None = None) -> str:
    """The digest of the world of all entries up to a head, the chain checked from the first of them on."""
    world = fold(journal, None, progress, head)
    if world.head != head:
        raise JournalTampered(f"{journal.url} does not pass through {head}: it is not the same journal")
    return world.digest()


def _check_prefix(source: Journal, target: Journal, begun: Head) -> None:
    """Whether the target has entries of the source, and no other."""
    link = source.link_at(begun.seq) if begun != EMPTY else None
    if begun == EMPTY or (link is not None and link.head == begun):
        return
    last = source.head()
    ahead = target.link_at(last.seq) if 0 < last.seq < begun.seq else None
    if ahead is not None and ahead.head == last:
        raise Invalid(
            f"{target.url} has all of {source.url} and {begun.seq - last.seq:,} entries more, so it is no copy any "
            "more; nothing is copied: name an empty place"
        )
    raise Invalid(
        f"{target.url} holds other entries ({begun.seq:,} of them) than {source.url}, and a journal is never "
        "overwritten; name an empty place, or an unfinished copy of this journal"
    )


def _parts(source: Journal, head: Head, until: Head) -> Iterator[Part]:
    """The batches after a head, each with the commands that wrote it, in parts of one commit."""
    part: Part = []
    size = 0
    for batch in takewhile(lambda batch: batch.last_seq <= until.seq, source.batches(head.seq)):
        ((entries, head),) = read(head, [batch])
        part.append((batch, list(dict.fromkeys(entry.command for entry in entries if entry.content))))
        size += len(batch.body)
        if size >= _PART_BYTES or len(part) >= _PART_BATCHES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _write(target: Journal, part: Part, head: Head) -> None:
    try:
        with target.turn():
            target.extend(part, expected=head)
    except HeadMoved as error:
        raise JournalLocked(
            f"{target.url} is written to by somebody else as well; run the same again when that has ended"
        ) from error
    except CommitUnknownError as error:
        raise JournalUnreachable(
            f"{target.url} broke off in a commit; run the same again: it goes on from what is there ({error})"
        ) from error
