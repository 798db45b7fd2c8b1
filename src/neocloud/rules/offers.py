"""What would fit, when what was asked does not: fewer GPUs, a later start, another pool."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from neocloud.model.capacity import Resource
from neocloud.model.fleet import Pool
from neocloud.model.leases import Block, Lease
from neocloud.model.world import World
from neocloud.rules.asks import scaled
from neocloud.rules.law import fits, lawful
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
        gpus = self.gpus
        pools = ", ".join(dict.fromkeys(block.pool for block in self.blocks))
        start_at, end_at = min(b.start_at for b in self.blocks), max(b.end_at for b in self.blocks)
        what = {
            "fewer_gpus": f"{gpus:,} GPUs",
            "later_start": f"start {format_instant(start_at)}",
            "other_pool": f"pool {pools}",
            "earlier_end": f"until {format_instant(end_at)}",
        }[self.change]
        return f"{what} ({gpus:,} GPUs of {pools}, {format_instant(start_at)} to {format_instant(end_at)})"


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


def most(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """The greatest number from `low` (which fits) to under `high` (which does not) that still fits."""
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def _later(world: World, lease: Lease) -> Offer | None:
    """The earliest start, from the one asked for on, at which the whole shape fits.

    Each step that does not fit must move at least to its own first fit, so all may move that far.
    """
    blocks = lease.blocks
    for _ in range(_MOST_SHIFTS):
        shift_s = _shift(world, replace(lease, blocks=blocks))
        if shift_s is None:
            return None
        if not shift_s:
            return Offer("later_start", blocks)
        blocks = tuple(
            replace(block, start_at=block.start_at + shift_s, end_at=block.end_at + shift_s) for block in blocks
        )
    return None


def _shift(world: World, lease: Lease) -> int | None:
    """How much later a lease must start for the sake of the step that is worst off; None if never."""
    shift_s = 0
    for resource, changes in world.difference(lease).items():
        available = world.capacity(resource).available
        for start_at, end_at, taken in changes.taken():
            if taken > 0 and not fits(available, taken, Span(start_at, end_at)):
                first_at = available.first_fit(taken, end_at - start_at, start_at)
                if first_at is None:
                    return None
                shift_s = max(shift_s, first_at - start_at)
    return shift_s


def _elsewhere(world: World, lease: Lease) -> Iterator[Offer]:
    """Other pools with room for the same: same GPU first, then same site, then by id."""
    homes = {block.pool for block in lease.blocks}
    if len(homes) != 1:
        return
    home = world.pools[homes.pop()]
    left = OFFERED_POOLS
    for pool in sorted(
        world.pools.values(), key=lambda pool: (pool.gpu != home.gpu, pool.site != home.site, pool.id)
    ):
        if pool.id == home.id or not _has_room(world, lease, pool):
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


def _has_room(world: World, lease: Lease, pool: Pool) -> bool:
    """A quick look, before the law is asked: most pools fail it already."""
    available = world.capacity(Resource("gpus", pool.id)).available
    return all(fits(available, block.gpus, block.span) for block in lease.blocks)
