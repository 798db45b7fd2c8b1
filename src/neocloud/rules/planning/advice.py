"""What to do about each request, and why: accept it, decline it, or counter with what would be worth taking."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from msgspec.structs import replace

from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.judging import Asker, Verdict, asker, judged, stays_h
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.wishes import Wished
from neocloud.units import DAY_S

Word = Literal["accept", "accept_part", "decline", "counter"]

_SLACK_GPUS = 1e-6
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


class Advice(NamedTuple):
    """What to do about one request: in which way, its worth and what it displaces (USD), and why."""

    request: str
    tenant: str
    word: Word
    pool: str
    gpus: int
    start_at: int
    end_at: int
    worth_usd: float
    cost_usd: float
    reason: str
    counters: tuple[Counter, ...] = ()


def advised(
    world: World,
    requests: Sequence[Request],
    wishes: Wished,
    kept: Mapping[int, float],
    refused: Mapping[int, str],
    left: Outlook,
    costs: Costs,
    *,
    values_ratio: float = 1.0,
) -> Iterator[Advice]:
    """The advice on each request, in their order; `left` is what is free once those that are `kept` are booked.

    `refused` says by request why what was chosen of it cannot be booked.
    """
    mine: dict[int, list[int]] = {}
    for column in kept:
        mine.setdefault(int(wishes.options.wish[column]), []).append(column)
    for i, request in enumerate(requests):
        if i in mine:
            yield _accepted(world, request, wishes, max(mine[i], key=lambda column: kept[column]), kept, costs)
        else:
            who = asker(world, request, values_ratio)
            yield _declined(world, request, who, left, costs, refused.get(i, ""))


def too_late(request: Request) -> Advice:
    """The advice on a request whose time has passed."""
    way = request.ways[0]
    at = (way.pool, way.gpus, request.start_at, request.end_at)
    return Advice(request.id, request.tenant, "decline", *at, 0.0, 0.0, "its span has passed")


def _accepted(
    world: World, request: Request, wishes: Wished, column: int, kept: Mapping[int, float], costs: Costs
) -> Advice:
    way = request.ways[wishes.way[column]]
    unit = world.pools[way.pool].sell_unit_gpus
    gpus = int(way.gpus * kept[column] + _SLACK_GPUS) // unit * unit
    part = gpus / way.gpus
    start_at = wishes.start_at[column]
    cost = float(wishes.options.gpus[column] * (costs.mean()[wishes.options.pool[column]] @ wishes.hours[column]))
    reason = (
        f"rank {request.rank}: served in its turn"
        if request.rank is not None
        else "worth more than what it displaces"
    )
    if start_at != request.start_at:
        reason += ", at a later start"
    return Advice(
        request.id,
        request.tenant,
        "accept" if gpus == way.gpus else "accept_part",
        way.pool,
        gpus,
        start_at,
        request.end_at + start_at - request.start_at,
        float(wishes.options.usd[column]) * part,
        cost * part,
        reason,
    )


def _declined(world: World, request: Request, who: Asker, left: Outlook, costs: Costs, refused: str) -> Advice:
    best = judged(request, who, left, costs)[0]
    way = request.ways[best.way]
    counters = tuple(_counters(world, request, who, left, costs))
    reason = refused or why_not(request, best, left)
    return Advice(
        request.id,
        request.tenant,
        "counter" if counters else "decline",
        way.pool,
        way.gpus,
        request.start_at,
        request.end_at,
        best.worth_usd,
        best.cost_usd,
        reason,
        counters,
    )


_LIMITS = {
    "gpus": "no room: taken by what is leased and accepted",
    "power": "no room: the power of the site is taken",
    "kept": "no room: kept for inside teams",
    "outside": "no room: over the most that may be sold outside",
}


def why_not(request: Request, best: Verdict, view: Outlook) -> str:
    """Why a request is declined."""
    if not stays_h(request, view).any():
        return "it begins after what the plan looks at"
    if best.limit:
        return _LIMITS[best.limit]
    if request.rank is not None:
        return "no room left at its rank"
    return "too dear: worth less than what it displaces"


def _counters(world: World, request: Request, who: Asker, left: Outlook, costs: Costs) -> Iterator[Counter]:
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
