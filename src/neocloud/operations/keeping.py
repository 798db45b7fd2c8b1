"""The cost of keeping: for every inside lease the cash that is refused for it, and for all of them the frontier."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.operations.planning import Plan
from neocloud.rules.planning.drawing import Stream, some
from neocloud.rules.planning.frontier import Point, frontier
from neocloud.rules.planning.futures import Future, costs_over, moved
from neocloud.rules.planning.futures import futures as plan_futures
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.judging import is_large
from neocloud.rules.planning.outlook import Outlook, usd
from neocloud.rules.planning.program import MILLION
from neocloud.rules.planning.returned import held_h, returned
from neocloud.units import Progress

VALUES_RATIOS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)


class Kept(NamedTuple):
    """An inside lease: what customers would have paid for its GPUs over the outlook, and what it is worth, USD.

    `even_usd` per GPU-hour is the value at which keeping it is as good as selling: it would have to be wrong by
    `wrong_ratio` (even over value) to change the decision. Without a value, only the cash is said.
    """

    lease: str
    tenant: str
    gpu_hours: float
    cash_refused_usd: float
    even_usd: float
    value_usd: float | None
    wrong_ratio: float | None
    rank: int | None
    protected: bool

    @property
    def why(self) -> str:
        """Why it is kept."""
        return "protected" if self.protected else f"rank {self.rank}" if self.rank is not None else "by its value"


class Keeping(NamedTuple):
    """Every inside lease, dearest first; the cash refused for all together; and the frontier, with where we stand.

    All together refuse less than the sum of each: what is given back second earns less.
    """

    rows: tuple[Kept, ...]
    cash_refused_usd: float
    value_usd: float
    points: tuple[Point, ...]
    here: Point


def keeping(world: World, plan: Plan, *, progress: Progress | None = None) -> Keeping:
    """What keeping costs under a plan: cash and internal value apart, over the outlook of the plan."""
    inside = inside_leases(world, plan.view)
    cash, total = _refused(plan, inside, progress)
    rows = [_kept(lease, plan.view, amount) for lease, amount in zip(inside, cash, strict=True)]
    rows.sort(key=lambda row: (-row.cash_refused_usd, row.lease))
    points, here = frontier(plan.view, plan.streams, inside, VALUES_RATIOS)
    value = sum(row.value_usd or 0.0 for row in rows)
    return Keeping(tuple(rows), total, value, points, here)


def inside_leases(world: World, view: Outlook) -> list[Lease]:
    """The leases of inside teams that take capacity in an outlook."""
    within = view.grid.within
    return [
        lease
        for _, lease in sorted(world.leases.items())
        if lease.live and world.tenants[lease.tenant].kind == "inside" and lease.life.meets(within) is not None
    ]


def _refused(plan: Plan, inside: Sequence[Lease], progress: Progress | None) -> tuple[list[float], float]:
    """The cash that customers would have paid: for each lease alone, and for all of them together, USD."""
    view, everything = plan.view, returned(plan.view, inside)
    futures = plan_futures(everything, list(map(outside_only, plan.streams)), plan.freed)
    most = _mean(futures)
    moved(futures, view)
    least, costs = _mean(futures), costs_over(view, futures)
    spot = np.array([float(costs.spot() @ held_h(view, lease)) for lease in inside])
    alone = []
    for done, lease in enumerate(inside):
        if any(_is_large(view, lease, i) for i in range(len(lease.blocks))):
            freed = returned(view, [lease])
            alone.append(float(np.mean([f.supposed(freed) for f in futures])) * MILLION - least)
        else:
            alone.append(_marginal(view, lease, costs.mean() - costs.spot()[:, None]))
        if progress is not None:
            progress(done + 1, len(inside))
    return [float(a + b) for a, b in zip(alone, spot, strict=True)], most - least + float(spot.sum())


def _mean(futures: Sequence[Future]) -> float:
    return float(np.mean([future.worth for future in futures])) * MILLION


def _marginal(view: Outlook, lease: Lease, per_hour: Floats) -> float:
    found = 0.0
    for block in lease.blocks:
        hours = view.grid.covered_h(block.start_at, block.end_at)
        found += block.gpus * float(per_hour[view.index(block.pool)] @ hours)
    return found


def _is_large(view: Outlook, lease: Lease, index: int) -> bool:
    block = lease.blocks[index]
    first = int(view.grid.first(np.array([block.start_at]))[0])
    after = int(view.grid.after(np.array([block.end_at]))[0])
    return is_large(view, view.index(block.pool), block.gpus, first, after)


def outside_only(stream: Stream) -> Stream:
    """What of a future customers ask for."""
    return some(stream, stream.outside)


def _kept(lease: Lease, view: Outlook, cash_usd: float) -> Kept:
    hours = float(held_h(view, lease).sum())
    each = None if lease.value is None else usd(lease.value.per_gpu_hour)
    even = cash_usd / hours if hours else 0.0
    return Kept(
        lease.id,
        lease.tenant,
        hours,
        cash_usd,
        even,
        None if each is None else each * hours,
        None if not each else even / each,
        lease.rank,
        lease.protected,
    )
