"""A plan in few figures: how many requests to accept, counter or decline, and what those accepted are worth."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from neocloud.model.plans import Scenario
from neocloud.model.world import World
from neocloud.operations.planning import Plan
from neocloud.operations.quoting import newest_terms
from neocloud.rules.planning.outlook import usd

NOT_TAKEN = ("counter", "decline")
"""Words of advice under which a request, as it is asked for, is not served."""


class PlanTotals(NamedTuple):
    """What a plan comes to, in USD as far as it looks; cash of customers and internal value are never added up.

    `words` says how many requests there are of each word of advice; `cash_displaced_usd` and `internal_displaced_usd`
    are the opportunity costs of what is accepted.
    """

    words: Mapping[str, int]
    cash_usd: float
    cash_displaced_usd: float
    internal_usd: float
    internal_displaced_usd: float

    @property
    def requests(self) -> int:
        """How many there are."""
        return sum(self.words.values())

    @property
    def accepted(self) -> int:
        """How many are served, whole or in part."""
        return sum(number for word, number in self.words.items() if word not in NOT_TAKEN)


class Beside(NamedTuple):
    """Prices beside opportunity costs: what is asked firm per GPU-hour of a pool, what a MWh of a site costs, USD."""

    list_usd: Mapping[str, float]
    energy_usd: Mapping[str, float]


def plan_totals(plan: Plan) -> PlanTotals:
    """What a plan comes to."""
    outside = {request.id: who.outside for request, who in zip(plan.requests, plan.askers, strict=True)}
    taken = [each for each in plan.advice if each.word not in NOT_TAKEN]
    cash, internal = ([each for each in taken if outside[each.request] is side] for side in (True, False))
    return PlanTotals(
        words=Counter({each.request: str(each.word) for each in plan.advice}.values()),
        cash_usd=sum(each.worth_usd for each in cash),
        cash_displaced_usd=sum(each.cost_usd for each in cash),
        internal_usd=sum(each.worth_usd for each in internal),
        internal_displaced_usd=sum(each.cost_usd for each in internal),
    )


def prices_beside(world: World, scenario: Scenario) -> Beside:
    """The list prices of pools under the firm terms, where they are in USD, and the energy prices of a scenario."""
    firm = next((terms for terms in newest_terms(world) if not terms.rights), None)
    named = {} if firm is None else {pool: world.list_prices.get(f"{pool}:{firm.name}") for pool in world.pools}
    found = {pool: price.per_gpu_hour for pool, price in named.items() if price is not None}
    return Beside(
        list_usd={pool: usd(each) for pool, each in found.items() if each.currency == "USD"},
        energy_usd={each.site: usd(each.per_mwh) for each in scenario.energy},
    )
