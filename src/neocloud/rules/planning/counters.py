"""What would be worth taking in the place of a request that is declined: another pool, a later start, fewer GPUs."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from msgspec.structs import replace

from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.judging import Asker, judged
from neocloud.rules.planning.outlook import Outlook
from neocloud.units import DAY_S

_PARTS = (0.75, 0.5, 0.25)
_LATER_DAYS = (1, 3, 7, 14, 28)


class Counter(NamedTuple):
    """What would be worth taking instead: how it differs, and what it is worth and displaces, USD."""

    change: Literal["other_pool", "later_start", "fewer_gpus"]
    pool: str
    gpus: int
    start_at: int
    end_at: int
    worth_usd: float
    cost_usd: float


def counters_to(world: World, request: Request, who: Asker, left: Outlook, costs: Costs) -> Iterator[Counter]:
    """The best counter of each kind that fits beside what is accepted, and is worth more than it displaces."""
    for change, variants in (
        ("other_pool", _other_pools(world, request)),
        ("later_start", _later(request)),
        ("fewer_gpus", _fewer(world, request)),
    ):
        found = [(verdict, each) for each in variants for verdict in judged(each, who, left, costs)[:1]]
        found = [(verdict, each) for verdict, each in found if verdict.fits and verdict.net_usd > 0]
        if found:
            verdict, each = max(found, key=lambda pair: pair[0].net_usd)
            way = each.ways[verdict.way]
            yield Counter(change, way.pool, way.gpus, each.start_at, each.end_at, verdict.worth_usd, verdict.cost_usd)  # type: ignore[arg-type]


def _other_pools(world: World, request: Request) -> list[Request]:
    """The same GPUs, in whole sell units, of other pools with the same kind of GPU."""
    asked = {way.pool for way in request.ways}
    kinds = {world.pools[pool].gpu: way for way in request.ways for pool in [way.pool]}
    others = [pool for pool in world.pools_by_id if pool.id not in asked and pool.gpu in kinds]
    return [
        replace(request, ways=(replace(way, pool=pool.id, gpus=-(-way.gpus // unit) * unit),))
        for pool in others
        for way, unit in [(kinds[pool.gpu], pool.sell_unit_gpus)]
    ]


def _later(request: Request) -> list[Request]:
    return [
        replace(request, start_at=request.start_at + days * DAY_S, end_at=request.end_at + days * DAY_S,
                latest_start_at=None, exits=())
        for days in _LATER_DAYS
    ]  # fmt: skip


def _fewer(world: World, request: Request) -> list[Request]:
    found = []
    for part in _PARTS:
        ways = []
        for way in request.ways:
            unit = world.pools[way.pool].sell_unit_gpus
            gpus = int(np.floor(way.gpus * part / unit)) * unit
            if gpus:
                ways.append(replace(way, gpus=gpus))
        if ways:
            found.append(replace(request, ways=tuple(ways)))
    return found
