"""A file of nouns for `neocloud apply`: YAML (or JSON) in, commands out, and every mistake with its line."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from neocloud.cli.documents.fleet import DeliveryDocument, OutageDocument, PoolDocument, SiteDocument
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
    leases: Annotated[list[LeaseDocument], Meta(description="leases to be booked")] = []


def read_manifest(path: Path, now: int, *, recorded: str | None = None) -> list[Apply | Book]:
    """The commands that bring about what a file says. Raises Invalid, with file, line and column."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Invalid(f"{path} cannot be read: {reason}", place="") from None
    places = Places(str(path))
    manifest = _converted(parse(text, places), places)
    return list(_commands(manifest, now, recorded, places))


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a manifest."""
    body = msgspec.json.schema(Manifest)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "neocloud manifest", **body}


def _converted(value: Any, places: Places) -> Manifest:
    try:
        return msgspec.convert(value, Manifest)
    except msgspec.ValidationError as error:
        sentence, _, path = str(error).partition(" - at `$")
        path = path.rstrip("`").lstrip(".")
        raise Invalid(_plainly(sentence), place=places.of(path)) from None


_KINDS = {
    "int": "a whole number",
    "str": "text",
    "decimal": "a number",
    "decimal.Decimal": "a number with a fraction",
    "array": "a list",
    "object": "fields",
    "bool": "true or false",
    "null": "nothing",
}


def _plainly(sentence: str) -> str:
    """What the checker said, in our words."""
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", sentence)
    if unknown:
        return f"there is no field {unknown[1]!r} here; `neocloud schema` lists all there are"
    missing = re.fullmatch(r"Object missing required field `(.*)`", sentence)
    if missing:
        return f"the field {missing[1]!r} is missing"
    wrong = re.fullmatch(r"Expected `(.*)`, got `(.*)`", sentence)
    if wrong:
        wanted = " or ".join(_KINDS.get(each, each) for each in wrong[1].split(" | "))
        quoted = "; put it in quotes if it is a name" if "str" in wrong[1] and wrong[2] in {"bool", "int"} else ""
        return f"{wanted} is wanted here, not {_KINDS.get(wrong[2], wrong[2])}{quoted}"
    if sentence == "Invalid decimal string":
        return "this is not a number"
    return sentence[:1].lower() + sentence[1:]


def _commands(manifest: Manifest, now: int, recorded: str | None, places: Places) -> Iterator[Apply | Book]:
    for name in ("sites", "pools", "deliveries", "tenants", "terms", "outages"):
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
