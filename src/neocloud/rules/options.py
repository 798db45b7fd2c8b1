"""Options: holds with a right of their tenant to have them. What they come to, who is asked first, and exercising.

An option that takes capacity is a hold like any other. One that only ranks takes none: it is admitted when it is
exercised, and stands in line with the others on the same capacity by when it was granted.
"""

from collections.abc import Sequence
from contextlib import ExitStack

from msgspec.structs import replace

from neocloud.errors import Conflict, FirstRefusal, Invalid, NotAllowed
from neocloud.model.commands import Ask, Book, Exercise
from neocloud.model.leases import Lease, Option, Price, check_lease_name
from neocloud.model.world import World
from neocloud.rules.asks import check_unit
from neocloud.rules.change import Change, admitted, broken, changed, lease_named, live_lease, made, oversold
from neocloud.rules.offers import offers
from neocloud.rules.reclaiming import reclaiming
from neocloud.timeline import FOREVER, Span, Step, StepFunction, edges
from neocloud.units import format_instant


def option_asks(world: World, command: Book, option: Option) -> tuple[Ask, ...]:
    """What an option is for. A renewal goes on with what its lease has at its end; others are in its lease's life."""
    if not option.of:
        return command.asks
    base, (ask, *_) = lease_named(world, option.of), command.asks
    if base.tenant != command.tenant:
        raise Invalid(f"lease {base.id} is {base.tenant}'s, and not {command.tenant}'s", place="of")
    if option.kind == "renewal":
        last = [block for block in base.blocks if block.end_at == base.end_at]
        return tuple(Ask(pool=b.pool, gpus=b.gpus, start_at=b.end_at, end_at=ask.end_at) for b in last)
    pools = {block.pool for block in base.blocks}
    if ask.pool is None and len(pools) > 1:
        raise Invalid(f"lease {base.id} is on {', '.join(sorted(pools))}; say which with --pool", place="pool")
    start_at = base.start_at if ask.start_at is None else ask.start_at
    return (replace(ask, pool=ask.pool or pools.pop(), start_at=start_at, end_at=ask.end_at or base.end_at),)


def exercise(world: World, command: Exercise, now: int) -> list[Change]:
    """The lease of an option, confirmed; refused where it only ranked and does not fit now, with what would."""
    held = _held_option(world, command.option, now)
    if held.option is not None and held.option.kind == "burst":
        lease = _burst(world, command, held, now)
    else:
        if command.gpus is not None or command.start_at is not None or command.end_at is not None:
            raise Invalid(f"only a burst is exercised in part; option {held.id} is exercised whole", place="gpus")
        lease = replace(held, status="confirmed", expires_at=None, booked_at=now)
    if held.live:
        return [Change("exercised", lease, {})]
    change = changed(world, "exercised", lease)
    if admitted(world, change):
        check_first_refusal(world, change)
        return [change]
    if command.reclaim:
        changes = reclaiming(world, change, now, force=command.force)
        check_first_refusal(world, *changes)
        return changes
    raise oversold(f"option {held.id}, which only ranks,", broken(world, change), offers(world, lease))


def check_first_refusal(world: World, *changes: Change) -> None:
    """Nobody gets what another tenant must be asked about first. Raises FirstRefusal."""
    tenants = {change.noun.tenant for change in changes if isinstance(change.noun, Lease)}
    for name in sorted(world.options):
        other = world.leases[name]
        if other.option is None or other.option.kind != "first_refusal" or other.tenant in tenants:
            continue
        if _fits(world, other) and not _fits_after(world, other, changes):
            raise _asked_first(other)


def in_line(world: World, lease: Lease) -> int:
    """The place of an option among those on the same capacity: 1 was granted first."""
    before = 1
    for name in world.options:
        other = world.leases[name]
        if (other.booked_at, other.id) < (lease.booked_at, lease.id) and _shares(other, lease):
            before += 1
    return before


