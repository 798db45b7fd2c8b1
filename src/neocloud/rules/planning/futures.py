"""Opportunity cost: what capacity is worth in its best other use, over futures that may come.

For each future a relaxed program shares what is free among all that would be asked; its duals say what one more
GPU-hour, or one more MW, would be worth there. Their mean over the futures is the opportunity cost (a randomised
linear program, Talluri and van Ryzin 1999). It is never read off a program whose acceptances are fixed: there nothing
is left that could be displaced, and all prices are nought.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neocloud.rules.planning.drawing import Stream, options_of
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.leaving import Freed
from neocloud.rules.planning.options import Options, always_spot, fitting
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.piece import pieces
from neocloud.rules.planning.program import MILLION, THOUSAND
from neocloud.units import Progress


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Opportunity costs, each (futures, pools or sites, periods): USD per GPU-hour, and per kWh at the meter."""

    view: Outlook
    gpu_usd: Floats
    kwh_usd: Floats

    def per_gpu_hour(self) -> Floats:
        """All in, (futures, pools, periods): the GPU's own and that of the power it draws."""
        power: Floats = self.kwh_usd[:, self.view.site_of] * self.view.kw_per_gpu[:, None]
        return self.gpu_usd + power

    def mean(self) -> Floats:
        """Their mean over the futures, all in, (pools, periods): USD per GPU-hour."""
        power = self.kwh_usd.mean(axis=0)[self.view.site_of] * self.view.kw_per_gpu[:, None]
        found: Floats = self.gpu_usd.mean(axis=0) + power
        return found

    def spot(self) -> Floats:
        """What is earned on every free GPU whatever is decided, (pools,): USD per hour."""
        return np.where(always_spot(self.view), self.view.spot_usd, 0.0)


class Future:
    """One future: a stream of requests, and what it comes to with what is free now, in pieces that nothing joins."""

    def __init__(self, view: Outlook, stream: Stream, freed: Freed | None = None) -> None:
        self._freed = freed
        view = self._with_freed(view)
        options = options_of(view, stream)
        self.options = options.only(fitting(view, options))
        self._pieces = tuple(pieces(view, self.options))

    @property
    def worth(self) -> float:
        """What it comes to, in millions of USD."""
        return sum(piece.solution.worth for piece in self._pieces)

    @property
    def fell_back(self) -> bool:
        """Whether the solver needed its plainest method."""
        return any(piece.solution.fell_back for piece in self._pieces)

    def move(self, view: Outlook) -> None:
        """Come to what is free now."""
        view = self._with_freed(view)
        for piece in self._pieces:
            piece.move(view)

    def supposed(self, view: Outlook) -> float:
        """What it would come to with other capacity, in millions of USD."""
        view = self._with_freed(view)
        return sum(piece.supposed(view) for piece in self._pieces)

    def without(self, put: str) -> float:
        """What it would come to without a put, in millions of USD."""
        return sum(piece.without(put) for piece in self._pieces)

    def put_h(self, put: str) -> float:
        """How many GPU-hours a put takes in it."""
        return sum(piece.put_h(put) for piece in self._pieces)

    def _with_freed(self, view: Outlook) -> Outlook:
        return view if self._freed is None else self._freed.added_to(view)

    def costs(self, view: Outlook) -> tuple[Floats, Floats]:
        """Its duals as USD per GPU-hour and USD per kWh."""
        gpus, kwh = np.zeros((len(view.pools), len(view.grid))), np.zeros((len(view.sites), len(view.grid)))
        for piece in self._pieces:
            gpus[piece.pools], kwh[piece.sites] = piece.duals(len(view.grid))
        per_hour = MILLION / THOUSAND / view.grid.hours
        return gpus * per_hour + np.where(always_spot(view), view.spot_usd, 0.0)[:, None], kwh * per_hour


def futures(
    view: Outlook,
    streams: Sequence[Stream],
    gone: Sequence[Freed | None],
    *,
    progress: Progress | None = None,
) -> list[Future]:
    """A future for each stream, with what tenants that are gone have left in it; each is solved."""
    found: list[Future] = []
    for stream, freed in zip(streams, gone, strict=True):
        found.append(Future(view, stream, freed))
        if progress is not None:
            progress(len(found), len(streams))
    return found


def costs_over(view: Outlook, futures: Sequence[Future]) -> Costs:
    """The opportunity costs of each future."""
    pairs = [future.costs(view) for future in futures]
    return Costs(
        view=view,
        gpu_usd=np.array([gpus for gpus, _ in pairs]).reshape(len(futures), len(view.pools), len(view.grid)),
        kwh_usd=np.array([kwh for _, kwh in pairs]).reshape(len(futures), len(view.sites), len(view.grid)),
    )


def joined(costs: Sequence[Costs]) -> Costs:
    """Costs of several plans as those of one, in the periods of the last: the mean of all their futures is steadier.

    What an earlier plan said of an instant it is taken to say of the period that begins there.
    """
    view = costs[-1].view
    parts = [(each, np.clip(each.view.grid.first(view.grid.cuts[:-1]), 0, len(each.view.grid) - 1)) for each in costs]
    return Costs(
        view=view,
        gpu_usd=np.concatenate([each.gpu_usd[:, :, period] for each, period in parts]),
        kwh_usd=np.concatenate([each.kwh_usd[:, :, period] for each, period in parts]),
    )


def taken(view: Outlook, pool: int, gpus: float, first: int, after: int, *, outside: bool = False) -> Outlook:
    """The outlook with so many GPUs of a pool taken over some periods, by a customer if `outside`."""
    site, watts = int(view.site_of[pool]), gpus * float(view.kw_per_gpu[pool])
    view = replace(
        view,
        free_gpus=_less(view.free_gpus, pool, gpus, first, after),
        free_kw=_less(view.free_kw, site, watts, first, after),
    )
    if outside and view.outside_gpus is not None:
        view = replace(view, outside_gpus=_less(view.outside_gpus, pool, gpus, first, after))
    if outside and view.outside_kw is not None:
        view = replace(view, outside_kw=_less(view.outside_kw, site, watts, first, after))
    return view


def _less(free: Floats, row: int, amount: float, first: int, after: int) -> Floats:
    left = free.copy()
    left[row, first:after] = np.maximum(left[row, first:after] - amount, 0.0)
    return left


def taken_by(view: Outlook, options: Options, served: Mapping[int, float]) -> Outlook:
    """The outlook with what options take, each in the part that is served."""
    for i, part in served.items():
        at = int(options.pool[i]), float(options.gpus[i]) * part, int(options.first[i]), int(options.after[i])
        view = taken(view, *at, outside=bool(options.outside[i]))
    return view


def displacements(futures: Sequence[Future], less: Outlook) -> Floats:
    """What having less capacity than now costs each future, USD: the difference of two best values, for any size."""
    return np.array([max(0.0, each.worth - each.supposed(less)) for each in futures]) * MILLION


def moved(futures: Sequence[Future], view: Outlook) -> None:
    """Bring futures to what is free now."""
    for future in futures:
        future.move(view)
