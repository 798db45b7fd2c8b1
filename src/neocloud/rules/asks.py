"""From what was asked (all of a site, the latest end that fits) to blocks with numbers."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from neocloud.errors import Invalid, Oversold, Unknown
from neocloud.model.capacity import Resource, pool_supply
from neocloud.model.commands import Ask
from neocloud.model.fleet import Pool
from neocloud.model.leases import Block
from neocloud.model.world import World
from neocloud.timeline import BEGINNING, FOREVER, Span, Step, StepFunction, edges
from neocloud.units import DAY_S, format_instant


class Room(NamedTuple):
    """What is free of a pool over a span, and how many of the spares that takes."""

    pool: Pool
    gpus: int
    spare_gpus: int


def resolve(
    world: World, asks: Sequence[Ask], now: int, *, prefer: Sequence[str] = (), spares: bool = False
) -> tuple[Block, ...]:
    """The blocks that a sequence of asks comes to. Raises Invalid, Unknown or Oversold."""
    blocks: list[Block] = []
    for i, ask in enumerate(asks):
        try:
            blocks += _resolve(world, ask, now, prefer, spares)
        except Invalid as error:
            raise error.at(f"blocks[{i}]") if len(asks) > 1 else error from None
    return tuple(blocks)


def _resolve(world: World, ask: Ask, now: int, prefer: Sequence[str], spares: bool) -> Iterable[Block]:
    start_at = now if ask.start_at is None else ask.start_at
    if ask.gpus is not None:
        pool = pool_named(world, ask.pool or "")
        check_unit(pool, ask.gpus)
        end_at = ask.end_at or _latest_end(world, pool, ask.gpus, start_at)
        _check_order(start_at, end_at)
        return [_block(pool, start_at, end_at, ask.gpus, ask.spare_gpus)]
    if ask.end_at is None:
        raise Invalid("all of a pool or site has no latest end that fits; name an end", place="until")
    _check_order(start_at, ask.end_at)
    within = Span(start_at, ask.end_at)
    rooms = [room for room in everything(world, _pools(world, ask), within, prefer, spares) if room.gpus]
    if not rooms:
        where = f"pool {ask.pool}" if ask.pool else f"site {ask.site}"
        raise Oversold(
            f"nothing is free in {where} from {format_instant(start_at)} to {format_instant(ask.end_at)}",
            shortages=(),
            offers=(),
        )
    return [_block(room.pool, start_at, ask.end_at, room.gpus, room.spare_gpus) for room in rooms]


def everything(
    world: World, pools: Iterable[Pool], within: Span, prefer: Sequence[str] = (), spares: bool = False
) -> list[Room]:
    """All that is free in pools of one site over a span: each pool's minimum, and no more than the power.

    Where power binds it goes to the pools that `prefer` names, in that order, then to those with
    most GPUs per MW. Spares are kept unless `spares`.
    """
    rest = {name: i for i, name in enumerate(prefer)}
    for name in prefer:
        pool_named(world, name)
    ordered = sorted(pools, key=lambda p: (rest.get(p.id, len(rest)), world.watts_per_gpu(p), p.id))
    watts, rooms = {site: _free_watts(world, site, within) for site in {p.site for p in ordered}}, []
    for pool in ordered:
        per_gpu = world.watts_per_gpu(pool)
        free_gpus, spare_gpus = _free(world, pool, within, spares)
        gpus = max(0, min(free_gpus, watts[pool.site] // per_gpu)) // pool.sell_unit_gpus * pool.sell_unit_gpus
        watts[pool.site] -= gpus * per_gpu
        rooms.append(Room(pool, gpus, min(spare_gpus, gpus)))
    return rooms


def _free(world: World, pool: Pool, within: Span, spares: bool) -> tuple[int, int]:
    """GPUs free at every instant of a span, and how many spares they include."""
    taken = Span(within.start_at, within.end_at + pool.turnaround_s)
    capacity = world.capacity(Resource("gpus", pool.id))
    if not spares:
        return capacity.available.low(taken), 0
    everything_out = [Step(BEGINNING, FOREVER, 1 << 40)]
    supply = pool_supply(pool, world.facts_of(pool.id), everything_out)
    extra = StepFunction.of(edges(supply))
    spare_gpus = 0
    for start_at, end_at, value in capacity.supply.steps(taken):
        extra.add(start_at, end_at, -value)
        spare_gpus = max(spare_gpus, extra.peak(Span(start_at, end_at)))
    for start_at, end_at, value in capacity.available.steps(taken):
        extra.add(start_at, end_at, value)
    return extra.low(taken), spare_gpus


def _free_watts(world: World, site: str, within: Span) -> int:
    turnaround_s = max((pool.turnaround_s for pool in world.pools_of(site)), default=0)
    available = world.capacity(Resource("watts", site)).available
    return available.low(Span(within.start_at, within.end_at + turnaround_s))


def _latest_end(world: World, pool: Pool, gpus: int, start_at: int) -> int:
    watts = gpus * world.watts_per_gpu(pool)
    end_at = min(
        world.capacity(Resource("gpus", pool.id)).available.first_below(gpus, start_at),
        world.capacity(Resource("watts", pool.site)).available.first_below(watts, start_at),
    )
    if end_at >= FOREVER:
        raise Invalid(f"nothing ends what is free in pool {pool.id}; name an end", place="until")
    if end_at - pool.turnaround_s <= start_at:
        return start_at + DAY_S  # not even a day fits; booking that refuses it, with what would fit
    return end_at - pool.turnaround_s


def pool_named(world: World, name: str) -> Pool:
    """The pool with an id, or Unknown with the nearest."""
    pool = world.pools.get(name)
    if pool is None:
        raise Unknown("pool", name, world.pools)
    return pool


def check_unit(pool: Pool, gpus: int) -> None:
    """GPUs are leased in multiples of the sell unit; the nearest ones are named."""
    unit = pool.sell_unit_gpus
    if gpus <= 0:
        raise Invalid(f"{gpus:,} GPUs cannot be leased; the least is {unit}", place="gpus")
    if gpus % unit:
        below, above = gpus // unit * unit, (gpus // unit + 1) * unit
        near = f"{below:,} or {above:,}" if below else f"{above:,}"
        raise Invalid(
            f"{gpus:,} GPUs is not a multiple of {unit}, the sell unit of pool {pool.id}; nearest: {near}",
            place="gpus",
        )


def _pools(world: World, ask: Ask) -> list[Pool]:
    if ask.pool is not None:
        return [pool_named(world, ask.pool)]
    if ask.site not in world.sites:
        raise Unknown("site", ask.site or "", world.sites)
    return world.pools_of(ask.site)


def _check_order(start_at: int, end_at: int) -> None:
    if end_at <= start_at:
        raise Invalid(
            f"the end {format_instant(end_at)} is not after the start {format_instant(start_at)}", place="until"
        )


def _block(pool: Pool, start_at: int, end_at: int, gpus: int, spare_gpus: int) -> Block:
    return Block(pool=pool.id, start_at=start_at, end_at=end_at, gpus=gpus, spare_gpus=spare_gpus)


def scaled(blocks: Sequence[Block], world: World, numerator: int, denominator: int) -> tuple[Block, ...]:
    """The same shape with `numerator / denominator` of the GPUs, in whole sell units; empty blocks left out."""
    result = []
    for block in blocks:
        unit = world.pools[block.pool].sell_unit_gpus
        gpus = block.gpus // unit * numerator // denominator * unit
        if gpus:
            result.append(replace(block, gpus=gpus, spare_gpus=min(block.spare_gpus, gpus)))
    return tuple(result)
