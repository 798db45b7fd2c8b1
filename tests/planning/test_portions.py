"""A divisible request is served in several pools at once: one lease with a block in each, from one start."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from neocloud.model.capacity import Resource
from neocloud.model.commands import Book
from neocloud.model.requests import Request
from neocloud.operations.audit import audit
from neocloud.operations.ledger import Ledger
from neocloud.operations.planning import plan
from neocloud.rules.revenue import contracted
from neocloud.timeline import Span
from tests.planning import slow
from tests.planning.made import DAY_0, POOLS, UNIT_GPUS, day, fleet, forecast, ledgers, scenario, wish
from tests.planning.test_plan import leases

NOUNS = (*fleet(), forecast(per_day=0))


@st.composite
def divisible(draw: st.DrawFn, name: str) -> Request:
    pools = draw(st.lists(st.sampled_from(sorted(POOLS)), min_size=1, max_size=3, unique=True))
    start = draw(st.integers(0, 8))
    ways = {pool: (UNIT_GPUS * draw(st.integers(2, 20)), draw(st.integers(1, 60)) / 10) for pool in pools}
    latest = start + draw(st.integers(0, 3)) if draw(st.booleans()) else None
    tenant = draw(st.sampled_from(("acme", "team")))
    return wish(name, ways, start, start + draw(st.integers(1, 9)), tenant=tenant, latest=latest, divisible=True)


@given(
    leases(),
    st.lists(st.integers(0, 3), max_size=3).flatmap(
        lambda some: st.tuples(*(divisible(f"r{i}") for i in range(1 + len(some))))
    ),
    st.booleans(),
)
@slow
def test_what_is_served_in_parts_can_be_booked_and_brings_what_is_said(
    old: list[Book], requests: tuple[Request, ...], busy: bool
) -> None:
    with ledgers([*NOUNS, forecast("more", per_day=2)] if busy else NOUNS, *old) as ledger:
        made = plan(ledger, requests, scenario(energy=()), now=DAY_0, futures=2)
        for request, advice in zip(made.requests, made.advice, strict=True):
            event(f"{len(advice.portions)} portions")
            assert (advice.booking is not None) == advice.word.startswith("accept")
            if advice.booking is None:
                continue
            ledger.submit(advice.booking, now=DAY_0)
            booked = ledger.world.leases[request.id]
            ways = {way.pool: way for way in request.ways}
            shares = [block.gpus / ways[block.pool].gpus for block in booked.blocks]
            assert sum(shares) <= 1 + 1e-9
            assert (advice.word == "accept") == (sum(shares) > 1 - 1e-6)
            assert {(block.start_at, block.end_at) for block in booked.blocks} == {(advice.start_at, advice.end_at)}
            assert all(block.gpus % UNIT_GPUS == 0 for block in booked.blocks)
            if advice.portions:
                assert [(each.pool, each.gpus) for each in advice.portions] == [
                    (b.pool, b.gpus) for b in booked.blocks
                ]
                assert advice.worth_usd == pytest.approx(sum(each.worth_usd for each in advice.portions))
            fee = contracted(booked)
            if fee is not None and advice.end_at <= day(20):
                assert float(fee.amount) == pytest.approx(advice.worth_usd, abs=0.01)
        assert audit(ledger.world, DAY_0).findings == []


@given(leases(), divisible("r"))
@slow
def test_no_parts_in_whole_units_are_worth_more_but_for_what_is_rounded_down(
    old: list[Book], request: Request
) -> None:
    with ledgers(NOUNS, *old) as ledger:
        (advice,) = plan(ledger, [request], scenario(spot=(), energy=()), now=DAY_0, futures=1).advice
        found = advice.worth_usd if advice.word.startswith("accept") else 0.0
        best, unit = best_usd(ledger, request), unit_usd(request)
        assert best - unit - 0.01 <= found <= best + 0.01


def best_usd(ledger: Ledger, request: Request) -> float:
    """The worth of the best parts, of all there are in whole units, at the best start."""
    latest_at = request.latest_start_at or request.start_at
    starts = range(request.start_at, latest_at + 1, 86_400)
    return max(best_at(ledger, request, Span(at, request.end_at + at - request.start_at)) for at in starts)


def best_at(ledger: Ledger, request: Request, span: Span) -> float:
    def free(kind: str, name: str) -> int:
        return ledger.world.capacity(Resource(kind, name)).available.low(span)  # type: ignore[arg-type]

    worths = [0.0]
    for units in product(*(range(min(free("gpus", w.pool), w.gpus) // UNIT_GPUS + 1) for w in request.ways)):
        gpus = [count * UNIT_GPUS for count in units]
        watts = dict.fromkeys(POOLS.values(), 0)
        for way, each in zip(request.ways, gpus, strict=True):
            watts[POOLS[way.pool]] += each * 1_000
        fits = sum(each / way.gpus for way, each in zip(request.ways, gpus, strict=True)) <= 1 + 1e-9
        if fits and all(needed <= free("watts", site) for site, needed in watts.items()):
            worths.append(sum(each * hourly(request, k) for k, each in enumerate(gpus)) * hours(span))
    return max(worths)


def unit_usd(request: Request) -> float:
    """What a sell unit of each pool brings together."""
    return sum(UNIT_GPUS * hourly(request, k) for k in range(len(request.ways))) * hours(request.span)


def hourly(request: Request, index: int) -> float:
    price = request.ways[index].per_gpu_hour
    return 0.0 if price is None else float(price.amount)


def hours(span: Span) -> float:
    return (span.end_at - span.start_at) / 3_600


def test_what_no_pool_holds_alone_is_served_by_two_at_the_mean_price() -> None:
    asked = wish("r", {"a": (96, 2), "c": (96, 3)}, 1, 5, divisible=True)
    with ledgers(NOUNS) as ledger:
        (advice,) = plan(ledger, [asked], scenario(spot=(), energy=()), now=DAY_0, futures=1).advice
        assert (advice.word, advice.pool, advice.gpus) == ("accept", "c", 64)
        assert [(each.pool, each.gpus) for each in advice.portions] == [("a", 32), ("c", 64)]
        assert advice.worth_usd == pytest.approx((32 * 2 + 64 * 3) * 24 * 4)
        assert advice.booking is not None
        ledger.submit(advice.booking, now=DAY_0)
        booked = ledger.world.leases["r"]
        assert [(block.pool, block.gpus) for block in booked.blocks] == [("a", 32), ("c", 64)]
        assert [float(price.amount.amount) for price in booked.prices] == [2.666666666]


def test_a_request_that_is_not_divisible_is_served_in_one_pool_or_not_at_all() -> None:
    def served(requests: Sequence[Request]) -> list[str]:
        with ledgers(NOUNS) as ledger:
            made = plan(ledger, requests, scenario(spot=(), energy=()), now=DAY_0, futures=1)
            return [each.word for each in made.advice]

    assert served([wish("r", {"a": (96, 2), "c": (96, 3)}, 1, 5)]) == ["counter"]
    assert served([wish("r", {"a": (64, 2), "c": (64, 3)}, 1, 5)]) == ["accept"]
