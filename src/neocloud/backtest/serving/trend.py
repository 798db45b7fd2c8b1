"""Where needs are going: a robust slope, and how far chance could have moved it."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from neocloud.units import DAY_S

_MOST_POINTS = 240
"""The slope looks at pairs of points: 28,680 of them, if at all."""

_FEWEST_POINTS = 8
RESAMPLES = 200


class Trend(Struct, frozen=True, kw_only=True):
    """The Theil-Sen slope of needs: the median of the slopes between all pairs of points."""

    gpus_per_day: float
    low: float
    """The 5th percentile of the slopes of the resamples."""

    high: float
    """The 95th percentile of them."""

    resamples: int
    block_s: int
    """What was drawn: runs of residuals of so many seconds, a day where the log has a week or more."""

    span_s: int
    seed: int

    @property
    def is_clear(self) -> bool:
        """Whether chance would not have turned it round."""
        return self.low > 0 or self.high < 0

    @property
    def lasts(self) -> bool:
        """Whether it is over a day or more; of less, nothing follows for the next."""
        return self.span_s >= DAY_S


def trend(needs: NDArray[np.float64], *, bucket_s: int, seed: int) -> Trend | None:
    """The trend of the needs of whole buckets, as they are before rounding up; None where there are too few.

    Of more than 240 buckets, the mean of neighbours is a point. Over two days or more only points at the same time
    of day make a pair (Hirsch, Slack and Smith, Water Resources Research 18(1), 1982), so that a night is no decline.
    The range is a moving block bootstrap of what slope and time of day leave over: what stands together is drawn so.
    """
    each = _together(len(needs), bucket_s)
    points = needs[: len(needs) // each * each].reshape(-1, each).mean(axis=1)
    if len(points) < _FEWEST_POINTS:
        return None
    step_s, span_s = each * bucket_s, len(points) * each * bucket_s
    apart = DAY_S // step_s if span_s >= 2 * DAY_S and DAY_S % step_s == 0 else 1
    day = np.arange(len(points)) * step_s / DAY_S
    slope = _theil_sen(day, points, apart)
    rest = points - slope * day - _by_time_of_day(points - slope * day, apart)
    block = max(round(DAY_S / step_s), 1) if span_s >= 7 * DAY_S else round(len(points) ** 0.5)
    chance = np.random.default_rng(seed)
    drawn = [_theil_sen(day, points - rest + _resample(chance, rest, block), apart) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [5, 95])
    return Trend(
        gpus_per_day=slope,
        low=float(low),
        high=float(high),
        resamples=RESAMPLES,
        block_s=block * step_s,
        span_s=span_s,
        seed=seed,
    )


def _together(buckets: int, bucket_s: int) -> int:
    """How many neighbours make a point: few enough points, and if it can be, a whole number of them a day."""
    least = max(-(-buckets // _MOST_POINTS), 1)
    even = (n for n in range(least, 2 * least + 1) if DAY_S % (n * bucket_s) == 0)
    return next(even, least)


def _theil_sen(x: NDArray[np.float64], y: NDArray[np.float64], apart: int) -> float:
    """The median slope of all pairs that are a multiple of so many points apart."""
    first, second = np.triu_indices(len(x), 1)
    if apart > 1:
        same = (second - first) % apart == 0
        first, second = first[same], second[same]
    return float(np.median((y[second] - y[first]) / (x[second] - x[first])))


def _by_time_of_day(values: NDArray[np.float64], apart: int) -> NDArray[np.float64]:
    """The mean of the values that stand so many points apart, for each of them."""
    time = np.arange(len(values)) % apart
    means: NDArray[np.float64] = (np.bincount(time, values) / np.bincount(time))[time]
    return means


def _resample(chance: np.random.Generator, rest: NDArray[np.float64], block: int) -> NDArray[np.float64]:
    """As many values, in runs that stood together."""
    runs = -(-len(rest) // block)
    starts = chance.integers(0, len(rest) - block + 1, runs)
    drawn: NDArray[np.float64] = rest[(starts[:, None] + np.arange(block)).ravel()[: len(rest)]]
    return drawn
