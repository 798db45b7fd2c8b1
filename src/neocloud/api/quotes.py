"""The floor of a quote: from the price set admitted last, marginal, so that it is told at once."""

from typing import Any

from msgspec.structs import replace

from neocloud.api.calls import Call
from neocloud.api.service import Service
from neocloud.documents.quotes import quote_row
from neocloud.errors import Invalid
from neocloud.model.commands import Book
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.requests import newest_prices


def floor_of(service: Service, world: World, lease: Lease, now: int) -> dict[str, Any] | None:
    """What the lease must earn at the least, and what to ask; None before a price set is there."""
    found = service.quoted(world, lease, now)
    return None if found is None else quote_row(world, lease, found)


def stamped(call: Call, command: Book) -> Book:
    """The booking with what its lease is quoted now; without prices, or of a lease that is known, as it is."""
    with call.world() as world:
        if command.lease in world.leases or newest_prices(world) is None:
            return command
        changes = call.service.shared.ledger.preview(command, now=call.now)[0]
        lease = next(each.noun for each in reversed(changes) if isinstance(each.noun, Lease))
        try:
            found = call.service.quoted(world, lease, call.now)
        except Invalid:
            return command  # a price set that is older than a pool says nothing of it
        return command if found is None else replace(command, quoted=found.quoted())
