"""Periods, and what is read onto them, against an oracle that looks at every second."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neocloud.rules.planning.grid import Grid, Lows, grid_of, least
from neocloud.timeline import Span, Step, StepFunction, edges
from neocloud.units import HOUR_S
from tests.planning import quick

LENGTH_S = 50
seconds = st.integers(-10, LENGTH_S + 10)
grids = st.sets(st.integers(1, LENGTH_S - 1), max_size=12).map(lambda inner: Grid(np.array([0, *sorted(inner), 50])))
spans = st.tuples(seconds, seconds).map(sorted).filter(lambda pair: pair[0] < pair[1])
steps = st.lists(st.tuples(spans, st.integers(-5, 9)), max_size=8)


@given(spans, st.sets(seconds, max_size=8), st.integers(1, 20))
@quick
def test_time_is_cut_at_its_ends_at_whole_steps_and_where_something_changes(
    span: list[int], instants: set[int], step_s: int
) -> None:
    start, end = span
    cuts = grid_of(Span(start, end), instants, step_s=step_s).cuts.tolist()
    assert cuts == [at for at in range(start, end + 1) if at in {start, end} or at in instants or at % step_s == 0]


def test_too_many_changes_leave_only_the_steps() -> None:
    changes = range(0, 100, 3)
    assert len(grid_of(Span(0, 100), changes, step_s=20, most=37)) == 37
    assert grid_of(Span(0, 100), changes, step_s=20, most=36).cuts.tolist() == [0, 20, 40, 60, 80, 100]


@given(grids, steps)
@quick
def test_the_least_of_a_period_is_the_least_of_its_seconds(grid: Grid, changes: list[tuple[list[int], int]]) -> None:
    function = StepFunction.of(edges([Step(span[0], span[1], value) for span, value in changes]))
    for period, low in enumerate(least(function, grid)):
        values = [function.at(at) for at in range(grid.cuts[period], grid.cuts[period + 1])]
        assert low == max(0, min(values))


@given(grids, spans)
@quick
def test_a_span_covers_the_seconds_that_it_has_of_each_period(grid: Grid, span: list[int]) -> None:
    covered_h = grid.covered_h(*span)
    for period, hours in enumerate(covered_h):
        inside = [at for at in range(*span) if grid.cuts[period] <= at < grid.cuts[period + 1]]
        assert round(hours * HOUR_S) == len(inside)


@given(grids, spans)
@quick
def test_first_and_after_embrace_the_periods_that_a_span_touches(grid: Grid, span: list[int]) -> None:
    first, after = int(grid.first(np.array(span))[0]), int(grid.after(np.array(span))[1])
    touched = np.nonzero(grid.covered_h(*span))[0].tolist()
    assert list(range(first, after)) == touched


@given(st.data(), st.integers(1, 9), st.integers(1, 3))
@quick
def test_lows_are_the_least_of_each_run(data: st.DataObject, periods: int, rows: int) -> None:
    numbers = st.lists(st.integers(0, 9), min_size=periods, max_size=periods)
    values = np.array(data.draw(st.lists(numbers, min_size=rows, max_size=rows)), dtype=np.float64)
    runs = [(row, i, j) for row in range(rows) for i in range(periods) for j in range(i + 1, periods + 1)]
    row, first, after = (np.array(each) for each in zip(*runs, strict=True))
    assert Lows(values).over(row, first, after).tolist() == [values[r, i:j].min() for r, i, j in runs]
