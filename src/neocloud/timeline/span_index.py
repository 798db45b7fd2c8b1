"""Who overlaps a span."""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import itemgetter, neg

from neocloud.timeline.span import Edges, Span

Holding = tuple[int, int, str, int, str]
"""From when until when, under what name, how much, and who."""


class SpanIndex:
    """Who overlaps a span: holdings kept by the length of their span, doubling from class to class.

    Whoever overlaps `[a, b)` with a span shorter than `2 ** k` started after `a - 2 ** k`, so each
    class needs one bisection and at most about twice the work of the answer.
    """

    __slots__ = ("_sorted", "_unsorted")

    def __init__(self, holdings: Iterable[Holding] = ()) -> None:
        self._unsorted = list(holdings)
        self._sorted: dict[int, list[Holding]] = {}

    @property
    def _classes(self) -> dict[int, list[Holding]]:
        """The holdings by class; sorted when they are first looked for, as many indices never are."""
        if self._unsorted:
            for holding in self._unsorted:
                self._sorted.setdefault((holding[1] - holding[0]).bit_length(), []).append(holding)
            self._unsorted = []
            for members in self._sorted.values():
                members.sort()
        return self._sorted

    def add(self, holding: Holding) -> None:
        """Remember a holding; the same may be held several times."""
        insort(self._classes.setdefault((holding[1] - holding[0]).bit_length(), []), holding)

    def remove(self, holding: Holding) -> None:
        """Forget one `add` of the same."""
        members = self._classes[(holding[1] - holding[0]).bit_length()]
        index = bisect_left(members, holding)
        assert members[index] == holding
        del members[index]

    def __iter__(self) -> Iterator[Holding]:
        """Every holding, in no particular order."""
        return chain(self._unsorted, *self._sorted.values())

    def __len__(self) -> int:
        """How many holdings there are."""
        return len(self._unsorted) + sum(map(len, self._sorted.values()))

    def edges(self) -> Edges:
        """What is held, as the edges of its sum over time."""
        starts, ends = array("q", map(itemgetter(0), self)), array("q", map(itemgetter(1), self))
        amounts = array("q", map(itemgetter(3), self))
        return Edges(starts + ends, amounts + array("q", map(neg, amounts)))

    def overlapping(self, within: Span) -> Iterator[Holding]:
        """Every holding that shares an instant with `within`, in no particular order."""
        start_at, end_at = within
        for bits, members in self._classes.items():
            low = bisect_right(members, (start_at - (1 << bits),))
            high = bisect_left(members, (end_at,))
            for holding in members[low:high]:
                if holding[1] > start_at:
                    yield holding