def _held_option(world: World, name: str, now: int) -> Lease:
    lease = lease_named(world, name)
    if lease.option is None:
        raise NotAllowed(f"lease {name} is no option", lease=name)
    if lease.status == "expired":
        raise NotAllowed(
            f"option {name} had to be exercised by {format_instant(lease.option.exercise_by_at)}, and has run out",
            lease=name,
        )
    if lease.status == "confirmed":
        raise NotAllowed(f"option {name} is exercised already", lease=name)
    return live_lease(world, name, now)


def _burst(world: World, command: Exercise, held: Lease, now: int) -> Lease:
    """So many GPUs more for a time, within what the option allows at every instant."""
    (block,) = held.blocks
    start_at = max(now, block.start_at) if command.start_at is None else command.start_at
    end_at = block.end_at if command.end_at is None else command.end_at
    gpus = block.gpus if command.gpus is None else command.gpus
    check_unit(world.pools[block.pool], gpus)
    if not max(now, block.start_at) <= start_at < end_at <= block.end_at:
        raise Invalid(
            f"option {held.id} is for {format_instant(block.start_at)} to {format_instant(block.end_at)}",
            place="from",
        )
    left = block.gpus - _used(world, held, Span(start_at, end_at))
    if gpus > left:
        raise NotAllowed(f"option {held.id} allows {left:,} GPUs more then, not {gpus:,}", lease=held.id, gpus=left)
    name = command.into or f"{held.id}-{len(_bursts(world, held)) + 1}"
    check_lease_name(name)
    if name in world.leases:
        raise Conflict(f"there is a lease {name} already; name another with --into")
    return replace(
        held,
        id=name,
        status="confirmed",
        expires_at=None,
        booked_at=now,
        blocks=(replace(block, start_at=start_at, end_at=end_at, gpus=gpus),),
        prices=_within(held.prices, start_at, end_at),
        option=replace(held.option, of=held.id) if held.option else None,
    )


def _bursts(world: World, held: Lease) -> list[Lease]:
    leases = world.leases.values()
    return [each for each in leases if each.option and each.option.of == held.id and each.option.kind == "burst"]


def _used(world: World, held: Lease, within: Span) -> int:
    blocks = [block for each in _bursts(world, held) if each.live for block in each.blocks]
    return StepFunction.of(edges(Step(*block.span, block.gpus) for block in blocks)).peak(within)


def _within(prices: tuple[Price, ...], start_at: int, end_at: int) -> tuple[Price, ...]:
    return tuple(
        replace(price, start_at=max(price.start_at, start_at), end_at=min(price.end_at, end_at))
        for price in prices
        if price.start_at < end_at and price.end_at > start_at
    )


def _fits(world: World, option: Lease) -> bool:
    """Whether an option would fit if it were exercised now."""
    return admitted(world, changed(world, "exercised", replace(option, status="confirmed", expires_at=None)))


def _fits_after(world: World, option: Lease, changes: Sequence[Change]) -> bool:
    with ExitStack() as stack:
        for change in changes:
            stack.enter_context(made(world, change))
        return _fits(world, option)


def _asked_first(other: Lease) -> FirstRefusal:
    assert other.option is not None
    gpus, pools = max(block.gpus for block in other.blocks), sorted({block.pool for block in other.blocks})
    by_at = other.option.exercise_by_at
    by = "" if by_at >= FOREVER else f", until {format_instant(by_at)}"
    return FirstRefusal(
        f"{other.tenant} has the right of first refusal on {gpus:,} GPUs of {', '.join(pools)}{by}, and must be "
        f"asked first: yes is `neocloud option exercise {other.id}`, no is `neocloud option waive {other.id}`",
        option=other.id,
    )


def _shares(one: Lease, other: Lease) -> bool:
    return any(a.pool == b.pool and a.span.meets(b.span) for a in one.blocks for b in other.blocks)
