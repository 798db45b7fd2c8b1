"""A file of nouns for `neocloud apply`: YAML (or JSON) in, commands out, and every mistake with its line."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from neocloud.documents.complaints import converted
from neocloud.documents.fleet import (
    CurtailmentDocument,
    DeliveryDocument,
    OutageDocument,
    PoolDocument,
    SiteDocument,
)
from neocloud.documents.forecasts import ForecastDocument
from neocloud.documents.leases import LeaseDocument
from neocloud.documents.policies import PolicyDocument
from neocloud.documents.prices import ListPriceDocument
from neocloud.documents.requests import RequestDocument
from neocloud.documents.terms import TenantDocument, TermsDocument
from neocloud.documents.text import Places, parse
from neocloud.errors import Invalid
from neocloud.model.commands import Apply, Book
from neocloud.model.tenants import Tenant, TenantKind

Given = TypeVar("Given")
Made = TypeVar("Made")

_APPLIED = (
    "sites", "pools", "deliveries", "tenants", "terms", "outages", "curtailments",
    "forecasts", "list_prices", "policies", "requests",
)  # fmt: skip
"""The tables of nouns in the order in which they come in: what is named before who names it. Leases are last."""


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that `neocloud apply` can bring about. What is left out stays as it is."""

    sites: Annotated[list[SiteDocument], Meta(description="data centres, with their power")] = []
    pools: Annotated[list[PoolDocument], Meta(description="GPUs by site and kind")] = []
    deliveries: Annotated[list[DeliveryDocument], Meta(description="waves on their way")] = []
    tenants: Annotated[list[TenantDocument], Meta(description="customers and inside teams")] = []
    terms: Annotated[list[TermsDocument], Meta(description="named sets of rights and conditions")] = []
    outages: Annotated[list[OutageDocument], Meta(description="failures and maintenance")] = []
    curtailments: Annotated[list[CurtailmentDocument], Meta(description="spans of less power at a site")] = []
    forecasts: Annotated[list[ForecastDocument], Meta(description="classes of demand to come")] = []
    list_prices: Annotated[list[ListPriceDocument], Meta(description="the price book, by pool and terms")] = []
    policies: Annotated[
        list[PolicyDocument], Meta(description="what a second person must approve, or is refused")
    ] = []
    requests: Annotated[list[RequestDocument], Meta(description="what is wanted and not yet promised")] = []
    leases: Annotated[list[LeaseDocument], Meta(description="leases to be booked")] = []


def read_manifest(
    path: Path, now: int, *, recorded: str | None = None, tenants: Mapping[str, Tenant] | None = None
) -> list[Apply | Book]:
    """The commands that bring about what a file says. Raises Invalid, with file, line and column.

    `tenants` are those known already: whether a request must say a price or a value follows from whose it is.
    """
    places = Places(str(path))
    manifest = converted(parse(text_of(path), places), Manifest, places)
    return [command for _, command in placed_commands(manifest, now, places, recorded=recorded, tenants=tenants)]


def placed_commands(
    manifest: Manifest,
    now: int,
    places: Places,
    *,
    recorded: str | None = None,
    tenants: Mapping[str, Tenant] | None = None,
) -> list[tuple[str, Apply | Book]]:
    """The commands that bring about what a manifest says, each with the path of its document. Raises Invalid."""
    _check_twice(manifest, places)
    kinds = {name: tenant.kind for name, tenant in (tenants or {}).items()}
    kinds |= {tenant.id: tenant.kind for tenant in manifest.tenants}
    check_moneys(manifest.requests, kinds, places)
    return list(_commands(manifest, now, recorded, places))


def text_of(path: Path) -> str:
    """The text of a file. Raises Invalid where there is none."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Invalid(f"{path} cannot be read: {reason}", place="") from None


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a manifest."""
    body = with_bare_numbers(msgspec.json.schema(Manifest))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "neocloud manifest", **body}


def with_bare_numbers(part: Any) -> Any:
    """A decimal may be written as a number; msgspec, which would read it from JSON, says it is text."""
    match part:
        case {"type": "string", "format": "decimal", **rest}:
            return {**rest, "type": ["number", "string"]}
        case dict():
            return {name: with_bare_numbers(inner) for name, inner in part.items()}
        case list():
            return [with_bare_numbers(inner) for inner in part]
        case _:
            return part


def _check_twice(manifest: Manifest, places: Places) -> None:
    for table in manifest.__struct_fields__:
        seen: set[str] = set()
        for i, document in enumerate(getattr(manifest, table)):
            name = document.name if table in {"terms", "list_prices"} else document.id
            if name in seen:
                raise Invalid(f"{name} is given twice", place=places.of(f"{table}[{i}]"))
            seen.add(name)


def _commands(
    manifest: Manifest, now: int, recorded: str | None, places: Places
) -> Iterator[tuple[str, Apply | Book]]:
    for name in _APPLIED:
        for i, document in enumerate(getattr(manifest, name)):
            path = f"{name}[{i}]"
            yield path, Apply(id=f"apply:{uuid4().hex}", noun=placed(document.noun, now, path, places))
    for i, lease in enumerate(manifest.leases):
        command = placed(lease.command, now, f"leases[{i}]", places)
        yield f"leases[{i}]", msgspec.structs.replace(command, recorded=command.recorded or recorded)


def check_moneys(requests: list[RequestDocument], kinds: Mapping[str, TenantKind], places: Places) -> None:
    """What requests say of money is what their tenants say; a tenant that nobody knows is told of later."""
    for i, request in enumerate(requests):
        kind = kinds.get(request.tenant)
        if kind is not None:
            placed(request.check_money, kind, f"requests[{i}]", places)


def placed(make: Callable[[Given], Made], given: Given, path: str, places: Places) -> Made:
    """What is made, given something, of a document at a path. Raises Invalid with its place in the file."""
    try:
        return make(given)
    except Invalid as error:
        inner = ".".join(part for part in (path, error.place) if part)
        raise Invalid(error.sentence, place=places.of(inner)) from None
    except ArithmeticError:
        raise Invalid("a number in here is not a plain number", place=places.of(path)) from None
