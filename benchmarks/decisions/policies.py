"""Who may sit at the desk: the plain policies on the ledger, and the plan of the product."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.decisions.baselines import Asked, Decide, why_not
from benchmarks.decisions.clock import at, day_of
from benchmarks.decisions.demand import DAYS, HOURS, Floats
from benchmarks.decisions.game import Known, Policy, Seat
from benchmarks.decisions.nouns import SITE
from benchmarks.decisions.pools import POOLS, SPOT_USD
from neocloud.model.capacity import Resource
from neocloud.model.commands import Apply, Ask, Book, Command, Decline, PriceAsk
from neocloud.model.leases import InternalValue
from neocloud.model.plans import Scenario, Spot
from neocloud.model.requests import Judgement, Request, Way
from neocloud.operations.deciding import Desk
from neocloud.operations.ledger import Ledger
from neocloud.units import DAY_S, NANOS, Money

SCENARIO = Scenario(
    since_at=at(0),
    until_at=at(DAYS),
    spot=tuple(
        Spot(pool=pool.id, per_gpu_hour=Money("USD", round(pool.spot_usd * NANOS)), watts_per_gpu=0) for pool in POOLS
    ),
)
"""Spot is sold as deep as there are GPUs, and its power is not counted: by the rules of the game."""


@dataclass(frozen=True)
class Decided:
    """What a plain policy decided."""

    accepted: bool
    reason: str


class OnLedger:
    """A plain policy that books in a ledger, and reads what is free from it."""

    def __init__(self, decide: Decide, ledger: Ledger, known: Known) -> None:
        self._decide = decide
        self._ledger = ledger
        self._known = known

    def consider(self, request: Request, now: int) -> Decided:
        """Receive it, and book or decline it, in one commit."""
        today, asked = day_of(now), _asked(request, self._ledger)
        free, power = self._free(today), self._power(today)
        pool = self._decide(asked, today, free, power, self._known(today))
        reason = "taken" if pool is not None else why_not(asked, free, power)
        judgement = Judgement(at=now, journal_seq=self._ledger.world.head.seq, reason=reason)
        answer: Command = Decline(id=f"decline-{request.id}", request=request.id, judgement=judgement)
        if pool is not None:
            way = next(way for way in request.ways if way.pool == POOLS[pool].id)
            answer = _booking(request, way, judgement, inside=asked.inside)
        self._ledger.submit(Apply(id=f"receive-{request.id}", noun=request), answer, now=now)
        return Decided(pool is not None, reason)

    def _free(self, today: int) -> Floats:
        return np.stack([self._by_day(Resource("gpus", pool.id), today) for pool in POOLS], axis=1)

    def _power(self, today: int) -> Floats:
        return self._by_day(Resource("watts", SITE), today) / 1_000

    def _by_day(self, resource: Resource, today: int) -> Floats:
        """What is available, by day; at noon, as a lease that was lost may have had a second of its first day."""
        available = self._ledger.world.capacity(resource).available
        by_day: Floats = np.zeros(DAYS)
        by_day[today:] = [available.at(at(day + 0.5)) for day in range(today, DAYS)]
        return by_day


def _asked(request: Request, ledger: Ledger) -> Asked:
    """A request of the ledger as a plain policy sees it."""
    start_day, end_day = day_of(request.start_at), day_of(request.end_at)
    ways = {way.pool: way for way in request.ways}
    gpus = np.array([ways[pool.id].gpus if pool.id in ways else 0 for pool in POOLS])
    usd = np.array([_usd(ways[pool.id]) if pool.id in ways else 0.0 for pool in POOLS])
    value: Floats = np.where(gpus > 0, (end_day - start_day) * HOURS * gpus * (usd - SPOT_USD), -np.inf)
    return Asked(ledger.world.tenants[request.tenant].kind == "inside", start_day, end_day, gpus, value)


def _usd(way: Way) -> float:
    assert way.per_gpu_hour is not None
    return way.per_gpu_hour.nanos / NANOS


def _booking(request: Request, way: Way, judgement: Judgement, *, inside: bool) -> Book:
    assert way.per_gpu_hour is not None
    price, value = PriceAsk(per="gpu_hour", amount=way.per_gpu_hour), InternalValue(per_gpu_hour=way.per_gpu_hour)
    return Book(
        id=f"book-{request.id}",
        lease=f"lease-{request.id}",
        tenant=request.tenant,
        terms=request.terms,
        asks=(Ask(pool=way.pool, gpus=way.gpus, start_at=request.start_at, end_at=request.end_at),),
        prices=() if inside else (price,),
        value=value if inside else None,
        request=request.id,
        judgement=judgement,
    )


def plain(decide: Decide) -> Seat:
    """A plain policy on the ledger."""
    return lambda ledger, known: OnLedger(decide, ledger, known)


def plan(seed: int) -> Seat:
    """The plan of the product, made anew as the world goes by."""

    def seat(ledger: Ledger, known: Known) -> Policy:
        return Desk(ledger, SCENARIO, seed=seed)

    return seat


def static(seed: int) -> Seat:
    """Static opportunity cost: the plan of the product as it was made on the first day, and never again."""

    def seat(ledger: Ledger, known: Known) -> Policy:
        return Desk(ledger, SCENARIO, seed=seed, replan_s=DAYS * DAY_S, exact=False)

    return seat


PLANS: dict[str, Callable[[int], Seat]] = {"plan": plan, "static": static}
"""Policies of the product, by name; each is seated with a seed."""
