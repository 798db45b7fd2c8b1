"""What the operator has: sites, pools, deliveries and outages."""

from decimal import ROUND_CEILING, Decimal
from math import ceil
from typing import Literal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_gpus, check_instant, check_name, check_span
from neocloud.settings import MOST_MEGAWATTS
from neocloud.timeline import BEGINNING, FOREVER
from neocloud.units import WATTS_PER_MW, format_instant

_MOST_WATTS_PER_GPU = 1_000_000

Confidence = Literal["reported", "secondary", "derived", "assumption"]


class Source(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a figure comes from: `conflict` says which other figure is about, and why this one is taken."""

    source: str
    date: str
    confidence: Confidence
    conflict: str | None = None


class PowerStep(Struct, frozen=True, kw_only=True):
    """From `from_at` on the site has `watts` (until the next step)."""

    watts: int
    from_at: int = BEGINNING


class Site(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="site"):
    """A data centre with power over time; `pue` is what the meter reads over what the servers take.

    One that is leased has a `landlord`, and after the landlord's notice it must be left at `leave_at`.
    """

    id: str
    power: tuple[PowerStep, ...]
    pue: Decimal = Decimal(1)
    name: str = ""
    landlord: str = ""
    leave_at: int = FOREVER
    sources: dict[str, Source] = {}

    def __post_init__(self) -> None:
        check_name(self.id)
        check_instant(self.leave_at, "leave")
        for step in self.power:
            check_instant(step.from_at, "power_mw")
            if step.watts < 0:
                raise Invalid("power cannot be negative", place="power_mw")
            if step.watts > MOST_MEGAWATTS * WATTS_PER_MW:
                raise Invalid(
                    f"{step.watts:,} W is more than any site has, surely a slip of the hand", place="power_mw"
                )
        starts = [step.from_at for step in self.power]
        if not starts or starts != sorted(set(starts)):
            raise Invalid("power needs one or more steps, in order of time", place="power_mw")
        if not 1 <= self.pue <= 3:
            raise Invalid(f"a PUE of {self.pue} cannot be; it lies between 1 and 3", place="pue")


class Curtailment(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="curtailment"):
    """A span in which a site may draw no more than `most_watts`, whatever its power is: a fact.

    `shed` names leases, tenants or pools that give power up first, in that order; then the weakest do.
    """

    id: str
    site: str
    most_watts: int
    start_at: int
    end_at: int
    shed: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        check_name(self.id)
        if self.most_watts < 0:
            raise Invalid("power cannot be negative", place="most_mw")
        check_span(self.start_at, self.end_at)
        if len(set(self.shed)) < len(self.shed):
            raise Invalid("the shed order names something twice", place="shed")


class Retirement(Struct, frozen=True, kw_only=True):
    """From `at` on, `gpus` fewer are in service."""

    at: int
    gpus: int

    def __post_init__(self) -> None:
        check_gpus(self.gpus)
        check_instant(self.at, "at")


class Pool(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="pool"):
    """Interchangeable GPUs at one site.

    `installed_gpus` are in service from `in_service_at`; deliveries add to them. They are leased in
    multiples of `sell_unit_gpus`; `spares_ratio` (0 to 1) of what is in service is kept back; a block keeps
    its GPUs, but for spares, for `turnaround_s` after its end. A GPU takes `it_watts_per_gpu`, its share of
    the server.
    """

    id: str
    site: str
    gpu: str
    it_watts_per_gpu: int
    installed_gpus: int = 0
    in_service_at: int = BEGINNING
    retirements: tuple[Retirement, ...] = ()
    sell_unit_gpus: int = 1
    spares_ratio: Decimal = Decimal(0)
    turnaround_s: int = 0
    sources: dict[str, Source] = {}

    def __post_init__(self) -> None:
        check_name(self.id)
        if self.installed_gpus:
            check_gpus(self.installed_gpus, "installed_gpus")
        check_gpus(self.sell_unit_gpus, "sell_unit_gpus")
        check_instant(self.in_service_at, "in_service")
        if not 0 < self.it_watts_per_gpu <= _MOST_WATTS_PER_GPU:
            raise Invalid(
                f"a GPU takes power: more than 0 W, and not {self.it_watts_per_gpu:,} W", place="it_watts_per_gpu"
            )
        if not 0 <= self.spares_ratio < 1:
            raise Invalid(
                f"{self.spares_ratio} is not a ratio from 0 to under 1; write 0.02 for 2 in 100",
                place="spares_ratio",
            )
        if not 0 <= self.turnaround_s <= FOREVER:
            raise Invalid("a turnaround cannot be negative, or last for ever", place="turnaround")

    def spares_of(self, in_service_gpus: int) -> int:
        """How many of the GPUs in service are kept back as spares, rounded up."""
        return ceil(in_service_gpus * self.spares_ratio)

    def watts_per_gpu(self, site: Site) -> int:
        """What one leased GPU takes at the site's meter: IT watts x PUE, rounded up once."""
        return int((self.it_watts_per_gpu * site.pue).to_integral_value(ROUND_CEILING))


DateKind = Literal["contract", "p50", "p90"]
Stage = Literal["delivered", "burnt_in", "in_service"]


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="delivery"):
    """A wave of GPUs on its way: its contract, likely (P50) and safe (P90) date, and what happened.

    Promises count the safe date, unless `promise_on` names another, until it is in service. `reason` says
    why its dates are what they are now.
    """

    id: str
    pool: str
    gpus: int
    contract_at: int
    p50_at: int
    p90_at: int
    promise_on: DateKind = "p90"
    ordered_at: int | None = None
    delivered_at: int | None = None
    burnt_in_at: int | None = None
    in_service_at: int | None = None
    reason: str = ""
    sources: dict[str, Source] = {}

    def __post_init__(self) -> None:
        check_name(self.id)
        check_gpus(self.gpus)
        for place, at in (
            ("contract", self.contract_at), ("p50", self.p50_at), ("p90", self.p90_at), ("ordered", self.ordered_at),
            ("delivered", self.delivered_at), ("burnt_in", self.burnt_in_at), ("in_service", self.in_service_at),
        ):  # fmt: skip
            check_instant(at, place)
        if self.p50_at > self.p90_at:
            raise Invalid("the likely date (P50) cannot be after the safe date (P90)", place="p50")
        if self.ordered_at is not None and min(self.contract_at, self.p50_at) < self.ordered_at:
            raise Invalid(f"it was ordered {format_instant(self.ordered_at)}, and cannot come before", place="p50")
        happened = [at for at in (self.delivered_at, self.burnt_in_at, self.in_service_at) if at is not None]
        if happened != sorted(happened):
            raise Invalid("a wave is delivered, then burnt in, then in service", place="in_service")
        if self.ordered_at is not None and happened and happened[0] < self.ordered_at:
            raise Invalid(f"it was ordered {format_instant(self.ordered_at)}, and did not come before", place="at")

    @property
    def counts_from_at(self) -> int:
        """From when its GPUs count as supply."""
        if self.in_service_at is not None:
            return self.in_service_at
        return {"contract": self.contract_at, "p50": self.p50_at, "p90": self.p90_at}[self.promise_on]


class Outage(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="outage"):
    """GPUs out of order (a failure, a fact) or out for maintenance (`planned`, a decision).

    Without an end it counts until it is closed.
    """

    id: str
    pool: str
    gpus: int
    start_at: int
    end_at: int = FOREVER
    planned: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        check_name(self.id)
        check_gpus(self.gpus)
        check_span(self.start_at, self.end_at)
