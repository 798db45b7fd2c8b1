"""A request by itself: each of its ways per GPU-hour, and what the same capacity is worth in its best other use."""

from typing import NamedTuple

import numpy as np

from neocloud.model.requests import Request
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.judging import Asker, judged, stays_h
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


def ways_of(request: Request, who: Asker, view: Outlook, costs: Costs) -> list[WayCost]:
    """Each way of a request, in its order."""
    verdicts = sorted(judged(request, who, view, costs), key=lambda each: each.way)
    hours = stays_h(request, view)
    share = hours / max(float(hours.sum()), 1e-9)
    return [_way(request, each.way, view, costs, share, fits=each.fits, net=each.net_usd) for each in verdicts]


def _way(
    request: Request, index: int, view: Outlook, costs: Costs, share: Floats, *, fits: bool, net: float
) -> WayCost:
    way = request.ways[index]
    pool = view.index(way.pool)
    gpu = costs.gpu_usd[:, pool] @ share
    power = costs.kwh_usd[:, view.site_of[pool]] @ share * view.kw_per_gpu[pool]
    low, high = np.quantile(gpu + power, [0.1, 0.9])
    return WayCost(
        pool=way.pool,
        gpus=way.gpus,
        fits=fits,
        free_gpus=int(view.free_gpus[pool, share > 0].min(initial=np.inf)) if share.any() else 0,
        offered_usd=0.0 if way.per_gpu_hour is None else usd(way.per_gpu_hour),
        energy_usd=float(view.energy_usd[pool]),
        mean_usd=float((gpu + power).mean()),
        low_usd=float(low),
        high_usd=float(high),
        gpu_usd=float(gpu.mean()),
        power_usd=float(power.mean()),
        net_usd=net,
    )
