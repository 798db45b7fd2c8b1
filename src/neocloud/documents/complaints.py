"""What msgspec finds wrong in a document, in our words and with the place in the file."""

import re
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from neocloud.documents.text import Places
from neocloud.errors import Invalid

Kind = TypeVar("Kind", bound=Struct)

_KINDS = {
    "int": "a whole number",
    "str": "text",
    "float": "a number with a fraction",
    "decimal": "a number",
    "array": "a list",
    "object": "fields",
    "bool": "true or false",
    "null": "nothing",
}


def converted(value: Any, kind: type[Kind], places: Places, lists: str = "`neocloud schema`") -> Kind:
    """Plain values as a document; `lists` is what lists its fields. Raises Invalid with the place."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = said_plainly(error, kind, lists)
        raise Invalid(found.sentence, place=places.of(found.place)) from None


def said_plainly(error: msgspec.ValidationError, kind: type[Struct], lists: str) -> Invalid:
    """What msgspec complains of, in our words; its place is the path in the document."""
    sentence, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    return Invalid(_plainly(sentence, kind, path, lists), place=path)


def _plainly(sentence: str, kind: type[Struct], path: str, lists: str) -> str:
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", sentence):
        return f"there is no field {found[1]!r} here; {lists} lists all there are"
    if found := re.fullmatch(r"Object missing required field `(.*)`", sentence):
        return f"the field {found[1]!r} is missing"
    if found := re.fullmatch(r"Invalid enum value (.*)", sentence):
        return f"{found[1]} is none of the choices: {', '.join(_choices(kind, path))}"
    if found := re.fullmatch(r"Expected `int` (>=|<=) (-?\d+)", sentence):
        return f"a whole number of {'at least' if found[1] == '>=' else 'at most'} {int(found[2]):,} is wanted here"
    if found := re.fullmatch(r"Expected `str` matching regex (.*)", sentence):
        return f"text of the form {found[1]} is wanted here"
    if found := re.fullmatch(r"Expected `(.*)`, got `(.*)`", sentence):
        return _other_kind(found[1].split(" | "), found[2])
    return "this is not a number" if sentence == "Invalid decimal string" else sentence[:1].lower() + sentence[1:]


def _other_kind(wanted: list[str], got: str) -> str:
    """Decimals are what a file's numbers with a fraction are read as."""
    words = " or ".join(_KINDS.get(each, each) for each in wanted)
    found = _KINDS["float"] if got == "decimal" else _KINDS.get(got, got)
    quoted = "; put it in quotes if it is a name" if "str" in wanted and got in {"bool", "int"} else ""
    return f"{words} is wanted here, not {found}{quoted}"


def _choices(kind: type[Struct], path: str) -> list[str]:
    """What the schema lets a field say."""
    schema = msgspec.json.schema(kind)
    node: dict[str, Any] = schema
    for token in re.findall(r"\w+|\.\.\.", path):
        node = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        step = "items" if token.isdigit() else "additionalProperties" if token == "..." else "properties"
        node = node[step][token] if step == "properties" else node[step]
    return [each for option in (node, *node.get("anyOf", ())) for each in option.get("enum", ())]
