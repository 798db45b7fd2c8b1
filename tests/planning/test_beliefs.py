"""What is believed of demand: near what is true where that is known, and by Bayes' rule added up step by step."""

from decimal import Decimal
from math import exp, lgamma, log, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.model.forecasts import Cycle, Forecast
from neocloud.model.requests import Request
from neocloud.rules.planning.beliefs import Belief, beliefs, cycle_of
from neocloud.units import DAY_S
from tests.planning import slow
from tests.planning.made import DAY_0, day, forecast, wish

PERIOD_DAYS = 80
CYCLE = Cycle(
    period_s=PERIOD_DAYS * DAY_S,
    rising_at=DAY_0,
    swing_ratio=Decimal("0.6"),
    price_swing_ratio=Decimal("0.3"),
    rising_sd_s=8 * DAY_S,
)


def asked(each: Forecast, *, level: float, late_s: float, days: range, seed: int = 0) -> list[Request]:
    """Requests that come on days, from a class whose level and lateness are known."""
    rng = np.random.default_rng(seed)
    found: list[Request] = []
    for number in days:
        volume, price = cycle_of(each, np.array([day(number + 0.5)], dtype=np.float64), late_s)
        for _ in range(rng.poisson(level * float(each.requests_per_day) * volume[0])):
            offered = 2.0 * price[0] * exp(float(each.price_sd_ratio) * rng.standard_normal())
            at = number + rng.random()
            request = wish(f"{each.id}-{len(found)}", {"a": (16, offered)}, at, at + 9, arrived=at)
            found.append(replace(request, forecast=each.id))
    return found


def believed(classes: list[Forecast], seen: list[Request], *, days: float) -> Belief:
    (found,) = beliefs(classes, seen, since_at=DAY_0, now=day(days)).values()
    return found


@pytest.mark.parametrize(("level", "late_days"), [(0.7, -10), (1.0, 0), (1.5, 8)])
def test_the_level_and_the_lateness_of_demand_are_found(level: float, late_days: int) -> None:
    each = forecast(per_day=12, level_sd_ratio=Decimal("0.4"), cycle=CYCLE)
    seen = asked(each, level=level, late_s=late_days * DAY_S, days=range(60))
    found = believed([each], seen, days=60)
    assert found.level == pytest.approx(level, rel=0.1)
    assert found.lateness_s / DAY_S == pytest.approx(late_days, abs=2)


def test_where_nothing_could_be_seen_the_forecast_is_believed() -> None:
    each = forecast(per_day=12, level_sd_ratio=Decimal("0.3"), cycle=CYCLE)
    found = believed([each], [], days=0)
    assert found.level == pytest.approx(1, abs=0.01)
    assert found.lateness_s == pytest.approx(0, abs=1)
    assert found.factor(each.id) == found.factor("another") == 1


def test_a_forecast_that_is_sure_stays_whatever_comes() -> None:
    each = forecast(per_day=5)
    found = believed([each], asked(each, level=3, late_s=0, days=range(10)), days=10)
    assert (found.level, found.lateness_s) == (1, 0)


def test_demand_that_doubles_at_once_is_noticed() -> None:
    each = forecast(per_day=12, level_sd_ratio=Decimal("0.3"), jumps_per_year=Decimal(4))
    before, after = (asked(each, level=x, late_s=0, days=days) for x, days in ((1, range(40)), (2, range(40, 52))))
    assert believed([each], before, days=40).level == pytest.approx(1, rel=0.12)
    assert believed([each], before + after, days=52).level == pytest.approx(2, rel=0.15)


def test_a_class_that_is_stronger_than_its_market_is_taken_for_that() -> None:
    more, less = (forecast(name, per_day=10, level_sd_ratio=Decimal("0.3"), market="m") for name in ("more", "less"))
    seen = asked(more, level=1.2, late_s=0, days=range(60)) + asked(less, level=0.8, late_s=0, days=range(60))
    found = believed([more, less], seen, days=60)
    assert found.level == pytest.approx(1, rel=0.1)
    assert found.level * found.factor("more") == pytest.approx(1.2, rel=0.07)
    assert found.level * found.factor("less") == pytest.approx(0.8, rel=0.07)


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3), st.sampled_from(("0", "6")))
@slow
def test_a_belief_is_what_bayes_rule_comes_to_step_by_step(counts: list[int], jumps: str) -> None:
    each = forecast(per_day=4, level_sd_ratio=Decimal("0.3"), jumps_per_year=Decimal(jumps), cycle=CYCLE)
    seen = [
        replace(wish(f"r{i}-{k}", {"a": (8, 2.0 + 0.1 * k)}, i + 0.5, i + 3, arrived=i + 0.5), forecast=each.id)
        for i, count in enumerate(counts)
        for k in range(count)
    ]
    found, prior = believed([each], seen, days=3), believed([each], [], days=0)
    assert found.weights == pytest.approx(added_up(each, prior, counts, int(jumps)), abs=1e-9)


def added_up(each: Forecast, prior: Belief, counts: list[int], jumps: int) -> np.ndarray:
    """The weights after three days, cell by cell: arrivals, then jumps, day by day; prices at the end."""
    weights, a_day = prior.weights.copy(), jumps / 365
    after = [exp(-((log(level) / 0.8) ** 2) / 2) for level in prior.levels]
    for number, count in enumerate(counts):
        for i, level in enumerate(prior.levels):
            for j, late_s in enumerate(prior.late_s):
                mean = level * 4 * (1 + 0.6 * swing(number, late_s))
                weights[i, j] *= exp(count * log(mean) - mean - lgamma(count + 1))
        weights /= weights.sum()
        landed = np.outer(after, weights.sum(axis=0)) / sum(after)
        weights = (1 - a_day) * weights + a_day * landed
    for j, late_s in enumerate(prior.late_s):
        for number, count in enumerate(counts):
            for k in range(count):
                off = log(2.0 + 0.1 * k) - log(2.0 * (1 + 0.3 * swing(number, late_s)))
                weights[:, j] *= exp(-((off / float(each.price_sd_ratio)) ** 2) / 2)
    return np.asarray(weights / weights.sum())


def swing(number: int, late_s: float) -> float:
    return sin(2 * pi * (number + 0.5 - late_s / DAY_S) / PERIOD_DAYS)


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=6),
    st.sampled_from(("0", "0.05", "0.5")),
    st.sampled_from(("0", "4", "100")),
    st.sampled_from((0.001, 1.0, 30.0)),
    st.booleans(),
)
@slow
def test_weights_sum_to_one_whatever_comes(
    counts: list[int], sd_ratio: str, jumps: str, per_day: float, cycle: bool
) -> None:
    each = forecast(
        per_day=per_day,
        level_sd_ratio=Decimal(sd_ratio),
        jumps_per_year=Decimal(jumps),
        cycle=CYCLE if cycle else None,
    )
    price = 0.0 if counts[0] == 0 else 2.0
    seen = [
        replace(wish(f"r{i}-{k}", {"a": (8, price)}, i, i + 3, arrived=i), forecast=each.id)
        for i, count in enumerate(counts)
        for k in range(count)
    ]
    found = believed([each], seen, days=len(counts) - 0.3)
    assert found.weights.sum() == pytest.approx(1)
    assert (found.weights >= 0).all() and found.level > 0 and found.factor(each.id) > 0
