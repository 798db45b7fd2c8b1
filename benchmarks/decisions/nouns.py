"""A world in the words of the ledger: its site, pools, waves, tenants and forecasts.

Only what is known on day 0 is said here; what happens after it is told day by day (`facts`).
"""

from typing import NamedTuple

import numpy as np

from benchmarks.decisions.clock import DAY_0_AT, at
from benchmarks.decisions.demand import CLASSES, DAYS, Ints
from benchmarks.decisions.forecasts import decimal, forecast_of, kind_of
from benchmarks.decisions.known import NOTICE_DAYS
from benchmarks.decisions.pools import GPUS, KW_PER_GPU, POOLS, SELL_UNIT_GPUS
from benchmarks.decisions.worlds import World
from neocloud.model.commands import Apply, Ask, Book, Command, PriceAsk
from neocloud.model.entries import Noun
from neocloud.model.fleet import Delivery, Pool, PowerStep, Site
from neocloud.model.prices import ListPrice
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Right, Terms
from neocloud.operations.directory import SHIPPED_TERMS
from neocloud.operations.ledger import Ledger
from neocloud.store.journal import Journal
from neocloud.timeline import BEGINNING
from neocloud.units import DAY_S, NANOS, Money

SITE, LEAVER = "site", "leaver"

MAY_LEAVE = Terms(
    name="may-leave",
    version=1,
    description="The tenant may leave on notice.",
    rights=(Right(holder="tenant", kind="terminate", notice_s=NOTICE_DAYS * DAY_S),),
)
LEAVERS_PRICE = Money("USD", 2 * NANOS)
"""Its GPUs are not sold in the game, so this counts nowhere."""


class Wave(NamedTuple):
    """GPUs that are expected on a day, in a pool (in POOLS)."""

    pool: int
    day: int
    gpus: int

    @property
    def id(self) -> str:
        """Its name in the ledger."""
        return f"wave-{POOLS[self.pool].id}"


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
    return [Tenant(id=LEAVER, kind="customer"), *(Tenant(id=each.id, kind=kind_of(each)) for each in CLASSES)]


def _spot_prices() -> list[ListPrice]:
    return [ListPrice(pool=pool.id, terms="spot", per_gpu_hour=Money.of(decimal(pool.spot_usd))) for pool in POOLS]


def _leaver(world: World) -> list[Command]:
    """The lease of the customer that may leave, to the end of the horizon."""
    if world.leaves_on is None:
        return []
    held = zip(POOLS, leavers_gpus(world).tolist(), strict=True)
    asks = tuple(Ask(pool=pool.id, gpus=gpus, start_at=at(0), end_at=at(DAYS)) for pool, gpus in held)
    price = PriceAsk(per="gpu_hour", amount=LEAVERS_PRICE)
    return [Book(id="book-leaver", lease=LEAVER, tenant=LEAVER, terms=MAY_LEAVE.name, asks=asks, prices=(price,))]
