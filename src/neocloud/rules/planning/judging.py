"""What a request is worth in each of its ways, against the best other use of what it would take."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from neocloud.model.requests import Request, Way
from neocloud.rules.planning.futures import Costs, taken
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.outlook import Outlook, usd

Displaced = Callable[[Outlook], float]
"""What other capacity than now costs, USD: the difference of two best values, over all futures."""

LARGE_RATIO = 0.01
"""From this part of a pool, or of a site's power, on, a marginal price is too low: the difference of values is taken.

Measured on one fleet, it was 2 % too low at 1,024 GPUs, 15 % at 16,384 and 22 % at 40,000.
"""


class Verdict(NamedTuple):
    """One way of a request, judged: what it is worth, what it displaces (both USD over the outlook), does it fit."""

    way: int
    worth_usd: float
    cost_usd: float
    fits: bool
    is_large: bool

    @property
    def net_usd(self) -> float:
        """What is gained by it."""
        return self.worth_usd - self.cost_usd


def judged(
    request: Request, view: Outlook, costs: Costs, displaced: Displaced | None, *, values_ratio: float = 1.0
) -> list[Verdict]:
    """Each way of a request, the best that fits first. Without `displaced`, by marginal costs alone."""
    hours = stays_h(request, view)
    found = [_judged(request, i, view, costs, displaced, hours, values_ratio) for i in range(len(request.ways))]
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
    view: Outlook,
    costs: Costs,
    displaced: Displaced | None,
    hours: Floats,
    ratio: float,
) -> Verdict:
    way = request.ways[index]
    pool = view.index(way.pool)
    first, after = _periods(request, view)
    worth = _worth_usd(way, pool, view, float(hours.sum())) * ratio
    fits = _fits(view, pool, way.gpus, first, after)
    marginal = way.gpus * float(costs.mean()[pool] @ hours)
    large = is_large(view, pool, way.gpus, first, after)
    if displaced is None or not (fits and large and _CLEAR < marginal / max(worth, 1e-9) < _HOPEFUL):
        return Verdict(index, worth, marginal, fits, large)
    spot = way.gpus * float(costs.spot()[pool] * hours.sum())
    return Verdict(index, worth, spot + displaced(taken(view, pool, way.gpus, first, after)), fits, large)


_CLEAR = 0.5
"""A way whose marginal cost is under so much of its worth is gained by whatever the exact cost is."""

_HOPEFUL = 1.25
"""A way whose marginal cost is so much over its worth is not looked at closely: the exact cost is hardly less."""


def _periods(request: Request, view: Outlook) -> tuple[int, int]:
    at = np.array([request.start_at]), np.array([request.end_at])
    first, after = int(view.grid.first(at[0])[0]), int(view.grid.after(at[1])[0])
    return first, max(after, first)


def _worth_usd(way: Way, pool: int, view: Outlook, hours: float) -> float:
    each = 0.0 if way.per_gpu_hour is None else usd(way.per_gpu_hour)
    return way.gpus * hours * (each - float(view.energy_usd[pool]))


def _fits(view: Outlook, pool: int, gpus: int, first: int, after: int) -> bool:
    free_gpus, free_kw = view.free_gpus[pool, first:after], view.free_kw[view.site_of[pool], first:after]
    return bool((free_gpus >= gpus).all() and (free_kw >= gpus * view.kw_per_gpu[pool]).all())


def is_large(view: Outlook, pool: int, gpus: int, first: int, after: int) -> bool:
    """Whether it is more than a few per cent of a pool, or of a site's power, at some instant."""
    there, power = view.supply_gpus[pool, first:after], view.supply_kw[view.site_of[pool], first:after]
    if not len(there):
        return False
    return gpus > LARGE_RATIO * float(there.min()) or gpus * view.kw_per_gpu[pool] > LARGE_RATIO * float(power.min())
