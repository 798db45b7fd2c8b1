"""Which of the requests to accept together: whole ones against each other, and against what may yet be asked for.

What capacity would earn from demand still to come is its opportunity cost; a small mixed-integer program weighs the
requests against that, within what is free. Requests by rank alone come first, in the order of their ranks.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neocloud.model.requests import Request
from neocloud.rules.planning.futures import Costs, taken_by
from neocloud.rules.planning.grid import Floats, Ints
from neocloud.rules.planning.options import Options, fitting, resources, serve
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.program import Program
from neocloud.rules.planning.solver import Solver
from neocloud.rules.planning.wishes import Wished

_SERVED = 1e-6


class Choice(NamedTuple):
    """What was chosen: the part of each column that is served, and how far from the best that may be."""

    served: dict[int, float]
    gap_ratio: float
    fell_back: bool


def chosen(requests: Sequence[Request], wishes: Wished, view: Outlook, costs: Costs) -> Choice:
    """The columns to serve."""
    options = wishes.options
    displaced = np.array([_cost(wishes, i, costs) for i in range(len(options.wish))])
    served: dict[int, float] = {}
    view = _by_rank(requests, options, view, displaced, served)
    priced = np.array([requests[i].rank is None for i in options.wish], dtype=bool)
    divisible = np.array([requests[i].divisible for i in options.wish], dtype=bool)
    can = divisible | np.isin(np.arange(len(options.wish)), fitting(view, options))
    rest = np.nonzero(can & priced & (options.usd > displaced))[0]
    if not len(rest):
        return Choice(served, 0.0, False)
    columns = options.only(rest)
    gained = columns._replace(usd=columns.usd - displaced[rest])
    whole = np.array([not requests[i].divisible for i in columns.wish])
    program = Program()
    resources(program, view)
    serve(program, view, gained, whole=whole)
    solution = Solver(program).solve()
    parts = solution.columns[program.columns["serve"]]
    served |= {int(rest[i]): float(part) for i, part in _largest(columns, parts).items()}
    return Choice(served, solution.gap_ratio, solution.fell_back)


def _largest(columns: Options, parts: Floats) -> dict[int, float]:
    """What is served of each request: of one that is served in several ways at once, the way that is worth most."""
    found: dict[int, int] = {}
    for i in np.nonzero(parts > _SERVED)[0]:
        best = found.get(int(columns.wish[i]))
        if best is None or parts[i] * columns.usd[i] > parts[best] * columns.usd[best]:
            found[int(columns.wish[i])] = int(i)
    return {i: float(parts[i]) for i in found.values()}


def _cost(wishes: Wished, column: int, costs: Costs) -> float:
    pool = wishes.options.pool[column]
    return float(wishes.options.gpus[column] * (costs.mean()[pool] @ wishes.hours[column]))


def _by_rank(
    requests: Sequence[Request], options: Options, view: Outlook, displaced: Floats, served: dict[int, float]
) -> Outlook:
    """Serve those that have only a rank, the first first, each where it displaces least; what then is left."""
    ranked = sorted((r.rank, i) for i, r in enumerate(requests) if r.rank is not None)
    for _, request in ranked:
        mine: Ints = np.nonzero(options.wish == request)[0]
        room = mine[fitting(view, options.only(mine))]
        if len(room):
            best = int(room[np.argmin(displaced[room])])
            served[best] = 1.0
            view = taken_by(view, options, {best: 1.0})
    return view
