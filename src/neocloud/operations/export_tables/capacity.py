"""Capacity: what each pool has, gives and has left on each day, at the worst instant of the day."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from neocloud.model.capacity import Resource
from neocloud.model.fleet import Pool
from neocloud.operations.export_tables.table import Block, Source, Table, columns
from neocloud.settings import EXPORT_BLOCK_ROWS
from neocloud.timeline import Span, StepFunction
from neocloud.units import DAY_S

Whole = npt.NDArray[np.int64]


def _blocks(source: Source) -> Iterator[Block]:
    """Pool by pool, as many to a block as go into it."""
    days = np.arange(source.days.start_at // DAY_S, source.days.end_at // DAY_S)
    watts = {site: _free_watts(source, site, days * DAY_S) for site in source.world.sites}
    waiting: list[tuple[Pool, list[Whole]]] = []
    for pool in source.world.pools_by_id:
        waiting.append((pool, _daily(source, pool, days * DAY_S, watts[pool.site])))
        if len(waiting) * len(days) >= EXPORT_BLOCK_ROWS:
            yield _joined(waiting, days)
            waiting = []
    if waiting:
        yield _joined(waiting, days)


def _joined(pools: list[tuple[Pool, list[Whole]]], days: Whole) -> Block:
    names = [pool.id for pool, _ in pools for _ in days]
    sites = [pool.site for pool, _ in pools for _ in days]
    figures = [np.concatenate(each) for each in zip(*(found for _, found in pools), strict=True)]
    return [names, sites, np.tile(days, len(pools)), *figures]  # type: ignore[list-item]


def _daily(source: Source, pool: Pool, starts: Whole, free_watts: Whole) -> list[Whole]:
    """Of each day: the least supply, the most leased, the least available, and the least of that with power."""
    capacity = source.world.capacity(Resource("gpus", pool.id))
    supply_at, supply = _steps(capacity.supply, source.days)
    free_at, free = _steps(capacity.available, source.days)
    at = np.unique(np.concatenate([starts, supply_at, free_at]))
    supplied, left = _looked_up(supply_at, supply, at), _looked_up(free_at, free, at)
    first = np.searchsorted(at, starts)
    available = np.minimum.reduceat(left, first)
    powered = np.maximum(free_watts, 0) // source.world.watts_per_gpu(pool)
    leased = np.maximum.reduceat(supplied - left, first)
    return [np.minimum.reduceat(supplied, first), leased, available, np.minimum(available, powered)]


def _free_watts(source: Source, site: str, starts: Whole) -> Whole:
    """The least power of a site that is free on each day."""
    steps_at, values = _steps(source.world.capacity(Resource("watts", site)).available, source.days)
    at = np.unique(np.concatenate([starts, steps_at]))
    found: Whole = np.minimum.reduceat(_looked_up(steps_at, values, at), np.searchsorted(at, starts))
    return found


def _steps(function: StepFunction, within: Span) -> tuple[Whole, Whole]:
    """Where a function changes inside a span, and its values from there on."""
    starts, _, values = zip(*function.steps(within), strict=True)
    return np.array(starts, np.int64), np.array(values, np.int64)


def _looked_up(steps_at: Whole, values: Whole, at: Whole) -> Whole:
    found: Whole = values[np.searchsorted(steps_at, at, side="right") - 1]
    return found


TABLES = (
    Table(
        "capacity",
        columns(
            "pool:text site:text day:day supply_gpus:whole leased_gpus:whole available_gpus:whole powered_gpus:whole"
        ),
        lambda source: len(source.world.pools) * ((source.days.end_at - source.days.start_at) // DAY_S),
        _blocks,
    ),
)
