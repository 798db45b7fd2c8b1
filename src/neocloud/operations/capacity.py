"""The capacity timeline: supply, demand, what is available, and who holds it, over time."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

from neocloud.model.capacity import Resource
from neocloud.model.fleet import Pool
from neocloud.model.world import World
from neocloud.timeline import Span, Step, StepFunction, edges

Value = TypeVar("Value")


class Stretch(NamedTuple):
    """From one instant to another nothing changes: so much is there, taken, free, and held by whom.

    `powered` is what of the free GPUs the site can power all that while (of watts, all of them).
    """

    start_at: int
    end_at: int
    supply: int
    demand: int
    powered: int
    held: dict[str, int]

    @property
    def available(self) -> int:
        """Supply minus demand; negative in a shortfall."""
        return self.supply - self.demand


def stretches(world: World, resource: Resource, within: Span) -> list[Stretch]:
    """The timeline of a resource inside a span, a row for every change of supply, demand or holder."""
    capacity = world.capacity(resource)
    supply, available = _from(capacity.supply, within), _from(capacity.available, within)
    held = list(_held_from(world, resource, within))
    cuts = sorted({at for at, _ in (*supply, *available, *held)})
    found: list[Stretch] = []
    rows = zip(pairwise([*cuts, within.end_at]), _each(supply, cuts), _each(available, cuts), _each(held, cuts),
               strict=True)  # fmt: skip
    for (at, until), there, free, by in rows:
        powered = min(free, powered_gpus(world, resource.id, Span(at, until))) if resource.kind == "gpus" else free
        found.append(Stretch(at, until, there, there - free, powered, by))
    return found


def _from(function: StepFunction, within: Span) -> list[tuple[int, int]]:
    """The values of a function inside a span, each with the instant from which it holds."""
    return [(step.start_at, step.value) for step in function.steps(within)]


def _each(values: Sequence[tuple[int, Value]], cuts: Sequence[int]) -> Iterator[Value]:
    """The value that holds from each of some instants on; the first holds from the first of them."""
    index = 0
    for at in cuts:
        if index + 1 < len(values) and values[index + 1][0] == at:
            index += 1
        yield values[index][1]


def _held_from(world: World, resource: Resource, within: Span) -> Iterator[tuple[int, dict[str, int]]]:
    """Who holds how much, from each instant on at which that changes: one sweep over the holdings, and no search."""
    steps = _steps(world, resource, within)
    changes: dict[int, dict[str, int]] = {within.start_at: {}}
    for tenant, held in steps.items():
        for start_at, end_at, value in held:
            for at, change in ((max(start_at, within.start_at), value), (end_at, -value)):
                if at < within.end_at:
                    of = changes.setdefault(at, {})
                    of[tenant] = of.get(tenant, 0) + change
    rank = {tenant: place for place, tenant in enumerate(steps)}
    names = list(steps)
    holding: list[int] = []  # the places of those who hold any, in order
    values = dict.fromkeys(steps, 0)
    for at in sorted(changes):
        moved = {tenant: change for tenant, change in changes[at].items() if change}
        for tenant, change in moved.items():
            before, values[tenant] = values[tenant], values[tenant] + change
            if not before:
                insort(holding, rank[tenant])
            elif not values[tenant]:
                del holding[bisect_left(holding, rank[tenant])]
        if moved or at == within.start_at:
            yield at, {names[place]: values[names[place]] for place in holding}


def samples(world: World, resource: Resource, instants: Sequence[int]) -> list[Stretch]:
    """The timeline at given instants only: for a picture, where every change would be too many."""
    held = holders(world, resource, Span(instants[0], instants[-1] + 1))
    return [_stretch(world, resource, held, at, at + 1) for at in instants]


def holders(world: World, resource: Resource, within: Span) -> dict[str, StepFunction]:
    """What each tenant holds of a resource over time (turnarounds apart), the largest first."""
    return {tenant: StepFunction.of(edges(held)) for tenant, held in _steps(world, resource, within).items()}


def _steps(world: World, resource: Resource, within: Span) -> dict[str, list[Step]]:
    """The holdings of each tenant that meet a span, whole; of the largest first."""
    steps: dict[str, list[Step]] = {}
    for pool in _pools(world, resource):
        each = 1 if resource.kind == "gpus" else world.watts_per_gpu(pool)
        for start_at, end_at, _, gpus, tenant in world.timelines.holders_of(pool.id, within):
            steps.setdefault(tenant, []).append(Step(start_at, end_at, gpus * each))
    sums = {tenant: sum((b - a) * value for a, b, value in rows) for tenant, rows in steps.items()}
    return {tenant: steps[tenant] for tenant in sorted(steps, key=lambda tenant: (-sums[tenant], tenant))}


def _pools(world: World, resource: Resource) -> list[Pool]:
    return [world.pools[resource.id]] if resource.kind == "gpus" else world.pools_of(resource.id)


def _stretch(world: World, resource: Resource, held: dict[str, StepFunction], at: int, until: int) -> Stretch:
    capacity = world.capacity(resource)
    supply, available = capacity.supply.at(at), capacity.available.at(at)
    powered = (
        min(available, powered_gpus(world, resource.id, Span(at, until))) if resource.kind == "gpus" else available
    )
    shares = {tenant: value for tenant, function in held.items() if (value := function.at(at))}
    return Stretch(at, until, supply, supply - available, powered, shares)


def powered_gpus(world: World, pool: str, within: Span) -> int:
    """How many more GPUs of a pool its site can power at every instant of a span."""
    free_watts = world.capacity(Resource("watts", world.pools[pool].site)).available.low(within)
    return max(0, free_watts) // world.watts_per_gpu(world.pools[pool])
