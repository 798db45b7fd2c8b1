"""Booking, holding, confirming and releasing a lease."""

from msgspec.structs import replace

from neocloud.errors import Conflict, NotAllowed
from neocloud.model.commands import Book, Confirm, Release
from neocloud.model.entries import Cause
from neocloud.model.leases import Lease, check_lease_name
from neocloud.model.world import World
from neocloud.rules.asks import resolve
from neocloud.rules.change import Change, changed, live_lease
from neocloud.rules.options import option_asks
from neocloud.rules.proposal import check_money, proposed, tenant_named
from neocloud.rules.reclaiming import gained
from neocloud.rules.requests import answered
from neocloud.rules.rights import terms_of


def book(world: World, command: Book, now: int) -> list[Change]:
    """Admit a new lease whole, or refuse it with what would fit."""
    if command.lease in world.leases:
        raise Conflict(f"there is a lease {command.lease} already; choose another id, or amend it")
    check_lease_name(command.lease)
    tenant, terms = tenant_named(world, command.tenant), terms_of(world, command.terms)
    check_money(tenant, command, terms.currency)
    asks = command.asks if command.option is None else option_asks(world, command, command.option, now)
    blocks = resolve(world, tenant.id, asks, now, prefer=command.prefer, spares=command.spares)
    lease = proposed(command, terms, blocks, now)
    accepted = answered(world, command)
    if not lease.live:
        return [*accepted, Change("granted", lease, {})]
    return accepted + gained(world, changed(world, _cause(lease), lease), command, now, what=f"lease {lease.id}")


def _cause(lease: Lease) -> Cause:
    if lease.status == "confirmed":
        return "booked"
    return "held" if lease.option is None else "granted"


def confirm(world: World, command: Confirm, now: int) -> list[Change]:
    """Turn a hold into a confirmed lease. Confirming twice changes nothing."""
    lease = live_lease(world, command.lease, now)
    if lease.status == "confirmed":
        return []
    if lease.option is not None:
        raise NotAllowed(f"lease {lease.id} is an option; `neocloud option exercise {lease.id}`", lease=lease.id)
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
