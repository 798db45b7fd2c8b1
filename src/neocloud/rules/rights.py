"""Who may end a lease, and when at the earliest."""

from typing import NamedTuple

from neocloud.errors import NotAllowed, Unknown
from neocloud.model.leases import Lease
from neocloud.model.terms import Holder, Right, RightKind, Terms
from neocloud.model.world import World
from neocloud.units import format_duration, format_instant


class Earliest(NamedTuple):
    """A right, and when it takes effect if notice is served as soon as it may be."""

    right: Right
    effect_at: int

    def __str__(self) -> str:
        part = " part" if self.right.part else ""
        notice = f" on {format_duration(self.right.notice_s)}" if self.right.notice_s else " at once"
        return f"{self.right.holder} may {self.right.kind}{part}{notice}: {format_instant(self.effect_at)}"


class LastDay(NamedTuple):
    """A right, and the last second at which notice under it takes effect before the lease ends."""

    right: Right
    at: int


def terms_of(world: World, name: str) -> Terms:
    """Terms by name or name@version, or Unknown with the nearest."""
    terms = world.terms_named(name)
    if terms is None:
        known = {terms.name for terms in world.terms.values()} if "@" not in name else set(world.terms)
        raise Unknown("terms", name, known)
    return terms


def rights(world: World, lease: Lease, now: int) -> list[Earliest]:
    """The rights of a lease that can still take effect before it ends, earliest first."""
    found = [
        Earliest(right, right.earliest_effect_at(start_at=lease.start_at, now=now))
        for right in terms_of(world, lease.terms).rights
    ]
    return sorted((each for each in found if each.effect_at < lease.end_at), key=lambda each: each.effect_at)


def last_days(world: World, lease: Lease) -> list[LastDay]:
    """Until when notice may be served under each right of a lease, the soonest first: the other side of `rights`.

    A right that cannot take effect before the end, however soon it is served, has none. Nor has one of terms that
    are not known, which the audit finds.
    """
    terms = world.terms_named(lease.terms)
    start_at, end_at = lease.start_at, lease.end_at
    found = [
        LastDay(right, at)
        for right in (terms.rights if terms else ())
        if (at := right.last_serve_at(start_at=start_at, end_at=end_at)) is not None
    ]
    return sorted(found, key=lambda each: each.at)


def right_to(
    kind: RightKind, world: World, lease: Lease, holder: Holder, now: int, *, part: bool = False
) -> Earliest:
    """The earliest right of a holder to end all, or reclaim (`part`); NotAllowed, with what there is, if none."""
    found = rights(world, lease, now)
    for each in found:
        if each.right.holder == holder and each.right.kind == kind and (each.right.part or not part):
            return each
    others = "; ".join(map(str, found)) or f"nobody may end it before {format_instant(lease.end_at)}"
    raise NotAllowed(
        f"the {holder} has no right to {kind} {'a part of ' if part else ''}lease {lease.id} under {lease.terms} "
        f"({others})",
        lease=lease.id,
    )


def firm_until(world: World, lease: Lease, now: int) -> int:
    """Until when nobody can cancel a lease: the earliest effect of any right to end or reclaim it, or its end."""
    effects = [each.effect_at for each in rights(world, lease, now)]
    return min([lease.end_at, *effects])
