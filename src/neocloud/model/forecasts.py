"""What we expect to be asked for: demand that has not yet come, by class, and how sure we are of it."""

from decimal import Decimal

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_gpus, check_name
from neocloud.model.tenants import TenantKind
from neocloud.units import Money


class Served(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pool that a class of demand can use: a GPU of it does the work of `speed` reference GPUs.

    Of the requests that are tied to one pool, `tied_share` parts are tied to this one.
    """

    pool: str
    speed: Decimal = Decimal(1)
    tied_share: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if self.speed <= 0:
            raise Invalid(f"a speed of {self.speed} cannot be; write 1, or 2.8", place="speed")
        if self.tied_share < 0:
            raise Invalid(f"a share of {self.tied_share} cannot be", place="tied_share")


class Cycle(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Demand that swings: volume by `swing_ratio` and prices by `price_swing_ratio` around their mean.

    A period is `period_s` long and has its middle, rising, at `rising_at`; `rising_sd_s` says how sure that is.
    """

    period_s: int
    rising_at: int
    swing_ratio: Decimal = Decimal(0)
    price_swing_ratio: Decimal = Decimal(0)
    rising_sd_s: int = 0

    def __post_init__(self) -> None:
        if self.period_s <= 0 or self.rising_sd_s < 0:
            raise Invalid("a cycle needs a period above zero", place="cycle.period")
        if not (0 <= self.swing_ratio <= 1 and 0 <= self.price_swing_ratio <= 1):
            raise Invalid("a swing goes from 0 to 1; write 0.6", place="cycle.swing")


class Forecast(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="forecast"):
    """One class of demand to come: how many requests a day, how large, how long, at which price.

    Requests come as a Poisson process of `requests_per_day`, the level, which is known to about `level_sd_ratio`
    of itself (the standard deviation of its logarithm) and may jump `jumps_per_year` times. Sizes are lognormal in
    reference GPUs, durations Gamma of shape 2, the time from arrival to start exponential, prices (or, of inside
    teams, values) lognormal around a median per reference-GPU-hour. Classes of one `market` rise and fall together.
    """

    id: str
    kind: TenantKind
    requests_per_day: Decimal
    pools: tuple[Served, ...]
    median_gpus: int
    size_sd_ratio: Decimal = Decimal(0)
    least_gpus: int = 1
    most_gpus: int = 100_000_000
    duration_s: int
    lead_s: int = 0
    per_gpu_hour: Money
    price_sd_ratio: Decimal = Decimal(0)
    tied_ratio: Decimal = Decimal(0)
    level_sd_ratio: Decimal = Decimal(0)
    jumps_per_year: Decimal = Decimal(0)
    market: str = ""
    cycle: Cycle | None = None

    def __post_init__(self) -> None:
        check_name(self.id)
        if not self.pools:
            raise Invalid("a forecast needs at least one pool that its class can use", place="pools")
        check_gpus(self.median_gpus, "median_gpus")
        if self.requests_per_day < 0:
            raise Invalid(
                f"{self.requests_per_day} requests a day cannot be; demand is 0 or more", place="requests_per_day"
            )
        for name in ("size_sd_ratio", "price_sd_ratio", "level_sd_ratio", "jumps_per_year"):
            if getattr(self, name) < 0:
                raise Invalid(f"{getattr(self, name)} cannot be; it is 0 or more", place=name)
        if not 0 <= self.tied_ratio <= 1:
            raise Invalid(f"{self.tied_ratio} cannot be; a ratio goes from 0 to 1", place="tied_ratio")
        if self.duration_s <= 0:
            raise Invalid("a duration is above zero", place="duration")
        if self.lead_s < 0:
            raise Invalid("a lead is 0 or more", place="lead")
        if not 0 < self.least_gpus <= self.most_gpus:
            raise Invalid("the least is above zero and not more than the most", place="least_gpus")
