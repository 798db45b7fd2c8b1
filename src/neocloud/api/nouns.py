"""Looking at nouns: a page of each kind, and one by its id; and bringing one to the form given."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Annotated, Any

from msgspec import Meta, Struct

from neocloud.api.calls import Call, Reply
from neocloud.api.instants import with_instants
from neocloud.api.past import Known
from neocloud.api.routes import ROUTES, Route
from neocloud.api.seen import for_customer
from neocloud.documents.document import Document
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
from neocloud.documents.shown import row, status_of
from neocloud.documents.terms import TenantDocument, TermsDocument
from neocloud.documents.webhooks import WebhookDocument
from neocloud.errors import Invalid
from neocloud.model.approvals import Approval
from neocloud.model.commands import Apply
from neocloud.model.entries import Noun, kind_of, noun_digest
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, Site
from neocloud.model.forecasts import Forecast
from neocloud.model.keys import Key
from neocloud.model.leases import Lease
from neocloud.model.policies import Policy
from neocloud.model.prices import ListPrice, PriceSet
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms
from neocloud.model.webhooks import Webhook
from neocloud.model.world import World
from neocloud.rules.access import Permission
from neocloud.settings import MOST_PAGE_ITEMS, PAGE_ITEMS, PAGE_LOOKS

Row = dict[str, Any]


class Page(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a listing."""

    limit: Annotated[int, Meta(ge=1, le=MOST_PAGE_ITEMS, description="items to a page at the most")] = PAGE_ITEMS
    cursor: Annotated[str, Meta(description="the `next` of the page before")] = ""


