"""What a forecast has come to mean, after what really came: the level and the phase of demand, learnt by class.

The level of a market and how late its cycle is are unknown numbers on a grid. Every day moves their weights by how
likely its arrivals (Poisson) and the prices offered (lognormal) are under each; in between the level may have jumped.
A class moves with its market, times a factor of its own (Gamma).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from neocloud.model.forecasts import Forecast
from neocloud.model.requests import Request
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.outlook import usd
from neocloud.units import DAY_S

_SPREAD = 3.0
"""The grid goes as far as so many standard deviations to both sides."""

_LEVELS, _PHASES = 25, 25
_CLASS_SD_RATIO = 0.1
"""How far a class strays from its market: its factor is known to about this before anything came."""

_JUMP_SD_RATIO = 0.8
"""A level that has jumped is anywhere around what was forecast (standard deviation of its logarithm)."""

_YEAR_DAYS = 365


class Belief(NamedTuple):
    """What is held possible of one market: `weights` of each level (times what was forecast) and lateness."""

    levels: Floats  # (levels,)
    late_s: Floats  # (phases,)
    weights: Floats  # (levels, phases), summing to 1
    factors: dict[str, float]  # by class

    def factor(self, forecast: str) -> float:
        """By how much a class is stronger than its market."""
        return self.factors.get(forecast, 1.0)

    def drawn(self, count: int, rng: np.random.Generator) -> list[tuple[float, float]]:
        """So many levels and latenesses, as likely as they are believed, in any order.

        They are drawn at even steps of likelihood (systematic sampling): few of them then spread as widely as many.
        """
        places = (rng.random() + np.arange(count)) / count
        cells = np.searchsorted(np.cumsum(self.weights.ravel()), places * self.weights.sum(), "right")
        rows, columns = np.divmod(np.minimum(cells, self.weights.size - 1), self.weights.shape[1])
        order = rng.permutation(count)
        return [(float(self.levels[rows[k]]), float(self.late_s[columns[k]])) for k in order]

    @property
    def level(self) -> float:
        """The level that is expected."""
        return float(self.weights.sum(axis=1) @ self.levels)

    @property
    def lateness_s(self) -> float:
        """How much later than forecast the cycle is expected to be."""
        return float(self.weights.sum(axis=0) @ self.late_s)


def cycle_of(forecast: Forecast, at: Floats, late_s: float | Floats) -> tuple[Floats, Floats]:
    """By how much volume and prices of a class are over their mean at instants, if its cycle is so late."""
    cycle = forecast.cycle
    if cycle is None:
        return np.ones(np.broadcast(at, late_s).shape), np.ones(np.broadcast(at, late_s).shape)
    swing = np.sin(2 * np.pi * (at - cycle.rising_at - late_s) / cycle.period_s)
    volume: Floats = np.maximum(0.0, 1 + float(cycle.swing_ratio) * swing)
    return volume, 1 + float(cycle.price_swing_ratio) * swing


def beliefs(forecasts: Sequence[Forecast], seen: Iterable[Request], *, since_at: int, now: int) -> dict[str, Belief]:
    """What is believed of each market at `now`, of the requests that arrived since `since_at`; by market."""
    arrived: dict[str, list[Request]] = {forecast.id: [] for forecast in forecasts}
    for request in seen:
        if request.forecast in arrived and since_at <= request.arrived_at < now:
            arrived[request.forecast].append(request)
    markets = sorted({forecast.market or forecast.id for forecast in forecasts})
    return {
        market: _market([each for each in forecasts if (each.market or each.id) == market], arrived, since_at, now)
        for market in markets
    }


def _market(classes: Sequence[Forecast], arrived: dict[str, list[Request]], since_at: int, now: int) -> Belief:
    levels, prior = _levels(max(float(each.level_sd_ratio) for each in classes))
    late_s, late_prior = _lateness(classes)
    jumps = max(float(each.jumps_per_year) for each in classes) / _YEAR_DAYS
    if jumps:
        levels, prior, jumped = _jumping(float(max(each.level_sd_ratio for each in classes)))
    logs = np.log(prior)[:, None] + np.log(late_prior)
    expected = dict.fromkeys((each.id for each in classes), 0.0)
    cuts = np.unique(np.append(np.arange(since_at, now, DAY_S), now)) if now > since_at else np.zeros(0)
    counts = {each.id: _daily(arrived[each.id], cuts) for each in classes}
    for day, (begin, end) in enumerate(pairwise(cuts)):
        days, middle = (end - begin) / DAY_S, np.array((begin + end) / 2)
        rates = {each.id: float(each.requests_per_day) * days * cycle_of(each, middle, late_s)[0] for each in classes}
        total = np.sum([*rates.values()], axis=0)
        for each in classes:
            expected[each.id] += float(levels @ np.exp(logs) @ rates[each.id])
        count = sum(int(counts[each.id][day]) for each in classes)
        logs = _moved(logs, levels, total, count)
        if jumps:
            logs = _jumped(logs, np.log(jumped), min(0.5, jumps * days))
    weights = np.exp(_priced(logs, classes, arrived, late_s))
    known = 1 / _CLASS_SD_RATIO**2
    factors = {name: (known + len(arrived[name])) / (known + expected[name]) for name in expected}
    return Belief(levels, late_s, weights / weights.sum(), factors)


def _levels(sd_ratio: float) -> tuple[Floats, Floats]:
    if not sd_ratio:
        return np.ones(1), np.ones(1)
    z = np.linspace(-_SPREAD, _SPREAD, _LEVELS)
    weights = np.exp(-(z**2) / 2)
    return np.exp(sd_ratio * z - sd_ratio**2 / 2), weights / weights.sum()


def _jumping(sd_ratio: float) -> tuple[Floats, Floats, Floats]:
    """Levels wide enough for a jump, how likely they are before, and how likely after one."""
    logs = np.linspace(-_SPREAD * _JUMP_SD_RATIO, _SPREAD * _JUMP_SD_RATIO / 2, 2 * _LEVELS)
    sd_ratio = max(sd_ratio, logs[1] - logs[0])
    before = np.exp(-(((logs + sd_ratio**2 / 2) / sd_ratio) ** 2) / 2)
    after = np.exp(-((logs / _JUMP_SD_RATIO) ** 2) / 2)
    return np.exp(logs), before / before.sum(), after / after.sum()


def _lateness(classes: Sequence[Forecast]) -> tuple[Floats, Floats]:
    sd_s = max((each.cycle.rising_sd_s for each in classes if each.cycle is not None), default=0)
    if not sd_s:
        return np.zeros(1), np.ones(1)
    z = np.linspace(-_SPREAD, _SPREAD, _PHASES)
    weights = np.exp(-(z**2) / 2)
    return sd_s * z, weights / weights.sum()


def _daily(requests: Iterable[Request], cuts: Floats) -> Floats:
    found: Floats = np.histogram([each.arrived_at for each in requests], cuts)[0] if len(cuts) > 1 else np.zeros(0)
    return found


def _moved(logs: Floats, levels: Floats, rates: Floats, count: int) -> Floats:
    """The logarithms of the weights after a day on which `count` requests came: by Bayes, under a Poisson law."""
    mean = np.maximum(levels[:, None] * rates, 1e-9)
    return _normal(logs + count * np.log(mean) - mean)


def _jumped(logs: Floats, after: Floats, part: float) -> Floats:
    """The same once a part of the likelihood has jumped to any level; how late the cycle is does not jump."""
    late = np.logaddexp.reduce(logs, axis=0)
    return _normal(np.logaddexp(np.log1p(-part) + logs, np.log(part) + after[:, None] + late))


def _priced(logs: Floats, classes: Sequence[Forecast], arrived: dict[str, list[Request]], late_s: Floats) -> Floats:
    """The same after the prices offered: where these swing with the cycle, they tell how late it is."""
    likely = np.zeros(len(late_s))
    for each in classes:
        if each.cycle is None or not each.cycle.price_swing_ratio or not each.price_sd_ratio:
            continue
        if not arrived[each.id] or not each.per_gpu_hour.nanos:
            continue
        speeds = {served.pool: float(served.speed) for served in each.pools}
        rows = [
            (request.arrived_at, usd(way.per_gpu_hour) / speeds[way.pool])
            for request in arrived[each.id]
            for way in request.ways[:1]
            if way.per_gpu_hour is not None and way.pool in speeds
        ]
        at, price = np.array(rows, dtype=np.float64).reshape(-1, 2).T
        swing = cycle_of(each, at[:, None], late_s)[1]
        off = np.log(np.maximum(price, 1e-9))[:, None] - np.log(usd(each.per_gpu_hour) * np.maximum(swing, 1e-9))
        likely -= ((off / float(each.price_sd_ratio)) ** 2).sum(axis=0) / 2
    return _normal(logs + likely)


def _normal(logs: Floats) -> Floats:
    found: Floats = logs - np.logaddexp.reduce(logs, axis=None)
    return found
