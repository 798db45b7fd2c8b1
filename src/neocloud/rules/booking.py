"""Booking, holding, confirming and releasing a lease."""

from msgspec.structs import replace

from neocloud.errors import Conflict, NotAllowed
from neocloud.model.commands import Book, Confirm, Release
from neocloud.model.leases import check_lease_name
from neocloud.model.world import World
from neocloud.rules.asks import resolve
from neocloud.rules.change import Change, admitted, broken, changed, live_lease, oversold
from neocloud.rules.offers import offers
from neocloud.rules.proposal import check_money, proposed, tenant_named
from neocloud.rules.reclaiming import reclaiming
from neocloud.rules.rights import terms_of


def book(world: World, command: Book, now: int) -> list[Change]:
    """Admit a new lease whole, or refuse it with what would fit."""
    if command.lease in world.leases:
        raise Conflict(f"there is a lease {command.lease} already; choose another id, or amend it")
    check_lease_name(command.lease)
    tenant, terms = tenant_named(world, command.tenant), terms_of(world, command.terms)
    check_money(tenant, command, terms.currency)
    blocks = resolve(world, tenant.id, command.asks, now, prefer=command.prefer, spares=command.spares)
    lease = proposed(command, terms, blocks, now)
    change = changed(world, "booked" if lease.status == "confirmed" else "held", lease)
    if admitted(world, change):
        return [change]
    if command.reclaim:
        return reclaiming(world, change, now, force=command.force)
    raise oversold(f"lease {lease.id}", broken(world, change), offers(world, lease))


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
