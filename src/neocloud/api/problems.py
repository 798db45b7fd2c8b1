"""Answers of no, as problem documents (RFC 9457): a status by code, one sentence, facts, and what would fit.

A customer is told less: no other tenant's name, and not whether something that is not its own exists.
"""

import re
from typing import Any

import msgspec
from starlette.responses import Response

from neocloud.api.instants import with_instants
from neocloud.documents.plain import facts
from neocloud.errors import (
    AtALoss,
    Behind,
    Changed,
    Conflict,
    Denied,
    FirstRefusal,
    Forbidden,
    Invalid,
    JournalLocked,
    Mistaken,
    NeocloudError,
    NotAllowed,
    NotEligible,
    Overloaded,
    Oversold,
    Promised,
    Refused,
    TooOften,
    Unauthenticated,
    Unavailable,
    Unknown,
)

STATUS: dict[type[NeocloudError], int] = {
    Invalid: 400,
    Unknown: 404,
    Conflict: 409,
    Changed: 412,
    Unauthenticated: 401,
    Forbidden: 403,
    Oversold: 409,
    AtALoss: 409,
    FirstRefusal: 409,
    Promised: 409,
    NotAllowed: 409,
    NotEligible: 409,
    TooOften: 429,
    Overloaded: 503,
    Behind: 503,
    JournalLocked: 503,
    Mistaken: 400,
    Denied: 403,
    Refused: 409,
    Unavailable: 503,
}
"""The HTTP status of each kind of no; the nearest class above it counts."""

RETRY_AFTER_S = {Overloaded: 1, Behind: 1, JournalLocked: 2, Unavailable: 5}
"""After how long it makes sense to ask again (seconds)."""

_encode = msgspec.json.encode


class Problem(NeocloudError):
    """HTTP itself says no: a wrong method, a body too large. With its status; `code` is the instance's."""

    def __init__(self, status: int, code: str, sentence: str, **more: Any) -> None:
        super().__init__(sentence, **more)
        self.status = status
        self.code = code  # type: ignore[misc]


def problem(error: NeocloudError, *, to_customer: bool = False) -> Response:
    """The problem document of an error."""
    status = status_of(error)
    body = document(error, to_customer=to_customer)
    return Response(_encode(body), status, _headers(error, status), media_type="application/problem+json")


def document(error: NeocloudError, *, to_customer: bool = False, raw: bool = False) -> dict[str, Any]:
    """What a problem document says; `raw`: with instants as the journal has them, and the place as it is said."""
    status = status_of(error)
    body: dict[str, Any] = {
        "type": f"urn:neocloud:problem:{error.code}",
        "title": _title(error),
        "status": status,
        "detail": _sentence(error, to_customer),
        "code": error.code,
    }
    if isinstance(error, Invalid) and error.place:
        body["pointer"] = pointer(error.place)
    if raw:
        place = {"place": error.place} if isinstance(error, Invalid) else {}
        return {**{name: facts(fact) for name, fact in error.facts.items()}, **body, **place}
    if not to_customer:
        body |= {name: with_instants(facts(fact)) for name, fact in error.facts.items() if name not in body}
    elif isinstance(error, Oversold):
        body["offers"] = with_instants(facts(error.facts.get("offers", ())))
    return body


def status_of(error: NeocloudError) -> int:
    """The HTTP status that says what kind of no it is."""
    if isinstance(error, Problem):
        return error.status
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def pointer(place: str) -> str:
    """A place in a body (`blocks[0].gpus`) as a JSON pointer (`/blocks/0/gpus`)."""
    parts = [part.replace("~", "~0").replace("/", "~1") for part in re.findall(r"[^.\[\]]+", place)]
    return "".join(f"/{part}" for part in parts)


def _sentence(error: NeocloudError, to_customer: bool) -> str:
    if to_customer and isinstance(error, Unknown):
        return f"no {error.facts['kind']} is called {error.facts['name']!r}"
    if to_customer and isinstance(error, Unavailable) and not isinstance(error, TooOften):
        return "the service cannot answer just now; ask again"
    return error.sentence if isinstance(error, Invalid) else str(error)


def _title(error: NeocloudError) -> str:
    """What kind of no it is: the first sentence of its class."""
    return re.split(r"[.:;]\s", (type(error).__doc__ or "") + " ")[0]


def _headers(error: NeocloudError, status: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    after = next((RETRY_AFTER_S[kind] for kind in type(error).__mro__ if kind in RETRY_AFTER_S), None)
    after = error.facts.get("retry_after_s", after)
    if after is not None:
        headers["Retry-After"] = str(after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="neocloud"'
    return headers
