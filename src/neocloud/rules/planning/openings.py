"""Requests that are worth taking and find no room: leases give way for them, or one of them moves to another pool.

Those that would gain most are looked at first, and what one takes or frees is so for those after it. Of what would do
the one is taken that leaves most.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from typing import NamedTuple

from msgspec.structs import replace

from neocloud.model.capacity import Resource
from neocloud.model.commands import Amend, Book
from neocloud.model.fleet import Pool
from neocloud.model.leases import Lease
from neocloud.model.requests import Judgement, Request
from neocloud.model.world import World
from neocloud.rules.change import made
from neocloud.rules.planning.accepting import booking, is_open
from neocloud.rules.planning.conditions import available, outside_left
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.judging import Asker, judged
from neocloud.rules.planning.opening import Attempt, Case, Opening, tried
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.wishes import started_at
from neocloud.settings import PLAN_OPENING_TRIES, PLAN_OPENINGS
from neocloud.timeline import Span, Step, StepFunction, edges


class Crowded(NamedTuple):
    """A request that finds no room in some of its `ways`, and what it would gain by marginal costs alone (USD)."""

    place: int
    request: Request
    who: Asker
    ways: tuple[int, ...]
    net_usd: float


class Openings(NamedTuple):
    """The openings that are made, by request, in their order; what was free `before` each, and at the end."""

    found: dict[int, Opening]
    before: dict[int, Outlook]
    left: Outlook


def crowded(
    requests: Mapping[int, Request], askers: Sequence[Asker], refused: Collection[int], left: Outlook, costs: Costs
) -> list[Crowded]:
    """Which of the requests not served find no room, those that would gain most first; the law
    has none for those `refused`."""
    found = []
    for i, request in requests.items():
        verdicts = judged(request, askers[i], left, costs)
        short = [each for each in verdicts if each.limit in {"gpus", "power"} or i in refused]
        worth = [each for each in short if each.worth_usd > 0]
        if worth and request.rank is None:
            ways = tuple(each.way for each in worth)
            found.append(Crowded(i, request, askers[i], ways, max(each.net_usd for each in worth)))
    found.sort(key=lambda each: (-each.net_usd, each.place))
    return found[:PLAN_OPENINGS]


def openings(case: Case, found_none: Sequence[Crowded], left: Outlook) -> Openings:
    """The openings that can be made for requests, one after the other in the world that those before it leave."""
    found: dict[int, Opening] = {}
    before: dict[int, Outlook] = {}
    case = case._replace(outside=outside_left(case.world, case.scenario, case.view))
    with ExitStack() as stack:
        for each in found_none:
            attempts = chain(
                islice(_reclaims(case, each), PLAN_OPENING_TRIES), islice(_moves(case, each), PLAN_OPENING_TRIES)
            )
            made_of = [opening for attempt in attempts if (opening := tried(case, each.who, attempt)) is not None]
            if made_of:
                best = max(made_of, key=lambda opening: opening.net_usd)
                found[each.place] = best._replace(number=len(found) + 1)
                before[each.place] = left
                for change in best.changes:
                    stack.enter_context(made(case.world, change))
                left = available(case.world, case.scenario, case.view)
                outside = outside_left(case.world, case.scenario, left)
                case = case._replace(own=case.own | {each.request.id}, outside=outside)
    return Openings(found, before, left)


def _reclaims(case: Case, each: Crowded) -> Iterator[Attempt]:
    """Weaker leases give way, for each way at its earliest and its latest start."""
    request = each.request
    latest_at = request.start_at if request.latest_start_at is None else request.latest_start_at
    for start_at in sorted({request.start_at, latest_at}):
        started = request if start_at == request.start_at else started_at(request, start_at)
        for way in each.ways:
            yield Attempt("reclaim", started, way, (replace(_booked(case, started, way), reclaim=True),))


def _moves(case: Case, each: Crowded) -> Iterator[Attempt]:
    """A lease that has not begun moves to another pool of the same kind of GPU, the smallest that is enough first."""
    for index in each.ways:
        book = _booked(case, each.request, index)
        for lease, pool, other in _movable(case, each.request, index):
            several = len({block.pool for block in lease.blocks}) > 1
            amend = Amend(
                id=f"move:{case.world.head.seq}:{lease.id}:{other}",
                lease=lease.id,
                pool=pool if several else None,
                move_to=other,
            )
            yield Attempt("move", each.request, index, (amend, book))


def _movable(case: Case, request: Request, index: int) -> Iterator[tuple[Lease, str, str]]:
    """The leases that would leave enough by moving, out of which pool, and to which."""
    world, way = case.world, request.ways[index]
    home = world.pools[way.pool]
    watts = world.watts_per_gpu(home)
    free_gpus, free_watts = (
        world.capacity(each).available.low(request.span)
        for each in (Resource("gpus", home.id), Resource("watts", home.site))
    )
    short_gpus, short_watts = way.gpus - free_gpus, way.gpus * watts - free_watts
    pools = [home] if short_gpus > 0 else world.pools_of(home.site)
    found = []
    for pool in pools:
        needed = max(short_gpus, -(-short_watts // world.watts_per_gpu(pool)), 1)
        for lease in _holders(case, pool.id, request.span):
            if _held(lease, pool.id, request.span) >= needed:
                found.append((lease.gpu_seconds, lease.id, pool))
    for _, name, pool in sorted(found, key=lambda row: row[:2]):
        for other in _others(world, pool, elsewhere=short_watts > 0):
            yield world.leases[name], pool.id, other.id


def _holders(case: Case, pool: str, within: Span) -> list[Lease]:
    """Leases on a pool that have not begun, and may be moved: promises stay where they run."""
    names = {name for _, _, name, _, _ in case.world.timelines.holders_of(pool, within)} - case.own
    leases = [case.world.leases[name] for name in sorted(names)]
    return [each for each in leases if each.start_at > case.now and each.option is None and not each.protected]


def _held(lease: Lease, pool: str, within: Span) -> int:
    """The most GPUs of a pool that a lease holds at an instant of a span."""
    blocks = (block for block in lease.blocks if block.pool == pool)
    return StepFunction.of(edges(Step(*block.span, block.gpus) for block in blocks)).peak(within)


def _others(world: World, pool: Pool, *, elsewhere: bool) -> list[Pool]:
    """Other pools of the same kind of GPU, of the same site first; only `elsewhere` where its power is short."""
    others = [
        other
        for other in world.pools_by_id
        if other.id != pool.id and other.gpu == pool.gpu and not (elsewhere and other.site == pool.site)
    ]
    return sorted(others, key=lambda other: (other.site != pool.site, other.id))


def _booked(case: Case, request: Request, way: int) -> Book:
    judgement = Judgement(at=case.now, journal_seq=case.world.head.seq)
    known = is_open(case.world, request)
    return booking(case.world, request, way, judgement, start_at=request.start_at, known=known)
