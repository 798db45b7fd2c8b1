"""Opportunity costs as rows: of a pool or a site over a stretch, with their range, their parts, and what binds."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from neocloud.errors import Unknown
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.grid import Floats
from neocloud.timeline import Span
from neocloud.units import DAY_S

Binds = Literal["gpus", "power", "neither"]

_DIGITS = 4
_STEPS_S = tuple(days * DAY_S for days in (1, 7, 14, 28, 91, 364))
_MOST_STRETCHES = 30
LOW_RATIO, HIGH_RATIO = 0.1, 0.9
"""The range: one of ten futures lies below it, and one above."""


class CostRow(NamedTuple):
    """What a GPU-hour of a pool (USD), or a MWh of a site (USD), is worth over a stretch in its best other use.

    `low_usd` and `high_usd` are its range over the futures; `gpu_usd` and `power_usd` are the parts of the mean.
    """

    id: str
    unit: Literal["gpu_hour", "mwh"]
    start_at: int
    end_at: int
    mean_usd: float
    low_usd: float
    high_usd: float
    gpu_usd: float
    power_usd: float
    binds: Binds


def cost_rows(costs: Costs, pools: Sequence[str], sites: Sequence[str]) -> list[CostRow]:
    """The rows of pools and sites over time; neighbours that are equal are one. Raises Unknown."""
    found = [_pool_rows(costs, _index("pool", name, costs.view.pools)) for name in pools]
    found += [_site_rows(costs, _index("site", name, costs.view.sites)) for name in sites]
    return [row for rows in found for row in _joined(rows)]


def whole(costs: Costs) -> list[CostRow]:
    """One row for each pool and site: the mean over the whole horizon, and its range over the futures."""
    return _over(costs, costs.view.grid.within)


def stretches(costs: Costs) -> list[list[CostRow]]:
    """The same over stretches of one length, one after the other, few enough to be drawn: days, weeks, or longer.

    What a lease displaces lies on single days in each future, and on others in the next: over a week that evens out.
    """
    within = costs.view.grid.within
    span_s = within.end_at - within.start_at
    step_s = next((each for each in _STEPS_S if span_s <= each * _MOST_STRETCHES), _STEPS_S[-1])
    # A rest of less than half a stretch goes with the last one: by itself it would be as loud as a whole one.
    inner = range(within.start_at + step_s, within.end_at - step_s // 2, step_s)
    cuts = [within.start_at, *inner, within.end_at]
    return [_over(costs, Span(*each)) for each in pairwise(cuts)]


def _over(costs: Costs, within: Span) -> list[CostRow]:
    """A row for each pool and site: the mean over a span by hours, and its range over the futures."""
    view = costs.view
    hours = view.grid.covered_h(*within)
    share = hours / max(float(hours.sum()), 1e-9)
    over = Costs(view=view, gpu_usd=costs.gpu_usd * share, kwh_usd=costs.kwh_usd * share)
    rows = [_pool_row(over, i, slice(None), *within) for i in range(len(view.pools))]
    return rows + [_site_row(over, i, slice(None), *within) for i in range(len(view.sites))]


def _index(kind: str, name: str, known: Sequence[str]) -> int:
    if name not in known:
        raise Unknown(kind, name, known)
    return known.index(name)


def _pool_rows(costs: Costs, pool: int) -> list[CostRow]:
    cuts = costs.view.grid.cuts.tolist()
    return [_pool_row(costs, pool, slice(k, k + 1), cuts[k], cuts[k + 1]) for k in range(len(costs.view.grid))]


def _site_rows(costs: Costs, site: int) -> list[CostRow]:
    cuts = costs.view.grid.cuts.tolist()
    return [_site_row(costs, site, slice(k, k + 1), cuts[k], cuts[k + 1]) for k in range(len(costs.view.grid))]


def _pool_row(costs: Costs, pool: int, periods: slice, start_at: int, end_at: int) -> CostRow:
    """A pool over some periods, whose costs are added."""
    view = costs.view
    gpu = costs.gpu_usd[:, pool, periods].sum(axis=1)
    power = costs.kwh_usd[:, view.site_of[pool], periods].sum(axis=1) * view.kw_per_gpu[pool]
    beyond_spot = float(gpu.mean()) - float(costs.spot()[pool])
    return CostRow(
        view.pools[pool], "gpu_hour", start_at, end_at, *_range(gpu + power), _rounded(gpu), _rounded(power),
        _binds(beyond_spot, float(power.mean())),
    )  # fmt: skip


def _site_row(costs: Costs, site: int, periods: slice, start_at: int, end_at: int) -> CostRow:
    per_mwh = costs.kwh_usd[:, site, periods].sum(axis=1) * 1_000
    binds = _binds(0.0, float(per_mwh.mean()))
    name = costs.view.sites[site]
    return CostRow(name, "mwh", start_at, end_at, *_range(per_mwh), 0.0, _rounded(per_mwh), binds)


def _range(each: Floats) -> tuple[float, float, float]:
    low, high = np.quantile(each, [LOW_RATIO, HIGH_RATIO])
    return _rounded(each), round(float(low), _DIGITS) + 0.0, round(float(high), _DIGITS) + 0.0


def _rounded(each: Floats) -> float:
    return round(float(each.mean()), _DIGITS) + 0.0


def _binds(gpus_usd: float, power_usd: float) -> Binds:
    """Which is scarcer; neither where nothing would be displaced."""
    if max(gpus_usd, power_usd) < 10.0**-_DIGITS / 2:
        return "neither"
    return "gpus" if gpus_usd >= power_usd else "power"


def _joined(rows: Sequence[CostRow]) -> list[CostRow]:
    found: list[CostRow] = []
    for row in rows:
        if found and row._replace(start_at=found[-1].start_at) == found[-1]._replace(end_at=row.end_at):
            found[-1] = found[-1]._replace(end_at=row.end_at)
        else:
            found.append(row)
    return found
