"""What past decisions were worth, against what turned out to be possible.

All requests that were decided in a span are known now, and so is the supply as it really came: a relaxed program over
them is a bound that no policy could have passed, and its duals say what capacity was worth. A decision is blamed for
what it lost at those.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neocloud.errors import Invalid
from neocloud.model.leases import Lease
from neocloud.model.plans import Scenario
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.planning.conditions import available
from neocloud.rules.planning.drawing import options_of
from neocloud.rules.planning.futures import Costs, Future, costs_over
from neocloud.rules.planning.grid import Ints
from neocloud.rules.planning.options import Options
from neocloud.rules.planning.outlook import Outlook, outlook
from neocloud.rules.planning.program import MILLION
from neocloud.rules.planning.returned import returned
from neocloud.rules.planning.wishes import stream_of
from neocloud.timeline import Span


class Scored(NamedTuple):
    """A decision in hindsight, USD: what the request was worth above spot, what its best way really displaced.

    `cost_then_usd` is what was thought of it when it was decided; `lost_usd` what the decision lost at real costs:
    a request that was declined and was worth more, or one that was accepted and was worth less.
    """

    request: str
    tenant: str
    accepted: bool
    worth_usd: float
    cost_usd: float
    cost_then_usd: float | None
    lost_usd: float
    reason: str


class Score(NamedTuple):
    """All decisions of a span: their worth above spot, the bound in hindsight, and first come first served, USD.

    `unpriced` requests have a rank alone; nobody can say what they were worth.
    """

    within: Span
    rows: tuple[Scored, ...]
    worth_usd: float
    bound_usd: float
    first_come_usd: float
    unpriced: int

    @property
    def ratio(self) -> float:
        """What was had of what was possible."""
        return self.worth_usd / self.bound_usd if self.bound_usd else 1.0


def score(world: World, scenario: Scenario, within: Span, now: int) -> Score:
    """The score of the decisions taken in a span. Raises Invalid where there are none."""
    decided = _decided(world, within)
    priced = [request for request in decided if request.rank is None]
    if not priced:
        raise Invalid("no request with a price or value was decided then; look at another time", place="from")
    leases = [lease for request in priced if (lease := _lease(world, request)) is not None]
    view = _view(world, scenario, priced, leases)
    future = Future(view, stream_of(world, priced, view))
    options = options_of(view, stream_of(world, priced, view))
    costs = costs_over(view, [future])
    rows = tuple(_scored(world, request, i, options, costs) for i, request in enumerate(priced))
    return Score(
        within,
        tuple(sorted(rows, key=lambda row: (-row.lost_usd, row.request))),
        sum(row.worth_usd for row in rows if row.accepted),
        future.worth * MILLION,
        _first_come_usd(view, options),
        len(decided) - len(priced),
    )


def _decided(world: World, within: Span) -> list[Request]:
    """The requests that were accepted or declined in a span, in the order in which they arrived."""
    found = [
        request
        for request in world.requests.values()
        if request.status in {"accepted", "declined"}
        and not (request.put and request.lease is None)  # it is neither all nor nothing
        and within.start_at <= _decided_at(world, request) < within.end_at
    ]
    return sorted(found, key=lambda request: (request.arrived_at, request.id))


def _decided_at(world: World, request: Request) -> int:
    lease = _lease(world, request)
    if request.judgement is not None:
        return request.judgement.at
    return request.arrived_at if lease is None else lease.booked_at


def _lease(world: World, request: Request) -> Lease | None:
    return None if request.lease is None else world.leases.get(request.lease)


def _view(world: World, scenario: Scenario, requests: Sequence[Request], leases: Sequence[Lease]) -> Outlook:
    """What was there for these requests: the supply as it came, less what others hold."""
    life = Span(min(each.start_at for each in requests), max(each.end_at for each in requests))
    also_at = [at for each in requests for at in (each.start_at, each.end_at)]
    view = available(world, scenario, outlook(world, scenario, life, also_at=also_at))
    return returned(view, [lease for lease in leases if lease.live])


def _scored(world: World, request: Request, index: int, options: Options, costs: Costs) -> Scored:
    """A request at the costs of hindsight: in the way it was accepted, or in its best one."""
    lease = _lease(world, request) if request.status == "accepted" else None
    mine: Ints = np.nonzero(options.wish == index)[0]
    found = [(float(options.usd[i]), _cost_usd(options, int(i), costs), int(options.pool[i])) for i in mine]
    if lease is not None:
        pools = {costs.view.index(block.pool) for block in lease.blocks}
        found = [each for each in found if each[2] in pools]
    worth, cost, _ = max(found, key=lambda each: each[0] - each[1], default=(0.0, 0.0, 0))
    lost = max(0.0, cost - worth) if lease is not None else max(0.0, worth - cost)
    judgement = request.judgement
    then = None if judgement is None or judgement.opportunity_cost is None else judgement.opportunity_cost
    return Scored(
        request.id,
        request.tenant,
        lease is not None,
        worth,
        cost,
        None if then is None else float(then.amount),
        lost,
        "" if judgement is None else judgement.reason,
    )


def _cost_usd(options: Options, column: int, costs: Costs) -> float:
    """What an option displaced, above spot."""
    pool, run = options.pool[column], slice(options.first[column], options.after[column])
    each = costs.mean()[pool, run] - costs.spot()[pool]
    return float(options.gpus[column] * (each @ costs.view.grid.hours[run]))


def _first_come_usd(view: Outlook, options: Options) -> float:
    """What taking each request in the way worth most, if it fits, would have come to."""
    gpus, watts, total, done = view.free_gpus.copy(), view.free_kw.copy(), 0.0, -1
    for i in np.lexsort((-options.usd, options.wish)):
        pool, run = options.pool[i], slice(options.first[i], options.after[i])
        site, each = view.site_of[pool], options.gpus[i]
        fits = (gpus[pool, run] >= each).all() and (watts[site, run] >= each * view.kw_per_gpu[pool]).all()
        if options.wish[i] != done and fits:
            gpus[pool, run] -= each
            watts[site, run] -= each * view.kw_per_gpu[pool]
            total, done = total + float(options.usd[i]), int(options.wish[i])
    return total
