"""Nouns as rows: the document, and under `computed` what follows from it at an instant."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from neocloud.documents.document import Document, bare, shown
from neocloud.documents.fleet import (
    CurtailmentDocument,
    DeliveryDocument,
    OutageDocument,
    PoolDocument,
    SiteDocument,
)
from neocloud.documents.forecasts import ForecastDocument
from neocloud.documents.keys import KeyDocument
from neocloud.documents.leases import LeaseDocument
from neocloud.documents.policies import ApprovalDocument, PolicyDocument
from neocloud.documents.prices import ListPriceDocument, PriceSetDocument
from neocloud.documents.requests import RequestDocument
from neocloud.documents.terms import TenantDocument, TermsDocument
from neocloud.documents.webhooks import WebhookDocument
from neocloud.model.approvals import Approval
from neocloud.model.capacity import Resource, in_service
from neocloud.model.entries import Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, Site
from neocloud.model.forecasts import Forecast
from neocloud.model.keys import Key
from neocloud.model.leases import Lease
from neocloud.model.policies import CountryGpu, Policy
from neocloud.model.prices import ListPrice, PriceSet, Quoted
from neocloud.model.requests import Judgement, Request
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms
from neocloud.model.webhooks import Webhook
from neocloud.model.world import World
from neocloud.operations.capacity import powered_gpus
from neocloud.rules.access import permissions
from neocloud.rules.options import in_line
from neocloud.rules.requests import newest_prices
from neocloud.rules.revenue import apportioned, contracted, firm
from neocloud.rules.rights import rights
from neocloud.timeline import Span
from neocloud.units import WATTS_PER_MW, Money, format_instant

Row = dict[str, Any]


def row(world: World, noun: Noun, now: int) -> Row:
    """A noun as a row that programs read: its document, with `computed` beside it."""
    result: Row = msgspec.to_builtins(document(world, noun), builtin_types=(Decimal,))
    computed = _computed(world, noun, now)
    return {**result, "computed": computed} if computed else result


def document(world: World, noun: Noun) -> Document:
    """A noun as the document that `apply` reads."""
    if isinstance(noun, Request):
        tenant = world.tenants.get(noun.tenant)
        return RequestDocument.of(noun, "customer" if tenant is None else tenant.kind)
    found: Document = _DOCUMENTS[type(noun)].of(noun)
    return found


_DOCUMENTS: dict[type[Noun], Any] = {
    Site: SiteDocument,
    Pool: PoolDocument,
    Delivery: DeliveryDocument,
    Outage: OutageDocument,
    Curtailment: CurtailmentDocument,
    Tenant: TenantDocument,
    Terms: TermsDocument,
    Forecast: ForecastDocument,
    ListPrice: ListPriceDocument,
    PriceSet: PriceSetDocument,
    Key: KeyDocument,
    Webhook: WebhookDocument,
    Policy: PolicyDocument,
    Approval: ApprovalDocument,
    Lease: LeaseDocument,
}


def _computed(world: World, noun: Noun, now: int) -> Row:
    found = _COMPUTED.get(type(noun))
    return {} if found is None else found(world, noun, now)


def _site(world: World, site: Site, now: int) -> Row:
    capacity = world.capacity(Resource("watts", site.id))
    supply = capacity.supply.at(now)
    return {
        "power_mw": supply / WATTS_PER_MW,
        "demand_mw": (supply - capacity.available.at(now)) / WATTS_PER_MW,
        "pools": [pool.id for pool in world.pools_of(site.id)],
    }


def _pool(world: World, pool: Pool, now: int) -> Row:
    capacity = world.capacity(Resource("gpus", pool.id))
    facts = world.facts_of(pool.id)
    in_service_gpus = sum(step.value for step in in_service(pool, facts) if step.start_at <= now < step.end_at)
    supply, free_gpus = capacity.supply.at(now), capacity.available.at(now)
    available_gpus = min(free_gpus, powered_gpus(world, pool.id, Span(now, now + 1)))
    return {
        "in_service_gpus": in_service_gpus,
        "spare_gpus": pool.spares_of(in_service_gpus),
        "sellable_gpus": supply,
        "leased_gpus": supply - free_gpus,
        "available_gpus": available_gpus,
        "unpowered_gpus": free_gpus - available_gpus,
        "watts_per_gpu": world.watts_per_gpu(pool),
    }


def lease_facts(world: World, lease: Lease, now: int) -> Row:
    """What follows from a lease: its span, GPUs, state, rights and money. What was given up earns nothing."""
    earning = lease if lease.live else replace(lease, prices=())
    start_at, end_at = lease.life
    return {
        "status": status_of(lease, now),
        "start": format_instant(start_at),
        "end": format_instant(end_at),
        "gpus": lease.gpus_at(min(max(now, start_at), end_at - 1)),
        "gpu_hours": lease.gpu_seconds // 3600,
        **({"quoted": quoted(lease.quoted)} if lease.quoted else {}),
        **({"in_line": in_line(world, lease)} if lease.id in world.options and not lease.live else {}),
        "rights": [
            {
                "holder": each.right.holder,
                "kind": each.right.kind,
                "part": each.right.part,
                "says": str(each),
                "earliest_effect": format_instant(each.effect_at),
            }
            for each in rights(world, lease, now)
        ],
        "contracted": money(contracted(earning)),
        "firm": money(firm(world, earning, now)),
        "by_pool": {pool: money(amount) for pool, amount in apportioned(earning).items()},
        "notices": [
            {"holder": n.holder, "served": format_instant(n.served_at), "effect": format_instant(n.effect_at)}
            for n in lease.notices
        ],
    }


def request_facts(request: Request) -> Row:
    """What became of a request: its status, the lease that accepted it, and what a decision rested on."""
    judged = request.judgement
    return {
        "status": request.status,
        **({"lease": request.lease} if request.lease else {}),
        **({} if judged is None else {"judgement": judgement(judged)}),
    }


def _asked(world: World, noun: Request | Policy | Approval, now: int) -> Row:
    """How a request, a policy or an approval stands; of a policy about some GPUs, which pools have them."""
    if isinstance(noun, Request):
        return request_facts(noun)
    if isinstance(noun, Approval):
        return {"status": noun.status_at(now)}
    pools = [pool.id for pool in world.pools_by_id if isinstance(noun.when, CountryGpu) and noun.when.names(pool.gpu)]
    found: Row = {"in_force": noun.in_force(now), "says": f"{noun.then}: {noun.when}"}
    return {**found, "pools": pools} if isinstance(noun.when, CountryGpu) else found


def judgement(judged: Judgement) -> Row:
    """What a decision on a request rested on; what it does not say is left out."""
    found = {
        "at": format_instant(judged.at),
        "journal_seq": judged.journal_seq,
        "price_set": judged.price_set,
        "worth": money(judged.worth),
        "opportunity_cost": money(judged.opportunity_cost),
        "reason": judged.reason,
    }
    return {name: value for name, value in found.items() if value not in ("", None)}


def quoted(said: Quoted) -> Row:
    """What a lease was quoted before it was booked: the floor is per GPU-hour, and not rounded."""
    floor = {"amount": f"{bare(said.floor):f}", "currency": said.floor.currency}
    return {"journal_seq": said.journal_seq, "price_set": said.price_set, "floor": floor}


def status_of(lease: Lease, now: int) -> str:
    """How a lease stands: held, confirmed, running, ended, released or expired."""
    if lease.status == "confirmed":
        if lease.end_at <= now:
            return "ended"
        return "running" if lease.start_at <= now else "confirmed"
    return lease.status


def state_of(delivery: Delivery) -> str:
    """How far a wave has come."""
    if delivery.in_service_at is not None:
        return "in service"
    if delivery.burnt_in_at is not None:
        return "burnt in"
    return "expected" if delivery.delivered_at is None else "delivered"


def money(amount: Money | None) -> Row | None:
    """An amount, rounded to the currency's minor unit."""
    return None if amount is None else {"amount": str(amount.rounded()), "currency": amount.currency}


_COMPUTED: dict[type[Noun], Callable[[World, Any, int], Row]] = {
    Site: _site,
    Pool: _pool,
    Lease: lease_facts,
    Delivery: lambda _, wave, now: {"counts_from": shown(wave.counts_from_at), "state": state_of(wave)},
    Request: _asked,
    Policy: _asked,
    Approval: _asked,
    PriceSet: lambda world, prices, now: {"quotes_rest_on_it": newest_prices(world) == prices},
    Key: lambda _, key, now: {"holds": key.holds(now), "permissions": sorted(permissions(key))},
    Webhook: lambda _, webhook, now: {
        "delivered_seq": webhook.delivered_seq,
        "failed": len(webhook.failures),
        "again": len(webhook.again),
    },
    Outage: lambda _, outage, now: {"open": outage.start_at <= now < outage.end_at},
    Curtailment: lambda _, curtailed, now: {"open": curtailed.start_at <= now < curtailed.end_at},
}
