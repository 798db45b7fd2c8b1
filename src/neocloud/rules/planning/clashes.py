"""Promises that cannot all be kept: where facts made the ledger short, the fewest leases that are too much."""

from typing import NamedTuple

from neocloud.model.capacity import Resource
from neocloud.model.world import World
from neocloud.rules.law import shortfalls
from neocloud.timeline import Span
from neocloud.units import format_instant


class Clash(NamedTuple):
    """The fewest leases that cannot all be kept: together they need more of a resource than its supply at an instant.

    Each with what it needs there (GPUs, or watts). Leave any one of them out, and the others could be kept.
    """

    resource: Resource
    at: int
    supply: int
    leases: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        *first, last = (f"{lease} ({self.resource.amount(needs)})" for lease, needs in self.leases)
        named = f"{', '.join(first)} and {last}" if first else last
        there = self.resource.amount(self.supply)
        return f"{named} cannot all be kept on {format_instant(self.at)}: {self.resource} has {there} then"


def clashes(world: World, within: Span) -> tuple[Clash, ...]:
    """A clash for each stretch of a span in which a pool or a site is short."""
    resources = [Resource("gpus", pool) for pool in sorted(world.pools)]
    resources += [Resource("watts", site) for site in sorted(world.sites)]
    short = [(each, resource) for resource in resources for each in shortfalls(world, resource, within)]
    found = [_clash(world, resource, each.worst_at) for each, resource in short]
    return tuple(each for each in found if each.leases)


def _clash(world: World, resource: Resource, at: int) -> Clash:
    """The largest leases first: so many as are too much are the fewest, and none of them can be spared."""
    supply, total = world.capacity(resource).supply.at(at), 0
    needs: list[tuple[str, int]] = []
    for lease, amount in sorted(_needs(world, resource, at).items(), key=lambda each: (-each[1], each[0])):
        needs.append((lease, amount))
        total += amount
        if total > supply:
            break
    return Clash(resource, at, supply, tuple(needs) if total > supply else ())


def _needs(world: World, resource: Resource, at: int) -> dict[str, int]:
    """What each lease needs of a resource at an instant."""
    pools = [world.pools[resource.id]] if resource.kind == "gpus" else world.pools_of(resource.id)
    found: dict[str, int] = {}
    for pool in pools:
        each = 1 if resource.kind == "gpus" else world.watts_per_gpu(pool)
        for _, _, lease, gpus, _ in world.timelines.holders_of(pool.id, Span(at, at + 1)):
            found[lease] = found.get(lease, 0) + gpus * each
    return found
