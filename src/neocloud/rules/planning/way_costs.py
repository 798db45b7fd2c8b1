"""A request by itself: each of its ways per GPU-hour, and what the same capacity is worth in its best other use."""

from typing import NamedTuple

import numpy as np

from neocloud.model.requests import Request, Way
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.judging import stays_h
from neocloud.rules.planning.outlook import Outlook, usd


class WayCost(NamedTuple):
    """One way, USD per GPU-hour that its tenant is expected to stay; `net_usd` is for all of it.

    The opportunity cost has a mean, its range over the futures (one of ten below, one of ten above), and two parts.
    """

    pool: str
    gpus: int
    fits: bool
    free_gpus: int
    offered_usd: float
    energy_usd: float
    mean_usd: float
    low_usd: float
    high_usd: float
    gpu_usd: float
    power_usd: float
    net_usd: float


def ways_of(request: Request, view: Outlook, costs: Costs) -> list[WayCost]:
    """Each way of a request, in its order, as if it were alone."""
    return [_way(way, view, costs, stays_h(request, view)) for way in request.ways]


def _way(way: Way, view: Outlook, costs: Costs, hours: Floats) -> WayCost:
    pool, total_h = view.index(way.pool), float(hours.sum())
    site, share = view.site_of[pool], hours / max(total_h, 1e-9)
    gpu = costs.gpu_usd[:, pool] @ share
    power = costs.kwh_usd[:, site] @ share * view.kw_per_gpu[pool]
    low, high = np.quantile(gpu + power, [0.1, 0.9])
    offered = 0.0 if way.per_gpu_hour is None else usd(way.per_gpu_hour)
    free_gpus = view.free_gpus[pool, share > 0].min(initial=np.inf) if total_h else 0.0
    free_kw = view.free_kw[site, share > 0].min(initial=np.inf) if total_h else 0.0
    return WayCost(
        pool=way.pool,
        gpus=way.gpus,
        fits=bool(way.gpus <= free_gpus and way.gpus * view.kw_per_gpu[pool] <= free_kw),
        free_gpus=int(free_gpus),
        offered_usd=offered,
        energy_usd=float(view.energy_usd[pool]),
        mean_usd=float((gpu + power).mean()),
        low_usd=float(low),
        high_usd=float(high),
        gpu_usd=float(gpu.mean()),
        power_usd=float(power.mean()),
        net_usd=way.gpus * total_h * (offered - float(view.energy_usd[pool]) - float((gpu + power).mean())),
    )
