"""What anyone may know of a world on a day, and what its supply carries: the rules that every game keeps."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.decisions.demand import Demand, Floats, Ints
from benchmarks.decisions.worlds import World

NOTICE_DAYS = 14
"""A large customer says so many days before that it leaves."""


@dataclass(frozen=True)
class View:
    """What a policy may look at beside a request and what is free: nothing in it follows from what is to come."""

    forecast: Demand
    supply_gpus: Ints
    power_kw: Floats


@dataclass(frozen=True)
class Taken:
    """A request that was accepted, by its row, and the pool (in POOLS) that it was accepted into."""

    request: int
    pool: int


def view_on(world: World, day: int) -> View:
    """The forecast and the supply as known on a day."""
    return View(world.forecast, known_supply_gpus(world, day), world.power_kw.copy())


def known_supply_gpus(world: World, day: int) -> Ints:
    """Supply by day, (days, pools): as it came until `day`, and from then on as it is expected.

    A wave that is not there is expected on the next day, again each day; who leaves is known NOTICE_DAYS before.
    """
    known = world.expected_gpus.copy()
    known[: day + 1] = world.supply_gpus[: day + 1]
    if world.leaves_on is not None and day >= told_on(world.leaves_on):
        known[world.leaves_on :] = world.supply_gpus[world.leaves_on :]
    return known


def told_on(leaves_on: int) -> int:
    """The day on which it is known that a customer leaves."""
    return leaves_on - NOTICE_DAYS


def not_carried(world: World, day: int, leased: Iterable[Taken]) -> list[Taken]:
    """Of all that is leased, what the supply of a day cannot carry: who started first, then who asked first, is."""
    starts, ends = world.requests.start_day, world.requests.end_day
    running = [each for each in leased if starts[each.request] <= day < ends[each.request]]
    room, lost = world.supply_gpus[day].copy(), []
    for each in sorted(running, key=lambda each: (starts[each.request], each.request)):
        gpus = world.requests.gpus[each.request, each.pool]
        if gpus > room[each.pool]:
            lost.append(each)
        else:
            room[each.pool] -= gpus
    return lost
