"""Amendments: grow, shrink, extend, shorten, shift, move, transfer. Atomic; the past stays as it was."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from neocloud.errors import Conflict, Invalid
from neocloud.model.commands import Amend, Ask, PriceAsk
from neocloud.model.leases import Block, Header, Lease, Price, check_lease_name
from neocloud.model.world import World
from neocloud.rules.asks import check_unit, pool_named, resolve
from neocloud.rules.change import Change, admitted, broken, changed, live_lease, made, oversold
from neocloud.rules.eligibility import is_eligible
from neocloud.rules.ending import cut, shortened, since
from neocloud.rules.first_refusal import check_first_refusal, must_ask
from neocloud.rules.law import most
from neocloud.rules.offers import Offer
from neocloud.rules.proposal import check_money, priced, tenant_named
from neocloud.rules.rights import terms_of
from neocloud.timeline import Span
from neocloud.units import DAY_S, format_instant

Part = TypeVar("Part", Block, Price)


def amend(world: World, command: Amend, now: int) -> list[Change]:
    """Change a lease in one step, or refuse and leave it as it was."""
    old = live_lease(world, command.lease, now)
    _check(old, command, now)
    lease = old if command.start_at is None else _shifted(old, command.start_at - old.start_at, now, command)
    at = command.at if command.at is not None else max(now, lease.start_at)
    _check_at(lease, command, at, now)
    amended = _seamless(_amended(world, lease, command, at))
    if _same(amended, _seamless(old)) and command.header is None and command.tenant in {None, lease.tenant}:
        return []
    amended = _with_header(amended, command)
    if command.tenant is not None and command.tenant != lease.tenant:
        changes = _transfer(world, lease, amended, command, at)
    else:
        changes = [changed(world, "amended", amended)]
    if not admitted(world, *changes):
        offers = () if command.tenant else tuple(_offers(world, lease, command, at, now))
        raise oversold(f"the amendment of lease {lease.id}", broken(world, *changes), offers)
    check_first_refusal(world, now, *changes)
    return changes


def _offers(world: World, lease: Lease, command: Amend, at: int, now: int) -> Iterator[Offer]:
    """The most of the same amendment that fits: fewer GPUs, or an earlier end."""

    def amended(less: Amend) -> Lease:
        return _amended(world, lease, less, at)

    def nearest(change: str, low: int, high: int, variant: Callable[[int], Amend]) -> Iterator[Offer]:
        found = most(low, high, lambda n: admitted(world, changed(world, "amended", amended(variant(n)))))
        best = amended(variant(found))
        blocks = tuple(b for b in best.blocks if b not in lease.blocks) if found > low else ()
        made = changed(world, "amended", best)
        if blocks and is_eligible(world, made, now) and not must_ask(world, now, made):
            yield Offer(change, blocks)

    if command.gpus and command.move_to is None:
        _, resized = _split(lease, at, command.pool)
        if command.back_at is not None:
            resized, _ = _parted(resized, command.back_at)
        unit, held = world.pools[resized[0].pool].sell_unit_gpus, min(block.gpus for block in resized)
        yield from nearest(
            "fewer_gpus", held // unit, command.gpus // unit, lambda n: replace(command, gpus=n * unit)
        )
    elif len(command.add) == 1 and command.add[0].gpus is not None:
        ask = command.add[0]
        unit = pool_named(world, ask.pool or "").sell_unit_gpus
        yield from nearest(
            "fewer_gpus",
            0,
            command.add[0].gpus // unit,
            lambda n: replace(command, add=(replace(ask, gpus=n * unit),)),
        )
    elif command.end_at is not None and command.end_at > lease.end_at:
        days = -(-(command.end_at - lease.end_at) // DAY_S)
        yield from nearest("earlier_end", 0, days, lambda n: replace(command, end_at=lease.end_at + n * DAY_S))


def _check(lease: Lease, command: Amend, now: int) -> None:
    asked = (
        command.gpus, command.start_at, command.end_at, command.move_to, command.tenant, command.value,
        command.rank, command.header,
    )  # fmt: skip
    if all(each is None for each in asked) and not command.add and not command.prices:
        raise Invalid(
            "nothing to amend; give GPUs, a start, an end, a pool to move to, blocks to add, a tenant or a price"
        )
    if command.back_at is not None and (command.gpus is None or command.move_to is not None):
        raise Invalid("GPUs come back where they were changed for a time; give how many there are", place="back")
    if command.start_at is not None and command.at is not None:
        raise Invalid("a new start is for the whole lease; leave out from when to amend it", place="at")
    if command.start_at is not None and lease.start_at <= now and not command.recorded:
        raise Invalid(f"lease {lease.id} began {format_instant(lease.start_at)}; its start is past", place="from")


def _check_at(lease: Lease, command: Amend, at: int, now: int) -> None:
    first_at = min([at, *(ask.start_at for ask in command.add if ask.start_at is not None)])
    if first_at < now and not command.recorded:
        raise Invalid(
            f"{format_instant(first_at)} lies before now ({format_instant(now)}); to record what has happened, "
            "say why with --recorded REASON",
            place="at",
        )
    if command.back_at is not None and not at < command.back_at <= lease.end_at:
        raise Invalid(
            f"{format_instant(command.back_at)} does not lie after {format_instant(at)} and in the lease, which ends "
            f"{format_instant(lease.end_at)}",
            place="back",
        )
    if at >= lease.end_at:
        raise Invalid(
            f"{format_instant(at)} is not before the end of the lease, {format_instant(lease.end_at)}", place="at"
        )


def _amended(world: World, lease: Lease, command: Amend, at: int) -> Lease:
    if command.end_at is not None:
        lease = _ending(lease, command.end_at, at)
    if command.move_to is not None:
        lease = _moved(world, lease, command, at)
    if command.gpus is not None:
        lease = _resized(world, lease, command, at)
    if command.add:
        lease = _added(world, lease, command.add, at)
    if command.prices:
        lease = _repriced(lease, command.prices, at)
    if command.value is not None:
        lease = replace(lease, value=command.value)
    if command.rank is not None:
        lease = replace(lease, rank=command.rank)
    if command.prices or command.value is not None or command.rank is not None:
        tenant = tenant_named(world, command.tenant or lease.tenant)
        check_money(tenant, lease, terms_of(world, lease.terms).currency)
    return lease


def _shifted(lease: Lease, shift_s: int, now: int, command: Amend) -> Lease:
    if lease.start_at + shift_s < now and not command.recorded:
        raise Invalid("a lease cannot start in the past; to record that, give --recorded REASON", place="from")
    blocks = tuple(replace(b, start_at=b.start_at + shift_s, end_at=b.end_at + shift_s) for b in lease.blocks)
    prices = tuple(replace(p, start_at=p.start_at + shift_s, end_at=p.end_at + shift_s) for p in lease.prices)
    return replace(lease, blocks=blocks, prices=prices)


def _ending(lease: Lease, end_at: int, at: int) -> Lease:
    """Shorten to `end_at`, or extend the blocks and prices that run to the end."""
    if end_at <= max(at, lease.start_at):
        raise Invalid(
            f"the new end {format_instant(end_at)} is not after {format_instant(max(at, lease.start_at))}",
            place="until",
        )
    if end_at < lease.end_at:
        return cut(lease, end_at)
    last_at = lease.end_at
    blocks = tuple(replace(b, end_at=end_at) if b.end_at == last_at else b for b in lease.blocks)
    prices = tuple(replace(p, end_at=end_at) if p.end_at == last_at else p for p in lease.prices)
    return replace(lease, blocks=blocks, prices=prices)


def _split(lease: Lease, at: int, pool: str | None) -> tuple[list[Block], list[Block]]:
    """The blocks as they stay, and those of a pool (or the only one) that lie from `at` on."""
    pools = {block.pool for block in lease.blocks if block.end_at > at}
    if not pools:
        raise Invalid(f"lease {lease.id} has nothing from {format_instant(at)} on", place="at")
    if pool is None and len(pools) > 1:
        raise Invalid(f"lease {lease.id} is on {', '.join(sorted(pools))}; say which with --pool", place="pool")
    if pool is not None and pool not in pools:
        raise Invalid(f"lease {lease.id} has nothing in pool {pool} from {format_instant(at)} on", place="pool")
    stays, moves = [], []
    for block in lease.blocks:
        if block.pool != (pool or next(iter(pools))) or block.end_at <= at:
            stays.append(block)
            continue
        if block.start_at < at:
            stays.append(shortened(block, at))
        moves.append(replace(block, start_at=max(block.start_at, at)))
    return stays, moves


def _moved(world: World, lease: Lease, command: Amend, at: int) -> Lease:
    stays, moves = _split(lease, at, command.pool)
    pool = pool_named(world, command.move_to or "")
    for block in moves:
        check_unit(pool, command.gpus or block.gpus)
    moved = [replace(block, pool=pool.id, spare_gpus=0, gpus=command.gpus or block.gpus) for block in moves]
    return replace(lease, blocks=tuple(stays + moved))


def _resized(world: World, lease: Lease, command: Amend, at: int) -> Lease:
    """Grow or shrink to `gpus`, until `back_at` if that is given: blocks that follow one another become one."""
    assert command.gpus is not None
    stays, resized = _split(lease, at, command.move_to or command.pool)
    if command.back_at is not None:
        resized, after = _parted(resized, command.back_at)
        stays += after
        if not resized:
            raise Invalid(f"lease {lease.id} has nothing to change before that", place="back")
        if not command.gpus:
            return replace(lease, blocks=tuple(stays))
    check_unit(world.pools[resized[0].pool], command.gpus)
    taken = _covered(resized)
    spare_gpus = min(resized[0].spare_gpus, command.gpus)
    blocks = [
        replace(resized[0], start_at=start_at, end_at=end_at, gpus=command.gpus, spare_gpus=spare_gpus)
        for start_at, end_at in taken
    ]
    return replace(lease, blocks=(*stays, *blocks))


def _parted(blocks: list[Block], at: int) -> tuple[list[Block], list[Block]]:
    """Blocks before an instant, and from then on."""
    before = [shortened(block, at) for block in blocks if block.start_at < at]
    return before, [replace(block, start_at=max(at, block.start_at)) for block in blocks if block.end_at > at]


def _covered(blocks: list[Block]) -> list[Span]:
    """When at least one of the blocks is taken: spans that do not touch."""
    spans: list[Span] = []
    for span in sorted(block.span for block in blocks):
        if spans and span.start_at <= spans[-1].end_at:
            spans[-1] = Span(spans[-1].start_at, max(spans[-1].end_at, span.end_at))
        else:
            spans.append(span)
    return spans


def _added(world: World, lease: Lease, asks: tuple[Ask, ...], at: int) -> Lease:
    """With more blocks; prices that run from the start or to the end of the lease cover them too."""
    until_the_end = [replace(a, start_at=a.start_at or at, end_at=a.end_at or lease.end_at) for a in asks]
    wider = replace(lease, blocks=lease.blocks + resolve(world, lease.tenant, until_the_end, at))
    prices = tuple(
        replace(
            price,
            start_at=wider.start_at if price.start_at == lease.start_at else price.start_at,
            end_at=wider.end_at if price.end_at == lease.end_at else price.end_at,
        )
        for price in lease.prices
    )
    return replace(wider, prices=prices)


def _repriced(lease: Lease, asks: tuple[PriceAsk, ...], at: int) -> Lease:
    """With new prices from an instant in its life on; those it has count until the first of them."""
    prices = priced(asks, max(at, lease.start_at), lease.end_at)
    first_at = min(price.start_at for price in prices)
    kept = tuple(replace(p, end_at=min(p.end_at, first_at)) for p in lease.prices if p.start_at < first_at)
    return replace(lease, prices=kept + prices)


def _seamless(lease: Lease) -> Lease:
    """The same lease, where a block or price that only goes on as the one before it did is one with it."""
    return replace(lease, blocks=_joined(lease.blocks), prices=_joined(lease.prices))


def _joined(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    joined: list[Part] = []
    for part in parts:
        for i, before in enumerate(joined):
            if (
                before.end_at == part.start_at
                and replace(part, start_at=before.start_at, end_at=before.end_at) == before
            ):
                joined[i] = replace(before, end_at=part.end_at)
                break
        else:
            joined.append(part)
    return tuple(joined)


def _same(one: Lease, other: Lease) -> bool:
    """Whether two leases differ in nothing but the order of their blocks."""
    return one == replace(other, blocks=one.blocks) and sorted(map(repr, one.blocks)) == sorted(
        map(repr, other.blocks)
    )


def _with_header(lease: Lease, command: Amend) -> Lease:
    header, new = lease.header or Header(), command.header or Header()
    return replace(
        lease,
        recorded=command.recorded or lease.recorded,
        header=Header(
            order_form=new.order_form or header.order_form,
            legal_entity=new.legal_entity or header.legal_entity,
            document=new.document or header.document,
            amendment=new.amendment or header.amendment + 1,
        ),
    )


def _transfer(world: World, lease: Lease, amended: Lease, command: Amend, at: int) -> list[Change]:
    """Another tenant takes over: all of a lease that has not begun, else what is left of it as a new lease."""
    tenant = tenant_named(world, command.tenant or "")
    if (tenant.kind == "customer") != bool(lease.prices):
        raise Invalid(f"{tenant.id} is {tenant.kind}, and lease {lease.id} is not", place="tenant")
    if at <= lease.start_at:
        return [changed(world, "transferred", replace(amended, tenant=tenant.id, former=lease.tenant))]
    successor = command.successor or f"{lease.id}-{tenant.id}"
    check_lease_name(successor)
    if successor in world.leases:
        raise Conflict(f"there is a lease {successor} already; name another with --successor")
    header = replace(amended.header or Header(), amendment=0)
    rest = replace(since(amended, at), id=successor, tenant=tenant.id, header=header, former="")
    ended = changed(world, "transferred", replace(cut(lease, at), former=""))
    with made(world, ended):
        return [ended, changed(world, "transferred", rest)]
