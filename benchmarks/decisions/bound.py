"""What hindsight could earn at most: a linear programme that knows every request and the supply as it really comes.

It may accept parts of requests, so nobody who takes them whole, one by one, reaches it.
"""

import highspy
import numpy as np

from benchmarks.decisions.demand import DAYS, Floats, Ints
from benchmarks.decisions.pools import KW_PER_GPU, POOLS
from benchmarks.decisions.worlds import World

_THOUSAND, _MILLION = 1e3, 1e6
"""Rows are in thousands of GPUs and of kW, and the objective in millions: numbers near one solve better."""


def bound_usd(world: World) -> float:
    """The most value above spot, in USD."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)  # as the plan has: a process has one pool of threads
    solver.passModel(_programme(world))
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(-solver.getInfo().objective_function_value * _MILLION)


def _programme(world: World) -> highspy.HighsLp:
    """A column for each way to serve a request that is worth more than spot; the part of it that is accepted.

    Rows: the GPUs of each pool by day, then the power by day, then once for each request.
    """
    value_usd = world.requests.value_usd()
    requests, pools = np.nonzero(value_usd > 0)
    once = np.unique(requests, return_inverse=True)[1]
    ways = zip(requests.tolist(), pools.tolist(), once.tolist(), strict=True)
    columns = [_column(world, *way) for way in ways]
    limits = np.concatenate([world.supply_gpus.T.ravel(), world.power_kw]) / _THOUSAND
    most = np.concatenate([limits, np.ones(once.max(initial=-1) + 1)])
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = len(columns), len(most)
    programme.col_cost_ = -value_usd[requests, pools] / _MILLION
    programme.col_lower_, programme.col_upper_ = np.zeros(len(columns)), np.ones(len(columns))
    programme.row_lower_, programme.row_upper_ = np.full(len(most), -np.inf), most
    matrix = programme.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.cumsum([0, *(len(rows) for rows, _ in columns)])
    matrix.index_ = np.concatenate([rows for rows, _ in columns])
    matrix.value_ = np.concatenate([amounts for _, amounts in columns])
    return programme


def _column(world: World, request: int, pool: int, once: int) -> tuple[Ints, Floats]:
    """The rows that a way to serve a request takes from, and how much of each."""
    days = np.arange(world.requests.start_day[request], world.requests.end_day[request])
    gpus = world.requests.gpus[request, pool] / _THOUSAND
    rows = np.concatenate([pool * DAYS + days, len(POOLS) * DAYS + days, [(len(POOLS) + 1) * DAYS + once]])
    taken = np.repeat([gpus, gpus * KW_PER_GPU[pool]], len(days))
    return rows, np.append(taken, 1.0)
