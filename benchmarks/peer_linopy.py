"""The program of one future built and solved by linopy, beside ours: build, solve, memory, and the same optimum.

linopy is installed for the run only (`pip install linopy`); where it is not, it is not measured, and that is said.
Its terms are grouped by row as its users do. Both hand the program to the same HiGHS, on one thread.
"""

from typing import Any

import numpy as np

from benchmarks.plan_worlds import Size
from benchmarks.planned import cpu_seconds, memory_mb, one_future
from neocloud.rules.planning.drawing import Stream, options_of
from neocloud.rules.planning.options import Options, fitting, resources, serve, sold_as_spot, spot
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.program import MILLION, THOUSAND, Program
from neocloud.rules.planning.solver import Solver

HIGHS = {"threads": 1, "random_seed": 0, "output_flag": False, "presolve": "off"}


def by_neocloud(size: Size) -> dict[str, Any]:
    """Ours, as `Future` does it."""
    view, stream = one_future(size)
    before_mb = memory_mb()
    build_s, solver = cpu_seconds(lambda: _built(view, stream))
    solve_s, solution = cpu_seconds(solver.solve)
    return {
        "columns": len(solution.columns),
        "rows": len(solution.duals),
        "build_cpu_s": build_s,
        "solve_cpu_s": solve_s,
        "more_mb": memory_mb(peak=True) - before_mb,
        "worth": solution.worth,
    }


def _built(view: Outlook, stream: Stream) -> Solver:
    program = Program()
    resources(program, view)
    serve(program, view, _options(view, stream))
    spot(program, view)
    return Solver(program, relaxed=True)


def _options(view: Outlook, stream: Stream) -> Options:
    options = options_of(view, stream)
    return options.only(fitting(view, options))


def by_linopy(size: Size) -> dict[str, Any]:
    """Theirs, or why it is not measured."""
    try:
        import linopy  # noqa: PLC0415
    except ImportError as error:
        return {"why": f"{error}; `pip install linopy` for the run"}
    view, stream = one_future(size)
    before_mb = memory_mb()
    build_s, model = cpu_seconds(lambda: _model(view, _options(view, stream)))
    solve_s, _ = cpu_seconds(lambda: model.solve(solver_name="highs", io_api="direct", **HIGHS))
    return {
        "version": linopy.__version__,
        "build_cpu_s": build_s,
        "solve_cpu_s": solve_s,
        "more_mb": memory_mb(peak=True) - before_mb,
        "worth": -float(model.objective.value),
    }


def _model(view: Outlook, options: Options) -> Any:
    """The same columns and rows in its words: variables of options, pools and periods, and terms grouped by row."""
    import linopy  # noqa: PLC0415
    import xarray as xr  # noqa: PLC0415

    model, length = linopy.Model(), len(view.grid)
    served = model.add_variables(0, 1, coords=[np.arange(len(options.wish))], dims=["option"], name="serve")
    pools = np.nonzero(sold_as_spot(view))[0]
    depth = np.repeat(view.spot_gpus[pools, None], length, axis=1).ravel() / THOUSAND
    sold = model.add_variables(0, depth, coords=[np.arange(len(depth))], dims=["sale"], name="spot")
    sale_pool, sale_period = np.repeat(pools, length), np.tile(np.arange(length), len(pools))

    option, period = options.periods()
    pool, gpus = options.pool[option], options.gpus[option] / THOUSAND
    terms = served.isel(option=xr.DataArray(option, dims="term"))
    for name, place, amount, sale, room in (
        ("gpus", pool, gpus, np.ones(len(depth)), view.free_gpus),
        ("power", view.site_of[pool], gpus * view.kw_per_gpu[pool], view.spot_kw_per_gpu[sale_pool], view.free_kw),
    ):
        row = xr.DataArray(place * length + period, dims="term", name="row")
        of_sale = (sale_pool if name == "gpus" else view.site_of[sale_pool]) * length + sale_period
        taken = (terms * xr.DataArray(amount, dims="term")).groupby(row).sum()
        left = (sold * xr.DataArray(sale, dims="sale")).groupby(xr.DataArray(of_sale, dims="sale", name="row")).sum()
        both = linopy.merge([taken, left], join="outer")
        model.add_constraints(
            both <= xr.DataArray(room.ravel()[both.indexes["row"]] / THOUSAND, dims="row"), name=name
        )
    once = (1.0 * served).groupby(xr.DataArray(options.wish, dims="option", name="wish")).sum()
    model.add_constraints(once <= 1, name="once")
    earned = view.spot_usd[sale_pool] * view.grid.hours[sale_period] * THOUSAND / MILLION
    gain = (served * xr.DataArray(options.usd / MILLION, dims="option")).sum()
    model.add_objective(-1 * gain - (sold * xr.DataArray(earned, dims="sale")).sum())
    return model
