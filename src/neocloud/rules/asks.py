"""From what was asked (all of a site, the latest end that fits) to blocks with numbers."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from neocloud.errors import Invalid, Oversold, Unknown
from neocloud.model.capacity import Resource, pool_supply
from neocloud.model.commands import Ask
from neocloud.model.fleet import Pool
from neocloud.model.leases import Block, Lease
from neocloud.model.world import World
from neocloud.rules.law import lawful, most
from neocloud.settings import MOST_GPUS
from neocloud.timeline import BEGINNING, FOREVER, Span, Step, StepFunction, edges
from neocloud.units import DAY_S, format_instant


class Draft(NamedTuple):
    """What a lease has come to so far: for whom, and which blocks."""

    tenant: str
    blocks: tuple[Block, ...] = ()

    def fits(self, world: World, *blocks: Block) -> bool:
        """Whether the law holds with these blocks too."""
        lease = Lease(
            id="", tenant=self.tenant, terms="", blocks=(*self.blocks, *blocks), status="confirmed", booked_at=0
        )
        return lawful(world, world.difference(lease))


def resolve(
    world: World, tenant: str, asks: Sequence[Ask], now: int, *, prefer: Sequence[str] = (), spares: bool = False
) -> tuple[Block, ...]:
    """The blocks that a tenant's asks come to, one after the other. Raises Invalid, Unknown or Oversold."""
    draft = Draft(tenant)
    for i, ask in enumerate(asks):
        try:
            draft = draft._replace(blocks=draft.blocks + _resolve(world, draft, ask, now, prefer, spares))
        except Invalid as error:
            raise error.at(f"blocks[{i}]") if len(asks) > 1 else error from None
    return draft.blocks


def _resolve(
    world: World, draft: Draft, ask: Ask, now: int, prefer: Sequence[str], spares: bool
) -> tuple[Block, ...]:
    start_at = now if ask.start_at is None else ask.start_at
    if ask.gpus is not None:
        pool = pool_named(world, ask.pool or "")
        check_unit(pool, ask.gpus)
        end_at = start_at + 1 if ask.end_at is None else ask.end_at
        _check_order(start_at, end_at)
        block = Block(pool=pool.id, start_at=start_at, end_at=end_at, gpus=ask.gpus, spare_gpus=ask.spare_gpus)
        return (block,) if ask.end_at is not None else (_longest(world, draft, block),)
    if ask.end_at is None:
        raise Invalid("all of a pool or site has no latest end that fits; name an end", place="until")
    _check_order(start_at, ask.end_at)
    blocks = everything(world, draft, _pools(world, ask), Span(start_at, ask.end_at), prefer, spares)
    if not blocks:
        where = f"pool {ask.pool}" if ask.pool else f"site {ask.site}"
        raise Oversold(
            f"nothing is free in {where} from {format_instant(start_at)} to {format_instant(ask.end_at)}",
            shortages=(),
            offers=(),
        )
    return blocks


def everything(
    world: World,
    draft: Draft,
    pools: Iterable[Pool],
    within: Span,
    prefer: Sequence[str] = (),
    spares: bool = False,
) -> tuple[Block, ...]:
    """All that pools have free over a whole span, and no more than the power.

    Where power binds it goes to the pools that `prefer` names, in that order, then to those with
    most GPUs per MW. Spares are kept unless `spares`.
    """
    rank = {pool_named(world, name).id: i for i, name in enumerate(prefer)}
    ordered = sorted(pools, key=lambda p: (rank.get(p.id, len(rank)), world.watts_per_gpu(p), p.id))
    found: tuple[Block, ...] = ()
    for pool in ordered:
        found += _most(world, draft._replace(blocks=draft.blocks + found), pool, within, spares)
    return found


def _most(world: World, draft: Draft, pool: Pool, within: Span, spares: bool) -> tuple[Block, ...]:
    """The block of most GPUs of a pool that fits over a span, if any does: spares only come on top of the rest.

    A spare never follows on what its tenant held before, as other GPUs do: so it may need power that they do not.
    """
    unit, kept = pool.sell_unit_gpus, _spares_kept(world, pool, within) if spares else 0
    there = world.capacity(Resource("gpus", pool.id)).supply.peak(within) + kept

    def block(units: int, without: int) -> Block:
        gpus = units * unit
        spare_gpus = min(kept, gpus - without * unit)
        return Block(pool=pool.id, start_at=within.start_at, end_at=within.end_at, gpus=gpus, spare_gpus=spare_gpus)

    top = there // unit + 1
    without = most(0, top, lambda units: draft.fits(world, block(units, units)))
    units = most(without, top, lambda units: draft.fits(world, block(units, without))) if kept else without
    return (block(units, without),) if units else ()


def _spares_kept(world: World, pool: Pool, within: Span) -> int:
    """The most spares that are kept at any instant of a span: what supply would gain by leasing all of them."""
    all_leased = [Step(BEGINNING, FOREVER, MOST_GPUS)]
    gain = StepFunction.of(edges(pool_supply(pool, world.facts_of(pool.id), all_leased)))
    for start_at, end_at, value in world.capacity(Resource("gpus", pool.id)).supply.steps(within):
        gain.add(start_at, end_at, -value)
    return gain.peak(within)


def _longest(world: World, draft: Draft, block: Block) -> Block:
    """The block with the latest end that fits."""
    last_at = FOREVER - world.pools[block.pool].turnaround_s
    if draft.fits(world, replace(block, end_at=last_at)):
        raise Invalid(f"nothing ends what is free in pool {block.pool}; name an end", place="until")
    end_at = most(block.start_at, last_at, lambda end_at: draft.fits(world, replace(block, end_at=end_at)))
    if end_at == block.start_at:  # not even a second fits; booking that refuses a day, with what would fit
        end_at = min(end_at + DAY_S, FOREVER)
    return replace(block, end_at=end_at)


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


def scaled(blocks: Sequence[Block], world: World, numerator: int, denominator: int) -> tuple[Block, ...]:
    """The same shape with `numerator / denominator` of the GPUs, in whole sell units; empty blocks left out."""
    result = []
    for block in blocks:
        unit = world.pools[block.pool].sell_unit_gpus
        gpus = block.gpus // unit * numerator // denominator * unit
        if gpus:
            result.append(replace(block, gpus=gpus, spare_gpus=min(block.spare_gpus, gpus)))
    return tuple(result)
