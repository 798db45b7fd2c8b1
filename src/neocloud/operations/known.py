"""What was known: the world as the fold of a prefix of the journal, from the nearest snapshot before it.

A prefix ends where a batch ends. A batch is written whole or not at all, so nobody ever knew a part of
one, and in the middle of one the law need not hold: entries of one decision belong together.
"""

import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import NamedTuple

from neocloud.errors import Invalid
from neocloud.model.entries import EMPTY, Head, read
from neocloud.model.world import World
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Snapshots
from neocloud.units import Progress, format_instant, parse_instant

_MANY_ENTRIES = 10_000
_MOST_DIGITS = 18


class KnownAt(NamedTuple):
    """The head of what was known, and the instant at which it was."""

    head: Head
    at: int


def known_at(journal: Journal, text: str, now: int) -> KnownAt:
    """What was known at a time, or up to an entry: `2026-06-01`, `now` or `1234`. Raises Invalid."""
    if re.fullmatch(r"[+-]?[0-9]+", text):
        head = head_of(journal, int(text[: _MOST_DIGITS + 2]))
        return KnownAt(head, head.recorded_at)
    instant = _instant(text, journal, now)
    return KnownAt(head_at(journal, instant), instant)


def _instant(text: str, journal: Journal, now: int) -> int:
    try:
        instant = parse_instant(text, now=now)
    except Invalid as error:
        raise Invalid(f"{error.sentence}, or the number of an entry from 1 to {journal.head().seq:,}") from None
    if instant > now:
        raise Invalid(
            f"what will be known at {format_instant(instant)} is not known yet; say a time up to "
            f"{format_instant(now)}, or leave it out for all that is known"
        )
    return instant


def fold(
    journal: Journal, snapshots: Snapshots | None, progress: Progress | None = None, until: Head | None = None
) -> World:
    """The world of a journal, or of its entries up to a head of its own: nouns only, from a snapshot if there is one.

    The timelines are built when they are first asked for.
    """
    until_seq = journal.head().seq if until is None else until.seq
    progress = progress or (lambda done, total: None)
    with _no_collecting(until_seq):
        world = snapshots.load(journal, None if until is None else until_seq, progress) if snapshots else World()
        batches = journal.batches(world.head.seq)
        if until is not None:
            batches = takewhile(lambda batch: batch.last_seq <= until_seq, batches)
        for entries, head in read(world.head, batches):
            world.put_all([entry.noun for entry in entries])
            world.head = head
            progress(head.seq, until_seq)
        progress(until_seq, until_seq)
        return world


def head_at(journal: Journal, instant: int) -> Head:
    """The head of all that was recorded at or before an instant. Raises Invalid before the first entry."""
    first = journal.link_at(1)
    if first is None:
        raise Invalid("the journal has no entries yet, so nothing was known at any time")
    if instant < first.head.recorded_at:
        raise Invalid(
            f"nothing was known at {format_instant(instant)}: the first entry was recorded "
            f"{format_instant(first.head.recorded_at)}; say that time or a later one"
        )
    return last_head(journal, lambda recorded_at: recorded_at <= instant)


def last_head(journal: Journal, counts: Callable[[int], bool]) -> Head:
    """The last head whose time of recording counts, EMPTY if none does: `recorded_at` never goes back."""
    found, low, high = EMPTY, 0, journal.head().seq
    while low < high:
        middle = (low + high) // 2 + 1
        link = journal.link_at(middle)
        if link is not None and counts(link.head.recorded_at):
            found, low = link.head, link.head.seq
        else:
            high = middle - 1 if link is None else link.first_seq - 1
    return found


def head_of(journal: Journal, seq: int) -> Head:
    """The head that ends with entry `seq`. Raises Invalid where there is none, and says what would work."""
    last = journal.head().seq
    if not last:
        raise Invalid("the journal has no entries yet, so nothing was known at any time")
    link = journal.link_at(seq) if 1 <= seq <= last else None
    if link is None:
        shown = f"{seq:,}" if abs(seq) < 10**18 else "so great a number"
        raise Invalid(f"there is no entry {shown}: the journal has entries 1 to {last:,}")
    if link.head.seq != seq:
        before = f"{link.first_seq - 1:,} or " if link.first_seq > 1 else ""
        raise Invalid(
            f"entry {seq:,} lies inside a batch ({link.first_seq:,} to {link.head.seq:,}), which was written whole "
            f"or not at all, so nobody ever knew a part of it; say {before}{link.head.seq:,}"
        )
    return link.head


@contextmanager
def _no_collecting(entries: int) -> Iterator[None]:
    """Read many entries without looking for garbage: there is none, and the looking costs more than the fold.

    What was read is then left out of later collections too.
    """
    if entries < _MANY_ENTRIES or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
