"""A StepFunction answers as a plain list of numbers would; a SpanIndex as a plain list of spans."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neocloud.timeline import (
    FOREVER,
    Span,
    SpanIndex,
    Step,
    StepFunction,
    edges,
    net,
    span,
    span_index,
    step_function,
)

LAST = 60
instants = st.integers(0, LAST)
changes = st.integers(-5, 5)
additions = st.lists(st.tuples(instants, instants, changes), max_size=60)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of four breakpoints, so that splits and joins happen all the time."""
    monkeypatch.setattr(step_function, "CHUNK_BREAKPOINTS", 4)


def build(added: list[tuple[int, int, int]]) -> tuple[StepFunction, list[int]]:
    function, oracle = StepFunction(), [0] * (LAST + 1)
    for start_at, end_at, change in added:
        function.add(start_at, end_at, change)
        for instant in range(start_at, end_at):
            oracle[instant] += change
    return function, oracle


@given(additions, instants, instants)
def test_a_step_function_reads_as_a_list_of_numbers_does(
    added: list[tuple[int, int, int]], one: int, other: int
) -> None:
    function, oracle = build(added)
    assert [function.at(instant) for instant in range(LAST + 1)] == oracle
    span = Span(min(one, other), max(one, other) + 1)
    inside = oracle[span.start_at : span.end_at]
    assert (function.low(span), function.peak(span)) == (min(inside), max(inside))
    steps = list(function.steps(span))
    assert [value for step in steps for value in [step.value] * (step.end_at - step.start_at)] == inside
    assert len(steps) == 1 + sum(a != b for a, b in itertools.pairwise(inside))


@given(additions, st.integers(-6, 6), instants, st.integers(1, 30))
@settings(max_examples=300)
def test_first_below_and_first_fit_find_what_a_scan_finds(
    added: list[tuple[int, int, int]], level: int, after_at: int, length_s: int
) -> None:
    function, oracle = build(added)
    horizon = oracle + [0] * 100  # beyond the last addition the value is zero for ever
    below = next((i for i in range(after_at, len(horizon)) if horizon[i] < level), FOREVER)
    assert function.first_below(level, after_at) == below
    inside = range(after_at, LAST + 1)
    last = max((i + 1 for i in inside if oracle[i] < level), default=after_at)
    assert function.last_below(level, Span(after_at, LAST + 1)) == last
    fit = next((i for i in range(after_at, LAST + 2) if all(v >= level for v in horizon[i : i + length_s])), None)
    assert function.first_fit(level, length_s, after_at) == fit


@given(additions)
def test_adding_and_taking_back_leaves_no_trace(added: list[tuple[int, int, int]]) -> None:
    function, _ = build(added)
    for start_at, end_at, change in added:
        function.add(start_at, end_at, -change)
    assert list(function.breakpoints()) == [(0, 0)]


@given(additions)
def test_building_in_bulk_gives_the_same_function(added: list[tuple[int, int, int]]) -> None:
    function, _ = build(added)
    assert StepFunction.of(edges(Step(a, b, c) for a, b, c in added if a < b)) == function


@given(additions)
def test_building_by_numpy_gives_the_same_function(added: list[tuple[int, int, int]]) -> None:
    function, _ = build(added)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(span, "_BULK_EDGES", 0)
        assert StepFunction.of(edges(Step(a, b, c) for a, b, c in added if a < b)) == function


@given(st.lists(st.tuples(instants, st.integers(1, 40), st.sampled_from("abc")), max_size=60), instants)
def test_the_span_index_finds_all_who_overlap_and_nobody_else(
    held: list[tuple[int, int, str]], start_at: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(span_index, "_MOST_IN_CHUNK", 4)
        check_index(held, start_at)


def check_index(held: list[tuple[int, int, str]], start_at: int) -> None:
    """An index in chunks of at most four finds what a plain look at all rows finds."""
    rows = [(at, at + length_s, name, 8, "acme") for at, length_s, name in held]
    within = Span(start_at, start_at + 7)
    index = SpanIndex(rows[:10])
    for row in rows[10:]:
        index.add(row)
    for row in rows[::3]:
        index.remove(row)
    kept = [row for i, row in enumerate(rows) if i % 3]
    expected = sorted(row for row in kept if Span(*row[:2]).meets(within))
    assert sorted(index.overlapping(within)) == expected
    assert sorted(index) == sorted(kept)


@given(additions)
def test_net_steps_add_up_to_the_steps_they_came_from(added: list[tuple[int, int, int]]) -> None:
    steps = [Step(a, b, c) for a, b, c in added if a < b]
    result = net(steps)
    for instant in range(LAST + 1):
        expected = sum(s.value for s in steps if s.start_at <= instant < s.end_at)
        assert sum(s.value for s in result if s.start_at <= instant < s.end_at) == expected
    assert all(a.end_at <= b.start_at for a, b in itertools.pairwise(result))
