"""Changes of the fleet, of tenants and of terms. Facts are never refused; decisions keep the law.

Facts: a site's power and PUE, deliveries, failures and repairs. Decisions: what a pool has in
service and keeps as spares, its turnaround and sell unit, and planned maintenance.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from neocloud.errors import Invalid, Promised, Unknown
from neocloud.model.commands import Apply, CloseOutage
from neocloud.model.entries import Cause, Noun
from neocloud.model.fleet import Delivery, Outage, Pool
from neocloud.model.leases import Lease
from neocloud.model.terms import Terms
from neocloud.model.world import World
from neocloud.rules.asks import pool_named
from neocloud.rules.change import Change, admitted, broken, changed
from neocloud.units import format_instant


def apply(world: World, command: Apply, now: int) -> list[Change]:
    """Bring a noun to the form given; nothing when it has that form already."""
    noun = command.noun
    assert not isinstance(noun, Lease), "a lease is booked"
    if isinstance(noun, Terms):
        return _apply_terms(world, noun)
    old = world.find(type(noun), noun.id)
    if noun == old:
        return []
    _check(world, noun, old)
    change = changed(world, _cause(noun, old), noun)
    if _is_decision(noun, old) and not admitted(world, change):
        raise _promised(world, noun, change)
    return [change]


def close_outage(world: World, command: CloseOutage, now: int) -> list[Change]:
    """The GPUs of an outage are back."""
    outage = world.outages.get(command.outage)
    if outage is None:
        raise Unknown("outage", command.outage, world.outages)
    end_at = now if command.at is None else command.at
    if outage.end_at <= end_at:
        raise Invalid(f"outage {outage.id} ended {format_instant(outage.end_at)} already", place="at")
    if end_at <= outage.start_at:
        raise Invalid(f"outage {outage.id} begins {format_instant(outage.start_at)}, not before that", place="at")
    return [changed(world, "repaired", replace(outage, end_at=end_at))]


def _apply_terms(world: World, terms: Terms) -> list[Change]:
    """A version never changes: other content under the same name is the next version."""
    last = world.terms_named(terms.name)
    version = last.version if last else 0
    if last is not None and replace(terms, version=version) == last:
        return []
    return [changed(world, "changed" if last else "added", replace(terms, version=version + 1))]


def _check(world: World, noun: Noun, old: Noun | None) -> None:
    match noun:
        case Pool():
            _known("site", noun.site, world.sites)
            if isinstance(old, Pool) and old.site != noun.site:
                raise Invalid(f"pool {noun.id} is at site {old.site}, and a pool does not move", place="site")
        case Delivery() | Outage():
            pool = pool_named(world, noun.pool)
            if isinstance(old, Delivery | Outage) and old.pool != noun.pool:
                raise Invalid(f"{noun.id} belongs to pool {old.pool}, and stays there", place="pool")
            if isinstance(noun, Delivery) and noun.gpus % pool.sell_unit_gpus:
                raise Invalid(
                    f"{noun.gpus:,} GPUs is no multiple of {pool.sell_unit_gpus}, the sell unit of pool {pool.id}",
                    place="gpus",
                )
        case _:
            pass


def _known(kind: str, name: str, table: Mapping[str, object]) -> None:
    if name not in table:
        raise Unknown(kind, name, table)


def _is_decision(noun: Noun, old: Noun | None) -> bool:
    """A new pool takes nothing away, so only a changed one has to keep the law."""
    return (isinstance(noun, Pool) and old is not None) or (isinstance(noun, Outage) and noun.planned)


def _cause(noun: Noun, old: Noun | None) -> Cause:
    if isinstance(noun, Outage) and old is None:
        return "planned" if noun.planned else "failed"
    return "added" if old is None else "changed"


def _promised(world: World, noun: Noun, change: Change) -> Promised:
    found = broken(world, change)
    kind = "maintenance" if isinstance(noun, Outage) else "the change of pool"
    return Promised(
        f"{kind} {noun.id} takes away what is promised: {'; '.join(map(str, found))}. "
        "Move or end those leases first, or choose a time when it fits",
        shortages=found,
    )
