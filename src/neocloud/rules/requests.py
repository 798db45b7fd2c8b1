"""Requests, forecasts, list prices and price sets: what comes in, and what becomes of it.

A request is received as it is said, and stays open until it is accepted (by the lease that is booked for it),
declined, or withdrawn.
"""

from msgspec.structs import replace

from neocloud.errors import Invalid, NotAllowed, Unknown
from neocloud.model.commands import AcceptPut, Admit, Book, Decline, Withdraw
from neocloud.model.forecasts import Forecast
from neocloud.model.prices import ListPrice, PriceSet
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.asks import pool_named
from neocloud.rules.change import Change
from neocloud.rules.proposal import tenant_named
from neocloud.units import format_instant


def received(world: World, request: Request) -> list[Change]:
    """A request as it is said; nothing if that is known. Raises Mistaken, or NotAllowed once it is decided.

    It arrived when it was first said. One that was decided since is still what was said.
    """
    check_request(world, request)
    old = world.requests.get(request.id)
    if old is None:
        return [Change("received", request, {})]
    request = replace(request, arrived_at=old.arrived_at)
    if replace(old, status="open", lease=None, judgement=None) == request:
        return []
    if old.status != "open":
        raise NotAllowed(f"request {request.id} is {old.status} already; make a new one", request=request.id)
    return [Change("changed", request, {})]


def check_request(world: World, request: Request) -> None:
    """Its tenant, pools, terms and forecast exist, and its money is that of its tenant. Raises Mistaken."""
    tenant = tenant_named(world, request.tenant)
    if world.terms_named(request.terms) is None:
        raise Unknown("terms", request.terms, {terms.name for terms in world.terms.values()})
    for way in request.ways:
        pool_named(world, way.pool)
    if request.forecast and request.forecast not in world.forecasts:
        raise Unknown("forecast", request.forecast, world.forecasts)
    priced = [way for way in request.ways if way.per_gpu_hour is not None]
    if request.rank is not None and (tenant.kind == "customer" or priced):
        raise Invalid(
            "a price and a rank contradict each other; a rank is an inside team's, without a price or value",
            place="rank",
        )
    if request.rank is None and len(priced) < len(request.ways):
        needs = "a price" if tenant.kind == "customer" else "a value, or a rank"
        raise Invalid(f"a request of {tenant.id} needs {needs} in each of its pools", place="pools")
    if request.put and tenant.kind == "inside":
        raise Invalid("a put is a customer's promise to take what is unsold; an inside team has none", place="put")


def stated_forecast(world: World, forecast: Forecast) -> list[Change]:
    """A forecast in the form that is said; nothing if that is known. Raises Unknown for its pools."""
    old = world.forecasts.get(forecast.id)
    if forecast == old:
        return []
    for served in forecast.pools:
        pool_named(world, served.pool)
    return [Change("changed" if old else "added", forecast, {})]


def stated_list_price(world: World, price: ListPrice) -> list[Change]:
    """A list price as it is said; nothing if that is known. Raises Unknown for its pool or terms."""
    old = world.list_prices.get(price.id)
    if price == old:
        return []
    pool_named(world, price.pool)
    if world.terms_named(price.terms) is None:
        raise Unknown("terms", price.terms, {terms.name for terms in world.terms.values()})
    return [Change("changed" if old else "added", price, {})]


def request_named(world: World, name: str) -> Request:
    """The request with an id, or Unknown with the nearest."""
    request = world.requests.get(name)
    if request is None:
        raise Unknown("request", name, world.requests)
    return request


def open_request(world: World, name: str) -> Request:
    """A request that is not yet decided, or Unknown, or NotAllowed."""
    request = request_named(world, name)
    if request.status != "open":
        by = f" by lease {request.lease}" if request.lease else ""
        raise NotAllowed(f"request {name} is {request.status}{by} already; make a new one", request=name)
    return request


def answered(world: World, command: Book) -> list[Change]:
    """The request that a booking accepts, if it names one. Raises NotAllowed, or Invalid for another tenant's."""
    if command.request is None:
        return []
    request = open_request(world, command.request)
    if request.tenant != command.tenant:
        raise Invalid(f"request {request.id} is {request.tenant}'s, and not {command.tenant}'s")
    noun = replace(request, status="accepted", lease=command.lease, judgement=command.judgement)
    return [Change("accepted", noun, {})]


def accept_put(world: World, command: AcceptPut, now: int) -> list[Change]:
    """Accept a put by itself: nothing is booked for it. Raises NotAllowed for what is no put, or has ended."""
    request = open_request(world, command.request)
    if not request.put:
        raise NotAllowed(
            f"request {request.id} is no put, and is accepted by the lease that is booked for it: "
            f"`neocloud lease book --request {request.id}`",
            request=request.id,
        )
    if request.end_at <= now:
        raise NotAllowed(f"the span of put {request.id} ended {format_instant(request.end_at)}", request=request.id)
    return [Change("accepted", replace(request, status="accepted", judgement=command.judgement), {})]


def decline(world: World, command: Decline, now: int) -> list[Change]:
    """Say no to a request."""
    request = open_request(world, command.request)
    return [Change("declined", replace(request, status="declined", judgement=command.judgement), {})]


def withdraw(world: World, command: Withdraw, now: int) -> list[Change]:
    """Whoever made it no longer wants it: a fact. Raises Unknown, or Invalid once it is decided."""
    request = request_named(world, command.request)
    if request.status == "withdrawn":
        return []
    if request.status != "open":
        raise Invalid(f"request {request.id} is {request.status} already, and cannot be withdrawn")
    return [Change("withdrawn", replace(request, status="withdrawn"), {})]


def admit(world: World, command: Admit, now: int) -> list[Change]:
    """Take a price set in; nothing if it is known. Raises Invalid if it knows of more than has happened."""
    if command.price_set.id in world.price_sets:
        return []
    if command.price_set.journal_seq > world.head.seq:
        raise Invalid(
            f"the price set knows entry {command.price_set.journal_seq}, and the journal ends at {world.head.seq}",
            place="price_set",
        )
    return [Change("admitted", command.price_set, {})]


def newest_prices(world: World) -> PriceSet | None:
    """The price set that quotes rest on: the one that knew the most, the latest made where two knew the same."""
    return max(world.price_sets.values(), key=lambda each: (each.journal_seq, each.made_at, each.id), default=None)
