"""Keep or sell, as it is asked and answered: a plan, and rows of what capacity is worth."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from neocloud.documents.requests import RequestDocument
from neocloud.documents.scenario import ScenarioDocument
from neocloud.settings import PLAN_FUTURES

_MOST_REQUESTS = 1_000


class PlanDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to plan: these requests, or the ledger's open ones; with what we expect beside the ledger."""

    requests: Annotated[list[RequestDocument], Meta(max_length=_MOST_REQUESTS)] | None = None
    scenario: ScenarioDocument | None = None
    seed: Annotated[int, Meta(ge=0, le=2**32)] = 0
    futures: Annotated[int, Meta(ge=1, le=64, description="how many are drawn")] = PLAN_FUTURES
    admit: Annotated[bool, Meta(description="let quotes rest on its opportunity costs")] = False


class PlanRow(Struct, frozen=True, kw_only=True):
    """What to do about each request, and what capacity is worth; estimates in USD, as text."""

    now: str
    journal_seq: int
    until: str
    seed: int
    futures: int
    gap_ratio: str
    fell_back: bool
    believed: list[dict[str, Any]]
    cannot_be_kept: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    costs: list[dict[str, Any]]
    price_set: str | None


class CostRow(Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """What a GPU-hour of a pool, or a MWh of a site, is worth over a stretch: USD, as text."""

    id: str
    unit: str
    from_: str
    until: str
    mean_usd: str
    low_usd: str
    high_usd: str
    binds: str
    gpu_usd: str | None = None
    power_usd: str | None = None
