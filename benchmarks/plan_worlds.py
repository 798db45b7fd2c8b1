"""Made-up ledgers to plan on: groups of three pools at each site, day-aligned leases, demand for each group."""

import random
from decimal import Decimal
from typing import NamedTuple

from neocloud.model.commands import Apply, Ask, Book, PriceAsk
from neocloud.model.entries import Noun
from neocloud.model.fleet import Pool, PowerStep, Site
from neocloud.model.forecasts import Cycle, Forecast, Served
from neocloud.model.plans import Energy, Scenario, Spot
from neocloud.model.tenants import Tenant
from neocloud.operations.directory import SHIPPED_TERMS
from neocloud.operations.ledger import Ledger
from neocloud.store.journal import Journal
from neocloud.units import DAY_S, Money

NOW = 1_798_761_600  # 2027-01-01
DAYS = 84
GPUS, GROUP, UNIT_GPUS, WATTS = 8_192, 3, 8, 1_400
POWERED_RATIO = Decimal("0.85")
"""A site powers so much of what it holds: power is scarce at some instants, GPUs at others."""

TENANTS = 100


class Size(NamedTuple):
    """So many live leases in so many pools at so many sites."""

    leases: int
    pools: int
    sites: int


def stocked(journal: Journal, size: Size) -> Ledger:
    """A ledger of that size; the same size is always the same ledger."""
    ledger = Ledger(journal)
    nouns: list[Noun] = [*SHIPPED_TERMS, *_sites(size), *_pools(size), *_forecasts(size)]
    nouns += [Tenant(id=f"t{i}", kind="customer") for i in range(TENANTS)]
    ledger.submit(*(Apply(id=f"fleet-{i}", noun=noun) for i, noun in enumerate(nouns)), now=NOW)
    chance = random.Random(7)
    ledger.submit_each([booking(chance, size, f"lease-{i}") for i in range(size.leases)], NOW)
    assert len(ledger.world.leases) > 0.95 * size.leases, "they should fit"
    return ledger


def booking(chance: random.Random, size: Size, name: str, *, most_gpus: int = 512) -> Book:
    """A lease of 8 GPUs or more, of one to forty days, from some day of the horizon on."""
    start_at = NOW + DAY_S * chance.randrange(DAYS - 14)
    ask = Ask(
        pool=f"p{chance.randrange(size.pools)}",
        gpus=UNIT_GPUS * chance.randint(1, most_gpus // UNIT_GPUS),
        start_at=start_at,
        end_at=start_at + DAY_S * chance.randint(1, 40),
    )
    price = PriceAsk(per="gpu_hour", amount=Money.of(Decimal("2.35")))
    tenant = f"t{chance.randrange(TENANTS)}"
    return Book(id=f"book-{name}", lease=name, tenant=tenant, terms="reserved", asks=(ask,), prices=(price,))


def scenario(size: Size) -> Scenario:
    """What is expected: spot to some depth, energy, to the end of the horizon."""
    spot = Money.of(Decimal("0.6"))
    return Scenario(
        until_at=NOW + DAYS * DAY_S,
        since_at=NOW,
        spot=tuple(Spot(pool=f"p{i}", per_gpu_hour=spot, depth_gpus=GPUS // 4) for i in range(size.pools)),
        energy=tuple(Energy(site=f"s{i}", per_mwh=Money.of(Decimal(60))) for i in range(size.sites)),
    )


def _sites(size: Size) -> list[Noun]:
    watts = [sum(GPUS * WATTS for pool in range(size.pools) if pool % size.sites == i) for i in range(size.sites)]
    return [Site(id=f"s{i}", power=(PowerStep(watts=int(total * POWERED_RATIO)),)) for i, total in enumerate(watts)]


def _pools(size: Size) -> list[Noun]:
    return [
        Pool(
            id=f"p{i}",
            site=f"s{i % size.sites}",
            gpu=f"kind-{i % GROUP}",
            it_watts_per_gpu=WATTS,
            installed_gpus=GPUS,
            sell_unit_gpus=UNIT_GPUS,
        )
        for i in range(size.pools)
    ]


def _forecasts(size: Size) -> list[Noun]:
    """Of each group of pools one class inside and one outside, of a request a day each."""
    cycle = Cycle(
        period_s=DAYS * DAY_S,
        rising_at=NOW,
        swing_ratio=Decimal("0.5"),
        price_swing_ratio=Decimal("0.2"),
        rising_sd_s=7 * DAY_S,
    )
    return [
        Forecast(
            id=f"{kind}-{group}",
            kind=kind,
            requests_per_day=Decimal(1),
            pools=tuple(Served(pool=f"p{i}") for i in range(group, min(group + GROUP, size.pools))),
            median_gpus=512,
            size_sd_ratio=Decimal(1),
            most_gpus=4_096,
            duration_s=20 * DAY_S,
            lead_s=7 * DAY_S,
            per_gpu_hour=Money.of(Decimal("2.2")),
            price_sd_ratio=Decimal("0.3"),
            tied_ratio=Decimal("0.3"),
            level_sd_ratio=Decimal("0.3"),
            market="market",
            cycle=cycle,
        )
        for group in range(0, size.pools, GROUP)
        for kind in ("customer", "inside")
    ]
