"""Sites that share requests, with a program of their own: what no request joins is solved apart, which is exact."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from neocloud.rules.planning.grid import Bools, Floats, Ints
from neocloud.rules.planning.options import Options, fitting, put, put_most, resources, serve, spot
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.program import THOUSAND, Program
from neocloud.rules.planning.solver import Solution, Solver


class Piece:
    """Some sites of one future: its program in the solver's memory, and what it comes to with what is free now.

    The solver may stand at other capacity than now, where something was supposed last: a solve starts from there, and
    the best value does not depend on it.
    """

    def __init__(self, view: Outlook, sites: Ints, options: Options) -> None:
        self.sites, self.pools = sites, np.nonzero(np.isin(view.site_of, sites))[0]
        mine = self._of(view)
        self._options = options._replace(pool=np.searchsorted(self.pools, options.pool))
        program = Program()
        resources(program, mine)
        serve(program, mine, self._options)
        spot(program, mine)
        self._puts = put(program, mine)
        self._rows, self._columns = program.rows, program.columns
        self._solver = Solver(program, relaxed=True)
        self._most = program.most
        self._supposed: tuple[Outlook, Solution] | None = None
        self._now = mine
        self.solution = self._solver.solve()

    def move(self, view: Outlook) -> None:
        """Come to what is free now: as it was supposed, or solved again from where the solver stands."""
        mine, supposed = self._of(view), self._supposed
        if supposed is not None and same(supposed[0], mine):
            self.solution = supposed[1]
        elif not same(self._now, mine):
            self.solution = self._solved(mine)
        self._now, self._supposed = mine, None

    def supposed(self, view: Outlook) -> float:
        """What it would be worth with other capacity."""
        mine = self._of(view)
        if same(self._now, mine):
            return self.solution.worth
        solution = self._solved(mine)
        self._supposed = mine, solution
        return solution.worth

    def duals(self, periods: int) -> tuple[Floats, Floats]:
        """The duals of its pools and of its sites, by period."""
        duals = np.maximum(self.solution.duals, 0.0)
        return duals[self._rows["gpus"]].reshape(-1, periods), duals[self._rows["power"]].reshape(-1, periods)

    def without(self, put: str) -> float:
        """What it would be worth without a put."""
        if not self._chosen(put).any():
            return self.solution.worth
        return self._solved(self._now, without=put).worth

    def put_h(self, put: str) -> float:
        """How many GPU-hours a put takes."""
        row, period, chosen = *self._puts, self._chosen(put)
        if self._now.puts is None or not chosen.any():
            return 0.0
        taken = self.solution.columns[self._columns["put"]][chosen]
        return float(taken @ self._now.puts.hours[row[chosen], period[chosen]]) * THOUSAND

    def _chosen(self, put: str) -> Bools:
        """Which of the columns of puts are of one."""
        puts, row = self._now.puts, self._puts[0]
        if puts is None or put not in puts.names:
            return np.zeros(len(row), dtype=bool)
        found: Bools = puts.put[row] == puts.names.index(put)
        return found

    def _solved(self, mine: Outlook, *, without: str = "") -> Solution:
        rooms = {"gpus": mine.free_gpus, "power": mine.free_kw}
        rooms |= {"outside_gpus": mine.outside_gpus} if mine.outside_gpus is not None else {}
        rooms |= {"outside_power": mine.outside_kw} if mine.outside_kw is not None else {}
        for name, room in rooms.items():
            self._solver.set_room(self._rows[name], (room / THOUSAND).ravel())
        most = self._most.copy()
        most[self._columns["serve"]] = 0.0  # the first block: options count as its columns
        most[fitting(mine, self._options)] = 1.0
        if mine.puts is not None and len(self._puts[0]):
            most[self._columns["put"]] = np.where(self._chosen(without), 0.0, put_most(mine, *self._puts))
        changed = np.nonzero(most != self._most)[0]
        self._solver.set_most(changed, most[changed])
        self._most = most
        return self._solver.solve()

    def _of(self, view: Outlook) -> Outlook:
        """Its part of an outlook."""
        if len(self.sites) == len(view.sites):
            return view
        pools, sites = self.pools, self.sites
        return replace(
            view,
            pools=tuple(view.pools[i] for i in pools),
            sites=tuple(view.sites[i] for i in sites),
            site_of=np.searchsorted(sites, view.site_of[pools]),
            kw_per_gpu=view.kw_per_gpu[pools],
            sell_unit_gpus=view.sell_unit_gpus[pools],
            supply_gpus=view.supply_gpus[pools],
            supply_kw=view.supply_kw[sites],
            free_gpus=view.free_gpus[pools],
            free_kw=view.free_kw[sites],
            spot_usd=view.spot_usd[pools],
            spot_gpus=view.spot_gpus[pools],
            spot_kw_per_gpu=view.spot_kw_per_gpu[pools],
            energy_usd=view.energy_usd[pools],
            puts=None if view.puts is None else view.puts.only(pools),
            outside_gpus=None if view.outside_gpus is None else view.outside_gpus[pools],
            outside_kw=None if view.outside_kw is None else view.outside_kw[sites],
        )


def pieces(view: Outlook, options: Options) -> Iterator[Piece]:
    """The pieces of a future: sites are in one if some request could be served at either."""
    group = np.arange(len(view.sites))
    for one, other in _joined(view, options):
        a, b = group[one], group[other]
        group[group == max(a, b)] = min(a, b)
    at = group[view.site_of[options.pool]]
    for each in np.unique(group):
        yield Piece(view, np.nonzero(group == each)[0], options.only(np.nonzero(at == each)[0]))


def _joined(view: Outlook, options: Options) -> Ints:
    """Pairs of sites at which one request, or one put, could be served."""
    pairs = _pairs(options.wish, view.site_of[options.pool])
    if view.puts is None:
        return pairs
    return np.concatenate([pairs, _pairs(view.puts.put, view.site_of[view.puts.pool])])


def _pairs(wish: Ints, site: Ints) -> Ints:
    order = np.argsort(wish, kind="stable")
    wish, site = wish[order], site[order]
    next_to = np.nonzero((wish[1:] == wish[:-1]) & (site[1:] != site[:-1]))[0]
    pairs: Ints = np.unique(np.stack([site[next_to], site[next_to + 1]], axis=1), axis=0)
    return pairs


def same(one: Outlook, other: Outlook) -> bool:
    """Whether two outlooks have the same free, and the same that may be sold outside."""
    pairs = [(one.free_gpus, other.free_gpus), (one.free_kw, other.free_kw)]
    pairs += [
        (a, b)
        for a, b in ((one.outside_gpus, other.outside_gpus), (one.outside_kw, other.outside_kw))
        if a is not None and b is not None
    ]
    return all(np.array_equal(a, b) for a, b in pairs)
