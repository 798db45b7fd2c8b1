"""An opening really goes through, costs no more than it brings, and takes nothing that is protected."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.errors import Mistaken, Refused
from neocloud.model.commands import Book
from neocloud.model.entries import Noun
from neocloud.model.leases import Block, Lease
from neocloud.model.requests import Judgement, Request
from neocloud.model.terms import Right, Terms
from neocloud.operations.audit import audit
from neocloud.operations.ledger import Ledger
from neocloud.operations.planning import Plan, plan
from neocloud.rules.planning.accepting import booking
from neocloud.rules.planning.advice import Advice
from neocloud.rules.planning.opening import Opening
from neocloud.rules.revenue import contracted, worth
from neocloud.units import HOUR_S, Money
from tests.planning import slow
from tests.planning.made import DAY_0, UNIT_GPUS, day, fleet, forecast, lease, ledgers, scenario, wish

WHOLE = Terms(name="whole", version=1, rights=(Right(holder="operator", kind="reclaim"),))
EURO = Terms(name="euro", version=1, currency="EUR", rights=WHOLE.rights)
NOUNS: Sequence[Noun] = (*fleet(), forecast(per_day=0), WHOLE, EURO)
FREE: dict[str, Any] = {"spot": (), "energy": ()}
"""A scenario in which GPUs earn nothing unsold, and energy costs nothing."""


@st.composite
def leases(draw: st.DrawFn, pools: str, terms: Sequence[str], latest: int) -> list[Book]:
    found = []
    for i in range(draw(st.integers(1, 6))):
        tenant = draw(st.sampled_from(("acme", "team")))
        start = draw(st.integers(0, latest))
        found.append(
            lease(
                f"old-{i}",
                draw(st.sampled_from(pools)),
                UNIT_GPUS * draw(st.integers(1, 6)),
                start,
                start + draw(st.integers(1, 9)),
                tenant=tenant,
                terms=draw(st.sampled_from(terms)),
                price=draw(st.integers(1, 40)) / 10,
                protected=tenant == "team" and draw(st.booleans()),
            )
        )
    return found


@st.composite
def requests(draw: st.DrawFn, pools: str) -> list[Request]:
    found = []
    for i in range(draw(st.integers(1, 3))):
        ways = draw(st.lists(st.sampled_from(pools), min_size=1, max_size=2, unique=True))
        start = draw(st.integers(1, 9))
        gpus = UNIT_GPUS * draw(st.integers(4, 8))
        priced = {pool: (gpus, draw(st.integers(5, 60)) / 10) for pool in ways}
        tenant = draw(st.sampled_from(("globex", "team")))
        found.append(wish(f"r{i}", priced, start, start + draw(st.integers(1, 6)), tenant=tenant))
    return found


@given(leases("abc", ("reserved", "spot", "on-demand", "whole"), 8), requests("abc"), st.booleans())
@slow
def test_an_opening_that_is_advised_goes_through_as_it_was_said(
    old: list[Book], asked: list[Request], busy: bool
) -> None:
    with ledgers([*NOUNS, forecast("more", per_day=2)] if busy else NOUNS) as ledger:
        ledger.submit_each(old, DAY_0)
        made = plan(ledger, asked, scenario(), now=DAY_0, futures=2)
        event(", ".join(sorted({each.word for each in made.advice})))
        for command in accepted(ledger, made):
            ledger.submit(command, now=DAY_0)
        for opening, advice in in_order(made):
            before = dict(ledger.world.leases)
            answers = ledger.submit(*opening.attempt.commands, now=DAY_0)
            assert advice.worth_usd > advice.cost_usd
            nouns = [noun for answer in answers for _, noun in answer.changes]
            given_by = [noun for noun in nouns if isinstance(noun, Lease) and noun.id in before]
            assert sorted(each.id for each in given_by) == sorted(each.lease for each in opening.givers)
            assert not any(before[each.lease].protected for each in opening.givers)
            assert not {each.lease for each in opening.givers} & {each.id for each in asked}
            lost = sum(brings(before[each.id]) - brings(each) for each in given_by)
            assert opening.lost_usd == pytest.approx(lost, abs=0.01)
        assert audit(ledger.world, DAY_0).findings == []


def brings(each: Lease) -> float:
    """All that a lease brings, USD: its fee, or its internal value."""
    money = contracted(each) or worth(each, each.gpu_seconds)
    return 0.0 if money is None or not each.live else float(money.amount)


def accepted(ledger: Ledger, made: Plan) -> Iterator[Book]:
    for request, advice in zip(made.requests, made.advice, strict=True):
        if advice.word == "accept":
            way = [each.pool for each in request.ways].index(advice.pool)
            judgement = Judgement(at=DAY_0, journal_seq=made.journal_seq)
            yield booking(ledger.world, request, way, judgement, start_at=advice.start_at, known=False)


def in_order(made: Plan) -> list[tuple[Opening, Advice]]:
    """The openings of a plan, in the order in which they are made."""
    found = [(each.opening, each) for each in made.advice if each.opening is not None]
    return sorted(found, key=lambda pair: pair[0].number)


@given(leases("a", ("whole", "whole", "reserved"), 0), requests("a"))
@slow
def test_a_reclaim_is_advised_where_the_ledger_would_do_it_at_a_gain_and_nowhere_else(
    old: list[Book], asked: list[Request]
) -> None:
    (request,) = asked[:1]
    with ledgers(NOUNS) as ledger:
        ledger.submit_each(old, DAY_0)
        (advice,) = plan(ledger, [request], scenario(**FREE), now=DAY_0, futures=1).advice
        if advice.word == "accept":
            return
        event(advice.word)
        gain = request.ways[0].gpus * hours(request) * price(request)
        losses = {names: lost for names, lost in every_reclaim(ledger, request) if lost < gain}
        if advice.word == "reclaim":
            assert advice.opening is not None
            names = frozenset(each.lease for each in advice.opening.givers)
            assert losses[names] == pytest.approx(advice.opening.lost_usd, abs=0.01)
            assert gain == pytest.approx(advice.worth_usd, abs=0.01)
        else:
            assert not losses or not would_be_done(ledger, request, gain)


def every_reclaim(ledger: Ledger, request: Request) -> Iterator[tuple[frozenset[str], float]]:
    """Every set of leases that may be reclaimed and leaves room for a request, by the hour; and what is lost, USD."""
    standing = list(ledger.world.leases.values())
    span = range(request.start_at, request.end_at, HOUR_S)
    need = {at: request.ways[0].gpus - 64 + sum(each.gpus_at(at) for each in standing) for at in span}
    may = [each for each in standing if each.terms == "whole@1" and not each.protected]
    for chosen in chain.from_iterable(combinations(may, n) for n in range(1, len(may) + 1)):
        if all(sum(each.gpus_at(at) for each in chosen) >= missing for at, missing in need.items()):
            yield frozenset(each.id for each in chosen), sum(lost_by(each, need) for each in chosen)


def lost_by(each: Lease, need: dict[int, int]) -> float:
    """What a lease loses that gives up all from when GPUs are first missing that it holds, USD."""
    from_at = min((at for at, missing in need.items() if missing > 0 and each.gpus_at(at)), default=each.end_at)
    rate = each.prices[0].amount if each.prices else each.value.per_gpu_hour  # type: ignore[union-attr]
    return sum(each.gpus_at(at) * float(rate.amount) for at in range(from_at, each.end_at, HOUR_S))


def would_be_done(ledger: Ledger, request: Request, gain: float) -> bool:
    """Whether the ledger's own command would reclaim for a request, at a gain."""
    judgement = Judgement(at=DAY_0, journal_seq=ledger.world.head.seq)
    book = replace(booking(ledger.world, request, 0, judgement, known=False), reclaim=True)
    try:
        (changes,) = ledger.preview(book, now=DAY_0)
    except (Mistaken, Refused):
        return False
    old = ledger.world.leases
    return gain > sum(
        brings(old[c.noun.id]) - brings(c.noun) for c in changes if isinstance(c.noun, Lease) and c.noun.id in old
    )


