"""A file of nouns for `neocloud apply`: YAML (or JSON) in, commands out, and every mistake with its line."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import msgspec
import yaml
from msgspec import Meta, Struct

from neocloud.cli.documents.fleet import DeliveryDocument, OutageDocument, PoolDocument, SiteDocument
from neocloud.cli.documents.leases import LeaseDocument
from neocloud.cli.documents.terms import TenantDocument, TermsDocument
from neocloud.errors import Invalid
from neocloud.model.commands import Apply, Book

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that `neocloud apply` can bring about. What is left out stays as it is."""

    sites: Annotated[list[SiteDocument], Meta(description="data centres, with their power")] = []
    pools: Annotated[list[PoolDocument], Meta(description="GPUs by site and kind")] = []
    deliveries: Annotated[list[DeliveryDocument], Meta(description="waves on their way")] = []
    tenants: Annotated[list[TenantDocument], Meta(description="customers and inside teams")] = []
    terms: Annotated[list[TermsDocument], Meta(description="named sets of rights and conditions")] = []
    outages: Annotated[list[OutageDocument], Meta(description="failures and maintenance")] = []
    leases: Annotated[list[LeaseDocument], Meta(description="leases to be booked")] = []


class Places:
    """Where in a file each value stands: `file:line:column`, by its path (`pools[0].gpus`)."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._marks: dict[str, tuple[int, int]] = {}

    def note(self, path: str, mark: Any) -> None:
        """Remember where a path stands."""
        self._marks[path] = (mark.line + 1, mark.column + 1)

    def of(self, path: str) -> str:
        """`file:line:column path`, of the nearest part of the path that is there."""
        inner = path
        while inner and inner not in self._marks:
            inner = inner.rpartition(".")[0] if inner.rfind(".") > inner.rfind("[") else inner.rpartition("[")[0]
        line, column = self._marks.get(inner, (1, 1))
        return f"{self.file}:{line}:{column}" + (f" {path}" if path else "")


def read_manifest(path: Path, now: int, *, recorded: str | None = None) -> list[Apply | Book]:
    """The commands that bring about what a file says. Raises Invalid, with file, line and column."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Invalid(f"{path} cannot be read: {reason}", place="") from None
    places = Places(str(path))
    manifest = _converted(_parsed(text, places), places)
    return list(_commands(manifest, now, recorded, places))


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a manifest."""
    body = msgspec.json.schema(Manifest)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "neocloud manifest", **body}


def _parsed(text: str, places: Places) -> Any:
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{places.file}:{mark.line + 1}:{mark.column + 1}" if mark else places.file
        raise Invalid(f"this is not YAML: {error.problem or error.context}", place=at) from None
    except yaml.YAMLError as error:
        raise Invalid(f"this is not YAML: {str(error).splitlines()[0]}", place=places.file) from None
    if node is None:
        raise Invalid("the file is empty; see `neocloud schema`, or an example of `neocloud init`", place=places.file)
    return _plain(node, "", places, set())


def _plain(node: yaml.Node, path: str, places: Places, above: set[int]) -> Any:
    """A YAML node as plain values; numbers stay exact, times stay text."""
    places.note(path, node.start_mark)
    if id(node) in above:
        raise Invalid("an alias contains itself", place=places.of(path))
    match node:
        case yaml.MappingNode():
            return _mapping(node, path, places, above | {id(node)})
        case yaml.SequenceNode():
            return [_plain(item, f"{path}[{i}]", places, above | {id(node)}) for i, item in enumerate(node.value)]
        case _:
            return _scalar(node, places.of(path))


def _mapping(node: yaml.MappingNode, path: str, places: Places, above: set[int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in node.value:
        name = str(key.value)
        inner = f"{path}.{name}" if path else name
        places.note(inner, key.start_mark)
        if name in result:
            raise Invalid(f"{name} is given twice", place=places.of(inner))
        result[name] = _plain(value, inner, places, above)
        places.note(inner, key.start_mark)
    return result


def _scalar(node: yaml.Node, place: str) -> Any:
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "int":
            try:
                return int(text.replace("_", ""), 10)
            except ValueError:
                raise Invalid(f"{text} is not a plain whole number; write it in digits", place=place) from None
        case "float":
            try:
                return Decimal(text.replace("_", ""))
            except ArithmeticError:
                raise Invalid(f"{text} is not a plain number", place=place) from None
        case "bool":
            return text.lower() in {"true", "yes", "on"}
        case "null":
            return None
        case _:
            return text


def _converted(value: Any, places: Places) -> Manifest:
    try:
        return msgspec.convert(value, Manifest)
    except msgspec.ValidationError as error:
        sentence, _, path = str(error).partition(" - at `$")
        path = path.rstrip("`").lstrip(".")
        raise Invalid(_plainly(sentence), place=places.of(path)) from None


def _plainly(sentence: str) -> str:
    """What the checker said, in our words."""
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", sentence)
    if unknown:
        return f"there is no field {unknown[1]!r} here; `neocloud schema` lists all there are"
    missing = re.fullmatch(r"Object missing required field `(.*)`", sentence)
    if missing:
        return f"the field {missing[1]!r} is missing"
    wrong = re.fullmatch(r"Expected `(.*)`, got `(.*)`", sentence)
    names = {"int": "a whole number", "str": "text", "decimal": "a number", "array": "a list", "object": "fields"}
    names |= {"decimal.Decimal": "a number with a fraction", "bool": "true or false", "null": "nothing"}
    if wrong:
        wanted = " or ".join(names.get(each, each) for each in wrong[1].split(" | "))
        return f"{wanted} is wanted here, not {names.get(wrong[2], wrong[2])}"
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
