"""Plain policies, to compare with: first come first served, inside first, revenue first.

Each decides on a request from what is free by day, `(days, pools)` of GPUs and `(days,)` of kW, and answers with the
pool (in POOLS) that it goes into, or with None.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmarks.decisions.demand import DAYS, INSIDE, Demand, Floats, Ints
from benchmarks.decisions.known import View
from benchmarks.decisions.pools import GPUS, KW_PER_GPU, POOLS, SPEED, SPOT_USD
from benchmarks.decisions.worlds import Requests, World, draw

STREAMS, STREAMS_SEED = 40, 20_260_101
"""Expected demand is the mean of so many streams drawn from the forecast; always the same ones."""


@dataclass(frozen=True)
class Asked:
    """A request as a policy sees it; `gpus` and `value_usd` (above spot) by pool, 0 and -inf where none can serve."""

    inside: bool
    start_day: int
    end_day: int
    gpus: Ints
    value_usd: Floats

    @property
    def days(self) -> slice:
        """The days it runs."""
        return slice(self.start_day, self.end_day)


Decide = Callable[[Asked, int, Floats, Floats, View], int | None]
"""From a request, today, the GPUs and kW that are free by day, and what is known, to a pool or None."""


def rows_asked(world: World) -> list[Asked]:
    """The requests of a world, one by one."""
    rows, value_usd = world.requests, world.requests.value_usd()
    columns = INSIDE[rows.kind].tolist(), rows.start_day.tolist(), rows.end_day.tolist()
    return [Asked(*row) for row in zip(*columns, rows.gpus, value_usd, strict=True)]


def first_come(asked: Asked, today: int, free: Floats, power: Floats, view: View) -> int | None:
    """Whatever fits, into the pool where it is worth most."""
    return next(iter(_fitting(asked, free, power)), None)


def inside_first(asked: Asked, today: int, free: Floats, power: Floats, view: View) -> int | None:
    """Inside requests as they come; outside ones where the inside demand that is still expected fits beside them."""
    return _beside(asked, today, free, power, view, protected_inside=True)


def revenue_first(asked: Asked, today: int, free: Floats, power: Floats, view: View) -> int | None:
    """Outside requests as they come; inside ones where the outside demand that is still expected fits beside them."""
    return _beside(asked, today, free, power, view, protected_inside=False)


BASELINES: dict[str, Decide] = {
    "first_come": first_come,
    "inside_first": inside_first,
    "revenue_first": revenue_first,
}


def why_not(asked: Asked, free: Floats, power: Floats) -> str:
    """Why a plain policy declined."""
    if not (asked.gpus > 0).any():
        return "no pool can serve it"
    if not (asked.value_usd > 0).any():
        return "worth less than spot"
    return "kept for others" if _fitting(asked, free, power) else "no room"


def _beside(
    asked: Asked, today: int, free: Floats, power: Floats, view: View, *, protected_inside: bool
) -> int | None:
    if asked.inside != protected_inside:
        expected = expected_gpus(view.forecast, protected_inside)[today]
        free, power = free - expected, power - expected @ KW_PER_GPU
    return next(iter(_fitting(asked, free, power)), None)


def _fitting(asked: Asked, free: Floats, power: Floats) -> list[int]:
    """The pools in which it fits and is worth more than spot, best first.

    Best is where its GPUs would earn least as spot. Two pools are often equal there, and exactly so; values are
    not, once prices have been rounded to nano-units.
    """
    days, order = asked.days, np.argsort(asked.gpus * SPOT_USD, kind="stable")
    pools = [pool for pool in order.tolist() if asked.value_usd[pool] > 0]
    least_kw = power[days].min()
    return [
        pool
        for pool in pools
        if free[days, pool].min() >= asked.gpus[pool] and least_kw >= asked.gpus[pool] * KW_PER_GPU[pool]
    ]


@lru_cache(maxsize=8)
def expected_gpus(forecast: Demand, inside: bool) -> Floats:
    """GPUs that requests still to come are expected to take: (today, day, pool), of those that arrive after today.

    A request that can use several pools counts to each in proportion to the work that the pool can do.
    """
    chance = np.random.default_rng(STREAMS_SEED)
    taken = np.zeros((DAYS, DAYS, len(POOLS)))
    for _ in range(STREAMS):
        _count(draw(forecast, chance), inside, taken)
    later = np.cumsum(taken[::-1], axis=0)[::-1]
    after = np.concatenate([later[1:], np.zeros((1, DAYS, len(POOLS)))])
    return after / STREAMS


def _count(stream: Requests, inside: bool, taken: Floats) -> None:
    """Add the GPUs of a stream to the day of arrival and the days on which they run."""
    share = np.where(stream.gpus > 0, GPUS * SPEED, 0.0)
    gpus = stream.gpus * share / np.maximum(1.0, share.sum(axis=1, keepdims=True))
    for row in np.flatnonzero(INSIDE[stream.kind] == inside).tolist():
        taken[int(stream.arrival_day[row]), stream.start_day[row] : stream.end_day[row]] += gpus[row]
