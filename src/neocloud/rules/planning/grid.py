"""Time as a plan sees it: periods between instants at which something changes, and step functions read onto them.

Between two such instants nothing changes, so nothing is lost by holding an allocation constant there.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neocloud.timeline import Span, Step, StepFunction
from neocloud.units import DAY_S, HOUR_S

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Grid(NamedTuple):
    """Periods one after the other: the k-th is from `cuts[k]` up to `cuts[k + 1]` (UTC seconds)."""

    cuts: Ints

    @property
    def within(self) -> Span:
        """From the first cut to the last."""
        return Span(int(self.cuts[0]), int(self.cuts[-1]))

    @property
    def hours(self) -> Floats:
        """How long each period is."""
        return np.diff(self.cuts) / HOUR_S

    def __len__(self) -> int:
        return len(self.cuts) - 1

    def first(self, start_at: Ints) -> Ints:
        """The period in which each instant lies; those before the first count to it."""
        found: Ints = np.clip(np.searchsorted(self.cuts, start_at, "right") - 1, 0, len(self))
        return found

    def after(self, end_at: Ints) -> Ints:
        """The first period that begins at or after each instant; those after the last count as its end."""
        found: Ints = np.clip(np.searchsorted(self.cuts, end_at, "left"), 0, len(self))
        return found

    def covered_h(self, start_at: int, end_at: int) -> Floats:
        """How many hours of each period a span covers."""
        overlap = np.minimum(self.cuts[1:], end_at) - np.maximum(self.cuts[:-1], start_at)
        hours: Floats = np.maximum(overlap, 0) / HOUR_S
        return hours


def grid_of(within: Span, instants: Iterable[int] = (), *, step_s: int = DAY_S, most: int = 4_000) -> Grid:
    """Periods inside a span, cut at whole steps (days, in UTC) and at instants at which something changes.

    Where that would make more than `most` periods, only the steps cut; and where these are still more, the first
    half of them do, and of the others as many as there is room for. A period then takes the least that is available
    in it, and a plan promises less than it could, never more.
    """
    whole = np.arange(-(-within.start_at // step_s) * step_s, within.end_at, step_s, dtype=np.int64)
    ends = np.array([within.start_at, within.end_at], dtype=np.int64)
    changes = np.fromiter((at for at in instants if within.start_at < at < within.end_at), dtype=np.int64)
    cuts = np.unique(np.concatenate([ends, whole, changes]))
    if len(cuts) > most + 1:
        cuts = np.unique(np.concatenate([ends, _thinned(whole, most - 1)]))
    return Grid(cuts)


def _thinned(steps: Ints, most: int) -> Ints:
    """At most so many steps: the near ones all, the far ones a few at a time."""
    near = max(1, most // 2)
    if len(steps) <= most:
        return steps
    every = -(-(len(steps) - near) // max(1, most - near))
    return np.concatenate([steps[:near], steps[near::every]])


def least(function: StepFunction, grid: Grid) -> Floats:
    """The least value of a step function in each period; under zero counts as nothing."""
    found = np.full(len(grid), np.inf)
    for start_at, end_at, value in function.steps(grid.within):
        first, after = np.searchsorted(grid.cuts, start_at, "right") - 1, np.searchsorted(grid.cuts, end_at, "left")
        found[first:after] = np.minimum(found[first:after], value)
    return np.maximum(np.where(np.isinf(found), 0.0, found), 0.0)


def highest(steps: Iterable[Step], grid: Grid) -> Floats:
    """The greatest value of steps in each period; nothing where there is none."""
    found = np.zeros(len(grid))
    for start_at, end_at, value in steps:
        first, after = np.searchsorted(grid.cuts, start_at, "right") - 1, np.searchsorted(grid.cuts, end_at, "left")
        found[max(first, 0) : after] = np.maximum(found[max(first, 0) : after], value)
    return found


class Lows:
    """The least value over runs of periods, of each row of an array: answered at once, for many runs together.

    For every power of two the least over so many periods is kept; two of them cover any run.
    """

    def __init__(self, values: Floats) -> None:
        self._levels = [values]
        length = 1
        while 2 * length <= values.shape[1]:
            last = self._levels[-1]
            self._levels.append(np.minimum(last[:, :-length], last[:, length:]))
            length *= 2

    def over(self, row: Ints, first: Ints, after: Ints) -> Floats:
        """The least of `row` from period `first` up to `after`, elementwise; runs are not empty."""
        level = np.frexp((after - first).astype(np.float64))[1] - 1
        found = np.empty(len(row))
        for each in np.unique(level):
            chosen, values = level == each, self._levels[each]
            at, end = first[chosen], after[chosen] - (1 << int(each))
            found[chosen] = np.minimum(values[row[chosen], at], values[row[chosen], end])
        return found
