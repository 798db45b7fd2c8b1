"""What to do about each request, and why: accept it, decline it, or counter with what would be worth taking."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.planning.counters import Counter, counters_to
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.judging import Asker, Verdict, judged, stays_h
from neocloud.rules.planning.opening import Opening
from neocloud.rules.planning.openings import Openings
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.wishes import Wished

Word = Literal["accept", "accept_part", "reclaim", "move", "decline", "counter"]

_SLACK_GPUS = 1e-6


class Advice(NamedTuple):
    """What to do about one request: in which way, its worth and what it displaces (USD), and why.

    Where leases give way for it, `opening` says which, and by which commands; what they lose is in `cost_usd`.
    Of a put, `put_h` is how many GPU-hours it is expected to take.
    """

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
    opening: Opening | None = None
    put_h: float | None = None


def advised(
    world: World,
    requests: Sequence[Request],
    askers: Sequence[Asker],
    wishes: Wished,
    kept: Mapping[int, float],
    refused: Mapping[int, str],
    openings: Openings,
    costs: Costs,
) -> Iterator[Advice]:
    """The advice on each request, in their order, where those that are `kept` are booked and openings are made.

    `refused` says by request why what was chosen of it cannot be booked.
    """
    mine: dict[int, list[int]] = {}
    for column in kept:
        mine.setdefault(int(wishes.options.wish[column]), []).append(column)
    for i, request in enumerate(requests):
        if i in mine:
            yield _accepted(world, request, wishes, max(mine[i], key=lambda column: kept[column]), kept, costs)
        elif i in openings.found:
            others = counters_to(world, request, askers[i], openings.before[i], costs)
            yield _by_opening(request, openings.found[i], others)
        else:
            yield _declined(world, request, askers[i], openings.left, costs, refused.get(i, ""))


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


def _by_opening(request: Request, opening: Opening, counters: Iterable[Counter]) -> Advice:
    """The advice to make room; of the counters those that are worth more."""
    started, way = opening.attempt.request, opening.attempt.request.ways[opening.attempt.way]
    names = [giver.lease for giver in opening.givers]
    who = names[0] if len(names) == 1 else f"{len(names)} leases"
    does = (
        f"moves to {opening.givers[0].to}" if opening.attempt.word == "move" else f"give{'s' * (len(names) == 1)} way"
    )
    later = ", at a later start" if started.start_at != request.start_at else ""
    return Advice(
        request.id,
        request.tenant,
        opening.attempt.word,
        way.pool,
        way.gpus,
        started.start_at,
        started.end_at,
        opening.worth_usd,
        opening.cost_usd,
        f"worth more than what it displaces, if {who} {does}{later}",
        tuple(each for each in counters if each.worth_usd - each.cost_usd > opening.net_usd),
        opening,
    )


def _declined(world: World, request: Request, who: Asker, left: Outlook, costs: Costs, refused: str) -> Advice:
    best = judged(request, who, left, costs)[0]
    way = request.ways[best.way]
    counters = tuple(counters_to(world, request, who, left, costs))
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
