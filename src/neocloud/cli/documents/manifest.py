"""A file of nouns for `neocloud apply`: YAML (or JSON) in, commands out, and every mistake with its line."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from neocloud.cli.documents.complaints import converted
from neocloud.cli.documents.fleet import (
    CurtailmentDocument,
    DeliveryDocument,
    OutageDocument,
    PoolDocument,
    SiteDocument,
)
from neocloud.cli.documents.leases import LeaseDocument
from neocloud.cli.documents.terms import TenantDocument, TermsDocument
from neocloud.cli.documents.text import Places, parse
from neocloud.errors import Invalid
from neocloud.model.commands import Apply, Book


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that `neocloud apply` can bring about. What is left out stays as it is."""

    sites: Annotated[list[SiteDocument], Meta(description="data centres, with their power")] = []
    pools: Annotated[list[PoolDocument], Meta(description="GPUs by site and kind")] = []
    deliveries: Annotated[list[DeliveryDocument], Meta(description="waves on their way")] = []
    tenants: Annotated[list[TenantDocument], Meta(description="customers and inside teams")] = []
    terms: Annotated[list[TermsDocument], Meta(description="named sets of rights and conditions")] = []
    outages: Annotated[list[OutageDocument], Meta(description="failures and maintenance")] = []
    curtailments: Annotated[list[CurtailmentDocument], Meta(description="spans of less power at a site")] = []
    leases: Annotated[list[LeaseDocument], Meta(description="leases to be booked")] = []


def read_manifest(path: Path, now: int, *, recorded: str | None = None) -> list[Apply | Book]:
    """The commands that bring about what a file says. Raises Invalid, with file, line and column."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Invalid(f"{path} cannot be read: {reason}", place="") from None
    places = Places(str(path))
    manifest = converted(parse(text, places), Manifest, places)
    _check_twice(manifest, places)
    return list(_commands(manifest, now, recorded, places))


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a manifest."""
    body = _with_bare_numbers(msgspec.json.schema(Manifest))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "neocloud manifest", **body}


def _with_bare_numbers(part: Any) -> Any:
    """A decimal may be written as a number; msgspec, which would read it from JSON, says it is text."""
    match part:
        case {"type": "string", "format": "decimal", **rest}:
            return {**rest, "type": ["number", "string"]}
        case dict():
            return {name: _with_bare_numbers(inner) for name, inner in part.items()}
        case list():
            return [_with_bare_numbers(inner) for inner in part]
        case _:
            return part


def _check_twice(manifest: Manifest, places: Places) -> None:
    for table in manifest.__struct_fields__:
        seen: set[str] = set()
        for i, document in enumerate(getattr(manifest, table)):
            name = document.name if table == "terms" else document.id
            if name in seen:
                raise Invalid(f"{name} is given twice", place=places.of(f"{table}[{i}]"))
            seen.add(name)


def _commands(manifest: Manifest, now: int, recorded: str | None, places: Places) -> Iterator[Apply | Book]:
    for name in ("sites", "pools", "deliveries", "tenants", "terms", "outages", "curtailments"):
        for i, document in enumerate(getattr(manifest, name)):
            noun = _placed(document.noun, now, f"{name}[{i}]", places)
            yield Apply(id=f"apply:{uuid4().hex}", noun=noun)
    for i, lease in enumerate(manifest.leases):
        command = _placed(lease.command, now, f"leases[{i}]", places)
        yield msgspec.structs.replace(command, recorded=command.recorded or recorded)


def _placed(make: Callable[[int], Any], now: int, path: str, places: Places) -> Any:
    try:
        return make(now)
    except Invalid as error:
        inner = f"{path}.{error.place}" if error.place else path
        raise Invalid(error.sentence, place=places.of(inner)) from None
    except ArithmeticError:
        raise Invalid("a number in here is not a plain number", place=places.of(path)) from None
