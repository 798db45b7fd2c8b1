"""Worlds of requests: what is asked for over 84 days, and what is really there to serve it.

A world is one site under one power cap with three pools, and about 1,000 requests, all or nothing, which come one by
one. Whoever decides knows the forecast and what has happened; how demand and supply really come is drawn here, from
a seed. The order of draws is part of a world: another order makes another world.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS, HOURS = 84, 24.0
LEAST_GPUS, MOST_GPUS = 256, 60_000
"""The size of a request, in reference GPUs."""

SELL_UNIT_GPUS = 8
TIED_RATIO = 0.35
"""Of all requests, those that can use one pool only."""

COLLAPSED_RATIO = 0.35
"""What is left of arrivals after a collapse."""

STAYS_RATIO = 0.4
"""What there is to sell while a large customer stays."""


class PoolOf(NamedTuple):
    """A pool; a GPU of it does the work of `speed` reference GPUs, and earns `spot_usd` an hour while it is idle."""

    id: str
    gpus: int
    watts_per_gpu: int
    speed: float
    spot_usd: float
    tied_share: float


POOLS = (
    PoolOf("h100", 150_000, 1_300, 1.0, 0.55, 0.5),
    PoolOf("h200", 50_000, 1_350, 1.25, 0.65, 0.2),
    PoolOf("gb200", 30_000, 2_100, 2.8, 1.50, 0.3),
)
GPUS = np.array([pool.gpus for pool in POOLS])
KW_PER_GPU = np.array([pool.watts_per_gpu / 1_000 for pool in POOLS])
SPEED = np.array([pool.speed for pool in POOLS])
SPOT_USD = np.array([pool.spot_usd for pool in POOLS])
POWER_KW = 0.97 * float(GPUS @ KW_PER_GPU)

LARGEST_RATIO = 0.9
"""A request for more than this of a pool cannot use it."""


class ClassOf(NamedTuple):
    """A class of demand: its share of arrivals, sizes in reference GPUs, and USD per reference-GPU-hour.

    Sizes and prices are lognormal around a median (`_sd` is of the logarithm), durations Gamma of shape 2 and leads
    exponential around a mean. The price of an inside class is what it is worth inside.
    """

    id: str
    share: float
    median_gpus: float
    size_sd: float
    duration_days: float
    lead_days: float
    median_usd: float
    price_sd: float
    inside: bool


CLASSES = (
    ClassOf("inside-training", 0.08, 6_144, 0.8, 28, 7.0, 2.60, 0.45, inside=True),
    ClassOf("inside-product", 0.17, 1_536, 0.7, 14, 3.0, 2.20, 0.40, inside=True),
    ClassOf("outside-reserved", 0.20, 3_072, 0.9, 35, 10.0, 1.90, 0.22, inside=False),
    ClassOf("outside-short", 0.35, 1_024, 0.8, 7, 2.0, 2.30, 0.30, inside=False),
    ClassOf("outside-burst", 0.20, 512, 0.7, 2, 0.5, 2.90, 0.35, inside=False),
)
INSIDE = np.array([each.inside for each in CLASSES])


@dataclass(frozen=True)
class Demand:
    """How requests arrive, as a forecast states it, or as a world really does it.

    `requests` are expected over the horizon; volume swings by `swing_ratio` and outside prices by
    `price_swing_ratio` in a cycle of `phase` (in radians); sizes are `size` times those of their class.
    """

    requests: float = 1_000.0
    swing_ratio: float = 0.6
    price_swing_ratio: float = 0.25
    phase: float = 0.0
    level: float = 1.0
    size: float = 1.0
    collapse_day: int = DAYS

    def cycle(self, day: Floats) -> Floats:
        """Where the cycle stands, from -1 to 1."""
        wave: Floats = np.sin(2 * np.pi * (day / DAYS - 0.25) + self.phase)
        return wave

    def per_day(self, day: Floats) -> Floats:
        """Expected arrivals a day."""
        left: Floats = np.where(day >= self.collapse_day, COLLAPSED_RATIO, 1.0)
        swung: Floats = np.maximum(0, 1 + self.swing_ratio * self.cycle(day))
        return self.level * self.requests / DAYS * swung * left


@dataclass(frozen=True)
class Requests:
    """Columns, a row for each request, in order of arrival. `gpus` is (requests, pools), 0 where a pool cannot serve.

    `kind` counts in CLASSES; `usd_per_h` is for all of the request while it runs.
    """

    arrival_day: Floats
    start_day: Ints
    end_day: Ints
    kind: Ints
    usd_per_h: Floats
    gpus: Ints

    def __len__(self) -> int:
        return len(self.arrival_day)

    @property
    def hours(self) -> Floats:
        """How long each runs."""
        return (self.end_day - self.start_day).astype(np.float64) * HOURS

    def value_usd(self) -> Floats:
        """What each is worth above the spot value of its GPUs, (requests, pools); -inf where a pool cannot serve."""
        net = self.hours[:, None] * (self.usd_per_h[:, None] - self.gpus * SPOT_USD)
        worth: Floats = np.where(self.gpus > 0, net, -np.inf)
        return worth


@dataclass(frozen=True)
class World:
    """Requests and supply as they really come, by day, and what is known of them before: forecast and expected.

    Where a large customer leaves, `leaves_on` is the day; what its GPUs are before that is no supply.
    """

    name: str
    seed: int
    requests: Requests
    supply_gpus: Ints
    power_kw: Floats
    forecast: Demand
    expected_gpus: Ints
    leaves_on: int | None = None


WORLDS = ("right", "wrong", "collapse", "late_site", "leaver", "big_gangs")


def generate(name: str, seed: int) -> World:
    """The world of a name (one of WORLDS) and a seed."""
    chance = np.random.default_rng([seed, WORLDS.index(name)])
    forecast = Demand(requests=330, size=3.0) if name == "big_gangs" else Demand()
    truth, leaves_on = forecast, None
    supply_gpus = np.tile(GPUS, (DAYS, 1))
    expected_gpus = supply_gpus.copy()
    if name == "wrong":
        level = float(np.exp(0.3 * chance.standard_normal() - 0.045))
        truth = Demand(level=level, phase=float(0.5 * chance.standard_normal()))
    elif name == "collapse":
        truth = Demand(collapse_day=DAYS // 2)
    elif name == "late_site":
        expected_gpus[:21, 2] = 0
        supply_gpus[: 21 + int(chance.integers(14, 29)), 2] = 0
    elif name == "leaver":
        leaves_on = int(chance.integers(28, 50))
        expected_gpus[:] = supply_gpus[:leaves_on] = _whole_units(STAYS_RATIO * GPUS)
    requests = draw(truth, chance)
    power_kw = np.full(DAYS, POWER_KW)
    return World(name, seed, requests, supply_gpus, power_kw, forecast, expected_gpus, leaves_on)


def _whole_units(gpus: Floats) -> Ints:
    return gpus.astype(np.int64) // SELL_UNIT_GPUS * SELL_UNIT_GPUS


def draw(demand: Demand, chance: np.random.Generator) -> Requests:
    """The requests of a whole horizon."""
    days = np.arange(DAYS, dtype=np.float64)
    day_of_each = np.repeat(days, chance.poisson(demand.per_day(days + 0.5)))
    arrival_day = np.sort(day_of_each + chance.random(len(day_of_each)))
    count = len(arrival_day)
    kind = chance.choice(len(CLASSES), count, p=[each.share for each in CLASSES])
    size = demand.size * _of("median_gpus", kind) * np.exp(_of("size_sd", kind) * chance.standard_normal(count))
    size = np.clip(size, LEAST_GPUS, MOST_GPUS)
    duration = np.maximum(1, np.round(chance.gamma(2, _of("duration_days", kind) / 2))).astype(np.int64)
    start = np.ceil(arrival_day + chance.exponential(_of("lead_days", kind)))
    start_day = np.minimum(DAYS - 1, start).astype(np.int64)
    usd = _of("median_usd", kind) * np.exp(_of("price_sd", kind) * chance.standard_normal(count))
    usd *= np.where(INSIDE[kind], 1.0, 1 + demand.price_swing_ratio * demand.cycle(arrival_day))
    gpus = _gpus(size, chance)
    return Requests(arrival_day, start_day, np.minimum(DAYS, start_day + duration), kind, usd * size, gpus)


def _of(figure: str, kind: Ints) -> Floats:
    """A figure of the class of each request."""
    return np.array([getattr(each, figure) for each in CLASSES], dtype=np.float64)[kind]


def _gpus(size: Floats, chance: np.random.Generator) -> Ints:
    """GPUs of each pool that do the work of `size` reference GPUs, in whole sell units; 0 where it cannot serve."""
    served = np.ones((len(size), len(POOLS)), dtype=bool)
    tied = chance.random(len(size)) < TIED_RATIO
    one_pool = np.eye(len(POOLS), dtype=bool)
    served[tied] = one_pool[chance.choice(len(POOLS), tied.sum(), p=[pool.tied_share for pool in POOLS])]
    gpus = (np.ceil(size[:, None] / SPEED / SELL_UNIT_GPUS) * SELL_UNIT_GPUS).astype(np.int64)
    return np.where(served & (gpus <= LARGEST_RATIO * GPUS), gpus, 0)
