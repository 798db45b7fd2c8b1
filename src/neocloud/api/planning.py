"""Keep or sell: a plan of requests, and what capacity is worth over time."""

from typing import Any

from msgspec import Struct

from neocloud.api.calls import Call
from neocloud.api.instants import with_instants
from neocloud.api.routes import route
from neocloud.cli.plan import open_requests
from neocloud.cli.plan_shown import cost_row, whole
from neocloud.documents.plain import plain
from neocloud.documents.plans import CostRow, PlanDocument, PlanRow
from neocloud.errors import Invalid, Unknown
from neocloud.model.plans import Scenario
from neocloud.operations.cost_rows import cost_rows
from neocloud.operations.ledger import Ledger, Said
from neocloud.operations.planning import plan
from neocloud.operations.price_sets import admission

Row = dict[str, Any]


class CostsOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which pools and sites; without any, of all."""

    pool: list[str] = []
    site: list[str] = []


@route("POST", "/v1/plans", "plans.write", body=PlanDocument, answer=PlanRow, dry=True, example={"futures": 4})
async def make_plan(call: Call) -> Row:
    """Keep or sell? What to accept, decline or counter, and what capacity is worth. Books nothing; takes seconds."""
    document: PlanDocument = call.body
    scenario = Scenario() if document.scenario is None else document.scenario.noun(call.now)

    def asked(ledger: Ledger, now: int) -> tuple[Any, Any]:
        requests = _requests(document, ledger, now)
        found = plan(ledger, requests, scenario, now=now, seed=document.seed, futures=document.futures)
        admitted = None
        if document.admit:
            admitted = admission(
                call.service.prices, found.costs, now=found.now, journal_seq=found.journal_seq, seed=found.seed,
                scenario=scenario,
            )  # fmt: skip
        return found, admitted

    found, admitted = await call.service.apart(asked)
    if admitted is not None:
        await call.service.say(Said(admitted, call.author))  # the same prices are admitted once, whoever asks how
    price_set = None if admitted is None else admitted.price_set.id
    row: Row = with_instants(plain({**whole(found), "price_set": price_set}))
    return row


@route("GET", "/v1/opportunity-costs", "plans.read", query=CostsOf, answer=(CostRow,))
def opportunity_costs(call: Call) -> Row:
    """What capacity is worth in its best other use, by the price set admitted last: pools and sites over time."""
    with call.world() as world:
        costs = call.service.costs(world)
        if costs is None:
            raise Invalid("no price set was admitted yet; POST /v1/plans with admit makes one")
        pools, sites = call.query.pool, call.query.site
        for kind, names, known in (("pool", pools, costs.view.pools), ("site", sites, costs.view.sites)):
            for name in names:
                if name not in known:
                    raise Unknown(kind, name, known)
        if not pools and not sites:
            pools, sites = costs.view.pools, costs.view.sites
        items = [cost_row(each) for each in cost_rows(costs, pools, sites)]
        return {"items": with_instants(plain(items)), "next": None, "journal_seq": world.head.seq}


def _requests(document: PlanDocument, ledger: Ledger, now: int) -> Any:
    """The requests of the body, or those of the ledger. Raises Invalid with the place."""
    if document.requests is None:
        with ledger.at(now) as world:
            return open_requests(world, now)
    found = []
    for i, each in enumerate(document.requests):
        try:
            tenant = ledger.world.tenants.get(each.tenant)
            if tenant is not None:
                each.check_money(tenant.kind)
            found.append(each.noun(now))
        except Invalid as error:
            raise error.at(f"requests[{i}]") from None
    return found
