"""Which of the requests to accept together: whole ones against each other, and against what may yet be asked for.

What capacity would earn from demand still to come is its opportunity cost; a small mixed-integer program weighs the
requests against that, within what is free. Requests by rank alone come first, in the order of their ranks.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neocloud.model.requests import Request
from neocloud.rules.planning.futures import Costs, taken_by
from neocloud.rules.planning.grid import Bools, Floats, Ints
from neocloud.rules.planning.options import Options, fitting, resources, serve
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.program import Entries, Program
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
    starts = np.array(wishes.start_at, dtype=np.int64)[rest]
    serve(program, view, gained, whole=whole, also=_one_start(program, columns, starts, ~whole))
    solution = Solver(program).solve()
    parts = solution.columns[program.columns["serve"]]
    served |= {int(rest[i]): float(parts[i]) for i in np.nonzero(parts > _SERVED)[0]}
    return Choice(served, solution.gap_ratio, solution.fell_back)


def _one_start(program: Program, columns: Options, starts: Ints, divisible: Bools) -> tuple[Entries, ...]:
    """A request that is divisible may be served in several pools at once, and only from one start: it is one lease.

    Whole numbers say which start that is, for those that have several; what its columns take of them.
    """
    keys = np.stack([columns.wish, starts], axis=1)
    pairs = np.unique(keys[divisible], axis=0)
    several = pairs[np.isin(pairs[:, 0], pairs[1:, 0][pairs[1:, 0] == pairs[:-1, 0]])]
    if not len(several):
        return ()
    begin = program.add_rows("start", np.zeros(len(several)))
    wishes, which = np.unique(several[:, 0], return_inverse=True)
    one = program.add_rows("one_start", np.ones(len(wishes))) + which.ravel()
    each = np.arange(len(several))
    takes = Entries(each, begin + each, -np.ones(len(several))), Entries(each, one, np.ones(len(several)))
    program.add_columns("start", np.zeros(len(several)), takes, whole=np.ones(len(several), dtype=bool))
    column, pair = np.nonzero((keys[:, None] == several[None]).all(axis=2))
    return (Entries(column, begin + pair, np.ones(len(column))),)


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
