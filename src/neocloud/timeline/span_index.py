"""Who overlaps a span."""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import itemgetter, neg
from typing import Any

from neocloud.timeline.span import Edges, Span

Holding = tuple[int, int, str, int, str]
"""From when until when, under what name, how much, and who."""


_MOST_IN_CHUNK = 2_000
"""A chunk splits in two above this size. In one list of a million, an insertion moved 4 MB: 0.2 ms of 0.45 ms."""


class SpanIndex:
    """Who overlaps a span: holdings kept by the length of their span, doubling from class to class.

    Whoever overlaps `[a, b)` with a span shorter than `2 ** k` started after `a - 2 ** k`, so each class needs one
    bisection and at most about twice the work of the answer. A class is in order, in chunks.
    """

    __slots__ = ("_sorted", "_unsorted")

    def __init__(self, holdings: Iterable[Holding] = ()) -> None:
        self._unsorted = list(holdings)
        self._sorted: dict[int, list[list[Holding]]] = {}

    @property
    def _classes(self) -> dict[int, list[list[Holding]]]:
        """The holdings by class; sorted when they are first looked for, as many indices never are."""
        if self._unsorted:
            classes: dict[int, list[Holding]] = {}
            for holding in self._unsorted:
                classes.setdefault((holding[1] - holding[0]).bit_length(), []).append(holding)
            self._unsorted = []
            half = _MOST_IN_CHUNK // 2
            for bits, members in classes.items():
                members.sort()
                self._sorted[bits] = [members[i : i + half] for i in range(0, len(members), half)]
        return self._sorted

    def add(self, holding: Holding) -> None:
        """Remember a holding; the same may be held several times."""
        chunks = self._classes.setdefault((holding[1] - holding[0]).bit_length(), [])
        if not chunks:
            chunks.append([holding])
            return
        i = _chunk_of(chunks, holding)
        chunk = chunks[i]
        insort(chunk, holding)
        if len(chunk) > _MOST_IN_CHUNK:
            chunks.insert(i + 1, chunk[_MOST_IN_CHUNK // 2 :])
            del chunk[_MOST_IN_CHUNK // 2 :]

    def remove(self, holding: Holding) -> None:
        """Forget one `add` of the same."""
        chunks = self._classes[(holding[1] - holding[0]).bit_length()]
        i = _chunk_of(chunks, holding)
        j = bisect_left(chunks[i], holding)
        if j == len(chunks[i]):  # it is the first of the next chunk
            i, j = i + 1, 0
        assert chunks[i][j] == holding
        del chunks[i][j]
        if not chunks[i]:
            del chunks[i]

    def __iter__(self) -> Iterator[Holding]:
        """Every holding, in no particular order."""
        return chain(self._unsorted, *chain.from_iterable(self._sorted.values()))

    def __len__(self) -> int:
        """How many holdings there are."""
        return len(self._unsorted) + sum(map(len, chain.from_iterable(self._sorted.values())))

    def edges(self) -> Edges:
        """What is held, as the edges of its sum over time."""
        starts, ends = array("q", map(itemgetter(0), self)), array("q", map(itemgetter(1), self))
        amounts = array("q", map(itemgetter(3), self))
        return Edges(starts + ends, amounts + array("q", map(neg, amounts)))

    def overlapping(self, within: Span) -> Iterator[Holding]:
        """Every holding that shares an instant with `within`, in no particular order."""
        start_at, end_at = within
        for bits, chunks in self._classes.items():
            first: Any = (start_at - (1 << bits),)
            for i in range(_chunk_of(chunks, first), len(chunks)):
                chunk = chunks[i]
                if chunk[0][0] >= end_at:
                    break
                for holding in chunk[bisect_right(chunk, first) : bisect_left(chunk, (end_at,))]:
                    if holding[1] > start_at:
                        yield holding


def _chunk_of(chunks: list[list[Holding]], holding: Holding) -> int:
    """The last chunk that begins before a holding, or the first: lists compare by what they begin with."""
    return max(0, bisect_right(chunks, [holding]) - 1)
