"""What the API answers to questions about all of the ledger: what is short, what is wrong, what has changed."""

from typing import Any

from msgspec import Struct


class RiskRow(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A lease that a shortfall hits: how much it lacks and when, what is at stake, and the ways out."""

    id: str
    lease: str
    tenant: str
    site: str
    pool: str
    short_gpus: int
    from_: str
    until: str | None
    at_stake: str
    rights: str
    fee: dict[str, Any] | None
    value: dict[str, Any] | None
    late: dict[str, Any] | None
    ways_out: list[dict[str, Any]]


class FindingRow(Struct, frozen=True, kw_only=True):
    """Something that is wrong, or soon will be."""

    code: str
    about: str
    sentence: str


class ReviewRow(Struct, frozen=True, kw_only=True):
    """What changed between two instants, and the totals."""

    id: str
    since: str
    until: str | None
    head: str
    totals: dict[str, Any]
    changes: list[dict[str, Any]]
