"""Worlds of requests: what is asked for over 84 days, and what is really there to serve it.

A world is one site under one power cap with three pools, and about 1,000 requests, all or nothing, which come one by
one. Whoever decides knows the forecast and what has happened; how demand and supply really come is drawn here, from
a seed. The order of draws is part of a world: another order makes another world.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.decisions.demand import (
    CLASSES,
    DAYS,
    HOURS,
    INSIDE,
    LEAST_GPUS,
    MOST_GPUS,
    TIED_RATIO,
    Demand,
    Floats,
    Ints,
)
from benchmarks.decisions.pools import GPUS, LARGEST_RATIO, POOLS, POWER_KW, SELL_UNIT_GPUS, SPEED, SPOT_USD

STAYS_RATIO = 0.4
"""What there is to sell while a large customer stays."""


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
