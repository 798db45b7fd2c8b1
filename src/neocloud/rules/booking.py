"""Booking, holding, confirming and releasing a lease."""

from collections.abc import Sequence

from msgspec.structs import replace

from neocloud.errors import Conflict, Invalid, NotAllowed, Unknown
from neocloud.model.commands import Book, Confirm, PriceAsk, Release
from neocloud.model.leases import Lease, Price, check_lease_name
from neocloud.model.tenants import Tenant
from neocloud.model.world import World
from neocloud.rules.asks import resolve
from neocloud.rules.change import Change, admitted, broken, changed, live_lease, oversold
from neocloud.rules.offers import offers
from neocloud.rules.rights import terms_of
from neocloud.units import format_instant


def book(world: World, command: Book, now: int) -> list[Change]:
    """Admit a new lease whole, or refuse it with what would fit."""
    if command.lease in world.leases:
        raise Conflict(f"there is a lease {command.lease} already; choose another id, or amend it")
    lease = proposed(world, command, now)
    change = changed(world, "booked" if lease.status == "confirmed" else "held", lease)
    if not admitted(world, change):
        raise oversold(f"lease {lease.id}", broken(world, change), offers(world, lease))
    return [change]


def proposed(world: World, command: Book, now: int) -> Lease:
    """The lease that a booking asks for, with every number resolved; whether it fits is another question."""
    check_lease_name(command.lease)
    tenant = tenant_named(world, command.tenant)
    terms = terms_of(world, command.terms)
    check_money(tenant, command, terms.currency)
    blocks = resolve(world, tenant.id, command.asks, now, prefer=command.prefer, spares=command.spares)
    start_at, end_at = min(b.start_at for b in blocks), max(b.end_at for b in blocks)
    if start_at < now and not command.recorded:
        raise Invalid(
            f"the start {format_instant(start_at)} lies before now ({format_instant(now)}); "
            "to record what has happened, say why with --recorded REASON",
            place="from",
        )
    hold_until_at = command.hold_until_at if command.hold_s is None else now + command.hold_s
    if hold_until_at is not None and hold_until_at <= now:
        raise Invalid(f"a hold until {format_instant(hold_until_at)} has run out already", place="hold_until")
    return Lease(
        id=command.lease,
        tenant=tenant.id,
        terms=terms.id,
        blocks=blocks,
        status="confirmed" if hold_until_at is None else "held",
        booked_at=now,
        prices=priced(command.prices, start_at, end_at),
        value=command.value,
        rank=command.rank,
        protected=command.protected,
        expires_at=hold_until_at,
        header=command.header,
        recorded=command.recorded,
        sources=command.sources,
    )


def confirm(world: World, command: Confirm, now: int) -> list[Change]:
    """Turn a hold into a confirmed lease. Confirming twice changes nothing."""
    lease = live_lease(world, command.lease, now)
    if lease.status == "confirmed":
        return []
    return [Change("confirmed", replace(lease, status="confirmed", expires_at=None), {})]


def release(world: World, command: Release, now: int) -> list[Change]:
    """Give up a hold; its capacity is free at once."""
    lease = live_lease(world, command.lease, now)
    if lease.status != "held":
        raise NotAllowed(
            f"lease {lease.id} is confirmed, and only a hold can be released; terminate it under a right, "
            "or shorten it by `lease amend --until`",
            lease=lease.id,
        )
    return [changed(world, "released", replace(lease, status="released", expires_at=None))]


def tenant_named(world: World, name: str) -> Tenant:
    """The tenant with an id, or Unknown with the nearest."""
    tenant = world.tenants.get(name)
    if tenant is None:
        raise Unknown("tenant", name, world.tenants)
    return tenant


def check_money(tenant: Tenant, command: Book | Lease, currency: str) -> None:
    """A customer pays a price; an inside team has a rank or a value. Never both, never neither."""
    inside = command.value is not None or command.rank is not None
    if command.prices and inside:
        raise Invalid("a price and a value (or rank) contradict each other; give one", place="price")
    if not command.prices and not inside:
        raise Invalid(
            "a customer's lease needs a price (per GPU-hour, or monthly), an inside team's a value or a rank",
            place="price",
        )
    if tenant.kind == "customer" and inside:
        raise Invalid(f"{tenant.id} is a customer: its lease needs a price, not a value or rank", place="price")
    if tenant.kind == "inside" and command.prices:
        raise Invalid(
            f"{tenant.id} is an inside team: its lease needs a value or a rank, not a price",
            place="price",
        )
    for price in command.prices:
        if price.amount.currency != currency:
            raise Invalid(f"the terms are in {currency}, the price in {price.amount.currency}", place="price")


def priced(asks: Sequence[PriceAsk], start_at: int, end_at: int) -> tuple[Price, ...]:
    """Prices one after the other over the life of a lease: each until the next of its kind starts."""
    result: list[Price] = []
    for i, ask in enumerate(asks):
        from_at = start_at if ask.start_at is None else ask.start_at
        later = [other.start_at for other in asks[i + 1 :] if other.per == ask.per and other.start_at is not None]
        until_at = later[0] if later else end_at
        if not start_at <= from_at < until_at <= end_at:
            raise Invalid(
                f"a price from {format_instant(from_at)} does not fit into the lease, "
                f"{format_instant(start_at)} to {format_instant(end_at)}, before the next one; give them in order",
                place="price",
            )
        result.append(Price(per=ask.per, amount=ask.amount, start_at=from_at, end_at=until_at))
    return tuple(result)
