"""Money of leases: contracted, firm, and apportioned to pools; computed, never typed."""

from decimal import Decimal

import pytest

from neocloud.model.leases import Block, Lease, Price
from neocloud.model.world import World
from neocloud.rules.revenue import apportioned, contracted, firm, gpu_seconds, totals
from neocloud.timeline import Span
from neocloud.units import Money, format_instant, parse_instant
from tests.stories.tell import FLEET, tell
from tests.stories.words import instant


def at(text: str) -> int:
    """An instant by its date."""
    return parse_instant(text, now=0)


def usd(amount: str) -> Money:
    """An amount in USD."""
    return Money.of(Decimal(amount))


def block(pool: str, gpus: int, start: str, end: str) -> Block:
    """A block by its dates."""
    return Block(pool=pool, gpus=gpus, start_at=at(start), end_at=at(end))


def monthly(amount: str, start: str, end: str) -> Price:
    """A flat price a month, by its dates."""
    return Price(per="month", amount=usd(amount), start_at=at(start), end_at=at(end))


def lease(*blocks: Block, prices: tuple[Price, ...] = ()) -> Lease:
    """A confirmed lease."""
    return Lease(
        id="l1", tenant="acme", terms="reserved@1", blocks=blocks, status="confirmed", booked_at=0, prices=prices
    )


def test_35_whole_months_at_a_flat_price_are_35_times_that_price() -> None:
    whole = lease(
        block("h100", 220_000, "2026-06-01", "2029-05-01"), prices=(monthly("1.25e9", "2026-06-01", "2029-05-01"),)
    )
    assert contracted(whole) == usd("43750000000")


def test_a_part_of_a_month_costs_that_part_by_seconds() -> None:
    part = lease(block("h100", 8, "2026-02-15", "2026-04-11"), prices=(monthly("3000", "2026-02-15", "2026-04-11"),))
    assert contracted(part) == usd("5500")  # 14 of 28 days, a month, 10 of 30 days


def test_a_ramp_at_a_reduced_fee_costs_each_fee_for_its_time() -> None:
    ramp = lease(
        block("h100", 8, "2026-05-01", "2026-07-01"),
        prices=(monthly("1000", "2026-05-01", "2026-06-01"), monthly("4000", "2026-06-01", "2026-07-01")),
    )
    assert contracted(ramp) == usd("5000")
    assert contracted(ramp, Span(at("2026-06-16"), at("2027-01-01"))) == usd("2000")
    assert contracted(ramp, Span(at("2027-01-01"), at("2028-01-01"))) == usd("0")


def test_a_price_per_gpu_hour_counts_the_gpus_of_each_block() -> None:
    price = Price(per="gpu_hour", amount=usd("2.35"), start_at=at("2026-05-01"), end_at=at("2026-05-03"))
    two = lease(
        block("h100", 8, "2026-05-01", "2026-05-02"), block("b200", 4, "2026-05-02", "2026-05-03"), prices=(price,)
    )
    assert contracted(two) == usd("676.80")  # (8 + 4) x 24 h x 2.35
    assert apportioned(two) == {"h100": usd("451.20"), "b200": usd("225.60")}


def test_an_inside_lease_comes_to_no_money() -> None:
    assert contracted(lease(block("h100", 8, "2026-05-01", "2026-05-02"))) is None


def test_a_flat_month_is_apportioned_by_the_gpu_hours_in_that_month() -> None:
    grows = lease(
        block("h100", 30, "2026-05-01", "2026-07-01"),
        block("b200", 10, "2026-06-01", "2026-07-01"),
        prices=(monthly("4000", "2026-05-01", "2026-07-01"),),
    )
    assert apportioned(grows) == {"h100": usd("7000"), "b200": usd("1000")}


def test_a_month_without_gpus_is_apportioned_as_the_whole_lease_is() -> None:
    pauses = lease(
        block("h100", 31, "2026-05-01", "2026-06-01"),  # 31 x 31 GPU-days
        block("b200", 31, "2026-07-01", "2026-08-01"),
        prices=(monthly("1000", "2026-05-01", "2026-08-01"),),
    )
    assert apportioned(pauses) == {"h100": usd("1500"), "b200": usd("1500")}


def test_what_is_apportioned_adds_up_to_what_is_contracted_within_half_a_nano_unit_a_share() -> None:
    odd = lease(
        *(block(pool, gpus, "2026-05-03", "2026-11-19") for pool, gpus in (("a", 7), ("b", 11), ("c", 13))),
        prices=(monthly("1000.000000001", "2026-05-03", "2026-11-19"),),
    )
    shares, whole = apportioned(odd), contracted(odd)
    assert whole is not None
    assert len(shares) == 3
    assert abs(sum(share.nanos for share in shares.values()) - whole.nanos) <= (len(shares) + 1) / 2


def test_gpu_seconds_count_only_what_lies_inside_a_span() -> None:
    two = lease(block("h100", 8, "2026-05-01", "2026-05-03"), block("b200", 4, "2026-05-02", "2026-05-04"))
    assert gpu_seconds(two, Span(at("2026-05-02"), at("2026-05-03"))) == 12 * 86_400
    assert gpu_seconds(two, Span(at("2026-05-02"), at("2026-05-03")), "b200") == 4 * 86_400
    assert gpu_seconds(two, Span(at("2026-06-02"), at("2026-06-03"))) == 0


DEAL = (
    FLEET
    + """
      terms deal tenant/terminate/90d operator/terminate/180d
      terms cuts operator/reclaim/90d
10:00 book l1 acme 16 of h100 10d-400d month 1000 under deal
      book l2 bolt 8 of h100 10d-400d price 2
      hold l3 bolt 8 of h100 10d-400d until 20d price 2
      book l4 team 8 of h100 0:00-10d recorded "has run since Christmas"
"""
)


def money(world: World, name: str, now: str) -> str:
    """What of a lease is firm."""
    return str(firm(world, world.leases[name], instant(now)))


@pytest.mark.parametrize(
    ("name", "now", "amount"),
    [
        ("l2", "0d", "149,760.00 USD"),  # nobody may end it: 8 GPUs x 390 d x 24 h x 2 USD
        ("l2", "200d", "76,800.00 USD"),  # of that, the 200 days that lie ahead
        ("l3", "0d", "0.00 USD"),  # a hold is not firm
        ("l2", "500d", "0.00 USD"),
        ("l4", "0d", "None"),
    ],
)
def test_firm_is_what_lies_ahead_and_nobody_can_cancel(name: str, now: str, amount: str) -> None:
    assert money(tell("", DEAL), name, now) == amount


def test_what_a_right_can_cancel_is_not_firm() -> None:
    world = tell("", DEAL)
    until = Span(instant("10d"), instant("90d"))
    assert firm(world, world.leases["l1"], instant("0d")) == contracted(world.leases["l1"], until)
    assert format_instant(until.end_at) == "2026-04-01"
    assert money(world, "l1", "0d") == "2,677.42 USD"  # 22 of 31 days of January, February, March


def test_totals_add_up_over_leases() -> None:
    world = tell("", DEAL)
    (row,) = totals(world, world.leases.values(), instant("0d"))
    each = [contracted(world.leases[name]) for name in ("l1", "l2", "l3")]
    assert row.contracted.nanos == row.ahead.nanos == sum(money.nanos for money in each if money)
    assert str(row.firm) == "152,437.42 USD"
