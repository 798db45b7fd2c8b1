"""Options: holds with a right of their tenant to have them. What they come to, who is asked first, and exercising.

An option that takes capacity is a hold like any other. One that only ranks takes none: it is admitted when it is
exercised, and stands in line with the others on the same capacity by when it was granted.
"""

from itertools import count

from msgspec.structs import replace

from neocloud.errors import Conflict, Invalid, NotAllowed
from neocloud.model.commands import Ask, Book, Exercise
from neocloud.model.leases import Block, Lease, Option, check_lease_name
from neocloud.model.world import World
from neocloud.rules.asks import check_unit
from neocloud.rules.change import Change, changed, lease_named, live_lease
from neocloud.rules.ending import cut, since
from neocloud.rules.first_refusal import line
from neocloud.rules.reclaiming import gained
from neocloud.timeline import Span, Step, StepFunction, edges
from neocloud.units import format_instant


def option_asks(world: World, command: Book, option: Option, now: int) -> tuple[Ask, ...]:
    """What an option is for. A renewal goes on with what its lease has at its end; others are in its lease's life."""
    if not option.of:
        return command.asks
    base, (ask, *_) = live_lease(world, option.of, now), command.asks
    if base.tenant != command.tenant:
        raise Invalid(f"lease {base.id} is {base.tenant}'s, and not {command.tenant}'s", place="of")
    if option.kind == "renewal":
        last = [block for block in base.blocks if block.end_at == base.end_at]
        return tuple(Ask(pool=b.pool, gpus=b.gpus, start_at=b.end_at, end_at=ask.end_at) for b in last)
    pools = {block.pool for block in base.blocks}
    if ask.pool is None and len(pools) > 1:
        raise Invalid(f"lease {base.id} is on {', '.join(sorted(pools))}; say which with --pool", place="pool")
    start_at = max(now, base.start_at) if ask.start_at is None else ask.start_at
    end_at = base.end_at if ask.end_at is None else ask.end_at
    if option.kind == "burst" and not base.start_at <= start_at < end_at <= base.end_at:
        raise Invalid(f"a burst lies in the life of its lease: {_life(base)}", place="until")
    return (replace(ask, pool=ask.pool or pools.pop(), start_at=start_at, end_at=end_at),)


def exercise(world: World, command: Exercise, now: int) -> list[Change]:
    """The lease of an option, confirmed; refused where it only ranked and does not fit now, with what would."""
    held, option = _held_option(world, command.option, now)
    if option.kind == "burst":
        lease = _burst(world, command, held, now)
    else:
        if command.gpus is not None or command.start_at is not None or command.end_at is not None:
            raise Invalid(f"only a burst is exercised in part; option {held.id} is exercised whole", place="gpus")
        if option.kind == "renewal":
            _check_base(world, held, Span(held.start_at, held.start_at))
        # What only ranks took nothing until now; what takes capacity was kept for its tenant from its start on.
        lease = replace(held if held.live else since(held, now), status="confirmed", expires_at=None, booked_at=now)
    if held.live:
        return [Change("exercised", lease, {})]
    what = f"option {held.id}, which only ranks,"
    return gained(world, changed(world, "exercised", lease), command, now, what=what, granted=held)


def in_line(world: World, lease: Lease) -> int:
    """The place of an option among those on the same capacity: 1 was granted first."""
    before = 1
    for name in world.options:
        other = world.leases[name]
        if line(other) < line(lease) and _shares(other, lease):
            before += 1
    return before


def _held_option(world: World, name: str, now: int) -> tuple[Lease, Option]:
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
    return live_lease(world, name, now), lease.option


def _check_base(world: World, held: Lease, within: Span) -> None:
    """A renewal begins where its lease ends, and a burst lies in its life: as that lease is by now."""
    assert held.option is not None
    base = lease_named(world, held.option.of)
    if base.tenant != held.tenant:
        raise NotAllowed(
            f"option {held.id} is {held.tenant}'s, and lease {base.id} is {base.tenant}'s", lease=held.id
        )
    if not base.stands:
        raise NotAllowed(f"option {held.id} is of lease {base.id}, which is {base.status}", lease=held.id)
    follows = within.start_at == base.end_at if held.option.kind == "renewal" else within.meets(base.life) == within
    if not follows:
        at = "begins" if held.option.kind == "renewal" else "is wanted from"
        raise NotAllowed(
            f"option {held.id} {at} {format_instant(within.start_at)}, and its lease {base.id} is there "
            f"{_life(base)}; waive it and grant another",
            lease=held.id,
        )


def _life(lease: Lease) -> str:
    return f"from {format_instant(lease.start_at)}, and ends {format_instant(lease.end_at)}"


def _burst(world: World, command: Exercise, held: Lease, now: int) -> Lease:
    """So many GPUs more for a time, within what the option allows at every instant."""
    start_at = max(now, held.start_at) if command.start_at is None else command.start_at
    end_at = held.end_at if command.end_at is None else command.end_at
    if not max(now, held.start_at) <= start_at < end_at <= held.end_at:
        raise Invalid(
            f"option {held.id} is for {format_instant(held.start_at)} to {format_instant(held.end_at)}", place="from"
        )
    within = Span(start_at, end_at)
    _check_base(world, held, within)
    pool = next(block.pool for block in held.blocks if block.end_at > start_at)
    left = _allowed(world, held, pool, within)
    gpus = left if command.gpus is None else command.gpus
    if not left or gpus > left:
        raise NotAllowed(f"option {held.id} allows {left:,} GPUs more then, not {gpus:,}", lease=held.id, gpus=left)
    check_unit(world.pools[pool], gpus)
    return replace(
        cut(since(held, start_at), end_at),
        id=_name(world, command, held),
        status="confirmed",
        expires_at=None,
        booked_at=now,
        blocks=(Block(pool=pool, start_at=start_at, end_at=end_at, gpus=gpus),),
        option=replace(held.option, of=held.id, fee=None) if held.option else None,
    )


def _name(world: World, command: Exercise, held: Lease) -> str:
    """The name that is asked for, or the next one after the option's that is free."""
    if command.into is None:
        return next(name for n in count(1) if (name := f"{held.id}-{n}") not in world.leases)
    check_lease_name(command.into)
    if command.into in world.leases:
        raise Conflict(f"there is a lease {command.into} already; name another with --into")
    return command.into


def _allowed(world: World, held: Lease, pool: str, within: Span) -> int:
    """How many GPUs more of a pool a burst allows all over a span: its own, less what was taken of them."""
    steps = [Step(*block.span, block.gpus) for block in held.blocks if block.pool == pool]
    for start_at, end_at, name, gpus, _ in world.timelines.holders_of(pool, within):
        option = world.leases[name].option
        if option is not None and option.kind == "burst" and option.of == held.id:
            steps.append(Step(start_at, end_at, -gpus))
    return max(0, StepFunction.of(edges(steps)).low(within))


def _shares(one: Lease, other: Lease) -> bool:
    return any(a.pool == b.pool and a.span.meets(b.span) for a in one.blocks for b in other.blocks)
