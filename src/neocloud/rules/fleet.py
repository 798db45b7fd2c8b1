"""Decisions about the fleet, and statements about tenants and terms.

Decisions: what a pool has in service and keeps as spares, its turnaround and sell unit, and planned
maintenance. They keep the law; a new pool takes nothing away. What happens to the fleet is in `facts`.
"""

from msgspec.structs import replace

from neocloud.errors import Invalid, Promised, Unknown
from neocloud.model.commands import Apply
from neocloud.model.entries import Noun
from neocloud.model.fleet import Outage, Pool
from neocloud.model.leases import Lease
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms
from neocloud.model.world import World
from neocloud.rules.change import Change, admitted, broken, changed
from neocloud.rules.facts import checked_place, stated


def apply(world: World, command: Apply, now: int) -> list[Change]:
    """Bring a noun to the form given; nothing when it has that form already."""
    match command.noun:
        case Lease():
            raise AssertionError("a lease is booked")
        case Terms() as terms:
            return _apply_terms(world, terms)
        case Pool() as pool:
            return _apply_pool(world, pool)
        case Outage(planned=True) as maintenance:
            return _planned(world, maintenance)
        case Tenant() as tenant:
            old = world.tenants.get(tenant.id)
            return [] if tenant == old else [changed(world, "changed" if old else "added", tenant)]
        case fact:
            return stated(world, fact)


def _apply_pool(world: World, pool: Pool) -> list[Change]:
    old = world.pools.get(pool.id)
    if pool == old:
        return []
    if pool.site not in world.sites:
        raise Unknown("site", pool.site, world.sites)
    if old is None:
        return [changed(world, "added", pool)]
    if old.site != pool.site:
        raise Invalid(f"pool {pool.id} is at site {old.site}, and a pool does not move", place="site")
    return [_lawful(world, changed(world, "changed", pool))]


def _planned(world: World, maintenance: Outage) -> list[Change]:
    old = world.outages.get(maintenance.id)
    if maintenance == old:
        return []
    checked_place(world, maintenance, old)
    return [_lawful(world, changed(world, "changed" if old else "planned", maintenance))]


def _lawful(world: World, change: Change) -> Change:
    if not admitted(world, change):
        raise _promised(world, change.noun, change)
    return change


def _apply_terms(world: World, terms: Terms) -> list[Change]:
    """A version never changes: other content under the same name is the next version."""
    last = world.terms_named(terms.name)
    version = last.version if last else 0
    if last is not None and replace(terms, version=version) == last:
        return []
    return [changed(world, "changed" if last else "added", replace(terms, version=version + 1))]


def _promised(world: World, noun: Noun, change: Change) -> Promised:
    found = broken(world, change)
    kind = "maintenance" if isinstance(noun, Outage) else "the change of pool"
    return Promised(
        f"{kind} {noun.id} takes away what is promised: {'; '.join(map(str, found))}. "
        "Move or end those leases first, or choose a time when it fits",
        shortages=found,
    )
