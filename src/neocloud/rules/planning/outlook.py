"""What there is to sell or keep: capacity that is free in each period, its power, and what it earns unsold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from neocloud.errors import Invalid, Unknown
from neocloud.model.capacity import Resource
from neocloud.model.plans import Scenario
from neocloud.model.world import World
from neocloud.rules.planning.grid import Floats, Grid, Ints, grid_of, least
from neocloud.settings import PLAN_MOST_ROWS
from neocloud.timeline import Span, StepFunction
from neocloud.units import NANOS, Money

_LEAST_PERIODS = 8
KW = 1_000
"""Watts in a kW."""


def usd(amount: Money) -> float:
    """Money as an estimate: inside a plan amounts are floats, until they are quoted. Raises Invalid if not USD."""
    if amount.currency != "USD":
        raise Invalid(f"a plan counts in USD, and {amount} is in {amount.currency}; say what it is in USD")
    return amount.nanos / NANOS


class Puts(NamedTuple):
    """What puts would take of what nobody leases: a row for each pool of each, `put` says of which by name.

    At most `gpus` of them in a period; `hours` (rows, periods) is how long each is there, `usd` what a GPU-hour pays
    beyond its energy. Of a put with several pools the parts of all together are at most one.
    """

    names: tuple[str, ...]
    put: Ints
    pool: Ints
    gpus: Floats
    hours: Floats
    usd: Floats

    def only(self, pools: Ints) -> "Puts | None":
        """The rows of some pools, counted among these; None if there are none."""
        mine = np.nonzero(np.isin(self.pool, pools))[0]
        pool = np.searchsorted(pools, self.pool[mine])
        rows = (self.put[mine], pool, self.gpus[mine], self.hours[mine], self.usd[mine])
        return Puts(self.names, *rows) if len(mine) else None


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Free capacity over time. Pools and sites are in a fixed order; arrays are (pools or sites, periods)."""

    grid: Grid
    pools: tuple[str, ...]
    sites: tuple[str, ...]
    site_of: Ints  # (pools,): its index among the sites
    kw_per_gpu: Floats  # (pools,): at the meter, of a leased GPU
    sell_unit_gpus: Floats  # (pools,)
    supply_gpus: Floats
    supply_kw: Floats
    free_gpus: Floats
    free_kw: Floats
    spot_usd: Floats  # (pools,): per GPU-hour that nobody has leased, net of its energy
    spot_gpus: Floats  # (pools,): at most so many of them; infinite if all that are free
    spot_kw_per_gpu: Floats  # (pools,)
    energy_usd: Floats  # (pools,): per leased GPU-hour
    outside_gpus: Floats | None = None  # (pools, periods): what customers may still take, where some is kept inside
    outside_kw: Floats | None = None  # (sites, periods): the same of power, where selling outside is capped
    puts: Puts | None = None

    def index(self, pool: str) -> int:
        """Where a pool stands."""
        return self.pools.index(pool)


def outlook(world: World, scenario: Scenario, within: Span, *, also_at: Iterable[int] = ()) -> Outlook:
    """The outlook of a world over a span; `also_at` are more instants to cut time at. Raises Unknown."""
    check_places(world, scenario)
    sites = tuple(sorted({pool.site for pool in world.pools.values()}))
    pools = tuple(pool.id for site in sites for pool in world.pools_of(site))
    most = max(_LEAST_PERIODS, PLAN_MOST_ROWS // max(1, len(pools) + len(sites)))
    grid = grid_of(within, [*_changes(world, pools, sites, within), *also_at], most=most)
    site_of = np.array([sites.index(world.pools[pool].site) for pool in pools], dtype=np.int64)
    kw = np.array([world.watts_per_gpu(world.pools[pool]) / KW for pool in pools])
    energy = {each.site: usd(each.per_mwh) / 1_000 for each in scenario.energy}
    usd_per_kwh = np.array([energy.get(sites[i], 0.0) for i in site_of])
    spot = _spot(scenario, pools, kw, usd_per_kwh)
    nothing = np.zeros((len(pools), len(grid))), np.zeros((len(sites), len(grid)))
    view = Outlook(
        grid=grid,
        pools=pools,
        sites=sites,
        site_of=site_of,
        kw_per_gpu=kw,
        sell_unit_gpus=np.array([float(world.pools[pool].sell_unit_gpus) for pool in pools]),
        supply_gpus=nothing[0],
        supply_kw=nothing[1],
        free_gpus=nothing[0],
        free_kw=nothing[1],
        spot_usd=spot[0],
        spot_gpus=spot[1],
        spot_kw_per_gpu=spot[2],
        energy_usd=kw * usd_per_kwh,
    )
    return free(world, view)


def free(world: World, view: Outlook) -> Outlook:
    """The same outlook with what is free now."""
    gpus, watts = [Resource("gpus", each) for each in view.pools], [Resource("watts", each) for each in view.sites]
    return replace(
        view,
        supply_gpus=_lows([world.capacity(each).supply for each in gpus], view.grid),
        supply_kw=_lows([world.capacity(each).supply for each in watts], view.grid) / KW,
        free_gpus=_lows([world.capacity(each).available for each in gpus], view.grid),
        free_kw=_lows([world.capacity(each).available for each in watts], view.grid) / KW,
    )


def _lows(functions: Sequence[StepFunction], grid: Grid) -> Floats:
    """The least of each in every period; of none, no rows."""
    return np.array([least(each, grid) for each in functions]).reshape(len(functions), len(grid))


def check_places(world: World, scenario: Scenario) -> None:
    """Every pool, site and lease that a scenario names is there. Raises Unknown."""
    named = [each.pool for each in scenario.spot] + [each.pool for each in scenario.keeps]
    named += [each.pool for each in scenario.supply]
    for pool in named + [served.pool for each in scenario.forecasts for served in each.pools]:
        if pool not in world.pools:
            raise Unknown("pool", pool, world.pools)
    for each in scenario.energy:
        if each.site not in world.sites:
            raise Unknown("site", each.site, world.sites)
    for leaving in scenario.leaving:
        if leaving.lease not in world.leases:
            raise Unknown("lease", leaving.lease, world.leases)


def _changes(world: World, pools: Sequence[str], sites: Sequence[str], within: Span) -> Iterable[int]:
    """The instants inside a span at which supply or demand changes."""
    resources = [Resource("gpus", pool) for pool in pools] + [Resource("watts", site) for site in sites]
    for resource in resources:
        capacity = world.capacity(resource)
        for function in (capacity.supply, capacity.available):
            yield from (step.start_at for step in function.steps(within))


def _spot(scenario: Scenario, pools: Sequence[str], kw: Floats, usd_per_kwh: Floats) -> tuple[Floats, Floats, Floats]:
    """Net USD per GPU-hour, depth in GPUs, and kW per GPU, of what is sold as spot; worth nothing where not said."""
    price, depth, drawn = np.zeros(len(pools)), np.zeros(len(pools)), kw.copy()
    for each in scenario.spot:
        i = pools.index(each.pool)
        drawn[i] = kw[i] if each.watts_per_gpu is None else each.watts_per_gpu / KW
        price[i] = usd(each.per_gpu_hour) - drawn[i] * usd_per_kwh[i]
        depth[i] = np.inf if each.depth_gpus is None else each.depth_gpus
    return np.maximum(price, 0.0), np.where(price > 0, depth, 0.0), drawn
