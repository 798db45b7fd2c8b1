"""The game on plain arrays: a day after the other, its requests in order, each decided at its arrival for good."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.decisions.baselines import Asked, Decide, rows_asked, why_not
from benchmarks.decisions.demand import DAYS, Floats
from benchmarks.decisions.known import Taken, View, not_carried, view_on
from benchmarks.decisions.pools import KW_PER_GPU
from benchmarks.decisions.worlds import World


@dataclass(frozen=True)
class Outcome:
    """What a policy made of a world: what it accepted and was carried, what it accepted in vain, and why it declined.

    `refusals` counts reasons; what was lost is worth nothing.
    """

    carried: tuple[Taken, ...]
    lost: tuple[Taken, ...]
    refusals: dict[str, int]


def by_day(world: World) -> list[NDArray[np.int64]]:
    """The requests that arrive on each day."""
    cuts = np.searchsorted(world.requests.arrival_day, np.arange(1, DAYS))
    return np.split(np.arange(len(world.requests)), cuts)


def play_on_arrays(world: World, decide: Decide) -> Outcome:
    """A plain policy in a world."""
    board, requests, reasons = _Board(world), rows_asked(world), Counter[str]()
    for day, arriving in enumerate(by_day(world)):
        view = board.turn_to(day)
        for i in arriving.tolist():
            free, power = board.free(view), board.power(view)
            pool = decide(requests[i], day, free, power, view)
            if pool is None:
                reasons[why_not(requests[i], free, power)] += 1
            else:
                board.take(Taken(i, pool), requests[i])
    return Outcome(tuple(board.leased), tuple(board.lost), dict(reasons))


class _Board:
    """What is leased, and what that takes by day."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._requests = rows_asked(world)
        self._taken_gpus: Floats = np.zeros((DAYS, len(KW_PER_GPU)))
        self.leased: list[Taken] = []
        self.lost: list[Taken] = []

    def turn_to(self, day: int) -> View:
        """A day begins: what its supply cannot carry is lost, and its GPUs are free again."""
        for each in not_carried(self._world, day, self.leased):
            self.leased.remove(each)
            self.lost.append(each)
            self._add(each, self._requests[each.request], -1)
        return view_on(self._world, day)

    def take(self, taken: Taken, asked: Asked) -> None:
        """Lease it."""
        self.leased.append(taken)
        self._add(taken, asked, 1)

    def free(self, view: View) -> Floats:
        """GPUs by day and pool."""
        return view.supply_gpus - self._taken_gpus

    def power(self, view: View) -> Floats:
        """Power by day, in kW."""
        kw: Floats = view.power_kw - self._taken_gpus @ KW_PER_GPU
        return kw

    def _add(self, taken: Taken, asked: Asked, sign: int) -> None:
        self._taken_gpus[asked.days, taken.pool] += sign * asked.gpus[taken.pool]
