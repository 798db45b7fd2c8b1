"""What could be done about a lease that goes short, as commands: attempts at a way out.

An attempt may be refused, or relieve nothing; whether it does is for `ways_out` to see.
"""

from collections.abc import Collection, Iterator, Sequence
from heapq import nlargest, nsmallest
from typing import Literal, NamedTuple

from msgspec.structs import replace

from neocloud.model.capacity import Resource
from neocloud.model.commands import Amend, Ask, Command, PriceAsk, Reclaim
from neocloud.model.fleet import Pool
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.revenue import contracted, worth
from neocloud.rules.rights import rights
from neocloud.rules.risk import Hit
from neocloud.settings import WAYS_OUT_EACH
from neocloud.timeline import FOREVER, Span, Step, StepFunction, edges
from neocloud.units import Money, format_instant

_LEASES_TRIED = 2 * WAYS_OUT_EACH

Kind = Literal["move", "move_another", "delay_inside", "make_room", "reclaim", "start_later", "deliver_part", "end"]


class Attempt(NamedTuple):
    """Commands that may be a way out, in a sentence; and the leases whose tenants would be asked."""

    kind: Kind
    sentence: str
    commands: tuple[Command, ...]
    asked: tuple[Lease, ...] = ()


def deliver_part(hit: Hit) -> Iterator[Attempt]:
    """The tenant gets what there is, and pays in proportion, until the rest is there."""
    held = steadily_held(hit.lease, hit.row.pool, hit.row.span)
    if held is None:
        return
    kept = held - hit.gpus
    if not kept and hit.row.end_at >= hit.lease.end_at and {b.pool for b in hit.lease.blocks} == {hit.row.pool}:
        yield _end(hit)
        return
    amend = _fewer(hit.lease, hit, kept)
    if any(price.per == "month" for price in hit.lease.prices):
        amend = replace(amend, prices=_fee_in_proportion(hit))
    sentence = f"deliver {kept:,} of {held:,} GPUs to {hit.lease.tenant} until {_until(hit)}"
    paid = bool(hit.lease.prices)
    yield Attempt("deliver_part", sentence + ", at a fee in proportion" * paid, (amend,), (hit.lease,))


def _end(hit: Hit) -> Attempt:
    """Nothing is left for it from then on: it ends."""
    sentence = f"end {hit.lease.id} on {format_instant(hit.row.start_at)}; nothing is there for it after that"
    command = Amend(id="way-out", lease=hit.lease.id, end_at=hit.row.start_at)
    return Attempt("end", sentence, (command,), (hit.lease,))


def _fee_in_proportion(hit: Hit) -> tuple[PriceAsk, ...]:
    """The prices from when GPUs are missing on: flat months lower while they are, and what they were after that."""
    asks: list[PriceAsk] = []
    lease, span = hit.lease, hit.row.span
    for price in lease.prices:
        if price.end_at <= span.start_at:
            continue
        if price.per == "gpu_hour":  # falls with the GPUs by itself, but new prices are said in the place of all
            asks.append(PriceAsk(per=price.per, amount=price.amount, start_at=max(price.start_at, span.start_at)))
            continue
        less = Span(price.start_at, price.end_at).meets(span)
        if less is not None:
            held = lease.gpus_at(less.start_at)
            amount = Money.of(price.amount.share(held - hit.gpus, held).rounded(), price.amount.currency)
            asks.append(PriceAsk(per="month", amount=amount, start_at=less.start_at))
        if price.end_at > span.end_at:
            asks.append(PriceAsk(per="month", amount=price.amount, start_at=max(price.start_at, span.end_at)))
    return tuple(asks)


def move(world: World, hit: Hit) -> Iterator[Attempt]:
    """What is missing is given out of another pool that has room."""
    for pool in _other_pools(world, hit):
        gpus = min(_in_units(pool, hit.gpus), _room(world, pool, hit.row.span))
        if moved := _moved(hit, hit.lease, pool, gpus):
            where = f"{gpus:,} GPUs of {pool.id} until {_until(hit)}"
            yield Attempt("move", f"give {hit.lease.tenant} {where} instead", (moved,), (hit.lease,))


