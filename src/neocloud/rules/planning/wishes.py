"""Requests that are not yet decided, as columns: each way at each start that is possible."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.planning.drawing import Stream
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.judging import stays_h
from neocloud.rules.planning.options import Options
from neocloud.rules.planning.outlook import Outlook, usd

_MOST_STARTS = 40


class Wished(NamedTuple):
    """The columns of requests: which request, way and start each is; `options.usd` is its worth, spot apart."""

    options: Options
    way: tuple[int, ...]
    start_at: tuple[int, ...]
    hours: tuple[Floats, ...]  # expected, by period


def wished(world: World, requests: Sequence[Request], view: Outlook, *, values_ratio: float = 1.0) -> Wished:
    """The ways and starts of requests; one that has only a rank is worth nothing here, and is served by rank."""
    rows, ways, starts, covered = [], [], [], []
    for i, request in enumerate(requests):
        inside = world.tenants[request.tenant].kind == "inside"
        for start_at in _starts(request, view):
            moved = request if start_at == request.start_at else started_at(request, start_at)
            hours = stays_h(moved, view)
            used = np.nonzero(hours)[0]
            if not len(used):
                continue
            for j, way in enumerate(request.ways):
                pool = view.index(way.pool)
                each = 0.0 if way.per_gpu_hour is None else usd(way.per_gpu_hour) * (values_ratio if inside else 1.0)
                worth = way.gpus * float(hours.sum()) * (each - float(view.energy_usd[pool]))
                rows.append((i, pool, way.gpus, used[0], used[-1] + 1, worth, not inside))
                ways.append(j)
                starts.append(start_at)
                covered.append(hours)
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    wish, pool_, first, after = (table[:, k].astype(np.int64) for k in (0, 1, 3, 4))
    options = Options(wish, pool_, table[:, 2], first, after, table[:, 5], table[:, 6] > 0)
    return Wished(options, tuple(ways), tuple(starts), tuple(covered))


def stream_of(world: World, requests: Sequence[Request], view: Outlook, *, values_ratio: float = 1.0) -> Stream:
    """The same requests as part of every future: sure to be asked for, at their earliest start."""
    gpus = np.zeros((len(requests), len(view.pools)))
    per_h = np.zeros(len(requests))
    for i, request in enumerate(requests):
        ratio = values_ratio if world.tenants[request.tenant].kind == "inside" else 1.0
        for way in request.ways:
            gpus[i, view.index(way.pool)] = way.gpus
            if way.per_gpu_hour is not None:
                per_h[i] = max(per_h[i], way.gpus * usd(way.per_gpu_hour) * ratio)
    at = [np.array([getattr(each, name) for each in requests], dtype=np.int64) for name in _TIMES]
    outside = np.array([world.tenants[each.tenant].kind == "customer" for each in requests], dtype=bool)
    return Stream(at[0], at[1], at[2], per_h, gpus, outside)


_TIMES = ("arrived_at", "start_at", "end_at")


def _starts(request: Request, view: Outlook) -> list[int]:
    """The starts that are tried: the one asked for, and where it may be later, each cut up to the latest."""
    if request.latest_start_at is None or request.latest_start_at == request.start_at:
        return [request.start_at]
    cuts = [int(at) for at in view.grid.cuts if request.start_at < at <= request.latest_start_at]
    step = max(1, -(-len(cuts) // _MOST_STARTS))
    return [request.start_at, *cuts[::step]]


def started_at(request: Request, start_at: int) -> Request:
    """A request that starts at another instant, and lasts as long."""
    later_s = start_at - request.start_at
    exits = tuple(replace(each, at=each.at + later_s) for each in request.exits)
    return replace(request, start_at=start_at, end_at=request.end_at + later_s, latest_start_at=start_at, exits=exits)
