"""The frontier from selling everything to keeping everything: cash and internal value, apart."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neocloud.model.leases import Lease
from neocloud.rules.planning.drawing import Stream, options_of
from neocloud.rules.planning.grid import Bools, Floats
from neocloud.rules.planning.options import Options, always_spot, fitting, put, resources, serve, spot
from neocloud.rules.planning.outlook import Outlook, usd
from neocloud.rules.planning.program import MILLION, Program
from neocloud.rules.planning.returned import held_h, returned
from neocloud.rules.planning.solver import Solver


class Point(NamedTuple):
    """A point of the frontier: internal values taken times `values_ratio`, and what then comes in, USD.

    Cash is what customers and spot pay; internal value is what inside leases and later inside demand are judged to be
    worth, at their full values. `outside_ratio` is the part of the GPU-hours served that customers have.
    """

    values_ratio: float
    cash_usd: float
    internal_usd: float
    outside_ratio: float


def frontier(
    view: Outlook, streams: Sequence[Stream], inside: Sequence[Lease], ratios: Sequence[float]
) -> tuple[tuple[Point, ...], Point]:
    """The mean over futures at each ratio, and where we stand: every inside lease kept, later demand at its worth.

    Leases that are protected, or have a rank and no value, are kept on every point.
    """
    loose = [lease for lease in inside if not lease.protected and lease.value is not None]
    futures = [_Mix(returned(view, loose), stream, loose) for stream in streams]
    points = [_mean([future.at(ratio) for future in futures], ratio) for ratio in ratios]
    here = _mean([_Mix(view, stream, ()).at(1.0) for stream in streams], 1.0)
    held = sum(usd(lease.value.per_gpu_hour) * float(held_h(view, lease).sum()) for lease in loose if lease.value)
    return tuple(points), here._replace(internal_usd=here.internal_usd + held)


def _mean(points: Sequence[Point], ratio: float) -> Point:
    cash, internal, outside = (float(np.mean([each[k] for each in points])) for k in (1, 2, 3))
    return Point(ratio, cash, internal, outside)


class _Mix:
    """One future in which inside leases, inside demand and customers share what there is, at any ratio of values."""

    def __init__(self, view: Outlook, stream: Stream, leases: Sequence[Lease]) -> None:
        hopeful = stream._replace(usd_per_h=np.where(stream.outside, stream.usd_per_h, 2 * stream.usd_per_h))
        options = options_of(view, hopeful)
        self._options = _with_leases(view, options.only(fitting(view, options)), leases)
        self._program = Program()
        resources(self._program, view)
        serve(self._program, view, self._options)
        spot(self._program, view)
        put(self._program, view)
        self._solver = Solver(self._program, relaxed=True)
        self._hours = self._options.gpus * _lengths_h(view, self._options)
        base = np.where(always_spot(view), view.spot_usd, 0.0)
        self._unsold = base[self._options.pool] * self._hours
        self._base = float((base[:, None] * view.free_gpus * view.grid.hours).sum())
        gross = self._options.usd + self._unsold
        self._value = np.where(self._options.outside, 0.0, gross / 2)
        self._price = np.where(self._options.outside, gross, 0.0)

    def at(self, ratio: float) -> Point:
        worth = self._program.worth
        block = self._program.columns["serve"]
        worth[block] = (self._price + ratio * self._value - self._unsold) / MILLION
        self._solver.set_worth(worth)
        served = self._solver.solve().columns
        part = served[block]
        sold = float((served * worth)[block.stop :].sum()) * MILLION
        cash = self._base + sold + float(part @ (self._price - self._unsold))
        return Point(ratio, cash, float(part @ self._value), _ratio(part * self._hours, self._options.outside))


def _ratio(hours: Floats, outside: Bools) -> float:
    return float(hours[outside].sum()) / max(float(hours.sum()), 1e-9)


def _lengths_h(view: Outlook, options: Options) -> Floats:
    ends = np.concatenate([[0.0], np.cumsum(view.grid.hours)])
    lengths: Floats = ends[options.after] - ends[options.first]
    return lengths


def _with_leases(view: Outlook, options: Options, leases: Sequence[Lease]) -> Options:
    """The options, and each block of inside leases as one more, at twice its value like the other inside ones."""
    rows = [(block, lease) for lease in leases for block in lease.blocks]
    if not rows:
        return options
    first = view.grid.first(np.array([block.start_at for block, _ in rows]))
    after = view.grid.after(np.array([block.end_at for block, _ in rows]))
    pool = np.array([view.index(block.pool) for block, _ in rows], dtype=np.int64)
    gpus = np.array([float(block.gpus) for block, _ in rows])
    each = np.array([0.0 if lease.value is None else 2 * usd(lease.value.per_gpu_hour) for _, lease in rows])
    base = np.where(always_spot(view), view.spot_usd, 0.0)[pool]
    wish = np.arange(len(rows)) + (int(options.wish.max()) + 1 if len(options.wish) else 0)
    more = Options(wish, pool, gpus, first, after, np.zeros(len(rows)), np.zeros(len(rows), dtype=bool))
    more = more._replace(usd=gpus * _lengths_h(view, more) * (each - base))
    used = more.only(np.nonzero(after > first)[0])
    return Options(*(np.concatenate(pair) for pair in zip(options, used, strict=True)))
