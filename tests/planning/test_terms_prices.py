"""What to ask under terms, and what is put aside for outages: against loops, and what cannot be otherwise."""

from decimal import Decimal
from itertools import pairwise
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.model.fleet import Outage
from neocloud.model.terms import Remedy, Terms
from neocloud.operations.directory import SHIPPED_TERMS
from neocloud.rules.planning.outage_reserve import out_of_order_ratio, outage_reserve_usd
from neocloud.rules.planning.terms_prices import Cashflow, gain_usd, may_leave, notice_of, price_for
from neocloud.settings import OUT_OF_ORDER_RATIO
from neocloud.units import DAY_S
from tests.planning import quick
from tests.planning.made import DAY_0, day, fleet, lease, ledgers


@st.composite
def flows(draw: st.DrawFn) -> Cashflow:
    """Up to five days, of three futures."""
    days = draw(st.integers(1, 5))
    costs = st.lists(st.integers(0, 40), min_size=3 * days, max_size=3 * days)
    hours = draw(st.lists(st.integers(0, 24), min_size=days, max_size=days).filter(any))
    starts = np.arange(days, dtype=np.float64) * DAY_S
    return Cashflow(np.array(hours) * 1.0, starts + float(DAY_S), starts, np.array(draw(costs)).reshape(3, days) / 10)


notices = st.none() | st.integers(0, 6).map(lambda days: days * DAY_S)
leaving = st.sampled_from((0.0, 0.01, 0.1))
gains = st.integers(0, 300).map(float)


@given(flows(), st.integers(0, 60), notices, leaving)
@quick
def test_a_gain_is_the_sum_of_its_hours_over_the_futures(
    flow: Cashflow, tenths: int, notice_s: int | None, leaves: float
) -> None:
    total, price = 0.0, tenths / 10
    for k, hours in enumerate(flow.hours):
        for costs in flow.cost_usd:
            kept = notice_s is None or flow.ahead_s[k] < notice_s or price > costs[k]
            gained = price - costs[k] if kept else 0.0
            total += hours * exp(-leaves * flow.since_s[k] / DAY_S) * gained / len(flow.cost_usd)
    assert gain_usd(flow, price, notice_s=notice_s, leaves_per_day=leaves) == pytest.approx(total, abs=1e-9)


@given(flows(), gains, notices, leaving)
@quick
def test_the_price_for_a_gain_gains_it_and_a_cent_less_does_not(
    flow: Cashflow, gain: float, notice_s: int | None, leaves: float
) -> None:
    price = price_for(flow, gain, notice_s=notice_s, leaves_per_day=leaves)
    assert gain_usd(flow, price, notice_s=notice_s, leaves_per_day=leaves) >= gain - 1e-6
    if price > 0.01 and gain > 0:
        assert gain_usd(flow, price - 0.01, notice_s=notice_s, leaves_per_day=leaves) < gain


@given(flows(), gains, gains, notices, leaving)
@quick
def test_more_gain_never_asks_a_lower_price(
    flow: Cashflow, one: float, two: float, notice_s: int | None, leaves: float
) -> None:
    less, more = sorted((one, two))
    assert price_for(flow, less, notice_s=notice_s, leaves_per_day=leaves) <= price_for(
        flow, more, notice_s=notice_s, leaves_per_day=leaves
    )


@given(flows(), gains, leaving)
@quick
def test_a_shorter_notice_never_raises_the_price(flow: Cashflow, gain: float, leaves: float) -> None:
    asked = [
        price_for(flow, gain, notice_s=notice_s, leaves_per_day=leaves)
        for notice_s in (0, DAY_S, 3 * DAY_S, 9 * DAY_S, None)
    ]
    assert all(shorter <= longer + 1e-9 for shorter, longer in pairwise(asked))


def test_the_price_of_a_long_lease_whose_tenant_may_leave_gains_what_it_should() -> None:
    starts = np.arange(1_000, dtype=np.float64) * DAY_S
    flow = Cashflow(np.full(1_000, 24.0), starts, starts, np.zeros((1, 1_000)))
    gain = gain_usd(flow, 3.0, notice_s=None, leaves_per_day=0.0)
    price = price_for(flow, gain, notice_s=None, leaves_per_day=0.01)
    assert gain_usd(flow, price, notice_s=None, leaves_per_day=0.01) >= gain - 1


def test_rights_say_the_notice_and_who_may_leave() -> None:
    said = {terms.name: (notice_of(terms), may_leave(terms)) for terms in SHIPPED_TERMS}
    assert said == {
        "reserved": (None, False),
        "reclaimable-90d": (90 * DAY_S, False),
        "on-demand": (7 * DAY_S, True),
        "spot": (120, True),
    }


REMEDIES = (("0.99", "0.1"), ("0.95", "0.25"), ("0.8", "0.9"))
"""Below which availability how much of the fee is credited; nine tenths are delivered here."""


def test_a_pool_without_a_failure_on_record_loses_what_is_usual() -> None:
    with ledgers() as ledger:
        assert out_of_order_ratio(ledger.world, "a", DAY_0) == float(OUT_OF_ORDER_RATIO)


def test_what_failed_in_a_year_is_what_is_expected_to_fail() -> None:
    failed = Outage(id="o", pool="a", gpus=32, start_at=day(-73), end_at=day(0))
    planned = Outage(id="p", pool="a", gpus=64, start_at=day(-200), end_at=day(-100), planned=True)
    old = Outage(id="q", pool="a", gpus=64, start_at=day(-900), end_at=day(-800))
    with ledgers([*fleet(), failed, old]) as ledger:
        ledger.world.apply(planned)
        assert out_of_order_ratio(ledger.world, "a", DAY_0) == pytest.approx(0.5 * 73 / 365)
        assert out_of_order_ratio(ledger.world, "b", DAY_0) == float(OUT_OF_ORDER_RATIO)


def test_the_reserve_is_the_part_lost_with_the_credit_that_then_is_due() -> None:
    remedies = tuple(Remedy(below_ratio=Decimal(below), credit_ratio=Decimal(credit)) for below, credit in REMEDIES)
    safe = Terms(name="safe", version=1, description="With credits.", remedies=remedies)
    failed = Outage(id="o", pool="a", gpus=32, start_at=day(-73), end_at=day(0))
    with ledgers([*fleet(), safe, failed], lease("l", "a", 8, 0, 9)) as ledger:
        world, plain = ledger.world, ledger.world.leases["l"]
        with_credits = replace(plain, terms=next(key for key, terms in world.terms.items() if terms.name == "safe"))
        assert outage_reserve_usd(world, plain, 2.0, DAY_0) == pytest.approx(2.0 * 0.1)
        assert outage_reserve_usd(world, with_credits, 2.0, DAY_0) == pytest.approx(2.0 * (0.1 + 0.25))
