"""Ways in which requests may be served, as columns: which request, which pool, when, and what it is worth."""

from typing import NamedTuple

import numpy as np

from neocloud.rules.planning.grid import Bools, Floats, Ints, Lows
from neocloud.rules.planning.outlook import Outlook, Puts
from neocloud.rules.planning.program import MILLION, THOUSAND, Entries, Program

_UNLIMITED = 1e6


class Options(NamedTuple):
    """Columns of one length: `wish` says which request each is a way of, `usd` what it is worth beyond spot.

    `outside` marks those of customers."""

    wish: Ints
    pool: Ints
    gpus: Floats
    first: Ints
    after: Ints
    usd: Floats
    outside: Bools

    def only(self, chosen: Ints) -> "Options":
        """Some of them."""
        return Options(
            self.wish[chosen],
            self.pool[chosen],
            self.gpus[chosen],
            self.first[chosen],
            self.after[chosen],
            self.usd[chosen],
            self.outside[chosen],
        )

    def periods(self) -> tuple[Ints, Ints]:
        """Every period of every option, one after the other: the option, and the period."""
        lengths = self.after - self.first
        option = np.repeat(np.arange(len(lengths)), lengths)
        begins = np.cumsum(lengths) - lengths
        return option, np.arange(len(option)) - begins[option] + self.first[option]


def fitting(view: Outlook, options: Options) -> Ints:
    """The options that fit whole into what is free: what is free only ever gets less, so the others never will."""
    gpus, watts = Lows(view.free_gpus), Lows(view.free_kw)
    low_gpus = gpus.over(options.pool, options.first, options.after)
    low_kw = watts.over(view.site_of[options.pool], options.first, options.after)
    fits = (options.gpus <= low_gpus) & (options.gpus * view.kw_per_gpu[options.pool] <= low_kw)
    return np.nonzero(fits)[0]


def resources(program: Program, view: Outlook) -> None:
    """(1) GPUs of each pool, (2) power of each site, (3) what of both may be sold outside; in every period."""
    program.add_rows("gpus", view.free_gpus / THOUSAND)
    program.add_rows("power", view.free_kw / THOUSAND)
    if view.outside_gpus is not None:
        program.add_rows("outside_gpus", view.outside_gpus / THOUSAND)
    if view.outside_kw is not None:
        program.add_rows("outside_power", view.outside_kw / THOUSAND)


def serve(program: Program, view: Outlook, options: Options, *, whole: Bools | None = None) -> None:
    """(4) What is served takes GPUs and power while it lasts, and each request is served once."""
    option, period = options.periods()
    pool, gpus = options.pool[option], options.gpus[option] / THOUSAND
    length = len(view.grid)
    takes_gpus = Entries(option, program.rows["gpus"].start + pool * length + period, gpus)
    watts = Entries(
        option,
        program.rows["power"].start + view.site_of[pool] * length + period,
        gpus * view.kw_per_gpu[pool],
    )
    takes = (takes_gpus, watts, _once(program, options))
    sold = np.nonzero(options.outside[option])[0]
    outside = _outside(program, *(Entries(of.column[sold], of.row[sold], of.amount[sold]) for of in takes[:2]))
    program.add_columns("serve", options.usd / MILLION, (*takes, *outside), whole=whole)


def _outside(program: Program, gpus: Entries, watts: Entries) -> list[Entries]:
    """What customers take, in the rows of what may be sold outside, where there are any."""
    return [
        of._replace(row=of.row - program.rows[like].start + program.rows[name].start)
        for name, like, of in (("outside_gpus", "gpus", gpus), ("outside_power", "power", watts))
        if name in program.rows
    ]


def _once(program: Program, options: Options) -> Entries:
    """Rows for the requests that have several ways; of one way alone, its column says enough."""
    wishes, which, ways = np.unique(options.wish, return_inverse=True, return_counts=True)
    several = np.nonzero(ways > 1)[0]
    row_of = np.full(len(wishes), -1)
    row_of[several] = program.add_rows("once", np.ones(len(several))) + np.arange(len(several))
    chosen = np.nonzero(row_of[which] >= 0)[0]
    return Entries(chosen, row_of[which][chosen], np.ones(len(chosen)))


