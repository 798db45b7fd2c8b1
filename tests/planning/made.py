"""Small ledgers to plan on: two sites, three pools of 8-GPU units, an inside team, two customers, days from DAY_0."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from tempfile import TemporaryDirectory

import numpy as np
from msgspec.structs import replace

from neocloud.model.commands import Apply, Ask, Book, Command, PriceAsk
from neocloud.model.entries import Noun
from neocloud.model.fleet import Pool, PowerStep, Site
from neocloud.model.forecasts import Forecast, Served
from neocloud.model.leases import InternalValue
from neocloud.model.plans import Energy, Scenario, Spot
from neocloud.model.requests import Request, Way
from neocloud.model.tenants import Tenant
from neocloud.operations.directory import SHIPPED_TERMS
from neocloud.operations.ledger import Ledger
from neocloud.rules.planning.grid import Grid
from neocloud.rules.planning.outlook import Outlook
from neocloud.store import open_journal
from neocloud.units import DAY_S, Money

DAY_0 = 1_798_761_600  # 2027-01-01
UNIT_GPUS = 8
POOLS = {"a": "north", "b": "north", "c": "south"}
TERMS = ("reserved", "reclaimable-90d", "on-demand", "spot")


def day(number: float) -> int:
    """The instant at which a day of a plan begins; day 0 is when it is made."""
    return DAY_0 + round(number * DAY_S)


def usd(amount: float) -> Money:
    return Money.of(Decimal(str(round(amount, 6))))


def fleet(gpus: int = 64, watts: int = 80_000) -> list[Noun]:
    """Sites, pools of so many GPUs at 1 kW each, tenants."""
    nouns: list[Noun] = [Site(id=site, power=(PowerStep(watts=watts),)) for site in ("north", "south")]
    nouns += [
        Pool(
            id=pool,
            site=site,
            gpu="H100",
            it_watts_per_gpu=1_000,
            installed_gpus=gpus,
            sell_unit_gpus=UNIT_GPUS,
        )
        for pool, site in POOLS.items()
    ]
    nouns += [Tenant(id=each, kind="customer") for each in ("acme", "globex")]
    return [*nouns, Tenant(id="team", kind="inside")]


@contextmanager
def ledgers(nouns: Iterable[Noun] | None = None, *commands: Command) -> Iterator[Ledger]:
    """A new ledger on day 0, with a fleet and what was booked."""
    with TemporaryDirectory() as folder, closing(open_journal(f"sqlite:{folder}/journal", create=True)) as journal:
        ledger = Ledger(journal)
        every = [*SHIPPED_TERMS, *(fleet() if nouns is None else nouns)]
        applied = [Apply(id=f"noun-{i}", noun=noun) for i, noun in enumerate(every)]
        ledger.submit(*applied, *commands, now=DAY_0)
        yield ledger


def lease(
    name: str,
    pool: str,
    gpus: int,
    start: float,
    end: float,
    *,
    tenant: str = "acme",
    terms: str = "reserved",
    price: float = 2,
    protected: bool = False,
) -> Book:
    """The booking of a lease, in days; of the team at a value."""
    ask = Ask(pool=pool, gpus=gpus, start_at=day(start), end_at=day(end))
    inside = tenant == "team"
    return Book(
        id=f"book-{name}",
        lease=name,
        tenant=tenant,
        terms=terms,
        asks=(ask,),
        prices=() if inside else (PriceAsk(per="gpu_hour", amount=usd(price)),),
        value=InternalValue(per_gpu_hour=usd(price)) if inside else None,
        protected=protected,
    )


def wish(
    name: str,
    ways: dict[str, tuple[int, float]],
    start: float,
    end: float,
    *,
    tenant: str = "acme",
    rank: int | None = None,
    latest: float | None = None,
    divisible: bool = False,
    arrived: float = 0,
) -> Request:
    """A request: by pool the GPUs and the price per GPU-hour (none where a rank is given), in days."""
    priced = rank is None
    return Request(
        id=name,
        tenant=tenant,
        ways=tuple(
            Way(pool=pool, gpus=gpus, per_gpu_hour=usd(price) if priced else None)
            for pool, (gpus, price) in ways.items()
        ),
        start_at=day(start),
        end_at=day(end),
        arrived_at=day(arrived),
        rank=rank,
        latest_start_at=None if latest is None else day(latest),
        divisible=divisible,
    )


def put(name: str, ways: dict[str, tuple[int, float]], start: float, end: float, *, tenant: str = "acme") -> Request:
    """A promise to take what is unsold: by pool at most so many GPUs, and the price per GPU-hour, in days."""
    return replace(wish(name, ways, start, end, tenant=tenant), put=True)


def forecast(
    name: str = "outside",
    *,
    per_day: float = 1.0,
    gpus: int = 16,
    price: float = 2.0,
    pools: Iterable[str] = ("a", "b", "c"),
    **more: object,
) -> Forecast:
    """A class of demand of which everything that may spread does, unless told otherwise."""
    said: dict[str, object] = {
        "kind": "customer",
        "size_sd_ratio": Decimal("0.4"),
        "least_gpus": 8,
        "most_gpus": 48,
        "duration_s": 4 * DAY_S,
        "lead_s": DAY_S,
        "price_sd_ratio": Decimal("0.3"),
    }
    return Forecast(
        id=name,
        requests_per_day=Decimal(str(per_day)),
        pools=tuple(Served(pool=pool) for pool in pools),
        median_gpus=gpus,
        per_gpu_hour=usd(price),
        **{**said, **more},  # type: ignore[arg-type]
    )


def scenario(days: int = 20, **more: object) -> Scenario:
    """A scenario that looks so many days ahead; energy costs 50 USD a MWh, and spot earns 0.4 in pool a."""
    said: dict[str, object] = {
        "spot": (Spot(pool="a", per_gpu_hour=usd(0.4), depth_gpus=32),),
        "energy": (Energy(site="north", per_mwh=usd(50)), Energy(site="south", per_mwh=usd(50))),
        "since_at": DAY_0,
    }
    return Scenario(until_at=day(days), **{**said, **more})  # type: ignore[arg-type]


def bare(
    free_gpus: np.ndarray,
    free_kw: np.ndarray | None = None,
    *,
    cuts: Iterable[int] | None = None,
    spot_usd: float = 0.0,
    spot_gpus: float = np.inf,
    spot_kw: float = 0.0,
    outside_kw: np.ndarray | None = None,
) -> Outlook:
    """An outlook without a ledger: pools (rows) of one site, 1 kW a GPU, in periods of a day unless cut otherwise."""
    gpus = np.asarray(free_gpus, dtype=np.float64)
    pools, length = gpus.shape
    at = [day(i) for i in range(length + 1)] if cuts is None else list(cuts)
    watts = np.full((1, length), gpus.sum(axis=0).max() * 2) if free_kw is None else np.asarray(free_kw, np.float64)
    return Outlook(
        grid=Grid(np.array(at, dtype=np.int64)),
        pools=tuple(f"p{i}" for i in range(pools)),
        sites=("site",),
        site_of=np.zeros(pools, dtype=np.int64),
        kw_per_gpu=np.ones(pools),
        sell_unit_gpus=np.ones(pools),
        supply_gpus=gpus,
        supply_kw=watts,
        free_gpus=gpus,
        free_kw=watts,
        spot_usd=np.full(pools, spot_usd),
        spot_gpus=np.full(pools, spot_gpus),
        spot_kw_per_gpu=np.full(pools, spot_kw),
        energy_usd=np.zeros(pools),
        outside_kw=outside_kw,
    )