def move_another(world: World, hit: Hit, also_hit: Collection[str]) -> Iterator[Attempt]:
    """Another lease of the pool, not hit itself, is given GPUs of a pool that has room, and leaves its own."""
    rooms = [(pool, room) for pool in _other_pools(world, hit) if (room := _room(world, pool, hit.row.span))]
    if not rooms:
        return
    names = {name for _, _, name, _, _ in world.timelines.holders_of(hit.row.pool, hit.row.span)}
    others = [world.leases[name] for name in names.difference(also_hit, {hit.lease.id})]
    for lease in nlargest(_LEASES_TRIED, others, key=lambda lease: (lease.gpu_seconds, lease.id)):
        held = steadily_held(lease, hit.row.pool, hit.row.span) or 0
        for pool, room in rooms:
            gpus = min(_in_units(pool, min(held, hit.gpus)), room)
            if moved := _moved(hit, lease, pool, gpus):
                where = f"{gpus:,} GPUs of {pool.id} until {_until(hit)}"
                yield Attempt("move_another", f"give {lease.tenant} {where} instead", (moved,), (lease,))
                break


def delay_inside(world: World, hit: Hit, also_hit: Collection[str]) -> Iterator[Attempt]:
    """An inside team takes less of the same pool (or of the same power) until all is there."""
    pools = [hit.row.pool]
    if world.capacity(Resource("watts", hit.row.site)).available.low(hit.row.span) < 0:
        pools += [pool.id for pool in world.pools_of(hit.row.site) if pool.id != hit.row.pool]
    for lease, pool, held in _inside(world, hit, pools, also_hit):
        like = -(-hit.gpus * hit.row.watts // world.watts_per_gpu(pool)) if pool.id != hit.row.pool else hit.gpus
        gpus = min(_in_units(pool, like), held)
        sentence = f"{lease.tenant} takes {gpus:,} GPUs of {pool.id} fewer until {_until(hit)}"
        yield Attempt("delay_inside", sentence, (_fewer(lease, hit, held - gpus, pool=pool.id),))


def make_room(world: World, hit: Hit, also_hit: Collection[str]) -> Iterator[Attempt]:
    """An inside team takes less of another pool, and what is missing is given out of that."""
    elsewhere = [pool.id for pool in _other_pools(world, hit)]
    for lease, pool, held in _inside(world, hit, elsewhere, also_hit):
        gpus = min(_in_units(pool, hit.gpus), held)
        if moved := _moved(hit, hit.lease, pool, gpus):
            sentence = (
                f"{lease.tenant} takes {gpus:,} GPUs of {pool.id} fewer until {_until(hit)}, and {hit.lease.tenant} "
                "gets those"
            )
            commands = (_fewer(lease, hit, held - gpus, pool=pool.id), moved)
            yield Attempt("make_room", sentence, commands, (hit.lease,))


def start_later(hit: Hit, now: int) -> Iterator[Attempt]:
    """A lease that is short from its start on, and has not begun, starts when all is there."""
    lease, end_at = hit.lease, hit.row.end_at
    if hit.row.start_at == lease.start_at > now and end_at < FOREVER:
        sentence = f"start {lease.id} on {format_instant(end_at)}, as long as it was to be"
        yield Attempt("start_later", sentence, (Amend(id="way-out", lease=lease.id, start_at=end_at),), (lease,))


def reclaim(world: World, hit: Hit, now: int, also_hit: Collection[str]) -> Iterator[Attempt]:
    """Another lease of the pool, not hit itself, gives way under a right that takes effect in time, and no sooner."""
    takeable = {id for id, terms in world.terms.items() if any(r.kind == "reclaim" for r in terms.rights)}
    if not takeable:
        return
    holders = {name for _, _, name, _, _ in world.timelines.holders_of(hit.row.pool, hit.row.span)}
    names = holders.difference(also_hit, {hit.lease.id})
    weaker = [lease for name in names if (lease := world.leases[name]).terms in takeable and not lease.protected]
    for lease in nsmallest(_LEASES_TRIED, weaker, key=lambda lease: (_rate(lease), lease.id)):
        may = (each for each in rights(world, lease, now) if each.right.kind == "reclaim")
        found = min(may, key=lambda each: (each.effect_at, not each.right.part), default=None)
        held = steadily_held(lease, hit.row.pool, hit.row.span)
        if found is None or found.effect_at > hit.row.start_at or not held:
            continue
        part = min(held, _in_units(world.pools[hit.row.pool], hit.gpus)) if found.right.part else None
        what = f"reclaim {part:,} GPUs of" if part else "reclaim"
        at = max(found.effect_at, hit.row.start_at)
        command = Reclaim(id="way-out", lease=lease.id, gpus=part if part != held else None, at=at)
        yield Attempt("reclaim", f"{what} {lease.id} from {format_instant(at)} on", (command,))


def _rate(lease: Lease) -> int:
    """What a lease brings per GPU-second, in nano-units; an inside one its value, or nothing."""
    brings = contracted(lease) or worth(lease, lease.gpu_seconds)
    return 0 if brings is None else brings.nanos // lease.gpu_seconds


# ---- what they are made of ----


def _fewer(lease: Lease, hit: Hit, kept: int, pool: str | None = None) -> Amend:
    """A lease with fewer GPUs while the hit lasts."""
    span = hit.row.span
    return Amend(
        id="way-out", lease=lease.id, pool=pool or hit.row.pool, gpus=kept, at=span.start_at, back_at=span.end_at
    )


def _moved(hit: Hit, lease: Lease, pool: Pool, gpus: int) -> Amend | None:
    """A lease with GPUs of another pool instead of as many of the pool in which some are missing."""
    held = steadily_held(lease, hit.row.pool, hit.row.span)
    if held is None or not gpus:
        return None
    instead = Ask(pool=pool.id, gpus=gpus, start_at=hit.row.start_at, end_at=hit.row.end_at)
    return replace(_fewer(lease, hit, held - min(gpus, hit.gpus, held)), add=(instead,))


def _inside(
    world: World, hit: Hit, pools: Sequence[str], also_hit: Collection[str]
) -> Iterator[tuple[Lease, Pool, int]]:
    """Inside leases that may take less, and hold the same of a pool all the while: the last rank first."""
    found = []
    for name in pools:
        holdings = world.timelines.holders_of(name, hit.row.span)
        teams = {id for _, _, id, _, tenant in holdings if world.tenants[tenant].kind == "inside"}
        for lease in (world.leases[each] for each in teams):
            held = steadily_held(lease, name, hit.row.span)
            if held and not lease.protected and lease.id not in also_hit and lease.id != hit.lease.id:
                found.append((lease, world.pools[name], held))
    return iter(sorted(found, key=lambda row: (-(row[0].rank or 0), row[0].id)))


def steadily_held(lease: Lease, pool: str, within: Span) -> int | None:
    """How many GPUs of a pool a lease holds all over a span; None if the number changes, or is none."""
    blocks = [block for block in lease.blocks if block.pool == pool]
    held = StepFunction.of(edges(Step(*block.span, block.gpus) for block in blocks))
    low, peak = held.low(within), held.peak(within)
    return low if low == peak and low > 0 else None


def _other_pools(world: World, hit: Hit) -> list[Pool]:
    """Other pools: of the same GPU first, then of the same site, then by id."""
    home = world.pools[hit.row.pool]
    others = [pool for pool in world.pools.values() if pool.id != home.id]
    return sorted(others, key=lambda pool: (pool.gpu != home.gpu, pool.site != home.site, pool.id))


def _room(world: World, pool: Pool, within: Span) -> int:
    """How many GPUs of a pool are free, and can be powered, all over a span; whole sell units."""
    gpus = world.capacity(Resource("gpus", pool.id)).available.low(within)
    watts = world.capacity(Resource("watts", pool.site)).available.low(within)
    free = max(0, min(gpus, watts // world.watts_per_gpu(pool)))
    return free // pool.sell_unit_gpus * pool.sell_unit_gpus


def _in_units(pool: Pool, gpus: int) -> int:
    return -(-gpus // pool.sell_unit_gpus) * pool.sell_unit_gpus


def _until(hit: Hit) -> str:
    return "its end" if hit.row.end_at >= FOREVER else format_instant(hit.row.end_at)
