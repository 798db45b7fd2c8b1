"""Answers of no, as the errors they were: the class by its code, the sentence, the facts."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from neocloud.client.asks import Heard
from neocloud.errors import Invalid, NeocloudError, Refused, Unavailable

_OF_HTTP = frozenset({"type", "title", "status", "detail", "code", "pointer", "place"})


def said_no(heard: Heard, where: str) -> NeocloudError:
    """The error that an answer of no tells of; `where` is the URL that was asked."""
    if heard.headers.get("content-type", "").partition(";")[0] != "application/problem+json":
        return _not_ours(heard, where)
    try:
        body = msgspec.json.decode(heard.content, type=dict[str, Any])
        return error_of(body, heard.status)
    except (msgspec.DecodeError, KeyError):
        return _not_ours(heard, where)


def error_of(body: dict[str, Any], status: int) -> NeocloudError:
    """The error of a problem document: of the class that has its code, else what its status says."""
    code, sentence = str(body["code"]), str(body["detail"])
    kind = CODES.get(code, Unavailable if status >= 500 else Refused)
    facts = {name: fact for name, fact in body.items() if name not in _OF_HTTP}
    error = kind.__new__(kind)
    if isinstance(error, Invalid):
        error.place = body["place"] if "place" in body else place_of(body.get("pointer", ""))
        error.sentence = sentence
        sentence = f"{error.place}: {sentence}" if error.place else sentence
    error.args, error.facts = (sentence,), facts
    if kind.code != code:
        error.code = code  # type: ignore[misc]  # a code that this version does not know stays what it is
    return error


def place_of(pointer: str) -> str:
    """A JSON pointer (`/blocks/0/gpus`) as a place (`blocks[0].gpus`)."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    text = "".join(f"[{part}]" if re.fullmatch(r"[0-9]+", part) else f".{part}" for part in parts)
    return text.removeprefix(".")


def _not_ours(heard: Heard, where: str) -> Unavailable:
    media = heard.headers.get("content-type", "").partition(";")[0] or "nothing readable"
    to = f" to {heard.headers['location']}" if 300 <= heard.status < 400 and "location" in heard.headers else ""
    return Unavailable(
        f"{where} does not answer as neocloud does (HTTP {heard.status}{to}, {media}); check the URL",
        status=heard.status,
    )


def _all(kind: type[NeocloudError]) -> Iterator[type[NeocloudError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _all(inner)


CODES: dict[str, type[NeocloudError]] = {each.code: each for each in _all(NeocloudError)}
"""Every error by its code."""
