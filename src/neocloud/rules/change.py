"""One change that a decision makes, and how it is checked against the law."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from neocloud.errors import NotAllowed, Oversold, Unknown
from neocloud.model.capacity import Difference
from neocloud.model.entries import Cause, Noun
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.law import Shortage, lawful, shortages
from neocloud.rules.offers import Offer
from neocloud.units import format_instant


class Change(NamedTuple):
    """A noun's new form, why it changes, and what that moves."""

    cause: Cause
    noun: Noun
    difference: Difference


def changed(world: World, cause: Cause, noun: Noun) -> Change:
    """A change, with its difference worked out."""
    return Change(cause, noun, world.difference(noun))


def admitted(world: World, *changes: Change) -> bool:
    """Whether changes keep the law, each in the world that those before it make."""
    first, *later = changes
    if not lawful(world, first.difference):
        return False
    if not later:
        return True
    with made(world, first):
        return admitted(world, *later)


def broken(world: World, *changes: Change) -> list[Shortage]:
    """Where changes would break the law, each in the world that those before it make."""
    first, *later = changes
    found = shortages(world, first.difference)
    if later:
        with made(world, first):
            found += broken(world, *later)
    return found


@contextmanager
def made(world: World, change: Change) -> Iterator[None]:
    """The world with a change made, for as long as what comes after it is decided; then as it was."""
    undo = world.apply(change.noun, change.difference)
    try:
        yield
    finally:
        world.undo(undo)


def oversold(what: str, found: list[Shortage], offers: tuple[Offer, ...] = ()) -> Oversold:
    """The refusal: why it does not fit, and what would."""
    why = "".join(f"\n  {shortage}" for shortage in found)
    would = "".join(f"\n  {offer}" for offer in offers)
    fits = f"\nwhat would fit:{would}" if offers else ""
    return Oversold(f"{what} does not fit:{why}{fits}", shortages=found, offers=offers)


def lease_named(world: World, name: str) -> Lease:
    """The lease with an id, or Unknown with the nearest."""
    lease = world.leases.get(name)
    if lease is None:
        raise Unknown("lease", name, world.leases)
    return lease


def live_lease(world: World, name: str, now: int) -> Lease:
    """A lease that stands and has not ended, or NotAllowed."""
    lease = lease_named(world, name)
    if not lease.stands:
        raise NotAllowed(f"lease {name} is {lease.status}; book anew", lease=name, status=lease.status)
    if lease.end_at <= now:
        raise NotAllowed(f"lease {name} ended {format_instant(lease.end_at)}; book anew", lease=name)
    return lease
