"""The lease that a booking asks for, before anyone asks whether it fits: its tenant, money and paper."""

from collections.abc import Sequence

from neocloud.errors import Invalid, Unknown
from neocloud.model.commands import Book, PriceAsk
from neocloud.model.leases import Block, Lease, Price
from neocloud.model.tenants import Tenant, TenantKind
from neocloud.model.terms import Terms
from neocloud.model.world import World
from neocloud.units import format_instant


def proposed(command: Book, terms: Terms, blocks: tuple[Block, ...], now: int) -> Lease:
    """The lease that a booking asks for, on blocks with numbers; whether it fits is another question."""
    start_at, end_at = min(b.start_at for b in blocks), max(b.end_at for b in blocks)
    if start_at < now and not command.recorded:
        raise Invalid(
            f"the start {format_instant(start_at)} lies before now ({format_instant(now)}); "
            "to record what has happened, say why with --recorded REASON",
            place="from",
        )
    hold_until_at = command.hold_until_at if command.hold_s is None else now + command.hold_s
    if command.option is not None:
        hold_until_at = command.option.exercise_by_at
    if hold_until_at is not None and hold_until_at <= now:
        raise Invalid(f"a hold until {format_instant(hold_until_at)} has run out already", place="hold_until")
    return Lease(
        id=command.lease,
        tenant=command.tenant,
        terms=terms.id,
        blocks=blocks,
        status="confirmed" if hold_until_at is None else "held",
        booked_at=now,
        prices=priced(command.prices, start_at, end_at),
        value=command.value,
        rank=command.rank,
        protected=command.protected,
        expires_at=hold_until_at,
        option=command.option,
        header=command.header,
        quoted=command.quoted,
        request=command.request,
        recorded=command.recorded,
        sources=command.sources,
    )


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
    fee = None if command.option is None else command.option.fee
    if fee is not None and fee.currency != currency:
        raise Invalid(f"the terms are in {currency}, the fee in {fee.currency}", place="fee")


def suits(lease: Lease, kind: TenantKind) -> bool:
    """Whether the money of a lease, if it says any, is that of a kind of tenant."""
    return not lease.prices if kind == "inside" else lease.value is None and lease.rank is None


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
