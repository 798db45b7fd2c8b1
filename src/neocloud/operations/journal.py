"""Checking a journal as a whole."""

from neocloud.errors import JournalCutShort, JournalTampered
from neocloud.model.entries import EMPTY, Head, read
from neocloud.operations.ledger import Progress
from neocloud.store.journal import Journal


def verify(journal: Journal, noted: Head | None, progress: Progress | None = None) -> Head:
    """Check the hash chain from the first entry on, and that it passes through a noted head.

    Raises JournalTampered or JournalCutShort. Without a noted head a cut tail cannot be excluded.
    """
    total, head, passed = journal.head().seq, EMPTY, noted is None
    for _, after in read(EMPTY, journal.batches()):
        head = after
        if noted and head.seq == noted.seq:
            passed = head.chain == noted.chain
        if progress:
            progress(head.seq, total)
    if noted and noted.seq > head.seq:
        raise JournalCutShort(f"the journal ends at entry {head.seq}, but entry {noted.seq} was noted")
    if not passed:
        raise JournalTampered("the journal does not pass through the noted head: it was rewritten")
    return head
