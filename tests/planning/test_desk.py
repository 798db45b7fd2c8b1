"""The desk writes every decision down with what it rested on, and decides the same when it is asked again."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from neocloud.model.entries import Noun
from neocloud.model.requests import Request
from neocloud.operations.deciding import Decision, Desk
from neocloud.operations.ledger import Ledger
from neocloud.units import DAY_S
from tests.planning import slow
from tests.planning.made import DAY_0, day, fleet, forecast, ledgers, scenario, wish

NOUNS: Sequence[Noun] = (*fleet(), forecast(per_day=6), forecast("more", per_day=1, gpus=32))


@st.composite
def asked(draw: st.DrawFn) -> list[Request]:
    """Requests as they arrive: small and large, cheap and dear, inside and out."""
    found = []
    for i in range(draw(st.integers(1, 6))):
        pools = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True))
        ways = {pool: (8 * draw(st.integers(1, 9)), draw(st.integers(1, 60)) / 10) for pool in pools}
        start = i + draw(st.integers(0, 4))
        tenant = draw(st.sampled_from(("acme", "team")))
        found.append(wish(f"r{i}", ways, start, start + draw(st.integers(1, 9)), tenant=tenant, arrived=i))
    return found


def decided(ledger: Ledger, requests: Sequence[Request], *, seed: int = 0) -> list[Decision]:
    desk = Desk(ledger, scenario(), seed=seed, futures=2)
    return [desk.consider(each, each.arrived_at) for each in requests]


@given(asked())
@slow
def test_every_decision_is_written_down_with_what_it_rested_on(requests: list[Request]) -> None:
    with ledgers(NOUNS) as ledger:
        for request, decision in zip(requests, decided(ledger, requests), strict=True):
            kept = ledger.world.requests[request.id]
            assert kept.status == ("accepted" if decision.accepted else "declined")
            assert (kept.lease == request.id) == decision.accepted == (request.id in ledger.world.leases)
            assert kept.judgement is not None
            assert kept.judgement.reason == decision.reason
            assert kept.judgement.at == request.arrived_at
            assert kept.judgement.worth is not None and kept.judgement.opportunity_cost is not None
            gains = kept.judgement.worth.nanos > kept.judgement.opportunity_cost.nanos
            assert decision.accepted == (gains and decision.reason == "accepted")


@given(asked())
@slow
def test_a_journal_that_is_read_again_holds_the_same_world(requests: list[Request]) -> None:
    with ledgers(NOUNS) as ledger:
        decided(ledger, requests)
        assert Ledger(ledger.journal).world.digest() == ledger.world.digest()


@given(asked(), st.integers(0, 3))
@slow
def test_two_desks_with_one_seed_decide_the_same(requests: list[Request], seed: int) -> None:
    with ledgers(NOUNS) as one, ledgers(NOUNS) as two:
        assert decided(one, requests, seed=seed) == decided(two, requests, seed=seed)
        assert one.world.digest() == two.world.digest()


def test_a_request_that_does_not_fit_is_declined_for_room() -> None:
    with ledgers(NOUNS) as ledger:
        (decision,) = decided(ledger, [wish("r", {"a": (72, 99)}, 1, 5)])
        assert not decision.accepted
        assert decision.reason == "no room: taken by what is leased and accepted"


def test_a_request_that_fits_one_pool_only_is_served_there() -> None:
    with ledgers(NOUNS) as ledger:
        assert decided(ledger, [wish("r", {"a": (72, 99), "b": (64, 50)}, 1, 5)]) == [Decision(True, 1, "accepted")]


def test_a_request_that_is_worth_less_than_its_energy_is_too_dear() -> None:
    with ledgers([*fleet(), forecast(per_day=0)]) as ledger:
        (decision,) = decided(ledger, [wish("r", {"c": (8, 0.01)}, 1, 5)])
        assert decision.reason == "too dear: worth less than what it displaces"


def test_a_desk_plans_anew_once_its_plan_is_old() -> None:
    requests = [wish(f"r{i}", {"a": (8, 3)}, 6, 9, arrived=i) for i in range(5)]
    with ledgers(NOUNS) as ledger:
        desk = Desk(ledger, scenario(), futures=2, replan_s=2 * DAY_S)
        planned = []
        for each in requests:
            desk.consider(each, each.arrived_at)
            planned.append(desk._planned_at)
        assert planned == [DAY_0, DAY_0, day(2), day(2), day(4)]
