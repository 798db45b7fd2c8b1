"""What would fit, when what was asked does not: fewer GPUs, a later start, another pool."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from neocloud.model.capacity import Resource, stretched
from neocloud.model.fleet import Pool
from neocloud.model.leases import Block, Lease
from neocloud.model.world import World
from neocloud.rules.asks import scaled
from neocloud.rules.law import fits, lawful, most
from neocloud.settings import OFFERED_POOLS
from neocloud.timeline import BEGINNING, FOREVER, Span, Step, StepFunction, edges
from neocloud.units import format_instant

_MOST_SHIFTS = 1_000
"""A later start is looked for in at most this many steps; each passes at least one obstacle."""


class Offer(NamedTuple):
    """Blocks that fit now. `change` says how they differ from what was asked."""

    change: str
    blocks: tuple[Block, ...]

    @property
    def gpus(self) -> int:
        """The most GPUs at one instant."""
        held = StepFunction.of(edges(Step(*block.span, block.gpus) for block in self.blocks))
        return held.peak(Span(BEGINNING, FOREVER))

    def __str__(self) -> str:
        pools = ", ".join(dict.fromkeys(block.pool for block in self.blocks))
        start_at, end_at = min(b.start_at for b in self.blocks), max(b.end_at for b in self.blocks)
        return (
            f"{self.change.replace('_', ' ').replace('gpus', 'GPUs')}: {self.gpus:,} GPUs of {pools}, "
            f"{format_instant(start_at)} to {format_instant(end_at)}"
        )


def offers(world: World, lease: Lease) -> tuple[Offer, ...]:
    """What would fit instead of a new lease that does not: the nearest of each kind."""
    found = [_fewer(world, lease), _later(world, lease), *_elsewhere(world, lease)]
    return tuple(offer for offer in found if offer is not None)


def _fits(world: World, lease: Lease, blocks: tuple[Block, ...]) -> bool:
    return bool(blocks) and lawful(world, world.difference(replace(lease, blocks=blocks)))


def _fewer(world: World, lease: Lease) -> Offer | None:
    """The most GPUs of the same shape; exact for one block, to one unit of the largest for several."""
    whole = max(block.gpus // world.pools[block.pool].sell_unit_gpus for block in lease.blocks)
    units = most(0, whole, lambda units: _fits(world, lease, scaled(lease.blocks, world, units, whole)))
    return Offer("fewer_gpus", scaled(lease.blocks, world, units, whole)) if units else None


def _later(world: World, lease: Lease) -> Offer | None:
    """The earliest start, from the one asked for on, at which the whole shape fits (exact without spares).

    Each step that does not fit must move at least to its own first fit, so all may move that far.
    """
    blocks = lease.blocks
    for _ in range(_MOST_SHIFTS):
        moved = replace(lease, blocks=blocks)
        shift_s = _room_shift(world, moved) or _shift(world, moved)
        if shift_s == FOREVER:
            return None
        if not shift_s:
            return Offer("later_start", blocks)
        blocks = tuple(
            replace(block, start_at=block.start_at + shift_s, end_at=block.end_at + shift_s) for block in blocks
        )
    return None


def _shift(world: World, lease: Lease) -> int:
    """How much later a lease must start for the sake of the step that is worst off; FOREVER if it never fits."""
    shift_s = 0
    for resource, changes in world.difference(lease).items():
        available = world.capacity(resource).available
        for start_at, end_at, taken in changes.taken():
            if taken > 0 and not fits(available, taken, Span(start_at, end_at)):
                first_at = available.first_fit(taken, end_at - start_at, start_at)
                if first_at is None or first_at >= FOREVER:
                    return FOREVER
                shift_s = max(shift_s, first_at - start_at)
    return shift_s


def _room_shift(world: World, lease: Lease) -> int:
    """The same where a tenant may follow on itself: there the steps change as they move, and room counts."""
    shift_s = 0
    for block in lease.blocks:
        pool, taken = world.pools[block.pool], block.gpus - block.spare_gpus
        since = Span(max(BEGINNING, block.start_at - pool.turnaround_s), FOREVER)
        if (
            pool.turnaround_s
            and taken
            and any(step.value for step in world.timelines.held(pool.id, lease.tenant, since))
        ):
            room = _room(world, pool, lease.tenant, since)
            first_at = room.first_fit(taken, block.end_at - block.start_at, block.start_at)
            if first_at is None or first_at >= FOREVER:
                return FOREVER
            shift_s = max(shift_s, first_at - block.start_at)
    return shift_s


def _room(world: World, pool: Pool, tenant: str, within: Span) -> StepFunction:
    """How many more GPUs a tenant could hold at each instant, its own turnarounds taken for free.

    What it holds at an instant it occupies until the turnaround after it: so the least that others
    leave in that time, less what it holds already.
    """
    held, per_gpu = world.timelines.held(pool.id, tenant, within), world.watts_per_gpu(pool)
    watts = world.capacity(Resource("watts", pool.site)).available
    free = [
        Step(a, b, min(gpus, left // per_gpu))
        for start_at, end_at, gpus in world.capacity(Resource("gpus", pool.id)).available.steps(within)
        for a, b, left in watts.steps(Span(start_at, end_at))
    ]
    left_by_others = StepFunction.of(edges([*free, *stretched(held, pool.turnaround_s)]))
    top = left_by_others.peak(within) + 1
    missing = [
        Step(a - pool.turnaround_s, b - pool.turnaround_s, top - gpus) for a, b, gpus in left_by_others.steps(within)
    ]
    taken = [*stretched(missing, pool.turnaround_s), *held]
    return StepFunction.of(edges([Step(*within, top), *(Step(max(0, a), b, -gpus) for a, b, gpus in taken)]))


def _elsewhere(world: World, lease: Lease) -> Iterator[Offer]:
    """Other pools with room for the same: same GPU first, then same site, then by id."""
    homes = {block.pool for block in lease.blocks}
    if len(homes) != 1:
        return
    home = world.pools[homes.pop()]
    left, wanted = OFFERED_POOLS, [(block.gpus, block.span) for block in lease.blocks]
    for pool in _likest(world, home):
        if not _has_room(world, pool, wanted):
            continue
        unit = pool.sell_unit_gpus
        blocks = tuple(
            replace(block, pool=pool.id, gpus=-(-block.gpus // unit) * unit, spare_gpus=0) for block in lease.blocks
        )
        if _fits(world, lease, blocks):
            yield Offer("other_pool", blocks)
            left -= 1
            if not left:
                return


def _likest(world: World, home: Pool) -> Iterator[Pool]:
    """All pools but one, the most like it first: same GPU and site, same GPU, same site, the others; each by id."""
    gpu, site = home.gpu, home.site
    here = world.pools_of(site)
    yield from (pool for pool in here if pool.gpu == gpu and pool.id != home.id)
    yield from (pool for pool in world.pools_by_id if pool.gpu == gpu and pool.site != site)
    yield from (pool for pool in here if pool.gpu != gpu)
    yield from (pool for pool in world.pools_by_id if pool.gpu != gpu and pool.site != site)


def _has_room(world: World, pool: Pool, wanted: list[tuple[int, Span]]) -> bool:
    """A quick look, before the law is asked: most pools fail it already. Under 2 us for each of 2,000."""
    low = world.timelines.gpus(pool.id).available.low
    for gpus, within in wanted:  # noqa: SIM110  (a generator for each pool costs as much again)
        if low(within) < gpus:
            return False
    return True
