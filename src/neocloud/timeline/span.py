"""Spans, steps, and the edges of steps.

Instants are whole UTC seconds. Spans are half-open, so neighbours touch without overlapping.
"""

from array import array
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

_BULK_EDGES = 4_096
"""From this many edges on, numpy pays for itself."""


class Span(NamedTuple):
    """From `start_at` up to, and not including, `end_at`."""

    start_at: int
    end_at: int

    def meets(self, other: "Span") -> "Span | None":
        """The span that both cover, or None."""
        start_at, end_at = max(self.start_at, other.start_at), min(self.end_at, other.end_at)
        return Span(start_at, end_at) if start_at < end_at else None


class Step(NamedTuple):
    """A value that holds from `start_at` up to `end_at`."""

    start_at: int
    end_at: int
    value: int


class Edges(NamedTuple):
    """Changes of value, in any order: at `times[i]` by `changes[i]`.

    Arrays, as a pool of a million leases has two million of each: 32 MB, and 130 MB as lists of numbers.
    """

    times: "array[int]"
    changes: "array[int]"


def edges(steps: Iterable[Step]) -> Edges:
    """Where steps begin and end."""
    steps = list(steps)
    return Edges(
        array("q", [step[0] for step in steps] + [step[1] for step in steps]),
        array("q", [step[2] for step in steps] + [-step[2] for step in steps]),
    )


def running(edges: Edges) -> "tuple[array[int], array[int]]":
    """The instants at which the sum of all changes so far is another than before, and that sum."""
    if len(edges.times) > _BULK_EDGES:
        return _running_in_bulk(edges)
    changes: dict[int, int] = {}
    for at, change in zip(*edges, strict=True):
        changes[at] = changes.get(at, 0) + change
    times = sorted(at for at, change in changes.items() if change)
    return array("q", times), array("q", accumulate(map(changes.__getitem__, times)))


def _running_in_bulk(edges: Edges) -> "tuple[array[int], array[int]]":
    """The same by numpy, which is loaded only where it pays: ten times faster at 200,000 edges."""
    import numpy as np  # noqa: PLC0415

    order = np.argsort(times := np.frombuffer(edges.times, np.int64), kind="stable")
    times, totals = times[order], np.cumsum(np.frombuffer(edges.changes, np.int64)[order])
    last = np.append(times[1:] != times[:-1], True)
    times, totals = times[last], totals[last]
    moved = np.diff(totals, prepend=0) != 0
    return array("q", times[moved].tobytes()), array("q", totals[moved].tobytes())


def net(steps: Iterable[Step]) -> list[Step]:
    """Overlapping steps added up: disjoint steps in order of time, those of value zero left out."""
    times, totals = running(edges(steps))
    spans = zip(times, times[1:], totals, strict=False)
    return [Step(start_at, end_at, total) for start_at, end_at, total in spans if total]
