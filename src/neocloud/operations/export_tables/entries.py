"""Entries of the journal: what changed, when, why and who said it; not what it became."""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from neocloud.model.entries import EMPTY, kind_of, read
from neocloud.operations.export_tables.table import Source, table


def _entries(source: Source) -> Iterator[tuple[Any, ...]]:
    """The chain is checked on the way."""
    batches = takewhile(lambda batch: batch.last_seq <= source.head.seq, source.journal.batches())
    for entries, _ in read(EMPTY, batches):
        for entry in entries:
            noun = entry.noun
            author = entry.by, entry.origin
            yield entry.seq, entry.recorded_at, entry.command, entry.cause, kind_of(noun), noun.id, *author


TABLES = (
    table(
        "entries",
        "seq:whole recorded_at:instant command:text cause:text kind:text id:text by:text origin:text",
        steps=lambda source: source.head.seq,
        rows=_entries,
    ),
)
