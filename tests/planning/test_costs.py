"""Opportunity costs are what one more GPU is worth, and less is never displaced for less than they say."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neocloud.model.requests import Request
from neocloud.rules.planning.drawing import Stream
from neocloud.rules.planning.futures import Costs, Future, costs_over, displacements, joined, taken
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.program import MILLION
from neocloud.rules.planning.puts import with_puts
from neocloud.units import HOUR_S
from tests.planning import quick, slow
from tests.planning.made import DAY_0, bare, day, put

PERIODS, POOLS = 4, 2
NEAR_USD = 1e-2
"""A millionth of the unit in which programs count, times ten thousand: what tolerances of a solver may leave."""


class Case(NamedTuple):
    """Capacity, and what may be asked for in one future."""

    view: Outlook
    stream: Stream


def supposed(future: Future, view: Outlook) -> float:
    """What a future would be worth with other capacity."""
    return future.supposed(view)


def numbers(low: int, high: int, count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(low, high), min_size=count, max_size=count)


@st.composite
def cases(draw: st.DrawFn, *, spot: bool = True) -> Case:
    free = np.array(draw(numbers(2, 30, POOLS * PERIODS)), dtype=np.float64).reshape(POOLS, PERIODS)
    watts = np.array([draw(numbers(2, 60, PERIODS))], dtype=np.float64)
    outside = draw(st.none() | st.integers(0, 40))
    view = bare(
        free,
        watts,
        spot_usd=draw(st.sampled_from((0.0, 0.5))) if spot else 0.0,
        spot_gpus=draw(st.sampled_from((np.inf, 10.0))),
        spot_kw=draw(st.sampled_from((0.0, 0.5))),
        outside_kw=None if outside is None else np.full((1, PERIODS), float(outside)),
    )
    return Case(with_puts(view, draw(puts())), draw(streams()))


@st.composite
def puts(draw: st.DrawFn) -> list[Request]:
    """Promises to take what is unsold, in one pool or either, over some of the days."""
    found = []
    for i in range(draw(st.integers(0, 2))):
        first = draw(st.integers(0, PERIODS - 1))
        pools = draw(st.lists(st.sampled_from(("p0", "p1")), min_size=1, unique=True))
        ways = {pool: (draw(st.integers(1, 12)), draw(st.integers(1, 30)) / 10) for pool in pools}
        found.append(put(f"put-{i}", ways, first, draw(st.integers(first + 1, PERIODS))))
    return found


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    count = draw(st.integers(0, 8))
    first = np.array(draw(numbers(0, PERIODS - 1, count)), dtype=np.int64)
    after = np.array([draw(st.integers(at + 1, PERIODS)) for at in first], dtype=np.int64)
    gpus = np.array(draw(numbers(0, 20, count * POOLS)), dtype=np.float64).reshape(count, POOLS)
    per_h = np.array(draw(numbers(1, 60, count)), dtype=np.float64)
    outside = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=bool)
    return Stream(
        np.full(count, DAY_0), DAY_0 + first * 24 * HOUR_S, DAY_0 + after * 24 * HOUR_S, per_h, gpus, outside
    )


@given(cases(), st.integers(0, POOLS - 1), st.integers(0, PERIODS - 1))
@quick
def test_a_price_lies_between_what_one_gpu_more_brings_and_what_one_fewer_costs(
    case: Case, pool: int, period: int
) -> None:
    view, future = case.view, Future(*case)
    dual_usd = float((future.costs(view)[0] - costs_of(view, future).spot()[:, None])[pool, period]) * 24
    more, fewer = view.free_gpus.copy(), view.free_gpus.copy()
    more[pool, period] += 1
    fewer[pool, period] -= 1
    worth, up, down = (
        MILLION * each
        for each in (
            future.worth,
            supposed(future, replace(view, free_gpus=more)),
            supposed(future, replace(view, free_gpus=fewer)),
        )
    )
    assert up - worth - NEAR_USD <= dual_usd <= worth - down + NEAR_USD


@given(cases(), st.integers(0, PERIODS - 1))
@quick
def test_a_price_of_power_lies_between_what_a_kw_more_brings_and_what_one_fewer_costs(
    case: Case, period: int
) -> None:
    view, future = case.view, Future(*case)
    dual_usd = float(future.costs(view)[1][0, period]) * 24
    more, fewer = view.free_kw.copy(), view.free_kw.copy()
    more[0, period] += 1
    fewer[0, period] -= 1
    worth = future.worth
    up, down = (supposed(future, replace(view, free_kw=each)) for each in (more, fewer))
    assert MILLION * (up - worth) - NEAR_USD <= dual_usd <= MILLION * (worth - down) + NEAR_USD


@given(cases(), st.integers(0, POOLS - 1), st.integers(1, 12), st.integers(0, PERIODS - 1), st.integers(1, PERIODS))
@quick
def test_what_is_taken_displaces_at_least_what_its_marginal_prices_say(
    case: Case, pool: int, gpus: int, first: int, length: int
) -> None:
    view, future = case.view, Future(*case)
    after = min(PERIODS, first + length)
    least = min(float(view.free_gpus[pool, first:after].min()), float(view.free_kw[0, first:after].min()))
    gpus_ = min(float(gpus), least)
    costs = costs_of(view, future)
    marginal = gpus_ * 24 * float((costs.mean() - costs.spot()[:, None])[pool, first:after].sum())
    exact = displacements([future], taken(view, pool, gpus_, first, after))[0]
    assert marginal <= exact + NEAR_USD


@given(cases(), st.lists(st.tuples(st.integers(0, POOLS - 1), st.integers(1, 9)), min_size=1, max_size=3))
@quick
def test_a_displacement_is_the_difference_of_two_programs_solved_anew(
    case: Case, takes: list[tuple[int, int]]
) -> None:
    view, future = case.view, Future(*case)
    less = view
    for pool, gpus in takes:
        less = taken(less, pool, gpus, 1, 3)
    cold = Future(view, case.stream).worth - Future(less, case.stream).worth
    assert abs(displacements([future], less)[0] - MILLION * cold) < NEAR_USD


@given(cases(), st.integers(1, 30))
@quick
def test_a_future_is_as_it_was_after_something_was_supposed(case: Case, gpus: int) -> None:
    view, future = case.view, Future(*case)
    before = future.worth
    supposed(future, taken(view, 0, gpus, 0, PERIODS))
    assert future.worth == before
    future.move(view)
    assert future.worth == pytest.approx(before, abs=1e-9)


@given(cases(), st.integers(1, 20))
@slow
def test_a_future_that_is_moved_is_worth_what_a_new_one_is(case: Case, gpus: int) -> None:
    view, future = case.view, Future(*case)
    less = taken(view, 1, gpus, 0, 2)
    future.move(less)
    assert abs(future.worth - Future(less, case.stream).worth) < 1e-8


@st.composite
def timed(draw: st.DrawFn) -> tuple[dict[int, int], Stream]:
    """Free capacity by the hour at which it changes, and what is asked for at whole hours of one day."""
    free = draw(st.dictionaries(st.integers(1, 23), st.integers(0, 20), max_size=4))
    count = draw(st.integers(1, 6))
    starts = draw(numbers(0, 22, count))
    ends = [draw(st.integers(each + 1, 24)) for each in starts]
    at = [np.array([DAY_0 + each * HOUR_S for each in hours], dtype=np.int64) for hours in (starts, ends)]
    gpus = np.array(draw(numbers(1, 12, count)), dtype=np.float64).reshape(count, 1)
    per_h = np.array(draw(numbers(1, 60, count)), dtype=np.float64)
    return free, Stream(np.full(count, DAY_0), at[0], at[1], per_h, gpus, np.ones(count, dtype=bool))


@given(timed(), st.sampled_from((0.0, 0.7)))
@quick
def test_cut_where_something_changes_a_future_is_worth_what_it_is_cut_at_every_hour(
    case: tuple[dict[int, int], Stream], spot_usd: float
) -> None:
    free, stream = case

    def worth(hours: list[int]) -> float:
        values = [next((free[hour] for hour in range(each, -1, -1) if hour in free), 15) for each in hours[:-1]]
        cuts = [DAY_0 + each * HOUR_S for each in hours]
        return Future(bare(np.array([values]), cuts=cuts, spot_usd=spot_usd, spot_gpus=6.0), stream).worth

    asked = {(int(at) - DAY_0) // HOUR_S for at in [*stream.start_at, *stream.end_at]}
    assert abs(worth(sorted({0, 24, *free, *asked})) - worth(list(range(25)))) < 1e-9


def test_costs_of_several_plans_are_the_mean_of_all_their_futures() -> None:
    def costs(usd: float, start: int) -> Costs:
        view = bare(np.full((1, 3), 9.0), cuts=[day(start + i) for i in range(4)])
        gpu_usd = usd + np.arange(3.0).reshape(1, 1, 3)
        return Costs(view=view, gpu_usd=gpu_usd, kwh_usd=np.zeros((1, 1, 3)))

    both = joined([costs(10, 0), costs(20, 1)])
    assert both.gpu_usd[:, 0].tolist() == [[11, 12, 12], [20, 21, 22]]
    assert both.mean().tolist() == [[15.5, 16.5, 17.0]]


def costs_of(view: Outlook, future: Future) -> Costs:
    return costs_over(view, [future])
