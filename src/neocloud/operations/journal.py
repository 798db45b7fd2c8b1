"""Checking a journal as a whole."""

from neocloud.errors import JournalCutShort, JournalTampered
from neocloud.model.entries import EMPTY, Entry, Head, decode, read
from neocloud.store.journal import Journal
from neocloud.units import Progress


def verify(journal: Journal, noted: Head | None, progress: Progress | None = None) -> Head:
    """Check the hash chain from the first entry on, and that it passes through a noted head.

    Every command that wrote must be found again by its id, too. Raises JournalTampered or
    JournalCutShort. Without a noted head a cut tail cannot be excluded.
    """
    total, head, passed = journal.head().seq, EMPTY, noted in {None, EMPTY}
    for entries, after in read(EMPTY, journal.batches()):
        head = after
        _check_commands(journal, entries)
        if noted and head.seq == noted.seq:
            passed = head.chain == noted.chain
        if progress:
            progress(head.seq, total)
    if noted and noted.seq > head.seq:
        raise JournalCutShort(f"the journal ends at entry {head.seq}, but entry {noted.seq} was noted")
    if not passed:
        raise JournalTampered("the journal does not pass through the noted head: it was rewritten")
    return head


def _check_commands(journal: Journal, entries: list[Entry]) -> None:
    """A retry is known by its command's id: the index of ids must lead to the entries."""
    commands = {entry.command for entry in entries if entry.content}  # an expiry is nobody's command
    found = {entry.command for batch in journal.batches_of(sorted(commands)) for entry in decode(batch)}
    if missing := commands - found:
        raise JournalTampered(f"command {min(missing)!r} is in the journal, and its index does not know it")
