"""The pools of every world: three, on one site, under one power cap."""

from typing import NamedTuple

import numpy as np

SELL_UNIT_GPUS = 8


class PoolOf(NamedTuple):
    """A pool; a GPU of it does the work of `speed` reference GPUs, and earns `spot_usd` an hour while it is idle."""

    id: str
    gpus: int
    watts_per_gpu: int
    speed: float
    spot_usd: float
    tied_share: float


POOLS = (
    PoolOf("h100", 150_000, 1_300, 1.0, 0.55, 0.5),
    PoolOf("h200", 50_000, 1_350, 1.25, 0.65, 0.2),
    PoolOf("gb200", 30_000, 2_100, 2.8, 1.50, 0.3),
)
GPUS = np.array([pool.gpus for pool in POOLS])
KW_PER_GPU = np.array([pool.watts_per_gpu / 1_000 for pool in POOLS])
SPEED = np.array([pool.speed for pool in POOLS])
SPOT_USD = np.array([pool.spot_usd for pool in POOLS])
POWER_KW = 0.97 * float(GPUS @ KW_PER_GPU)

LARGEST_RATIO = 0.9
"""A request for more than this of a pool cannot use it."""
