"""Futures drawn from forecasts: one stream of requests after another that may come from now on."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neocloud.model.forecasts import Forecast
from neocloud.rules.planning.beliefs import Belief, cycle_of
from neocloud.rules.planning.grid import Bools, Floats, Ints
from neocloud.rules.planning.options import Options, always_spot
from neocloud.rules.planning.outlook import Outlook, usd
from neocloud.units import DAY_S, HOUR_S

_SHAPE = 2
"""Of the Gamma distribution of durations: the coefficient of variation is 0.7."""


class Stream(NamedTuple):
    """Requests that may come, one row each, of one or several classes; `gpus` is 0 where a pool cannot serve it."""

    arrived_at: Ints
    start_at: Ints
    end_at: Ints
    usd_per_h: Floats  # for the whole request while it runs
    gpus: Floats  # (requests, pools)
    outside: Bools


def some(stream: Stream, chosen: Bools) -> Stream:
    """Some of the requests of a stream."""
    return Stream(
        stream.arrived_at[chosen],
        stream.start_at[chosen],
        stream.end_at[chosen],
        stream.usd_per_h[chosen],
        stream.gpus[chosen],
        stream.outside[chosen],
    )


def drawn(
    forecasts: Sequence[Forecast],
    beliefs: dict[str, Belief],
    view: Outlook,
    *,
    futures: int,
    rng: np.random.Generator,
) -> list[Stream]:
    """Futures: in each a stream of every class, with levels and phases that the beliefs hold possible."""
    states = {market: belief.drawn(futures, rng) for market, belief in sorted(beliefs.items())}
    return [
        _future(forecasts, beliefs, {market: each[k] for market, each in states.items()}, view, rng)
        for k in range(futures)
    ]


def _future(
    forecasts: Sequence[Forecast],
    beliefs: dict[str, Belief],
    states: dict[str, tuple[float, float]],
    view: Outlook,
    rng: np.random.Generator,
) -> Stream:
    streams = [nothing(view)]
    for forecast in forecasts:
        market = forecast.market or forecast.id
        level, late_s = states[market]
        streams.append(_stream(forecast, level * beliefs[market].factor(forecast.id), late_s, view, rng))
    return joined(*streams)


def nothing(view: Outlook) -> Stream:
    """A stream without requests."""
    at, none = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Stream(at, at, at, none, np.zeros((0, len(view.pools))), np.zeros(0, dtype=bool))


def joined(*streams: Stream) -> Stream:
    """Several streams as one."""
    return Stream(*(np.concatenate(parts) for parts in zip(*streams, strict=True)))


def _stream(forecast: Forecast, level: float, late_s: float, view: Outlook, rng: np.random.Generator) -> Stream:
    """The requests of one class from the begin of the outlook to its end."""
    cuts = np.unique(np.concatenate([[view.grid.cuts[0], view.grid.cuts[-1]], _days(view)]))
    days, middles = np.diff(cuts) / DAY_S, (cuts[1:] + cuts[:-1]) / 2
    volume, price = cycle_of(forecast, middles, late_s)
    counts = rng.poisson(level * float(forecast.requests_per_day) * days * volume)
    arrived = np.repeat(cuts[:-1], counts) + rng.random(counts.sum()) * np.repeat(np.diff(cuts), counts)
    n = len(arrived)
    size = float(forecast.median_gpus) * np.exp(float(forecast.size_sd_ratio) * rng.standard_normal(n))
    size = np.clip(size, forecast.least_gpus, forecast.most_gpus)
    length_s = np.maximum(DAY_S, np.round(rng.gamma(_SHAPE, forecast.duration_s / _SHAPE, n) / DAY_S) * DAY_S)
    start = np.ceil((arrived + rng.exponential(forecast.lead_s, n)) / DAY_S) * DAY_S
    median = usd(forecast.per_gpu_hour) * np.repeat(price, counts)
    per_h = median * np.exp(float(forecast.price_sd_ratio) * rng.standard_normal(n)) * size
    gpus = _gpus(forecast, size, view, rng)
    at = (arrived.astype(np.int64), start.astype(np.int64), (start + length_s).astype(np.int64))
    return Stream(*at, per_h, gpus, np.full(n, forecast.kind == "customer"))


def _days(view: Outlook) -> Ints:
    """Whole days (UTC) inside the outlook."""
    begin, end = view.grid.cuts[0], view.grid.cuts[-1]
    return np.arange(-(-begin // DAY_S) * DAY_S, end, DAY_S, dtype=np.int64)


def _gpus(forecast: Forecast, size: Floats, view: Outlook, rng: np.random.Generator) -> Floats:
    """GPUs of each pool that can serve each request: those tied to one pool have it alone."""
    served = [view.index(each.pool) for each in forecast.pools]
    speeds = np.array([float(each.speed) for each in forecast.pools])
    shares = np.array([float(each.tied_share) for each in forecast.pools])
    tied = rng.random(len(size)) < float(forecast.tied_ratio)
    home = rng.choice(len(served), len(size), p=shares / shares.sum()) if shares.sum() else np.zeros(len(size), int)
    can = ~tied[:, None] | (home[:, None] == np.arange(len(served)))
    unit = view.sell_unit_gpus[served]
    gpus = np.zeros((len(size), len(view.pools)))
    gpus[:, served] = np.where(can, np.ceil(size[:, None] / speeds / unit) * unit, 0)
    return gpus


def options_of(view: Outlook, stream: Stream) -> Options:
    """The ways in which a stream may be served that are worth more than spot, over the outlook."""
    start, end = np.maximum(stream.start_at, view.grid.cuts[0]), np.minimum(stream.end_at, view.grid.cuts[-1])
    hours = np.maximum(end - start, 0) / HOUR_S
    least = view.energy_usd + np.where(always_spot(view), view.spot_usd, 0.0)
    worth = np.where(stream.gpus > 0, hours[:, None] * (stream.usd_per_h[:, None] - stream.gpus * least), 0.0)
    wish, pool = np.nonzero(worth > 0)
    first, after = view.grid.first(start[wish]), view.grid.after(end[wish])
    return Options(wish, pool, stream.gpus[wish, pool], first, after, worth[wish, pool], stream.outside[wish])
