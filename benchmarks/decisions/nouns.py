"""A world in the words of the ledger: its site, pools, waves, tenants and forecasts, and its requests.

Only what is known on day 0 is said here; what happens after it is told day by day (`facts`).
"""

from decimal import Decimal
from math import pi
from typing import NamedTuple

import numpy as np

from benchmarks.decisions.known import NOTICE_DAYS
from benchmarks.decisions.worlds import (
    CLASSES,
    DAYS,
    GPUS,
    KW_PER_GPU,
    LEAST_GPUS,
    MOST_GPUS,
    POOLS,
    SELL_UNIT_GPUS,
    TIED_RATIO,
    ClassOf,
    Demand,
    Ints,
    World,
)
from neocloud.model.commands import Apply, Ask, Book, Command, PriceAsk
from neocloud.model.entries import Noun
from neocloud.model.fleet import Delivery, Pool, PowerStep, Site
from neocloud.model.forecasts import Cycle, Forecast, Served
from neocloud.model.prices import ListPrice
from neocloud.model.requests import Request, Way
from neocloud.model.tenants import Tenant, TenantKind
from neocloud.model.terms import Right, Terms
from neocloud.operations.directory import SHIPPED_TERMS
from neocloud.operations.ledger import Ledger
from neocloud.store.journal import Journal
from neocloud.timeline import BEGINNING
from neocloud.units import DAY_S, NANOS, Money

DAY_0_AT = 1_767_225_600  # 2026-01-01
SITE, LEAVER = "site", "leaver"

MAY_LEAVE = Terms(
    name="may-leave",
    version=1,
    description="The tenant may leave on notice.",
    rights=(Right(holder="tenant", kind="terminate", notice_s=NOTICE_DAYS * DAY_S),),
)
LEAVERS_PRICE = Money("USD", 2 * NANOS)
"""Its GPUs are not sold in the game, so this counts nowhere."""

LEVEL_SD_RATIO, JUMPS_PER_YEAR, RISING_SD = Decimal("0.3"), Decimal(4), 0.5
"""How sure a forecast is of its level, how often that jumps, and how sure the phase is, in radians."""


class Wave(NamedTuple):
    """GPUs that are expected on a day, in a pool (in POOLS)."""

    pool: int
    day: int
    gpus: int

    @property
    def id(self) -> str:
        """Its name in the ledger."""
        return f"wave-{POOLS[self.pool].id}"


def at(day: float) -> int:
    """The instant of a day, to the whole second before it."""
    return DAY_0_AT + int(day * DAY_S)


def ledger_of(world: World, journal: Journal) -> Ledger:
    """A new ledger that knows what is known on day 0."""
    ledger = Ledger(journal)
    nouns: list[Noun] = [*SHIPPED_TERMS, MAY_LEAVE, *_tenants(), site_of(world), *_pools(world), *_deliveries(world)]
    nouns += [*_spot_prices(), *(forecast_of(each, world.forecast) for each in CLASSES)]
    commands: list[Command] = [Apply(id=f"day-0-{i}", noun=noun) for i, noun in enumerate(nouns)]
    ledger.submit(*commands, *_leaver(world), now=DAY_0_AT)
    return ledger


def site_of(world: World, until_at: int | None = None) -> Site:
    """The site. A customer that may leave has power of its own beside the cap: until it is gone at `until_at`."""
    cap_watts = round(world.power_kw[0] * 1_000)
    leavers_watts = round(float(leavers_gpus(world) @ KW_PER_GPU) * 1_000)
    steps = [PowerStep(watts=cap_watts + leavers_watts, from_at=BEGINNING)]
    if until_at is not None:
        steps.append(PowerStep(watts=cap_watts, from_at=until_at))
    return Site(id=SITE, power=tuple(steps))


def leavers_gpus(world: World) -> Ints:
    """What the customer that may leave holds of each pool."""
    return GPUS - world.expected_gpus[0] if world.leaves_on is not None else np.zeros_like(GPUS)


def waves_of(world: World) -> list[Wave]:
    """The waves that are expected: the pool (in POOLS), the day, and the GPUs that are not there on day 0."""
    rows = world.expected_gpus
    return [
        Wave(pool, int(np.argmax(rows[:, pool] > rows[0, pool])), int(rows[-1, pool] - rows[0, pool]))
        for pool in range(len(POOLS))
        if rows[-1, pool] > rows[0, pool]
    ]


