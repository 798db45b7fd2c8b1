"""What a scenario says of capacity: other supply than the ledger's, what is kept, and the most to sell outside."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from neocloud.errors import Invalid
from neocloud.model.capacity import Resource
from neocloud.model.leases import Lease
from neocloud.model.plans import Expected, Scenario
from neocloud.model.world import World
from neocloud.rules.planning.grid import Floats, highest
from neocloud.rules.planning.outlook import Outlook, free
from neocloud.timeline import Span
from neocloud.units import format_instant


def available(world: World, scenario: Scenario, view: Outlook) -> Outlook:
    """The outlook with what is free now, under a scenario. Raises Invalid where that contradicts the ledger."""
    view = free(world, view)
    for place, expected in enumerate(scenario.supply):
        view = _expected(world, expected, view, f"supply[{place}]")
    gpus, kw = outside_left(world, scenario, view)
    if gpus is not None:
        view = replace(view, outside_gpus=np.maximum(np.minimum(view.free_gpus, gpus), 0.0))
    return view if kw is None else replace(view, outside_kw=np.maximum(kw, 0.0))


def outside_left(world: World, scenario: Scenario, view: Outlook) -> tuple[Floats | None, Floats | None]:
    """What customers may still take: GPUs beside what is kept, and kW under the most to sell outside.

    None where a scenario says nothing of it; under nought where they have more than it allows.
    """
    if not scenario.keeps and scenario.most_outside_ratio is None:
        return None, None
    sold = sold_outside(world, world.leases.values(), view)
    gpus = _beside_what_is_kept(scenario, view, sold) if scenario.keeps else None
    if scenario.most_outside_ratio is None:
        return gpus, None
    sold_kw = np.zeros(view.supply_kw.shape)
    np.add.at(sold_kw, view.site_of, sold * view.kw_per_gpu[:, None])
    most: Floats = float(scenario.most_outside_ratio) * view.supply_kw - sold_kw
    return gpus, most


def _beside_what_is_kept(scenario: Scenario, view: Outlook, sold: Floats) -> Floats:
    """What customers may take of each pool: its supply, less what is kept and what they have already."""
    kept = np.zeros(view.supply_gpus.shape)
    for keep in scenario.keeps:
        kept[view.index(keep.pool), view.grid.covered_h(keep.start_at, keep.end_at) > 0] += keep.gpus
    return view.supply_gpus - kept - sold


def _expected(world: World, expected: Expected, view: Outlook, place: str) -> Outlook:
    """The outlook with other supply of a pool over a span. Raises Invalid, with the leases that need more."""
    pool, capacity = view.index(expected.pool), world.capacity(Resource("gpus", expected.pool))
    during = view.grid.covered_h(expected.start_at, expected.end_at) > 0
    demand = highest(capacity.demand(view.grid.within), view.grid)
    short = np.nonzero(during & (demand > expected.gpus))[0]
    if len(short):
        at = int(view.grid.cuts[short[0]])
        raise Invalid(
            f"the scenario expects {expected.gpus:,} GPUs of {expected.pool} at {format_instant(at)}, and "
            f"{together(world, expected.pool, at, expected.gpus)} cannot all be kept then; expect more, or end one",
            place=place,
        )
    gpus = view.free_gpus.copy()
    gpus[pool, during] = expected.gpus - demand[during]
    return replace(view, free_gpus=gpus)


def together(world: World, pool: str, at: int, gpus: int) -> str:
    """The smallest set of leases on a pool at an instant that need more than `gpus` together, in words."""
    held = sorted(world.timelines.holders_of(pool, Span(at, at + 1)), key=lambda each: (-each[3], each[2]))
    found, total = [], 0
    for _, _, lease, each, _ in held:
        found.append(f"{lease} ({each:,})")
        total += each
        if total > gpus:
            break
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)


def sold_outside(world: World, leases: Iterable[Lease], view: Outlook) -> Floats:
    """GPUs that leases of customers take of each pool in each period, at the most."""
    found = np.zeros(view.supply_gpus.shape)
    for lease in leases:
        if lease.live and world.tenants[lease.tenant].kind == "customer":
            for block in lease.blocks:
                during = view.grid.covered_h(block.start_at, block.end_at) > 0
                found[view.index(block.pool), during] += block.gpus
    return found
