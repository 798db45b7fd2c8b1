"""A plan keeps the law, takes the best of what is asked, and is the same to the bit whenever it is made again."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.errors import Invalid
from neocloud.model.capacity import Resource
from neocloud.model.commands import Book
from neocloud.model.leases import Block
from neocloud.model.plans import Expected
from neocloud.model.requests import Exit, Judgement, Request
from neocloud.operations.audit import audit
from neocloud.operations.ledger import Ledger
from neocloud.operations.planning import Plan, plan
from neocloud.rules.planning.accepting import booking
from neocloud.rules.planning.advice import Advice
from neocloud.timeline import Span
from tests.planning import slow
from tests.planning.made import DAY_0, POOLS, UNIT_GPUS, day, fleet, forecast, lease, ledgers, scenario, wish

QUIET = forecast(per_day=0)
"""Nothing more will be asked for: then a plan is a choice among what is asked now, and no more."""

units = st.integers(1, 6).map(lambda count: count * UNIT_GPUS)


@st.composite
def wishes(draw: st.DrawFn, *, most: int = 5, flexible: bool = True) -> list[Request]:
    return [draw(asked(f"r{i}", flexible)) for i in range(draw(st.integers(1, most)))]


@st.composite
def asked(draw: st.DrawFn, name: str, flexible: bool) -> Request:
    pools = draw(st.lists(st.sampled_from(sorted(POOLS)), min_size=1, max_size=2, unique=True))
    tenant = draw(st.sampled_from(("acme", "globex", "team")))
    start, length = draw(st.integers(0, 8)), draw(st.integers(1, 9))
    return wish(
        name,
        {pool: (draw(units), draw(st.integers(1, 60)) / 10) for pool in pools},
        start,
        start + length,
        tenant=tenant,
        rank=draw(st.none() | st.integers(1, 3)) if tenant == "team" and flexible else None,
        latest=start + draw(st.integers(0, 3)) if flexible and draw(st.booleans()) else None,
    )


@st.composite
def leases(draw: st.DrawFn) -> list[Book]:
    """At most what the pools and their power hold together."""
    pools = draw(st.lists(st.sampled_from(sorted(POOLS)), max_size=3, unique=True))
    starts = [draw(st.integers(0, 9)) for _ in pools]
    return [
        lease(f"old-{pool}", pool, UNIT_GPUS * draw(st.integers(1, 4)), start, start + draw(st.integers(1, 9)))
        for pool, start in zip(pools, starts, strict=True)
    ]


@given(leases(), wishes(), st.booleans())
@slow
def test_everything_that_a_plan_accepts_can_be_booked(old: list[Book], requests: list[Request], busy: bool) -> None:
    later = forecast(per_day=2) if busy else QUIET
    with ledgers([*fleet(), later], *old) as ledger:
        made = plan(ledger, requests, scenario(), now=DAY_0, futures=2)
        for command in bookings(ledger, made):
            ledger.submit(command, now=DAY_0)
        assert [each.request for each in made.advice] == [each.id for each in requests]
        assert audit(ledger.world, DAY_0).findings == []


def bookings(ledger: Ledger, made: Plan) -> Iterator[Book]:
    """What a desk books that follows a plan."""
    for request, advice in zip(made.requests, made.advice, strict=True):
        if advice.word == "accept":
            way = [each.pool for each in request.ways].index(advice.pool)
            judgement = Judgement(at=DAY_0, journal_seq=made.journal_seq)
            yield booking(
                ledger.world, request, way, judgement, gpus=advice.gpus, start_at=advice.start_at, known=False
            )


@given(leases(), wishes(flexible=False))
@slow
def test_no_choice_of_whole_requests_is_worth_more_than_the_plan(old: list[Book], requests: list[Request]) -> None:
    with ledgers([*fleet(), QUIET], *old) as ledger:
        made = plan(ledger, requests, scenario(spot=(), energy=()), now=DAY_0, futures=1)
        best = best_usd(ledger, requests)
        found = sum(each.worth_usd for each in made.advice if each.word == "accept")
        event("all" if all(each.word == "accept" for each in made.advice) else "some")
        assert found == pytest.approx(best, rel=2e-4, abs=0.01)


def best_usd(ledger: Ledger, requests: Sequence[Request]) -> float:
    """The worth of the best choice, of all there are: every request in each of its ways, or not."""
    pools = [Resource("gpus", pool) for pool in POOLS]
    sites = [Resource("watts", site) for site in sorted(set(POOLS.values()))]
    spans = [Span(day(i), day(i + 1)) for i in range(20)]
    free = {each.id: [ledger.world.capacity(each).available.low(span) for span in spans] for each in pools + sites}
    worths = []
    for choice in product(*([None, *each.ways] for each in requests)):
        left, worth = {name: list(values) for name, values in free.items()}, 0.0
        for request, way in zip(requests, choice, strict=True):
            if way is None:
                continue
            days = range((request.start_at - DAY_0) // 86_400, (request.end_at - DAY_0) // 86_400)
            worth += way.gpus * len(days) * 24 * float(way.per_gpu_hour.nanos / 1e9) if way.per_gpu_hour else 0.0
            for i in days:
                left[way.pool][i] -= way.gpus
                left[POOLS[way.pool]][i] -= way.gpus * 1_000
        if min(min(values) for values in left.values()) >= 0:
            worths.append(worth)
    return max(worths)


def advice_on(*requests: Request, later: float = 0, old: Sequence[Book] = (), **said: object) -> list[Advice]:
    with ledgers([*fleet(), forecast(per_day=later)], *old) as ledger:
        return list(plan(ledger, requests, scenario(**said), now=DAY_0, futures=2).advice)  # type: ignore[arg-type]


def test_a_request_that_may_start_later_starts_when_there_is_room() -> None:
    (advice,) = advice_on(wish("r", {"a": (64, 2)}, 1, 5, latest=9), old=[lease("old", "a", 8, 0, 6)])
    assert (advice.word, advice.start_at, advice.end_at) == ("accept", day(6), day(10))
    (advice,) = advice_on(wish("r", {"a": (64, 2)}, 1, 5, latest=5), old=[lease("old", "a", 8, 0, 6)])
    assert advice.word == "counter"


def test_requests_by_rank_alone_are_served_in_their_order_before_what_pays() -> None:
    advice = advice_on(
        wish("second", {"a": (40, 0)}, 1, 5, tenant="team", rank=2),
        wish("paid", {"a": (40, 50)}, 1, 5),
        wish("first", {"a": (40, 0)}, 1, 5, tenant="team", rank=1),
    )
    assert [each.word in {"accept"} for each in advice] == [False, False, True]


def test_a_tenant_that_may_be_gone_is_worth_what_it_is_likely_to_stay() -> None:
    request = wish("r", {"b": (8, 2)}, 0, 10)
    leaver = replace(request, exits=(Exit(at=day(5), probability_ratio=Decimal("0.5")),))
    (sure,), (unsure,) = advice_on(request), advice_on(leaver)
    assert unsure.worth_usd == pytest.approx(0.75 * sure.worth_usd)


def test_what_is_sold_outside_stays_under_its_share_of_the_power() -> None:
    requests = [wish(f"r{i}", {"a": (8, 2 + i)}, 1, 5) for i in range(8)]
    inside = wish("inside", {"b": (24, 1)}, 1, 5, tenant="team")
    old = [lease("old", "b", 8, 0, 9), lease("team-old", "b", 16, 0, 9, tenant="team")]
    *outside, kept = advice_on(*requests, inside, old=old, most_outside_ratio=Decimal("0.4"))
    sold = [each.gpus for each in outside if each.word == "accept"]
    assert sum(sold) + 8 == 32, "of 80 kW four tenths are 32 kW, at 1 kW a GPU"
    assert kept.word == "accept"


def test_what_a_scenario_keeps_is_not_given_away() -> None:
    keep = Block(pool="a", gpus=24, start_at=day(0), end_at=day(20))
    advice = advice_on(*(wish(f"r{i}", {"a": (16, 9)}, 1, 5) for i in range(4)), keeps=(keep,))
    assert sum(each.gpus for each in advice if each.word == "accept") == 32


def test_supply_that_contradicts_the_ledger_names_the_fewest_leases_that_need_more() -> None:
    old = [lease("small", "a", 8, 0, 9), lease("large", "a", 32, 0, 9), lease("middle", "a", 16, 2, 9)]
    less = Expected(pool="a", gpus=40, start_at=day(2), end_at=day(4))
    with pytest.raises(Invalid, match=r"supply\[0\].*large \(32\) and middle \(16\) cannot all be kept"):
        advice_on(old=old, supply=(less,))
    advice_on(old=old[:2], supply=(less,))


def test_more_supply_than_the_ledger_counts_is_planned_with_and_not_promised() -> None:
    more = Expected(pool="a", gpus=72, start_at=day(0), end_at=day(20))
    (advice,) = advice_on(wish("r", {"a": (72, 2)}, 1, 5), supply=(more,))
    assert advice.word in {"decline", "counter"}
    assert advice.reason == "no room: the law refuses it beside the others"


def test_the_same_seed_makes_the_same_plan_in_another_process() -> None:
    program = "from tests.planning.test_plan import digest; print(digest(3))"
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert digest(3) == digest(3) == done.stdout.strip() != digest(4)


def digest(seed: int) -> str:
    """A plan to the bit: its advice, its prices and its futures."""
    requests = [wish(f"r{i}", {"a": (24, 1 + i), "c": (16, 2)}, i, i + 4, latest=i + 2) for i in range(5)]
    classes = [forecast(per_day=3, level_sd_ratio=Decimal("0.3")), forecast("more", per_day=1)]
    with ledgers([*fleet(), *classes], lease("old", "a", 16, 0, 5)) as ledger:
        made = plan(ledger, requests, scenario(), now=DAY_0, seed=seed, futures=3)
    parts = [repr(made.advice).encode(), made.costs.gpu_usd.tobytes(), made.costs.kwh_usd.tobytes()]
    return sha256(b"".join([*parts, *(column.tobytes() for each in made.streams for column in each)])).hexdigest()
