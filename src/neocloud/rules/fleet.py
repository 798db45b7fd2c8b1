"""Decisions about the fleet, and statements about tenants and terms.

Decisions: what a pool has in service and keeps as spares, its turnaround and sell unit, and planned
maintenance. They keep the law; a new pool takes nothing away. What happens to the fleet is in `facts`.
"""

from msgspec.structs import replace

from neocloud.errors import Invalid, NotAllowed, Promised, Unknown
from neocloud.model.commands import Apply
from neocloud.model.entries import Noun
from neocloud.model.fleet import Outage, Pool
from neocloud.model.forecasts import Forecast
from neocloud.model.keys import Key
from neocloud.model.leases import Lease
from neocloud.model.prices import ListPrice, PriceSet
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms
from neocloud.model.webhooks import Webhook
from neocloud.model.world import World
from neocloud.rules.change import Change, admitted, broken, changed
from neocloud.rules.facts import checked_place, stated
from neocloud.rules.proposal import suits
from neocloud.rules.requests import received, stated_forecast, stated_list_price


def apply(world: World, command: Apply, now: int) -> list[Change]:
    """Bring a noun to the form given; nothing when it has that form already."""
    match command.noun:
        case Lease() | PriceSet() | Key() | Webhook():
            raise AssertionError("a lease is booked, a price set admitted, and a key or webhook made")
        case Request() as request:
            return received(world, request)
        case Forecast() as forecast:
            return stated_forecast(world, forecast)
        case ListPrice() as price:
            return stated_list_price(world, price)
        case Terms() as terms:
            return _apply_terms(world, terms)
        case Pool() as pool:
            return _apply_pool(world, pool)
        case Outage(planned=True) as maintenance:
            return _planned(world, maintenance)
        case Tenant() as tenant:
            return _apply_tenant(world, tenant, now)
        case fact:
            return stated(world, fact)


def _apply_tenant(world: World, tenant: Tenant, now: int) -> list[Change]:
    """A tenant keeps its kind while it has a lease with the money of that kind."""
    old = world.tenants.get(tenant.id)
    if tenant == old:
        return []
    if old is not None and old.kind != tenant.kind:
        held = [lease for lease in world.leases.values() if lease.tenant == tenant.id and lease.stands]
        misfits = sorted(lease.id for lease in held if lease.end_at > now and not suits(lease, tenant.kind))
        if misfits:
            its = "has a price" if tenant.kind == "inside" else "has a value or rank"
            raise NotAllowed(
                f"{tenant.id} cannot become {tenant.kind}: its lease {misfits[0]} {its}"
                + (f", and so have {len(misfits) - 1} more" if len(misfits) > 1 else "")
                + "; end or transfer it first, or name another tenant",
                leases=misfits,
            )
    return [changed(world, "changed" if old else "added", tenant)]


def _apply_pool(world: World, pool: Pool) -> list[Change]:
    """A pool in another form. A sell unit is for what is leased from now on, and breaks no promise made before."""
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
