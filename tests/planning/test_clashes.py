"""Promises that cannot all be kept are named: the fewest that are too much together."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from neocloud.model.commands import Apply
from neocloud.model.fleet import Outage
from neocloud.operations.planning import plan
from neocloud.rules.planning.clashes import clashes
from neocloud.timeline import Span
from tests.planning import slow
from tests.planning.made import DAY_0, day, fleet, forecast, lease, ledgers, scenario

QUIET = [*fleet(), forecast(per_day=0)]
WITHIN = Span(DAY_0, day(20))


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(0, 8))
@slow
def test_a_clash_is_the_fewest_leases_and_none_of_them_can_be_spared(eights: list[int], lost: int) -> None:
    sizes = [8 * each for each in eights if each]
    while sum(sizes) > 64:
        sizes.pop()
    booked = [lease(f"l{i}", "a", gpus, 1, 9) for i, gpus in enumerate(sizes)]
    with ledgers(QUIET, *booked) as ledger:
        if lost:
            ledger.submit(
                Apply(id="o", noun=Outage(id="o", pool="a", gpus=8 * lost, start_at=day(2), end_at=day(5))), now=DAY_0
            )
        found = [each for each in clashes(ledger.world, WITHIN) if each.resource.kind == "gpus"]
        supply = 64 - 8 * lost
        assert bool(found) == (sum(sizes) > supply)
        for clash in found:
            needs = [gpus for _, gpus in clash.leases]
            assert clash.supply == supply < sum(needs)
            assert all(sum(needs) - each <= supply for each in needs)
            assert all(sum(fewer) <= supply for fewer in combinations(sizes, len(needs) - 1))


def test_a_plan_names_the_promises_that_cannot_all_be_kept() -> None:
    with ledgers(QUIET, lease("l", "a", 40, 0, 9), lease("m", "a", 24, 0, 9)) as ledger:
        ledger.submit(
            Apply(id="o", noun=Outage(id="o", pool="a", gpus=32, start_at=day(2), end_at=day(5))), now=DAY_0
        )
        made = plan(ledger, [], scenario(), now=DAY_0, futures=1)
        (clash,) = made.clashes
        assert str(clash).startswith("l (40 GPUs) cannot all be kept on ")
        assert str(clash).endswith(": pool a has 32 GPUs then")
