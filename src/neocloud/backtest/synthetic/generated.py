"""Any number of jobs at a stated load, made quickly: what benchmarks replay. SYNTHETIC, and of no cluster at all."""

import numpy as np

from neocloud.backtest.synthetic.ingredients import SIZE_SHARES, SIZES
from neocloud.errors import Invalid
from neocloud.model.traces import Trace
from neocloud.settings import MOST_GPUS
from neocloud.units import DAY_S

_MEDIAN_S = 600
_DEVIATION = 1.5
_LONGEST_S = DAY_S
_NODE_GPUS = 8


def generated(n: int, *, seed: int, gpus: int, load_ratio: float) -> Trace:
    """So many jobs that come to `load_ratio` of a fleet of `gpus` between the first submit and the last.

    Sizes as in the example, none over the fleet; run times lognormal (median 10 minutes, at most a day); submits at
    random instants of an even rate; integer ids; one team, no limits. Ten million take about 1 GB. All is ours.
    """
    if n < 1 or not 0 < gpus <= MOST_GPUS or not 0 < load_ratio <= 100:
        raise Invalid(f"{n:,} jobs at a load of {load_ratio:g} on {gpus:,} GPUs cannot be made; give 1 or more")
    chance = np.random.default_rng(seed)
    held = np.minimum(SIZES[chance.choice(len(SIZES), n, p=SIZE_SHARES)], gpus)
    run_s = _run_times(chance, n)
    span_s = float(np.dot(held, run_s)) / (gpus * load_ratio)
    submit_s = (chance.random(n) * span_s).astype(np.int64)
    submit_s.sort()
    return Trace(
        job_ids=np.arange(n),
        submit_s=submit_s,
        duration_s=run_s,
        gpus=held,
        nodes=-(-held // _NODE_GPUS),
        limit_s=np.zeros(n, np.int64),
        rank=np.ones(n, np.int64),
        waited_s=np.full(n, -1),
        team=np.zeros(n, np.int64),
        gpu_type=np.zeros(n, np.int64),
        is_cut=np.zeros(n, np.bool_),
        outcome=np.zeros(n, np.int64),
    )


def _run_times(chance: np.random.Generator, n: int) -> np.ndarray:
    drawn = chance.standard_normal(n, dtype=np.float32)  # half the memory, and finer than a second where it matters
    drawn *= _DEVIATION
    np.exp(drawn, out=drawn)
    drawn *= _MEDIAN_S
    np.clip(drawn, 1, _LONGEST_S, out=drawn)
    return drawn.astype(np.int64)
