"""A request in words: the lines of `request show`, and the columns of `request list`."""

from typing import Any

from neocloud.cli.fleet import flat
from neocloud.cli.output import fields
from neocloud.model.requests import Judgement, Request
from neocloud.operations.changed import wanted
from neocloud.units import format_digest, format_instant

COLUMNS = ("id", "tenant", "status", "wanted", "from", "latest_start", "until", "terms", "arrived", "lease")


def lines(noun: Request, shown: dict[str, Any]) -> str:
    """A request as names and values. `shown` is its row."""
    computed = {name: value for name, value in shown["computed"].items() if name != "judgement"}
    rows = [("request", noun.id), *flat({**shown, "computed": computed})[1:]]
    rows = [(name, wanted(noun.ways) if name == "pools" else value) for name, value in rows]
    return fields([("wanted" if name == "pools" else name, value) for name, value in rows] + judged(noun.judgement))


def judged(judgement: Judgement | None) -> list[tuple[str, Any]]:
    """What a decision on a request rested on, as names and values."""
    if judgement is None:
        return []
    by = f", by price set {format_digest(judgement.price_set)}" if judgement.price_set else ""
    return [
        ("judged", f"{format_instant(judgement.at)}, at entry {judgement.journal_seq:,}{by}"),
        ("worth", judgement.worth),
        ("opportunity cost", judgement.opportunity_cost),
        ("reason", judgement.reason),
    ]


def columns(noun: Request) -> dict[str, Any]:
    """A request as a row of a list."""
    latest_at = noun.start_at if noun.latest_start_at is None else noun.latest_start_at
    return {
        "id": noun.id,
        "tenant": noun.tenant,
        "status": noun.status,
        "wanted": wanted(noun.ways) + ("" if noun.rank is None else f", rank {noun.rank}"),
        "from": format_instant(noun.start_at),
        "latest_start": format_instant(latest_at),
        "until": format_instant(noun.end_at),
        "terms": noun.terms,
        "arrived": format_instant(noun.arrived_at),
        "lease": noun.lease,
    }
