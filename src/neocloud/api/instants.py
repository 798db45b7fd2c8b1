"""Instants as RFC 3339 has them: `2027-02-01T00:00:00Z`, where people are shown `2027-02-01`."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from neocloud.timeline import FOREVER

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MIDNIGHT = re.compile(r"\d{4}-\d{2}-\d{2}T00:00:00Z")
_TEXTS = frozenset({
    "id", "name", "note", "reason", "description", "legal_entity", "order_form", "document", "tenant", "pool", "site",
    "terms", "lease", "leases", "request", "into", "of", "gpu", "landlord", "owner", "market", "forecast", "scenario",
    "recorded", "shed", "prefer", "kind", "title", "detail", "command", "by", "origin", "nearest", "option", "person",
})  # fmt: skip
"""Fields in which a date is what somebody wrote, or what something is called."""


def with_instants(value: Any, field: str = "") -> Any:
    """A value with every instant in full: dates, and whole seconds in a field that ends in `_at`."""
    kind = type(value)
    if kind is str:
        return _in_full(value) if len(value) == 10 and field not in _TEXTS else value
    if kind is int:
        return _instant(value) if field[-3:] == "_at" else value
    if kind is dict:
        return {  # most values of a row are texts that are no dates: they are passed on without a call
            name: inner if type(inner) is str and len(inner) != 10 else with_instants(inner, name)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [with_instants(inner, field) for inner in value]
    return value


def as_people_say(value: Any, field: str = "") -> Any:
    """The other way: a value with the first second of a day as the day alone."""
    match value:
        case str():
            is_day = field not in _TEXTS and _MIDNIGHT.fullmatch(value)
            return value[:10] if is_day else value
        case dict():
            return {name: as_people_say(inner, name) for name, inner in value.items()}
        case list():
            return [as_people_say(inner, field) for inner in value]
        case _:
            return value


@lru_cache(maxsize=10_000)
def _in_full(text: str) -> str:
    return f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text


def _instant(at: int) -> str | None:
    return None if at >= FOREVER else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
