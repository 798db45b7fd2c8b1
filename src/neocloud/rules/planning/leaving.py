"""Leases whose tenants may be gone one day: in some futures what they hold is free from then on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from neocloud.model.plans import Scenario
from neocloud.model.world import World
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.outlook import Outlook


class Freed(NamedTuple):
    """What is free in one future beyond the outlook: GPUs (pools, periods), and power in kW (sites, periods)."""

    gpus: Floats
    kw: Floats

    def added_to(self, view: Outlook) -> Outlook:
        """An outlook with that."""
        return replace(view, free_gpus=view.free_gpus + self.gpus, free_kw=view.free_kw + self.kw)


def freed(
    world: World, scenario: Scenario, view: Outlook, *, futures: int, rng: np.random.Generator
) -> Sequence[Freed | None]:
    """For each future, what tenants that may leave have left: each goes in as many futures as is likely."""
    if not scenario.leaving:
        return [None] * futures
    found = [Freed(np.zeros(view.free_gpus.shape), np.zeros(view.free_kw.shape)) for _ in range(futures)]
    for each in scenario.leaving:
        gone = rng.random(futures) < float(each.exit.probability_ratio)
        gpus, watts = _held_from(world, each.lease, each.exit.at, view)
        for k in np.nonzero(gone)[0]:
            found[k].gpus[:] += gpus
            found[k].kw[:] += watts
    return found


def _held_from(world: World, name: str, at: int, view: Outlook) -> tuple[Floats, Floats]:
    """What a lease holds from an instant on, in the periods that it covers whole."""
    gpus, watts = np.zeros(view.free_gpus.shape), np.zeros(view.free_kw.shape)
    lease = world.leases[name]
    for block in lease.blocks if lease.live else ():
        pool = view.index(block.pool)
        whole = view.grid.covered_h(max(block.start_at, at), block.end_at) >= view.grid.hours
        gpus[pool, whole] += block.gpus
        watts[view.site_of[pool], whole] += block.gpus * view.kw_per_gpu[pool]
    return gpus, watts
