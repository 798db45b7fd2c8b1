"""What a plan is told beside the ledger: a scenario. It is a question's own, and no noun of the journal."""

from decimal import Decimal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_instant, check_span
from neocloud.model.forecasts import Forecast
from neocloud.model.leases import Block
from neocloud.model.requests import Exit
from neocloud.settings import MOST_GPUS
from neocloud.timeline import FOREVER
from neocloud.units import Money


class Spot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What GPUs of a pool earn that nobody has leased: per GPU-hour, for at most `depth_gpus` of them.

    `watts_per_gpu` is what one draws then at the meter; left out, as much as a leased one.
    """

    pool: str
    per_gpu_hour: Money
    depth_gpus: int | None = None
    watts_per_gpu: int | None = None

    def __post_init__(self) -> None:
        if self.per_gpu_hour.nanos < 0:
            raise Invalid(f"a spot price of {self.per_gpu_hour} cannot be", place="spot.price")
        if self.depth_gpus is not None and not 0 <= self.depth_gpus <= MOST_GPUS:
            raise Invalid(f"a depth of {self.depth_gpus:,} GPUs cannot be", place="spot.depth_gpus")
        if self.watts_per_gpu is not None and self.watts_per_gpu < 0:
            raise Invalid("power cannot be negative", place="spot.watts_per_gpu")


class Energy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a MWh costs at the meter of a site."""

    site: str
    per_mwh: Money


class Expected(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Supply of a pool as a scenario expects it over a span, whatever the ledger counts."""

    pool: str
    gpus: int
    start_at: int
    end_at: int = FOREVER

    def __post_init__(self) -> None:
        check_span(self.start_at, self.end_at, "supply.until")
        if not 0 <= self.gpus <= MOST_GPUS:
            raise Invalid(f"{self.gpus:,} GPUs cannot be", place="supply.gpus")


class Leaving(Struct, frozen=True, kw_only=True):
    """A lease whose tenant may be gone from an instant on, with a probability."""

    lease: str
    exit: Exit


class Scenario(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="scenario"):
    """What we expect beside the ledger, and what a plan keeps to.

    The plan looks as far as `until_at`, and learns from what came since `since_at`. `most_outside_ratio` (0 to 1) is
    the most of a site's power that may be sold outside; `keeps` is capacity kept for inside teams whatever is
    offered. Forecasts take the place of the ledger's where they have the same id. Internal values are taken times
    `values_ratio`.
    """

    until_at: int | None = None
    since_at: int | None = None
    spot: tuple[Spot, ...] = ()
    energy: tuple[Energy, ...] = ()
    most_outside_ratio: Decimal | None = None
    keeps: tuple[Block, ...] = ()
    supply: tuple[Expected, ...] = ()
    leaving: tuple[Leaving, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    values_ratio: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        check_instant(self.until_at, "until")
        check_instant(self.since_at, "since")
        if self.most_outside_ratio is not None and not 0 <= self.most_outside_ratio <= 1:
            raise Invalid(
                f"{self.most_outside_ratio} cannot be; a ratio goes from 0 to 1", place="most_outside_ratio"
            )
        if self.values_ratio < 0:
            raise Invalid(f"{self.values_ratio} cannot be; values are taken times 0 or more", place="values_ratio")
        for name, ids in (("spot", [s.pool for s in self.spot]), ("energy", [e.site for e in self.energy])):
            if len(set(ids)) < len(ids):
                raise Invalid("something is named twice; give it once", place=name)
