"""The histories that replays are measured on: Philly as it was published, and jobs made up at a stated load."""

import os
from pathlib import Path

import numpy as np
from pyarrow import parquet

from neocloud.backtest.demand import InUse
from neocloud.backtest.synthetic.generated import generated
from neocloud.model.traces import Trace, Whole
from neocloud.units import DAY_S

PHILLY_GPUS = 2_490
FLEET = 10_000
"""GPUs that made-up jobs run on."""

_FILE = "philly_jobs.parquet"
_BUSY_S = 50 * DAY_S
"""The first six weeks are nearly empty."""


def philly() -> Trace | str:
    """Its 109,918 jobs; or why they cannot be had."""
    path = Path(os.environ.get("NEOCLOUD_TRACES") or "../shared/traces") / _FILE
    if not path.is_file():
        return f"{_FILE} is not in the folder that NEOCLOUD_TRACES names"
    table = parquet.read_table(path, columns=["submit_s", "duration_s", "gpus"])
    submit_s, duration_s, gpus = (table[name].to_numpy().astype(np.int64) for name in table.column_names)
    return trace_of(submit_s, duration_s, gpus)


def made_up(jobs: int, load_ratio: float) -> Trace:
    """So many jobs that come to so much of the fleet."""
    return generated(jobs, seed=1, gpus=FLEET, load_ratio=load_ratio)


def busy(jobs: int) -> tuple[Trace, int]:
    """So many jobs of Philly from the day on which it is busy, all where they are more; and GPUs that are too few.

    A part runs on 60 % of the GPUs that it would want at the peak, the whole on 90 % of those of Philly.
    """
    trace = philly()
    assert isinstance(trace, Trace), trace
    if jobs >= len(trace):
        return trace, PHILLY_GPUS * 9 // 10
    trace = part(trace, int(np.searchsorted(trace.submit_s, _BUSY_S)), jobs)
    peak_gpus = int(InUse(trace.submit_s, trace.duration_s, trace.gpus).gpus.max())
    return trace, max(peak_gpus * 6 // 10, int(trace.gpus.max()))


def part(trace: Trace, first: int, jobs: int) -> Trace:
    """So many jobs of a trace from one on, second 0 being the submit of the first."""
    cut = slice(first, first + jobs)
    return trace_of(trace.submit_s[cut] - trace.submit_s[first], trace.duration_s[cut], trace.gpus[cut])


def trace_of(submit_s: Whole, duration_s: Whole, gpus: Whole) -> Trace:
    """Jobs of which no more is known than a replay needs."""
    jobs = len(submit_s)
    nothing = np.zeros(jobs, np.int64)
    return Trace(
        job_ids=np.arange(jobs),
        submit_s=submit_s,
        duration_s=duration_s,
        gpus=gpus,
        nodes=nothing,
        limit_s=nothing,
        rank=nothing + 1,
        waited_s=nothing - 1,
        team=nothing,
        gpu_type=nothing,
        is_cut=np.zeros(jobs, np.bool_),
        outcome=nothing,
    )