def forecast_of(each: ClassOf, demand: Demand) -> Forecast:
    """What is forecast of a class of demand."""
    return Forecast(
        id=each.id,
        kind=_kind(each),
        requests_per_day=_decimal(each.share * demand.requests / DAYS),
        pools=tuple(
            Served(pool=pool.id, speed=_decimal(pool.speed), tied_share=_decimal(pool.tied_share)) for pool in POOLS
        ),
        median_gpus=round(each.median_gpus * demand.size),
        size_sd_ratio=_decimal(each.size_sd),
        least_gpus=LEAST_GPUS,
        most_gpus=MOST_GPUS,
        duration_s=round(each.duration_days * DAY_S),
        lead_s=round(each.lead_days * DAY_S),
        per_gpu_hour=Money.of(_decimal(each.median_usd)),
        price_sd_ratio=_decimal(each.price_sd),
        tied_ratio=_decimal(TIED_RATIO),
        level_sd_ratio=LEVEL_SD_RATIO,
        jumps_per_year=JUMPS_PER_YEAR,
        market="market",
        cycle=_cycle(each, demand),
    )


def request_of(world: World, row: int) -> Request | None:
    """A request as it arrives; None where no pool can serve it.

    What arrives on the last day is for that day, and is taken to arrive as it begins.
    """
    rows, each = world.requests, CLASSES[world.requests.kind[row]]
    ways = tuple(
        Way(pool=pool.id, gpus=gpus, per_gpu_hour=Money("USD", round(rows.usd_per_h[row] / gpus * NANOS)))
        for pool, gpus in zip(POOLS, rows.gpus[row].tolist(), strict=True)
        if gpus
    )
    if not ways:
        return None
    start_at = at(int(rows.start_day[row]))
    return Request(
        id=request_name(row),
        tenant=each.id,
        ways=ways,
        start_at=start_at,
        end_at=at(int(rows.end_day[row])),
        arrived_at=min(at(float(rows.arrival_day[row])), start_at),
        forecast=each.id,
    )


def request_name(row: int) -> str:
    """The id of a request."""
    return f"request-{row:04}"


def _pools(world: World) -> list[Pool]:
    installed = world.expected_gpus[0] + leavers_gpus(world)
    return [
        Pool(
            id=pool.id,
            site=SITE,
            gpu=pool.id.upper(),
            it_watts_per_gpu=pool.watts_per_gpu,
            installed_gpus=gpus,
            sell_unit_gpus=SELL_UNIT_GPUS,
        )
        for pool, gpus in zip(POOLS, installed.tolist(), strict=True)
    ]


def _deliveries(world: World) -> list[Delivery]:
    return [
        Delivery(
            id=wave.id,
            pool=POOLS[wave.pool].id,
            gpus=wave.gpus,
            contract_at=at(wave.day),
            p50_at=at(wave.day),
            p90_at=at(wave.day),
        )
        for wave in waves_of(world)
    ]


def _tenants() -> list[Tenant]:
    return [Tenant(id=LEAVER, kind="customer"), *(Tenant(id=each.id, kind=_kind(each)) for each in CLASSES)]


def _kind(each: ClassOf) -> TenantKind:
    return "inside" if each.inside else "customer"


def _spot_prices() -> list[ListPrice]:
    return [ListPrice(pool=pool.id, terms="spot", per_gpu_hour=Money.of(_decimal(pool.spot_usd))) for pool in POOLS]


def _cycle(each: ClassOf, demand: Demand) -> Cycle:
    """It rises through its middle a quarter of the period after day 0, less its phase."""
    radian_s = DAYS * DAY_S / (2 * pi)
    return Cycle(
        period_s=DAYS * DAY_S,
        rising_at=DAY_0_AT + round((pi / 2 - demand.phase) * radian_s),
        swing_ratio=_decimal(demand.swing_ratio),
        price_swing_ratio=_decimal(0 if each.inside else demand.price_swing_ratio),
        rising_sd_s=round(RISING_SD * radian_s),
    )


def _leaver(world: World) -> list[Command]:
    """The lease of the customer that may leave, to the end of the horizon."""
    if world.leaves_on is None:
        return []
    held = zip(POOLS, leavers_gpus(world).tolist(), strict=True)
    asks = tuple(Ask(pool=pool.id, gpus=gpus, start_at=at(0), end_at=at(DAYS)) for pool, gpus in held)
    price = PriceAsk(per="gpu_hour", amount=LEAVERS_PRICE)
    return [Book(id="book-leaver", lease=LEAVER, tenant=LEAVER, terms=MAY_LEAVE.name, asks=asks, prices=(price,))]


def _decimal(number: float) -> Decimal:
    return Decimal(str(round(number, 9)))
