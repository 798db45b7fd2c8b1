"""Deadlines as rows."""

from typing import Any

from msgspec import Struct

from neocloud.rules.deadlines import Deadline
from neocloud.units import format_instant


class DeadlineRow(Struct, frozen=True, kw_only=True):
    """Something that must be done by an instant, or happens at it."""

    id: str
    at: str
    in_days: int
    far: str
    kind: str
    noun: str
    noun_id: str
    tenant: str | None
    sites: list[str]
    sentence: str


def deadline_row(deadline: Deadline) -> dict[str, Any]:
    """A deadline, for programs."""
    return {
        "id": deadline.key,
        "at": format_instant(deadline.at),
        "in_days": deadline.days,
        "far": deadline.far,
        "kind": deadline.kind,
        "noun": deadline.noun,
        "noun_id": deadline.id,
        "tenant": deadline.tenant or None,
        "sites": list(deadline.sites),
        "sentence": deadline.sentence,
    }
