"""What is wanted and not yet decided: requests for capacity, inside and outside."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_gpus, check_instant, check_name, check_span
from neocloud.settings import MOST_MONEY
from neocloud.timeline import Span
from neocloud.units import NANOS, Money

RequestStatus = Literal["open", "accepted", "declined", "withdrawn"]


class Way(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to serve a request: so many GPUs of a pool, at so much per GPU-hour.

    `per_gpu_hour` is the price that a customer offers, or what an inside team judges it to be worth.
    """

    pool: str
    gpus: int
    per_gpu_hour: Money | None = None

    def __post_init__(self) -> None:
        check_gpus(self.gpus)
        if self.per_gpu_hour is not None and not 0 <= self.per_gpu_hour.nanos <= MOST_MONEY * NANOS:
            raise Invalid(f"{self.per_gpu_hour} per GPU-hour cannot be", place="per_gpu_hour")


class Exit(Struct, frozen=True, kw_only=True):
    """The tenant may be gone from `at` on, with a probability from 0 to 1."""

    at: int
    probability_ratio: Decimal

    def __post_init__(self) -> None:
        check_instant(self.at, "exits.at")
        if not 0 <= self.probability_ratio <= 1:
            raise Invalid(
                f"a probability of {self.probability_ratio} cannot be; write 0.3", place="exits.probability"
            )


class Judgement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a decision on a request rested on: prices, what it was worth, and its best other use.

    `worth` and `opportunity_cost` are for the whole request in the way chosen (or the best way, where it was
    declined); `journal_seq` is the entry that the prices were known at.
    """

    at: int
    journal_seq: int
    price_set: str = ""
    worth: Money | None = None
    opportunity_cost: Money | None = None
    reason: str = ""


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="request"):
    """A wish for capacity: in one of several ways, from `start_at` (at the latest `latest_start_at`) for its span.

    All or nothing unless `divisible`. `forecast` names the class of demand that it counts to. A `put` is a customer's
    promise to take, at its price, what we cannot sell elsewhere, up to its GPUs. An inside request has a rank or a
    value in its ways; one of a customer a price in each.
    """

    id: str
    tenant: str
    ways: tuple[Way, ...]
    start_at: int
    end_at: int
    arrived_at: int
    terms: str = "reserved"
    forecast: str = ""
    latest_start_at: int | None = None
    divisible: bool = False
    rank: int | None = None
    exits: tuple[Exit, ...] = ()
    put: bool = False
    status: RequestStatus = "open"
    lease: str | None = None
    judgement: Judgement | None = None

    def __post_init__(self) -> None:
        check_name(self.id)
        check_span(self.start_at, self.end_at)
        if not self.ways:
            raise Invalid("a request needs at least one pool with GPUs", place="pools")
        if len({way.pool for way in self.ways}) < len(self.ways):
            raise Invalid("a request names a pool twice; give each pool once", place="pools")
        if self.latest_start_at is not None and self.latest_start_at < self.start_at:
            raise Invalid("the latest start lies before the start", place="latest_start")
        if self.rank is not None and self.rank < 1:
            raise Invalid("a rank is 1 or more; 1 is served first", place="rank")
        if any(not self.start_at <= each.at <= self.end_at for each in self.exits):
            raise Invalid("an exit lies inside the span of its request", place="exits")

    @property
    def span(self) -> Span:
        """When it is wanted, at the earliest."""
        return Span(self.start_at, self.end_at)