class Listed(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which leases or requests."""

    tenant: str = ""
    status: Annotated[str, Meta(description="as `computed.status` says it")] = ""


class Plural(Struct, frozen=True, kw_only=True):
    """A kind of noun in paths: `leases`; who may look, who may bring one to a form, and an example of one."""

    name: str
    kind: type[Noun]
    document: type[Document]
    read: Permission
    write: Permission | None = None
    query: type[Page] = Page
    example: Row = {}

    @property
    def one(self) -> str:
        """The word for one of them, as an operation id has it."""
        return kind_of(self.kind).replace(" ", "_")


def shown(call: Call, world: World, noun: Noun) -> Row:
    """A noun as this caller sees it."""
    found: Row = with_instants(row(world, noun, call.now))
    return for_customer(found) if call.tenant else found


def listing(call: Call, world: World, kind: type[Noun]) -> Row:
    """A page of a kind of noun."""
    query, names = call.query, world.names(kind)
    tenant = query.tenant if isinstance(query, Listed) else ""
    if call.tenant and isinstance(query, Listed):
        tenant = tenant or call.tenant
    return page_of(call, world, kind, names.of(tenant) if tenant else names.all())


def page_of(call: Call, world: World, kind: type[Noun], names: Sequence[str]) -> Row:
    """A page of what is wanted of some nouns, by their ids in order.

    So many are looked at for a page, and no more: where few are wanted it may be short, and another follows.
    """
    table, wanted = world.tables[kind], _wanted(call, world)
    first = bisect_right(names, _after(call.query.cursor)) if call.query.cursor else 0
    found: list[str] = []
    after: str | None = None
    for name in islice(names, first, first + PAGE_LOOKS):
        if wanted(table[name]):
            if len(found) == call.query.limit:
                after = found[-1]
                break
            found.append(name)
    else:
        after = names[first + PAGE_LOOKS - 1] if first + PAGE_LOOKS < len(names) else None
    return {
        "items": [shown(call, world, table[name]) for name in found],
        "next": None if after is None else _cursor(after),
        "journal_seq": world.head.seq,
    }


def _wanted(call: Call, world: World) -> Callable[[Noun], bool]:
    """Says of a noun whether it belongs into a listing: seen, and of the status that is asked for."""
    query, seen = call.query, call.sees(world)

    def wanted(noun: Any) -> bool:
        if not seen(noun):
            return False
        if not isinstance(query, Listed) or not query.status:
            return True
        return query.status == (status_of(noun, call.now) if isinstance(noun, Lease) else noun.status)

    return wanted


def _cursor(name: str) -> str:
    return urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _after(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise Invalid("this is no cursor; take the `next` of the page before", place="cursor") from None


def tagged(call: Call, world: World, noun: Noun, status: int = 200) -> Reply:
    """One noun, with the ETag of its form."""
    return Reply(shown(call, world, noun), status, {"ETag": f'"{noun_digest(noun)}"'})


def _list(plural: Plural) -> Callable[[Call], Any]:
    def handler(call: Call) -> Row:
        with call.world() as world:
            return listing(call, world, plural.kind)

    handler.__doc__ = f"List {plural.name.replace('-', ' ')}, a page at a time."
    handler.__name__ = f"list_{plural.name.replace('-', '_')}"
    return handler


def _show(plural: Plural) -> Callable[[Call], Any]:
    def handler(call: Call) -> Reply:
        with call.world() as world:
            return tagged(call, world, call.named(world, plural.kind, kind_of(plural.kind), call.path()))

    handler.__doc__ = f"Show one {kind_of(plural.kind)}. Its ETag names its form."
    handler.__name__ = f"show_{plural.one}"
    return handler


def _apply(plural: Plural) -> Callable[[Call], Any]:
    async def handler(call: Call) -> Reply:
        name = call.path()
        noun = call.body.noun(call.now)
        said = noun.name if isinstance(noun, Terms) else noun.id
        if said != name:
            raise Invalid(f"the path says {name!r}, and the body {said!r}", place="id")
        with call.world() as world:
            before = _found(world, plural.kind, name)
        form = (plural.kind, name if before is None else before.id)
        answer = await call.say(Apply(id=call.command_id(), noun=noun), unless_changed=form)
        with call.world() as world:
            found = _found(world, plural.kind, name)
            assert found is not None, "it was brought to that form"
            is_new = any(cause == "added" for cause, _ in answer.changes)
            return tagged(call, world, found, 201 if is_new else 200)

    handler.__doc__ = f"Bring a {kind_of(plural.kind)} to the form given; nothing changes where it has that already."
    handler.__name__ = f"apply_{plural.one}"
    return handler


def _found(world: World, kind: type[Noun], name: str) -> Noun | None:
    """A noun by its id; of terms, by their name alone, the newest version."""
    return world.terms_named(name) if kind is Terms else world.find(kind, name)


PLURALS = (
    Plural(name="sites", kind=Site, document=SiteDocument, read="fleet.read", write="fleet.write",
           example={"id": "oslo", "name": "Oslo (invented)", "power_mw": 14, "pue": "1.1"}),
    Plural(name="pools", kind=Pool, document=PoolDocument, read="fleet.read", write="fleet.write",
           example={"id": "oslo-h100", "site": "oslo", "gpu": "H100", "it_watts_per_gpu": 1300,
                    "installed_gpus": 4096, "sell_unit_gpus": 8}),
    Plural(name="deliveries", kind=Delivery, document=DeliveryDocument, read="fleet.read", write="fleet.write",
           example={"id": "wave-2", "pool": "oslo-h100", "gpus": 1024, "contract": "2027-02-01T00:00:00Z",
                    "p50": "2027-03-01T00:00:00Z", "p90": "2027-04-01T00:00:00Z"}),
    Plural(name="outages", kind=Outage, document=OutageDocument, read="fleet.read", write="fleet.write",
           example={"id": "outage-1", "pool": "oslo-h100", "gpus": 8, "from": "2027-01-04T00:00:00Z"}),
    Plural(name="curtailments", kind=Curtailment, document=CurtailmentDocument, read="fleet.read",
           write="fleet.write",
           example={"id": "heat", "site": "oslo", "most_mw": 9, "from": "2027-07-01T00:00:00Z",
                    "until": "2027-07-03T00:00:00Z"}),
    Plural(name="tenants", kind=Tenant, document=TenantDocument, read="tenants.read", write="tenants.write",
           example={"id": "acme", "kind": "customer", "name": "Acme Robotics"}),
    Plural(name="terms", kind=Terms, document=TermsDocument, read="terms.read", write="terms.write",
           example={"name": "flexible", "description": "Either side may end it, the operator on 30 days' notice.",
                    "rights": [{"holder": "tenant", "kind": "terminate"},
                               {"holder": "operator", "kind": "terminate", "notice": "30d"}]}),
    Plural(name="forecasts", kind=Forecast, document=ForecastDocument, read="plans.read", write="plans.write",
           example={"id": "startups", "kind": "customer", "requests_per_day": "1.4",
                    "pools": [{"pool": "oslo-h100"}], "median_gpus": 96, "duration": "60d", "price": "2.20"}),
    Plural(name="list-prices", kind=ListPrice, document=ListPriceDocument, read="prices.read", write="prices.write",
           example={"pool": "oslo-h100", "terms": "reserved", "price": "2.35"}),
    Plural(name="price-sets", kind=PriceSet, document=PriceSetDocument, read="plans.read"),
    Plural(name="requests", kind=Request, document=RequestDocument, read="requests.read", query=Listed),
    Plural(name="leases", kind=Lease, document=LeaseDocument, read="leases.read", query=Listed),
    Plural(name="policies", kind=Policy, document=PolicyDocument, read="policies.read", write="policies.write",
           example={"id": "big", "when": {"gpus_above": 2048}, "then": "ask", "reason": "a big promise"}),
    Plural(name="approvals", kind=Approval, document=ApprovalDocument, read="approvals.read"),
    Plural(name="keys", kind=Key, document=KeyDocument, read="keys.read"),
    Plural(name="webhooks", kind=Webhook, document=WebhookDocument, read="webhooks.read"),
)  # fmt: skip
"""Every kind of noun, as paths name it."""


def declare() -> None:
    """Declare the routes of all of them."""
    for plural in PLURALS:
        path = f"/v1/{plural.name}"
        ROUTES.append(Route(
            method="GET", path=path, permission=plural.read, handler=_list(plural), query=plural.query,
            answer=(plural.document,),
        ))  # fmt: skip
        one = f"{path}/{{name}}"
        ROUTES.append(Route(
            method="GET", path=one, permission=plural.read, handler=_show(plural), query=Known,
            answer=plural.document,
        ))  # fmt: skip
        if plural.write is not None:
            ROUTES.append(Route(
                method="PUT", path=one, permission=plural.write, handler=_apply(plural), body=plural.document,
                answer=plural.document, example=plural.example,
            ))  # fmt: skip
