"""A request in words: the lines of `request show`, and the columns of `request list`."""

from typing import Any

from msgspec import convert

from neocloud.cli.fleet import flat
from neocloud.cli.output import fields
from neocloud.documents.requests import WayDocument
from neocloud.model.requests import Judgement
from neocloud.operations.changed import wanted
from neocloud.units import format_digest, format_instant

Row = dict[str, Any]

COLUMNS = ("id", "tenant", "status", "wanted", "from", "latest_start", "until", "terms", "arrived", "lease")


def lines(shown: Row, judgement: Judgement | None = None) -> str:
    """A request as names and values, from its row; and what a decision on it rested on."""
    computed = {name: value for name, value in shown["computed"].items() if name != "judgement"}
    rows = [("request", shown["id"]), *flat({**shown, "computed": computed})[1:]]
    rows = [("wanted", _wanted(shown)) if name == "pools" else (name, value) for name, value in rows]
    return fields([*rows, *judged(judgement)])


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


def columns(shown: Row) -> Row:
    """A request as a row of a list."""
    rank = f", rank {shown['rank']}" if shown.get("rank") is not None else ""
    return {
        "id": shown["id"],
        "tenant": shown["tenant"],
        "status": shown["computed"]["status"],
        "wanted": _wanted(shown) + rank,
        "from": shown["from"],
        "latest_start": shown.get("latest_start") or shown["from"],
        "until": shown["until"],
        "terms": shown.get("terms", "reserved"),
        "arrived": shown.get("arrived"),
        "lease": shown["computed"].get("lease", ""),
    }


def _wanted(shown: Row) -> str:
    return wanted(tuple(convert(way, WayDocument).noun() for way in shown["pools"]))
