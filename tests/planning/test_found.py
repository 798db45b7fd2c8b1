"""What these proofs have found, each as the shortest case that showed it."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from neocloud.errors import Invalid, Mistaken, Unknown
from neocloud.model.commands import Apply, Ask, Book, PriceAsk
from neocloud.model.fleet import Outage, Pool
from neocloud.model.leases import Block, Option
from neocloud.model.plans import Expected
from neocloud.model.requests import Request
from neocloud.operations.deciding import Desk
from neocloud.operations.ledger import Ledger
from neocloud.operations.planning import Plan, plan
from neocloud.operations.price_sets import admit_costs
from neocloud.operations.quoting import quoted
from neocloud.rules.planning.beliefs import beliefs
from neocloud.rules.planning.terms_prices import Cashflow, gain_usd, price_for
from neocloud.store.price_sets import PriceSets
from neocloud.units import DAY_S, Money
from tests.planning.made import DAY_0, day, fleet, forecast, lease, ledgers, scenario, wish
from tests.planning.test_beliefs import CYCLE, asked

QUIET = [*fleet(), forecast(per_day=0)]
NEW_POOL = Pool(id="d", site="south", gpu="H100", it_watts_per_gpu=1_000, installed_gpus=8, sell_unit_gpus=8)


def planned(ledger: Ledger, *requests: Request, **said: object) -> Plan:
    return plan(ledger, requests, scenario(**said), now=DAY_0, futures=2)  # type: ignore[arg-type]


def words(made: Plan) -> list[str]:
    return [each.word for each in made.advice]


def test_a_ledger_without_a_forecast_can_be_planned_on() -> None:
    with ledgers() as ledger:
        assert words(planned(ledger, wish("r", {"a": (16, 2)}, 1, 5))) == ["accept"]


def test_a_divisible_request_may_be_served_in_two_ways_at_once() -> None:
    with ledgers(QUIET) as ledger:
        both = wish("r", {"a": (64, 2), "c": (64, 2)}, 1, 5, divisible=True)
        made = planned(ledger, wish("s", {"a": (40, 9)}, 1, 5), wish("t", {"c": (40, 9)}, 1, 5), both)
        assert words(made) == ["accept", "accept", "accept_part"]


def test_a_divisible_request_that_does_not_fit_whole_is_served_in_part() -> None:
    with ledgers(QUIET, lease("l", "a", 32, 0, 9)) as ledger:
        assert words(planned(ledger, wish("r", {"a": (64, 2)}, 1, 5, divisible=True))) == ["accept_part"]


def test_a_part_that_is_accepted_is_in_whole_sell_units() -> None:
    with ledgers([*fleet(watts=60_000), forecast(per_day=0)]) as ledger:
        part = wish("part", {"a": (56, 2)}, 1, 5, divisible=True)
        advice = planned(ledger, wish("whole", {"b": (24, 9)}, 1, 5), part).advice[1]
        assert (advice.word, advice.gpus) == ("accept_part", 32)


def test_gpus_that_are_no_multiple_of_the_sell_unit_are_not_accepted_as_they_are() -> None:
    with ledgers(QUIET) as ledger:
        (advice,) = planned(ledger, wish("r", {"a": (12, 2)}, 1, 5)).advice
        assert advice.word != "accept"
        assert "nearest: 8 or 16" in advice.reason


@pytest.mark.parametrize("by_desk", [False, True])
def test_a_pool_that_is_not_there_is_unknown(by_desk: bool) -> None:
    request = wish("r", {"nowhere": (8, 2)}, 1, 5)
    with ledgers(QUIET) as ledger, pytest.raises(Unknown):
        Desk(ledger, scenario()).consider(request, DAY_0) if by_desk else planned(ledger, request)


def test_a_tenant_that_is_not_there_is_unknown() -> None:
    with ledgers(QUIET) as ledger, pytest.raises(Unknown):
        planned(ledger, wish("r", {"a": (8, 2)}, 1, 5, tenant="nobody"))


def test_a_request_whose_start_is_past_does_not_stop_the_others_from_being_planned() -> None:
    with ledgers(QUIET) as ledger:
        made = planned(ledger, wish("late", {"a": (8, 2)}, -1, 5), wish("r", {"a": (8, 2)}, 1, 5))
        assert words(made)[1] == "accept"


def test_a_request_beyond_the_outlook_is_not_called_too_dear() -> None:
    with ledgers(QUIET) as ledger:
        (advice,) = planned(ledger, wish("r", {"a": (8, 99)}, 30, 35)).advice
        assert "too dear" not in advice.reason


def test_a_declined_request_is_worth_its_value_times_the_ratio_of_the_scenario() -> None:
    with ledgers(QUIET) as ledger:
        request = wish("r", {"a": (8, 2)}, 1, 5, tenant="team")
        (advice,) = planned(ledger, request, values_ratio=Decimal("0.01")).advice
        assert advice.worth_usd <= advice.cost_usd


def test_a_desk_sells_no_more_outside_than_the_scenario_allows() -> None:
    with ledgers(QUIET) as ledger:
        desk = Desk(ledger, scenario(most_outside_ratio=Decimal(0)))
        assert not desk.consider(wish("r", {"a": (8, 9)}, 1, 5), DAY_0).accepted


def test_a_plan_that_may_sell_nothing_outside_says_so_and_counters_nothing() -> None:
    with ledgers(QUIET) as ledger:
        (advice,) = planned(ledger, wish("r", {"a": (8, 9)}, 1, 5), most_outside_ratio=Decimal(0)).advice
        assert not advice.counters and "too dear" not in advice.reason


def test_what_is_kept_for_inside_teams_is_theirs() -> None:
    keep = Block(pool="a", gpus=64, start_at=day(0), end_at=day(20))
    with ledgers(QUIET) as ledger:
        assert words(planned(ledger, wish("r", {"a": (16, 9)}, 1, 5, tenant="team"), keeps=(keep,))) == ["accept"]


def test_supply_under_what_is_leased_contradicts_also_where_the_pool_is_short_already() -> None:
    short = Outage(id="o", pool="a", gpus=40, start_at=day(0), end_at=day(9))
    with ledgers(QUIET, lease("l", "a", 64, 0, 9)) as ledger:
        ledger.submit(Apply(id="o", noun=short), now=DAY_0)
        with pytest.raises(Invalid, match=r"l \(64\) cannot"):
            planned(ledger, supply=(Expected(pool="a", gpus=30, start_at=day(2), end_at=day(4)),))


def test_a_right_of_first_refusal_declines_a_request_and_not_the_plan() -> None:
    first = Book(
        id="grant",
        lease="look",
        tenant="globex",
        terms="reserved",
        asks=(Ask(pool="a", gpus=64, start_at=day(1), end_at=day(9)),),
        prices=(PriceAsk(per="gpu_hour", amount=Money.of(Decimal(2))),),
        option=Option(kind="first_refusal", exercise_by_at=day(0.5)),
    )
    with ledgers(QUIET, first) as ledger:
        made = planned(ledger, wish("r", {"a": (8, 2)}, 2, 5), wish("s", {"c": (8, 2)}, 2, 5))
        assert words(made)[1] == "accept"


def test_a_pool_that_came_after_the_last_plan_is_sold_by_a_desk() -> None:
    with ledgers(QUIET) as ledger:
        desk = Desk(ledger, scenario())
        desk.consider(wish("r", {"a": (8, 2)}, 1, 5), DAY_0)
        ledger.submit(Apply(id="new", noun=NEW_POOL), now=DAY_0)
        assert desk.consider(wish("s", {"d": (8, 2)}, 1, 5), DAY_0 + 60).accepted


def test_a_desk_plans_anew_after_a_pool_has_come() -> None:
    with ledgers(QUIET) as ledger:
        desk = Desk(ledger, scenario())
        desk.consider(wish("r", {"a": (8, 2)}, 1, 5), DAY_0)
        ledger.submit(Apply(id="new", noun=NEW_POOL), now=DAY_0)
        assert desk.consider(wish("s", {"d": (8, 2)}, 4, 6), day(3)).accepted


def test_a_lease_of_a_pool_that_no_price_set_knows_is_refused_a_quote_in_words(tmp_path: Path) -> None:
    with ledgers(QUIET) as ledger:
        files, said = PriceSets(tmp_path), scenario()
        admit_costs(ledger, files, planned(ledger).costs, now=DAY_0, journal_seq=1, seed=0, scenario=said)
        ledger.submit(Apply(id="new", noun=NEW_POOL), lease("l", "d", 8, 1, 5), now=DAY_0)
        with pytest.raises(Mistaken):
            quoted(ledger.world, files, ledger.world.leases["l"], now=DAY_0)


def test_the_price_of_a_long_lease_whose_tenant_may_leave_gains_what_it_should() -> None:
    starts = np.arange(1_000, dtype=np.float64) * DAY_S
    flow = Cashflow(np.full(1_000, 24.0), starts, starts, np.zeros((1, 1_000)))
    gain = gain_usd(flow, 3.0, notice_s=None, leaves_per_day=0.0)
    price = price_for(flow, gain, notice_s=None, leaves_per_day=0.01)
    assert gain_usd(flow, price, notice_s=None, leaves_per_day=0.01) >= gain - 1


def test_a_forecast_at_no_price_is_learnt_from() -> None:
    each = forecast(per_day=3, price=0, cycle=CYCLE)
    seen = asked(each, level=1, late_s=0, days=range(3))
    (found,) = beliefs([each], seen, since_at=DAY_0, now=day(3)).values()
    assert found.weights.sum() == pytest.approx(1)


def test_weights_are_never_negative_however_often_a_level_jumps() -> None:
    each = forecast(per_day=3, level_sd_ratio=Decimal("0.3"), jumps_per_year=Decimal(1_000))
    (found,) = beliefs([each], [], since_at=DAY_0, now=day(3)).values()
    assert (found.weights >= 0).all()


def test_a_level_is_found_where_a_day_brings_very_many_requests() -> None:
    each = forecast(per_day=3_000, level_sd_ratio=Decimal("0.3"), cycle=None)
    seen = [*asked(each, level=0.6, late_s=0, days=range(1)), *asked(each, level=1.8, late_s=0, days=range(1, 3))]
    (found,) = beliefs([each], seen, since_at=DAY_0, now=day(3)).values()
    assert found.level == pytest.approx(1.4, rel=0.1)


def test_what_others_have_booked_since_the_plan_is_not_charged_to_the_next_request() -> None:
    def displaced_usd(*, before: bool) -> float:
        with ledgers([*fleet(), forecast(per_day=3)]) as ledger:
            desk, other = Desk(ledger, scenario(), futures=3), lease("other", "c", 56, 0, 20)
            if before:
                ledger.submit(other, now=DAY_0)
            desk.consider(wish("declined", {"b": (8, 0.01)}, 1, 2), DAY_0)
            if not before:
                ledger.submit(other, now=DAY_0)
            desk.consider(wish("r", {"a": (32, 1.5)}, 1, 16), DAY_0)
            judgement = ledger.world.requests["r"].judgement
            assert judgement is not None and judgement.opportunity_cost is not None
            return judgement.opportunity_cost.nanos / 1e9

    assert displaced_usd(before=False) == pytest.approx(displaced_usd(before=True), rel=0.2)


def test_a_desk_serves_a_team_that_has_a_rank_alone_and_says_what_that_displaces() -> None:
    request = wish("r", {"a": (8, 0)}, 1, 5, tenant="team", rank=1)
    with ledgers([*fleet(), forecast(per_day=3)]) as ledger:
        assert Desk(ledger, scenario(), futures=2).consider(request, DAY_0).accepted
        judgement = ledger.world.requests["r"].judgement
        assert judgement is not None and judgement.opportunity_cost is not None
        assert judgement.opportunity_cost.nanos > 0
