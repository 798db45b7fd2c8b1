"""Deadlines as rows."""

from typing import Any

from neocloud.rules.deadlines import Deadline
from neocloud.units import format_instant


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
