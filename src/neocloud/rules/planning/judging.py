"""What a request is worth in each of its ways, against the best other use of what it would take."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from neocloud.model.requests import Request, Way
from neocloud.model.world import World
from neocloud.rules.planning.futures import Costs, taken
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.outlook import Outlook, usd

Limit = Literal["", "gpus", "power", "kept", "outside"]
Displaced = Callable[[Outlook], float]
"""What other capacity than now costs, USD: the difference of two best values, over all futures."""

LARGE_RATIO = 0.03
"""From this part of a pool, or of a site's power, on, a marginal price is too low: the difference of values is taken.

Measured on one fleet, it was 2 % too low at 1,024 GPUs, 15 % at 16,384 and 22 % at 40,000.
"""


CLOSE_RATIO = 0.01
"""A desk looks as closely from this part on: it decides for good, and its score in the worst of worlds is better."""


class Verdict(NamedTuple):
    """One way of a request, judged: what it is worth, what it displaces (both USD over the outlook), what it meets.

    `limit` is what stands in its way: GPUs, power, what is kept inside, or the cap on selling outside.
    """

    way: int
    worth_usd: float
    cost_usd: float
    limit: Limit
    is_large: bool

    @property
    def fits(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.limit

    @property
    def net_usd(self) -> float:
        """What is gained by it."""
        return self.worth_usd - self.cost_usd


class Asker(NamedTuple):
    """Who asks: a customer (`outside`), or an inside team whose values are taken times a ratio."""

    outside: bool
    values_ratio: float = 1.0


def asker(world: World, request: Request, values_ratio: float = 1.0) -> Asker:
    """Who makes a request."""
    outside = world.tenants[request.tenant].kind == "customer"
    return Asker(outside, 1.0 if outside else values_ratio)


def judged(
    request: Request, who: Asker, view: Outlook, costs: Costs, displaced: Displaced | None = None
) -> list[Verdict]:
    """Each way of a request, the best that fits first. Without `displaced`, by marginal costs alone."""
    hours = stays_h(request, view)
    found = [_judged(request, i, who, view, costs, displaced, hours) for i in range(len(request.ways))]
    return sorted(found, key=lambda each: (not each.fits, -each.net_usd, each.way))


def stays_h(request: Request, view: Outlook) -> Floats:
    """Expected hours of a request in each period: what it covers, times how likely its tenant is still there."""
    hours = view.grid.covered_h(request.start_at, request.end_at)
    for each in request.exits:
        gone_h = view.grid.covered_h(each.at, request.end_at)
        hours = hours - gone_h * float(each.probability_ratio)
    return np.maximum(hours, 0.0)


def _judged(
    request: Request,
    index: int,
    who: Asker,
    view: Outlook,
    costs: Costs,
    displaced: Displaced | None,
    hours: Floats,
) -> Verdict:
    way = request.ways[index]
    pool = view.index(way.pool)
    first, after = _periods(request, view)
    worth = _worth_usd(way, pool, view, float(hours.sum()), who.values_ratio)
    less = taken(view, pool, way.gpus, first, after, outside=who.outside)
    limit = limit_of(view, pool, way.gpus, first, after, outside=who.outside)
    marginal = way.gpus * float(costs.mean()[pool] @ hours)
    large = is_large(view, pool, way.gpus, first, after, ratio=CLOSE_RATIO)
    verdict = Verdict(index, worth, marginal, limit, large)
    if displaced is None or limit or not large or not _CLEAR < marginal / max(worth, 1e-9) < _HOPEFUL:
        return verdict
    spot = way.gpus * float(costs.spot()[pool] * hours.sum())
    return verdict._replace(cost_usd=spot + displaced(less))


_CLEAR = 0.5
"""A way whose marginal cost is under so much of its worth is gained by whatever the exact cost is."""

_HOPEFUL = 1.25
"""A way whose marginal cost is so much over its worth is not looked at closely: the exact cost is hardly less."""


def _periods(request: Request, view: Outlook) -> tuple[int, int]:
    at = np.array([request.start_at]), np.array([request.end_at])
    first, after = int(view.grid.first(at[0])[0]), int(view.grid.after(at[1])[0])
    return first, max(after, first)


def _worth_usd(way: Way, pool: int, view: Outlook, hours: float, ratio: float) -> float:
    each = 0.0 if way.per_gpu_hour is None else usd(way.per_gpu_hour) * ratio
    return way.gpus * hours * (each - float(view.energy_usd[pool]))


def limit_of(view: Outlook, pool: int, gpus: int, first: int, after: int, *, outside: bool) -> Limit:
    """What stands in the way of GPUs of a pool over some periods; nothing where they fit."""
    site, watts = view.site_of[pool], gpus * view.kw_per_gpu[pool]
    if (view.free_gpus[pool, first:after] < gpus).any():
        return "gpus"
    if (view.free_kw[site, first:after] < watts).any():
        return "power"
    if outside and view.outside_gpus is not None and (view.outside_gpus[pool, first:after] < gpus).any():
        return "kept"
    if outside and view.outside_kw is not None and (view.outside_kw[site, first:after] < watts).any():
        return "outside"
    return ""


def is_large(view: Outlook, pool: int, gpus: int, first: int, after: int, *, ratio: float = LARGE_RATIO) -> bool:
    """Whether it is more than a few per cent of a pool, or of a site's power, at some instant."""
    there, power = view.supply_gpus[pool, first:after], view.supply_kw[view.site_of[pool], first:after]
    if not len(there):
        return False
    return gpus > ratio * float(there.min()) or gpus * view.kw_per_gpu[pool] > ratio * float(power.min())