def spot(program: Program, view: Outlook) -> None:
    """(5) What nobody has leased is sold as spot, as deep as the market is, where that depth or its power binds."""
    pools = np.nonzero(sold_as_spot(view))[0]
    length = len(view.grid)
    if not len(pools) or not length:
        return
    pool, period = np.repeat(pools, length), np.tile(np.arange(length), len(pools))
    column = np.arange(len(pool))
    gpus = Entries(column, program.rows["gpus"].start + pool * length + period, np.ones(len(pool)))
    site = view.site_of[pool]
    watts = Entries(column, program.rows["power"].start + site * length + period, view.spot_kw_per_gpu[pool])
    worth = view.spot_usd[pool] * view.grid.hours[period] * THOUSAND / MILLION
    program.add_columns("spot", worth, (gpus, watts), most=np.minimum(view.spot_gpus[pool] / THOUSAND, _UNLIMITED))


def put(program: Program, view: Outlook) -> tuple[Ints, Ints]:
    """(6) What nobody else takes a put does, up to its GPUs, and counts as sold outside; its rows, and their periods.

    A part of it in one pool and a part in another are at most one.
    """
    if view.puts is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    puts, length = view.puts, len(view.grid)
    base = np.where(always_spot(view), view.spot_usd, 0.0)
    worth = puts.hours * (puts.usd - base[puts.pool])[:, None]
    row, period = np.nonzero(worth > 0)
    pool, each = puts.pool[row], np.arange(len(row))
    gpus = Entries(each, program.rows["gpus"].start + pool * length + period, np.ones(len(row)))
    power = program.rows["power"].start + view.site_of[pool] * length + period
    watts = Entries(each, power, view.kw_per_gpu[pool])
    takes = (gpus, watts, _shared(program, view.puts, row, period), *_outside(program, gpus, watts))
    most = put_most(view, row, period)
    program.add_columns("put", worth[row, period] * THOUSAND / MILLION, takes, most=most)
    return row, period


def _shared(program: Program, puts: Puts, row: Ints, period: Ints) -> Entries:
    """Rows for the puts that have several pools, in each period."""
    several = np.nonzero((np.bincount(puts.put)[puts.put] > 1)[row])[0]
    cells = np.stack([puts.put[row[several]], period[several]], axis=1)
    which, part = np.unique(cells, axis=0, return_inverse=True)
    begin = program.add_rows("put_once", np.ones(len(which)))
    return Entries(several, begin + part.ravel(), THOUSAND / puts.gpus[row[several]])


def put_most(view: Outlook, row: Ints, period: Ints) -> Floats:
    """How much each column of a put may take, in thousands; without limit where it is all that is free, or more.

    A GPU is then worth what one fewer costs, and not what one more would bring, which would be nothing.
    """
    assert view.puts is not None
    gpus, pool = view.puts.gpus[row], view.puts.pool[row]
    site, kw = view.site_of[pool], np.maximum(view.kw_per_gpu[pool], 1e-9)
    free = np.minimum(view.free_gpus[pool, period], view.free_kw[site, period] / kw)
    if view.outside_gpus is not None:
        free = np.minimum(free, view.outside_gpus[pool, period])
    if view.outside_kw is not None:
        free = np.minimum(free, view.outside_kw[site, period] / kw)
    return np.where(gpus >= free, _UNLIMITED, gpus / THOUSAND)


def sold_as_spot(view: Outlook) -> Bools:
    """The pools whose spot needs columns: the others earn it on all that is free, and it is part of every price."""
    found: Bools = (view.spot_usd > 0) & ~always_spot(view)
    return found


def always_spot(view: Outlook) -> Bools:
    """The pools that earn spot on every GPU that is free, without power of its own."""
    found: Bools = (view.spot_usd > 0) & np.isinf(view.spot_gpus) & (view.spot_kw_per_gpu == 0)
    return found
