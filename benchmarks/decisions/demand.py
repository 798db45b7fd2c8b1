"""What is asked for in every world: five classes of demand, and how they arrive."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS, HOURS = 84, 24.0
LEAST_GPUS, MOST_GPUS = 256, 60_000
"""The size of a request, in reference GPUs."""

TIED_RATIO = 0.35
"""Of all requests, those that can use one pool only."""

COLLAPSED_RATIO = 0.35
"""What is left of arrivals after a collapse."""


class ClassOf(NamedTuple):
    """A class of demand: its share of arrivals, sizes in reference GPUs, and USD per reference-GPU-hour.

    Sizes and prices are lognormal around a median (`_sd` is of the logarithm), durations Gamma of shape 2 and leads
    exponential around a mean. The price of an inside class is what it is worth inside.
    """

    id: str
    share: float
    median_gpus: float
    size_sd: float
    duration_days: float
    lead_days: float
    median_usd: float
    price_sd: float
    inside: bool


CLASSES = (
    ClassOf("inside-training", 0.08, 6_144, 0.8, 28, 7.0, 2.60, 0.45, inside=True),
    ClassOf("inside-product", 0.17, 1_536, 0.7, 14, 3.0, 2.20, 0.40, inside=True),
    ClassOf("outside-reserved", 0.20, 3_072, 0.9, 35, 10.0, 1.90, 0.22, inside=False),
    ClassOf("outside-short", 0.35, 1_024, 0.8, 7, 2.0, 2.30, 0.30, inside=False),
    ClassOf("outside-burst", 0.20, 512, 0.7, 2, 0.5, 2.90, 0.35, inside=False),
)
INSIDE = np.array([each.inside for each in CLASSES])


@dataclass(frozen=True)
class Demand:
    """How requests arrive, as a forecast states it, or as a world really does it.

    `requests` are expected over the horizon; volume swings by `swing_ratio` and outside prices by
    `price_swing_ratio` in a cycle of `phase` (in radians); sizes are `size` times those of their class.
    """

    requests: float = 1_000.0
    swing_ratio: float = 0.6
    price_swing_ratio: float = 0.25
    phase: float = 0.0
    level: float = 1.0
    size: float = 1.0
    collapse_day: int = DAYS

    def cycle(self, day: Floats) -> Floats:
        """Where the cycle stands, from -1 to 1."""
        wave: Floats = np.sin(2 * np.pi * (day / DAYS - 0.25) + self.phase)
        return wave

    def per_day(self, day: Floats) -> Floats:
        """Expected arrivals a day."""
        left: Floats = np.where(day >= self.collapse_day, COLLAPSED_RATIO, 1.0)
        swung: Floats = np.maximum(0, 1 + self.swing_ratio * self.cycle(day))
        return self.level * self.requests / DAYS * swung * left
