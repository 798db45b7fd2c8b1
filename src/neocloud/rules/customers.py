"""What a customer sees, and may ask for: its own leases, at list price or more, and nobody gives way for it."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from msgspec.structs import replace

from neocloud.errors import Conflict, Invalid, NotAllowed, Unknown
from neocloud.model.commands import Book, PriceAsk
from neocloud.model.entries import Noun
from neocloud.model.leases import Lease
from neocloud.model.prices import ListPrice
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms
from neocloud.model.webhooks import Webhook
from neocloud.model.world import World
from neocloud.settings import HOLD_S
from neocloud.units import format_duration

_OPERATORS = ("reclaim", "protected", "spares", "value", "rank", "recorded", "option", "prefer")
_OPERATORS_OF_REQUESTS = ("rank", "exits", "forecast", "arrived")
_REST_OF_A_NAME = re.compile(r"[A-Za-z0-9._]+")


def sees(world: World, tenant: str) -> Callable[[Noun], bool]:
    """Says of a noun whether it is a customer's business: its own, the price book, and the terms that are in it."""

    @cache
    def terms() -> frozenset[str]:
        listed = {price.terms for price in world.list_prices.values()}
        sold = {each.id for each in world.terms.values() if each.name in listed}
        return frozenset(sold | {world.leases[name].terms for name in world.names(Lease).of(tenant)})

    def seen(noun: Noun) -> bool:
        match noun:
            case Lease() | Request():
                return noun.tenant == tenant
            case Webhook():
                return noun.stands and noun.tenant == tenant
            case Tenant():
                return noun.id == tenant
            case Terms():
                return noun.id in terms()
            case _:
                return isinstance(noun, ListPrice)

    return seen


def as_customer(world: World, command: Book, tenant: str, now: int) -> Book:
    """A customer's booking: at list price where it names none. Raises Invalid, Unknown or NotAllowed."""
    if command.tenant != tenant:
        raise Invalid(f"this key books for {tenant}", place="tenant")
    _check_operators(command, _OPERATORS)
    if any(ask.site is not None or ask.spare_gpus for ask in command.asks):
        raise Invalid("book GPUs of a pool that is for sale", place="blocks")
    if command.request is not None:
        _check_own_request(world, command.request, tenant)
    held_s = command.hold_s if command.hold_until_at is None else command.hold_until_at - now
    if held_s is not None and held_s > HOLD_S:
        raise NotAllowed(f"a hold lasts {format_duration(HOLD_S)} at the most; ask your account manager for longer")
    return _at_list_price(world, command)


def check_request(world: World, document: Any, tenant: str) -> None:
    """A customer's request, as it is written: of its own, for what is for sale. Raises Invalid, Unknown, Conflict."""
    if document.tenant != tenant:
        raise Invalid(f"this key asks for {tenant}", place="tenant")
    check_own_name(document.id, tenant)
    there = world.requests.get(document.id)
    if there is not None and there.tenant != tenant:
        raise Conflict(f"there is a request {document.id} already; choose another id")
    _check_operators(document, _OPERATORS_OF_REQUESTS)
    for way in document.pools:
        if not for_sale(world, way.pool):
            raise Unknown("pool", way.pool, ())
    terms = world.terms_named(document.terms)
    if terms is None or not sees(world, tenant)(terms):
        raise Unknown("terms", document.terms, ())


def check_own_name(name: str | None, tenant: str) -> None:
    """A customer's names are its own, a hyphen, and no further one: so none tells of another's. Raises Invalid.

    With a hyphen more, acme could take, or try, what is for acme-2 to name.
    """
    if name is None or (name.startswith(f"{tenant}-") and _REST_OF_A_NAME.fullmatch(name.removeprefix(f"{tenant}-"))):
        return
    raise Invalid(f"leave the id out, or write {tenant}- and then letters, digits, '.' or '_'", place="id")


def for_sale(world: World, pool: str) -> bool:
    """Whether a pool is for sale: it is in the price book."""
    return any(price.pool == pool for price in world.list_prices.values())


def _check_operators(said: Any, fields: tuple[str, ...]) -> None:
    for name in fields:
        if getattr(said, name):
            raise Invalid("only the operator says this", place=name)


def _check_own_request(world: World, name: str, tenant: str) -> None:
    request = world.requests.get(name)
    if request is None or request.tenant != tenant:
        raise Unknown("request", name, ())


def _at_list_price(world: World, command: Book) -> Book:
    listed = _list_price(world, command)
    if not command.prices:
        return replace(command, prices=(listed,))
    for i, price in enumerate(command.prices):
        if price.start_at is not None:
            raise Invalid("a price holds from the start; leave it out", place=f"prices[{i}].from")
        under = price.per != "gpu_hour" or price.amount.currency != listed.amount.currency
        if under or price.amount.nanos < listed.amount.nanos:
            raise NotAllowed(f"the list price is {listed.amount} per GPU-hour; prices[{i}] is not that, or more")
    return command


def _list_price(world: World, command: Book) -> PriceAsk:
    """The list price of all that is asked, the dearest of its pools. Raises NotAllowed where there is none."""
    name = command.terms.partition("@")[0]
    found = []
    for i, ask in enumerate(command.asks):
        price = world.list_prices.get(f"{ask.pool}:{name}")
        if price is None:
            raise NotAllowed(f"what blocks[{i}] asks for is not for sale under these terms; ask your account manager")
        found.append(price.per_gpu_hour)
    if world.terms_named(command.terms) != world.terms_named(name):
        raise NotAllowed(f"{name} is sold in its newest version; ask your account manager for another")
    if len({money.currency for money in found}) > 1:
        raise NotAllowed("these pools are sold in different currencies; book them one by one")
    return PriceAsk(per="gpu_hour", amount=max(found, key=lambda money: money.nanos))