def hours(request: Request) -> float:
    return (request.end_at - request.start_at) / HOUR_S


def price(request: Request) -> float:
    offered = request.ways[0].per_gpu_hour
    return 0.0 if offered is None else float(offered.amount)


# ---- one by one ----


def advice_on(
    *requests: Request, old: Sequence[Book] = (), nouns: Sequence[Noun] = NOUNS, **said: Any
) -> list[Advice]:
    with ledgers(nouns, *old) as ledger:
        return list(plan(ledger, requests, scenario(**{**FREE, **said}), now=DAY_0, futures=1).advice)


def test_a_weaker_lease_gives_way_from_when_it_must_and_loses_what_is_said() -> None:
    old = lease("weak", "c", 40, 0, 9, terms="spot", price=0.5)
    (advice,) = advice_on(wish("r", {"c": (32, 3)}, 2, 6), old=[old])
    assert advice.word == "reclaim" and advice.opening is not None
    (giver,) = advice.opening.givers
    assert (giver.lease, giver.pools, giver.gpus) == ("weak", ("c",), 8), "a part is enough"
    assert (giver.start_at, giver.end_at) == (day(2), day(9))
    assert giver.lost_usd == advice.opening.lost_usd == pytest.approx(8 * 7 * 24 * 0.5)
    assert advice.cost_usd == pytest.approx(giver.lost_usd), "nothing else would be sold"
    assert advice.reason == "worth more than what it displaces, if weak gives way"


def test_nobody_gives_way_whose_notice_is_too_long_who_is_protected_or_who_is_worth_more() -> None:
    request = wish("r", {"c": (64, 3)}, 2, 6)
    for old in (
        lease("late", "c", 40, 0, 20, terms="on-demand", price=0.5),
        lease("kept", "c", 40, 0, 9, terms="spot", price=0.5, tenant="team", protected=True),
        lease("dear", "c", 40, 0, 20, terms="spot", price=9),
    ):
        (advice,) = advice_on(request, old=[old])
        assert (advice.word, advice.opening) == ("counter", None), old.lease
        assert advice.reason == "no room: taken by what is leased and accepted"


