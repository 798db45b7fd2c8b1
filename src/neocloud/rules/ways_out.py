"""Ways out of a shortfall for a lease that it hits, each as commands that can be run, with what they cost.

Each is tried on the world as it stands and taken back, so that it says what it relieves, and none is shown that
would be refused.
"""

from collections.abc import Collection
from contextlib import ExitStack
from itertools import islice
from typing import NamedTuple

from neocloud.errors import Mistaken, Refused
from neocloud.model.capacity import Resource
from neocloud.model.commands import Command
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.attempts import (
    Attempt,
    Kind,
    delay_inside,
    deliver_part,
    make_room,
    move,
    move_another,
    reclaim,
    start_later,
)
from neocloud.rules.change import made
from neocloud.rules.ledger import decide
from neocloud.rules.revenue import by_currency, loss
from neocloud.rules.risk import Hit
from neocloud.settings import WAYS_OUT_EACH
from neocloud.units import Money


class WayOut(NamedTuple):
    """Commands that make a shortfall smaller by `relieves_gpus`, and what they lose in money, in value, in ranks.

    `asks` are the customers that must agree; `moved` is each lease as it was (None if it is new) and as it would be.
    """

    kind: Kind
    sentence: str
    commands: tuple[Command, ...]
    relieves_gpus: int
    lost: Money | None
    value_lost: Money | None
    ranks: tuple[int, ...]
    asks: tuple[str, ...]
    moved: tuple[tuple[Lease | None, Lease], ...] = ()


def ways_out(world: World, hit: Hit, now: int, also_hit: Collection[str] = ()) -> list[WayOut]:
    """What can be done about a hit, kind by kind; empty where only waiting is left.

    Leases that are `also_hit` are not asked to take less: what they would give is missing too.
    """
    kinds = (
        move(world, hit),
        move_another(world, hit, also_hit),
        delay_inside(world, hit, also_hit),
        make_room(world, hit, also_hit),
        reclaim(world, hit, now, also_hit),
        start_later(hit, now),
        deliver_part(hit),
    )
    found: list[WayOut] = []
    for attempts in kinds:
        tried = (way for attempt in attempts if (way := _tried(world, hit, attempt, now)) is not None)
        found += islice(tried, WAYS_OUT_EACH)
    return sorted(found, key=_cost)


def _cost(way: WayOut) -> tuple[int, int, int]:
    """What a way out loses: money before value, and value before ranks."""
    amounts = (way.lost, way.value_lost)
    money, value = (0 if amount is None else amount.nanos for amount in amounts)
    return money, value, len(way.ranks)


def _tried(world: World, hit: Hit, attempt: Attempt, now: int) -> WayOut | None:
    """What an attempt comes to; None if it is refused, relieves nothing, or loses what no one currency can say."""
    before = _missing(world, hit)
    lost: list[Money] = []
    value_lost: list[Money] = []
    ranks: list[int] = []
    moved: list[tuple[Lease | None, Lease]] = []
    with ExitStack() as stack:
        try:
            for command in attempt.commands:
                for change in decide(world, command, now, approved=True):
                    old = world.leases.get(change.noun.id)
                    if isinstance(change.noun, Lease):
                        moved.append((old, change.noun))
                    if old is not None and isinstance(change.noun, Lease):
                        money, value = loss(old, change.noun, now)
                        fewer = change.noun.gpu_seconds < old.gpu_seconds
                        lost += [money] if money is not None else []
                        value_lost += [value] if value is not None and fewer else []
                        ranks += [old.rank] if old.rank is not None and old.value is None and fewer else []
                    stack.enter_context(made(world, change))
        except (Mistaken, Refused):
            return None
        relieves = before - _missing(world, hit)
    sums, value_sums = by_currency(lost), by_currency(value_lost)
    if relieves <= 0 or max(len(sums), len(value_sums)) > 1:
        return None
    return WayOut(
        attempt.kind, attempt.sentence, attempt.commands, relieves, sums[0] if sums else None,
        value_sums[0] if value_sums else None, tuple(ranks),
        tuple(lease.tenant for lease in attempt.asked if lease.prices), tuple(moved),
    )  # fmt: skip


def _missing(world: World, hit: Hit) -> int:
    """How many GPUs are missing of the hit's pool (or of its site's power, in GPUs) while the hit lasts."""
    gpus = world.capacity(Resource("gpus", hit.row.pool)).available.low(hit.row.span)
    watts = world.capacity(Resource("watts", hit.row.site)).available.low(hit.row.span)
    return max(0, -gpus, -(watts // hit.row.watts))
