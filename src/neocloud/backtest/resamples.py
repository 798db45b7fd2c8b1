"""How far the knee moves when the weeks of a history are drawn anew, with repetition.

What is drawn is weeks of waits, as they were replayed: a week keeps the queue that it inherited. Drawing the jobs
anew and replaying those would put calm weeks between busy ones, and finds knees that are not of this history
(docs/decisions/0014). Every draw looks for its knee in the same replays, so they differ by the draw alone.
"""

from collections.abc import Callable

import numpy as np

from neocloud.backtest.frontier import Measured
from neocloud.backtest.parallel import over_cores
from neocloud.backtest.replay import waits_of
from neocloud.model.traces import Whole
from neocloud.units import DAY_S

GRAINS = 400
"""A knee is found to one part in so many of the fleet: finer is finer than the range."""

LEVELS = GRAINS.bit_length() + 1
"""In how many rounds at the most; each halves where a knee may be."""

_LEAST_BLOCKS = 4


def block_of(span_s: int) -> int:
    """What is drawn: weeks, or days if there are less than four weeks; 0 if there are less than four days."""
    return next((block_s for block_s in (7 * DAY_S, DAY_S) if span_s >= _LEAST_BLOCKS * block_s), 0)


def resampled_knees(
    measured: Measured, block_s: int, *, resamples: int, seed: int, done: Callable[[], None]
) -> list[float]:
    """The knee of each resample, rising, as a share sold (0: not even the whole fleet does); `done` each round."""
    blocks, jobs = _blocks(measured, block_s)
    draws = np.random.default_rng(seed).integers(0, len(jobs), (resamples, len(jobs)))
    times = np.array([np.bincount(draw, minlength=len(jobs)) for draw in draws])
    most_late = np.array([measured.objective.most_late(int(drawn)) for drawn in times @ jobs])
    steps = measured.fleet.steps
    grain = max(steps // GRAINS, 1)
    low, high = np.zeros(resamples, np.int64), np.full(resamples, -(-steps // grain))
    for _ in range(LEVELS):
        middle = (low + high) // 2
        asked = np.unique(middle[high - low > 1])
        late = over_cores(lambda m: _late(measured, int(m) * grain, blocks, len(jobs)), list(asked), lambda: None)
        for m, late_jobs in zip(asked, late, strict=True):
            holds = times @ late_jobs <= most_late
            here = (middle == m) & (high - low > 1)
            low[here & holds], high[here & ~holds] = m, m
        done()
    return sorted(1 - measured.fleet.less(int(step) * grain).gpus / measured.fleet.gpus for step in low)


def _blocks(measured: Measured, block_s: int) -> tuple[Whole, Whole]:
    """The block of each measured job, and how many jobs each has; what follows the last whole one is one too."""
    submit_s = measured.replay.trace.submit_s[measured.first_job :]
    blocks = (submit_s - submit_s[0]) // block_s
    return blocks, np.bincount(blocks)


def _late(measured: Measured, sold_steps: int, blocks: Whole, count: int) -> Whole:
    """Late jobs by block."""
    replay = measured.replay
    waits_s = waits_of(replay.trace, replay.on(measured.fleet.less(sold_steps)).start_s)[measured.first_job :]
    return np.bincount(blocks[waits_s >= measured.objective.within_s], minlength=count)