def test_one_that_may_start_later_waits_for_the_notice() -> None:
    old = lease("late", "c", 40, 0, 20, terms="on-demand", price=0.5)
    (advice,) = advice_on(wish("r", {"c": (64, 3)}, 2, 6, latest=8), old=[old])
    assert (advice.word, advice.start_at, advice.end_at) == ("reclaim", day(8), day(12))
    assert advice.reason.endswith("gives way, at a later start")


def test_what_one_request_reclaims_no_other_gets() -> None:
    old = [lease("weak", "c", 64, 0, 9, terms="spot", price=0.5)]
    asked = [wish(f"r{i}", {"c": (40, 2 + i)}, 2, 6) for i in range(3)]
    advice = advice_on(*asked, old=old)
    assert [each.word for each in advice] == ["decline", "decline", "reclaim"] or [each.word for each in advice] == [
        "counter", "counter", "reclaim",
    ]  # fmt: skip


def test_a_lease_that_has_not_begun_moves_to_another_pool_of_its_kind() -> None:
    request = wish("r", {"a": (40, 3)}, 4, 8)
    ahead, begun = lease("ahead", "a", 32, 3, 9), lease("begun", "a", 32, 0, 9)
    (advice,) = advice_on(request, old=[ahead])
    assert advice.word == "move" and advice.opening is not None
    (giver,) = advice.opening.givers
    assert (giver.to, giver.pools, giver.gpus, giver.must_agree) == ("b", ("a",), 32, True)
    assert (giver.start_at, giver.end_at, giver.lost_usd) == (day(3), day(9), 0.0)
    assert advice.reason == "worth more than what it displaces, if ahead moves to b"
    assert not advice.counters, "the same in another pool is worth no more"
    (stays,) = advice_on(request, old=[begun])
    assert stays.word == "counter", "it runs already"
    kept = replace(lease("kept", "a", 32, 3, 9, tenant="team"), protected=True)
    assert advice_on(request, old=[kept])[0].word == "counter"
    other = [replace(each, gpu="B200") if each.id == "a" else each for each in NOUNS]
    assert advice_on(request, old=[ahead], nouns=other)[0].word == "counter"


def test_where_power_is_short_a_lease_moves_to_another_site() -> None:
    old = [lease("ahead", "b", 48, 3, 9), lease("begun", "a", 8, 0, 9)]
    (advice,) = advice_on(wish("r", {"a": (40, 3)}, 4, 8), old=old)
    assert advice.word == "move" and advice.opening is not None
    assert [(each.lease, each.pools, each.to) for each in advice.opening.givers] == [("ahead", ("b",), "c")]


def test_of_a_reclaim_and_a_move_the_cheaper_is_advised() -> None:
    request = wish("r", {"a": (40, 3)}, 4, 8)
    old = [lease("ahead", "a", 32, 3, 9, terms="spot", price=0.5)]
    assert advice_on(request, old=old)[0].word == "move"
    full = [*old, lease("b", "b", 40, 0, 20), lease("c", "c", 64, 0, 20)]
    assert advice_on(request, old=full)[0].word == "reclaim"


def test_a_counter_stays_where_it_is_worth_more() -> None:
    old = [lease("weak", "a", 48, 0, 9, terms="spot", price=1)]
    (advice,) = advice_on(wish("r", {"a": (32, 3)}, 4, 8), old=old)
    assert advice.word == "reclaim"
    assert {each.change for each in advice.counters} >= {"other_pool"}
    net = advice.worth_usd - advice.cost_usd
    assert all(each.worth_usd - each.cost_usd > net for each in advice.counters)


def test_no_opening_is_made_over_what_a_scenario_allows() -> None:
    request = wish("r", {"a": (40, 3)}, 4, 8)
    inside = lease("inside", "a", 48, 0, 9, tenant="team", terms="spot", price=0.5)
    assert advice_on(request, old=[inside])[0].word == "reclaim"
    assert advice_on(request, old=[inside], most_outside_ratio=Decimal("0.4"))[0].word == "counter"
    outside = lease("outside", "a", 48, 0, 9, terms="spot", price=0.5)
    assert advice_on(request, old=[outside], most_outside_ratio=Decimal("0.5"))[0].word != "reclaim", "60 % already"
    assert advice_on(request, old=[outside], most_outside_ratio=Decimal("0.8"))[0].word == "reclaim"
    keep = Block(pool="a", gpus=32, start_at=day(0), end_at=day(20))
    assert advice_on(request, old=[inside], keeps=(keep,))[0].word == "counter"


def test_a_loss_in_other_money_is_no_reason_to_fail() -> None:
    euro = lease("euro", "c", 40, 0, 9, terms="euro", price=0.5)
    euro = replace(euro, prices=tuple(replace(each, amount=Money("EUR", each.amount.nanos)) for each in euro.prices))
    (advice,) = advice_on(wish("r", {"c": (32, 3)}, 2, 6), old=[euro])
    assert advice.word == "counter"
