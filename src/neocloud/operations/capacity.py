"""The capacity timeline: supply, demand, what is available, and who holds it, over time."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from neocloud.model.capacity import Resource
from neocloud.model.fleet import Pool
from neocloud.model.world import World
from neocloud.timeline import Span, Step, StepFunction, edges


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
    held = holders(world, resource, within)
    cuts = {within.start_at, within.end_at}
    for function in (capacity.supply, capacity.available, *held.values()):
        cuts.update(step.start_at for step in function.steps(within))
    ordered = sorted(cuts)
    return [_stretch(world, resource, held, at, until) for at, until in pairwise(ordered)]


def samples(world: World, resource: Resource, instants: Sequence[int]) -> list[Stretch]:
    """The timeline at given instants only: for a picture, where every change would be too many."""
    held = holders(world, resource, Span(instants[0], instants[-1] + 1))
    return [_stretch(world, resource, held, at, at + 1) for at in instants]


def holders(world: World, resource: Resource, within: Span) -> dict[str, StepFunction]:
    """What each tenant holds of a resource over time (turnarounds apart), the largest first."""
    steps: dict[str, list[Step]] = {}
    for pool in _pools(world, resource):
        each = 1 if resource.kind == "gpus" else world.watts_per_gpu(pool)
        for start_at, end_at, _, gpus, tenant in world.timelines.holders_of(pool.id, within):
            steps.setdefault(tenant, []).append(Step(start_at, end_at, gpus * each))
    sums = {tenant: sum((b - a) * value for a, b, value in rows) for tenant, rows in steps.items()}
    return {
        tenant: StepFunction.of(edges(steps[tenant]))
        for tenant in sorted(steps, key=lambda tenant: (-sums[tenant], tenant))
    }


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
