"""A put takes what nobody else pays more for, hour by hour, and is worth just that."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from neocloud.errors import Invalid, NotAllowed
from neocloud.model.commands import AcceptPut, Apply, Decline
from neocloud.model.requests import Exit, Judgement, Request
from neocloud.operations.deciding import Desk
from neocloud.operations.ledger import Ledger
from neocloud.operations.planning import Plan, plan
from neocloud.operations.scoring import score
from neocloud.rules.planning.drawing import nothing
from neocloud.rules.planning.futures import Future
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.program import MILLION
from neocloud.rules.planning.puts import accepted_puts, with_puts
from neocloud.timeline import Span
from tests.planning import quick
from tests.planning.made import DAY_0, bare, day, fleet, forecast, lease, ledgers, put, scenario, usd, wish
from tests.planning.test_costs import Case, cases, puts

DAYS, NEAR_USD = 3, 1e-2
BARE = {"spot": (), "energy": ()}


@st.composite
def unsold(draw: st.DrawFn) -> tuple[Outlook, list[Request]]:
    """What is free on each of a few days, what it earns as spot, and puts: numbers so small that all can be tried."""
    free = np.array(draw(st.lists(st.integers(0, 3), min_size=2 * DAYS, max_size=2 * DAYS)), float).reshape(2, DAYS)
    watts = np.array([draw(st.lists(st.integers(0, 5), min_size=DAYS, max_size=DAYS))], float)
    outside = draw(st.none() | st.integers(0, 3))
    view = bare(
        free,
        watts,
        spot_usd=draw(st.sampled_from((0.0, 1.5))),
        spot_gpus=draw(st.sampled_from((np.inf, 1.0))),
        spot_kw=draw(st.sampled_from((0.0, 1.0))),
        outside_kw=None if outside is None else np.full((1, DAYS), float(outside)),
    )
    return view, [each for i in range(draw(st.integers(1, 2))) for each in [draw(small(f"put-{i}"))]]


@st.composite
def small(draw: st.DrawFn, name: str) -> Request:
    first, gpus = draw(st.integers(0, DAYS - 1)), draw(st.integers(1, 3))
    pools = draw(st.lists(st.sampled_from(("p0", "p1")), min_size=1, unique=True))
    ways = {pool: (gpus, draw(st.integers(1, 30)) / 10) for pool in pools}
    return put(name, ways, first, draw(st.integers(first + 1, DAYS)))


@given(unsold())
@quick
def test_a_put_is_worth_what_it_takes_hour_by_hour(case: tuple[Outlook, list[Request]]) -> None:
    bare_view, asked = case
    view = with_puts(bare_view, asked)
    future = Future(view, nothing(view))
    always = view.spot_usd * (np.isinf(view.spot_gpus) & (view.spot_kw_per_gpu == 0))
    base = float((always[:, None] * view.free_gpus * 24).sum())
    best = sum(24 * best_of(bare_view, asked, k) for k in range(DAYS))
    assert future.worth * MILLION + base == pytest.approx(best, abs=NEAR_USD)
    for each in asked:
        others = [other for other in asked if other is not each]
        less = sum(24 * best_of(bare_view, others, k) for k in range(DAYS))
        assert future.without(each.id) * MILLION + base == pytest.approx(less, abs=NEAR_USD)
        assert 0 <= future.put_h(each.id) <= 24 * DAYS * each.ways[0].gpus + 1e-6


def best_of(view: Outlook, asked: Sequence[Request], k: int) -> float:
    """The most that an hour of a day can earn: every number of GPUs that each put may take, and the rest as spot."""
    there = [each for each in asked if each.start_at <= view.grid.cuts[k] < each.end_at]
    return max(earned(view, k, taken) for taken in every_taking(there))


def every_taking(asked: Sequence[Request]) -> Iterator[list[tuple[int, int, float]]]:
    """By way its pool, GPUs and price, with no more of a put than its GPUs in all."""
    for each in product(*(range(way.gpus + 1) for put_ in asked for way in put_.ways)):
        numbers, taken, fits = list(each), [], True
        for put_ in asked:
            mine = [numbers.pop(0) for _ in put_.ways]
            fits &= sum(mine) <= put_.ways[0].gpus
            prices = [float(way.per_gpu_hour.amount) for way in put_.ways if way.per_gpu_hour]
            taken += [(int(w.pool[1]), gpus, p) for w, gpus, p in zip(put_.ways, mine, prices, strict=True)]
        if fits:
            yield taken


def earned(view: Outlook, k: int, taken: Sequence[tuple[int, int, float]]) -> float:
    left, watts = view.free_gpus[:, k].copy(), float(view.free_kw[0, k])
    for pool, gpus, _ in taken:
        left[pool] -= gpus
        watts -= gpus
    outside = sum(gpus for _, gpus, _ in taken)
    if left.min() < 0 or watts < 0 or (view.outside_kw is not None and outside > view.outside_kw[0, k]):
        return 0.0
    spot = float(np.minimum(left, view.spot_gpus).sum())
    spot = min(spot, watts) if view.spot_kw_per_gpu[0] else spot
    return sum(gpus * price for _, gpus, price in taken) + spot * float(view.spot_usd[0])


@given(cases(), puts())
@quick
def test_without_a_put_a_future_is_what_one_is_that_never_had_it_and_stays_as_it_was(
    case: Case, asked: list[Request]
) -> None:
    view = with_puts(case.view, asked)
    future, before = Future(view, case.stream), 0.0
    before = future.worth
    for each in asked:
        others = with_puts(view, [other for other in asked if other is not each])
        assert abs(future.without(each.id) - Future(others, case.stream).worth) < 1e-8
        assert future.worth == before
    less = replace(view, free_gpus=np.maximum(view.free_gpus - 1, 0))
    future.move(less)
    assert abs(future.worth - Future(less, case.stream).worth) < 1e-8


def test_a_tenant_that_may_be_gone_takes_less_of_it() -> None:
    sure = put("sure", {"p0": (4, 2)}, 0, 2)
    unsure = changed(sure, exits=(Exit(at=day(1), probability_ratio=usd(0.5).amount),))
    view = bare(np.full((1, 2), 8.0))
    worth = [Future(each, nothing(each)).worth for each in (with_puts(view, [sure]), with_puts(view, [unsure]))]
    assert worth[1] == pytest.approx(0.75 * worth[0])


# ---- in a plan ----


def made_of(ledger: Ledger, *requests: Request, **said: object) -> Plan:
    return plan(ledger, requests, scenario(**{**BARE, **said}), now=DAY_0, futures=2)  # type: ignore[arg-type]


def test_an_open_put_is_accepted_wherever_it_pays_more_than_energy() -> None:
    with ledgers([*fleet(), forecast(per_day=0)], lease("old", "c", 48, 0, 20)) as ledger:
        (advice,) = made_of(ledger, put("p", {"c": (32, 1.5)}, 2, 6)).advice
        assert (advice.word, advice.pool, advice.gpus, advice.cost_usd) == ("accept", "c", 32, 0.0)
        assert advice.put_h == pytest.approx(16 * 4 * 24)
        assert advice.worth_usd == pytest.approx(16 * 4 * 24 * 1.5)
        assert advice.reason == "a put, taken only where nothing else pays more: 1,536 GPU-hours expected"
        energy = {"energy": scenario().energy}
        (cheap,) = made_of(ledger, put("p", {"c": (32, 0.05)}, 2, 6), **energy).advice  # 1 kW at 50 USD a MWh
        assert (cheap.word, cheap.worth_usd) == ("decline", 0.0)
        assert cheap.reason == "a put that pays no more than the energy it would draw"
        (later,) = made_of(ledger, put("p", {"c": (32, 1)}, 50, 60)).advice
        assert (later.word, later.put_h) == ("accept", 0.0), "it costs nothing to hold"


def test_what_a_put_would_pay_for_is_not_given_away_for_less() -> None:
    cheap, dear = wish("cheap", {"c": (32, 1)}, 2, 6), wish("dear", {"c": (32, 2)}, 2, 6)
    with ledgers([*fleet(), forecast(per_day=0)]) as ledger:
        assert [each.word for each in made_of(ledger, cheap, dear).advice] == ["accept", "accept"]
        found = made_of(ledger, cheap, put("p", {"c": (64, 1.5)}, 2, 6), dear)
        assert [(each.request, each.word) for each in found.advice] == [
            ("cheap", "counter"), ("dear", "accept"), ("p", "accept"),
        ]  # fmt: skip
        assert found.advice[2].put_h == pytest.approx(32 * 4 * 24), "the rest is leased for more"


def test_a_put_that_is_accepted_stays_until_its_span_ends() -> None:
    with ledgers([*fleet(), forecast(per_day=0)]) as ledger:
        before = made_of(ledger).costs
        accept(ledger, put("p", {"c": (64, 1.5)}, 2, 6))
        after = made_of(ledger).costs
        assert not before.gpu_usd.any()
        pool, during = after.view.index("c"), after.view.grid.covered_h(day(2), day(6)) > 0
        assert np.allclose(after.per_gpu_hour()[:, pool][:, during], 1.5)
        assert not after.per_gpu_hour()[:, pool][:, ~during].any()
        assert [each.id for each in accepted_puts(ledger.world, DAY_0)] == ["p"]
        assert accepted_puts(ledger.world, day(6)) == []
        ledger.catch_up()
        assert Ledger(ledger.journal).world.digest() == ledger.world.digest()


def accept(ledger: Ledger, asked: Request) -> None:
    judgement = Judgement(at=DAY_0, journal_seq=ledger.world.head.seq)
    ledger.submit(Apply(id=f"receive-{asked.id}", noun=asked), now=DAY_0)
    ledger.submit(AcceptPut(id=f"accept-{asked.id}", request=asked.id, judgement=judgement), now=DAY_0)


def test_only_an_open_put_is_accepted_by_itself() -> None:
    with ledgers([*fleet(), forecast(per_day=0)]) as ledger:
        with pytest.raises(NotAllowed, match="is no put, and is accepted by the lease that is booked for it"):
            accept(ledger, wish("r", {"c": (8, 1)}, 2, 6))
        accept(ledger, put("p", {"c": (8, 1)}, 2, 6))
        with pytest.raises(NotAllowed, match="is accepted already"):
            ledger.submit(AcceptPut(id="x", request="p", judgement=Judgement(at=DAY_0, journal_seq=1)), now=DAY_0)
        with pytest.raises(NotAllowed, match="the span of put late ended"):
            accept(ledger, put("late", {"c": (8, 1)}, -6, -2))
        with pytest.raises(Invalid, match="an inside team has none"):
            ledger.submit(Apply(id="team", noun=put("team", {"c": (8, 1)}, 2, 6, tenant="team")), now=DAY_0)
        free = changed(
            put("free", {"c": (8, 1)}, 2, 6),
            ways=(changed(wish("r", {"c": (8, 1)}, 2, 6).ways[0], per_gpu_hour=None),),
        )
        with pytest.raises(Invalid, match="a request of acme needs a price in each of its pools"):
            ledger.submit(Apply(id="free", noun=free), now=DAY_0)


def test_a_desk_accepts_a_put_and_asks_more_from_then_on() -> None:
    with ledgers([*fleet(), forecast(per_day=0)]) as ledger:
        desk = Desk(ledger, scenario(energy=scenario().energy), futures=2)
        assert desk.consider(wish("first", {"c": (8, 1)}, 2, 6), DAY_0).accepted
        assert not desk.consider(put("cheap", {"c": (64, 0.01)}, 2, 6), DAY_0).accepted
        assert desk.consider(put("p", {"c": (64, 1.5)}, 2, 6), DAY_0).accepted
        assert not desk.consider(wish("second", {"c": (8, 1)}, 2, 6), DAY_0).accepted
        assert desk.consider(wish("third", {"c": (8, 2)}, 2, 6), DAY_0).accepted
        assert {name for name, each in ledger.world.requests.items() if each.status == "accepted"} == {
            "first", "p", "third",
        }  # fmt: skip
        assert set(ledger.world.leases) == {"first", "third"}
        assert {row.request for row in score(ledger.world, scenario(), Span(DAY_0, day(1)), day(1)).rows} == {
            "first", "second", "third",
        }  # fmt: skip


def test_a_put_that_is_declined_is_not_scored() -> None:
    with ledgers([*fleet(), forecast(per_day=0)]) as ledger:
        ledger.submit(Apply(id="p", noun=put("p", {"c": (8, 1)}, 2, 6)), now=DAY_0)
        ledger.submit(Decline(id="d", request="p", judgement=Judgement(at=DAY_0, journal_seq=1)), now=DAY_0)
        with pytest.raises(Invalid, match="no request with a price"):
            score(ledger.world, scenario(), Span(DAY_0, day(1)), day(1))
