"""Capacity that leases hold, given back to an outlook: what else could have been done with it."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from neocloud.model.leases import Block, Lease
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.outlook import Outlook


def returned(view: Outlook, leases: Iterable[Lease]) -> Outlook:
    """The outlook without leases; a period is free again only where a lease covers all of it."""
    gpus, watts = view.free_gpus.copy(), view.free_kw.copy()
    for lease in leases:
        for block in lease.blocks:
            pool = view.index(block.pool)
            covered = view.grid.covered_h(block.start_at, block.end_at) >= view.grid.hours
            gpus[pool, covered] += block.gpus
            watts[view.site_of[pool], covered] += block.gpus * view.kw_per_gpu[pool]
    return replace(view, free_gpus=gpus, free_kw=watts)


def held_h(view: Outlook, lease: Lease) -> Floats:
    """GPU-hours of a lease inside the outlook, (pools,)."""
    found = view.spot_usd * 0.0
    for block in lease.blocks:
        found[view.index(block.pool)] += block.gpus * float(view.grid.covered_h(block.start_at, block.end_at).sum())
    return found


def gpu_hours(blocks: Iterable[Block], view: Outlook) -> Floats:
    """GPU-hours of blocks inside the outlook, (pools, periods)."""
    found = np.zeros((len(view.pools), len(view.grid)))
    for block in blocks:
        found[view.index(block.pool)] += block.gpus * view.grid.covered_h(block.start_at, block.end_at)
    return found
