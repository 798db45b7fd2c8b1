"""What is forecast, in the words of the ledger."""

from decimal import Decimal
from math import pi

from benchmarks.decisions.clock import DAY_0_AT
from benchmarks.decisions.demand import DAYS, LEAST_GPUS, MOST_GPUS, TIED_RATIO, ClassOf, Demand
from benchmarks.decisions.pools import POOLS
from neocloud.model.forecasts import Cycle, Forecast, Served
from neocloud.model.tenants import TenantKind
from neocloud.units import DAY_S, Money

LEVEL_SD_RATIO, JUMPS_PER_YEAR, RISING_SD = Decimal("0.3"), Decimal(4), 0.5
"""How sure a forecast is of its level, how often that jumps, and how sure the phase is, in radians."""


def forecast_of(each: ClassOf, demand: Demand) -> Forecast:
    """What is forecast of a class of demand."""
    return Forecast(
        id=each.id,
        kind=kind_of(each),
        requests_per_day=decimal(each.share * demand.requests / DAYS),
        pools=tuple(
            Served(pool=pool.id, speed=decimal(pool.speed), tied_share=decimal(pool.tied_share)) for pool in POOLS
        ),
        median_gpus=round(each.median_gpus * demand.size),
        size_sd_ratio=decimal(each.size_sd),
        least_gpus=LEAST_GPUS,
        most_gpus=MOST_GPUS,
        duration_s=round(each.duration_days * DAY_S),
        lead_s=round(each.lead_days * DAY_S),
        per_gpu_hour=Money.of(decimal(each.median_usd)),
        price_sd_ratio=decimal(each.price_sd),
        tied_ratio=decimal(TIED_RATIO),
        level_sd_ratio=LEVEL_SD_RATIO,
        jumps_per_year=JUMPS_PER_YEAR,
        market="market",
        cycle=_cycle(each, demand),
    )


def _cycle(each: ClassOf, demand: Demand) -> Cycle:
    """It rises through its middle a quarter of the period after day 0, less its phase."""
    radian_s = DAYS * DAY_S / (2 * pi)
    return Cycle(
        period_s=DAYS * DAY_S,
        rising_at=DAY_0_AT + round((pi / 2 - demand.phase) * radian_s),
        swing_ratio=decimal(demand.swing_ratio),
        price_swing_ratio=decimal(0 if each.inside else demand.price_swing_ratio),
        rising_sd_s=round(RISING_SD * radian_s),
    )


def kind_of(each: ClassOf) -> TenantKind:
    return "inside" if each.inside else "customer"


def decimal(number: float) -> Decimal:
    return Decimal(str(round(number, 9)))
