"""GPUs in use over time, and which are idle at which hours of the week."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from neocloud.backtest.answer import Demand, IdleHours
from neocloud.model.traces import Trace, Whole
from neocloud.units import DAY_S, HOUR_S

_BUCKETS = 400
"""A chart of more points than this shows nothing more."""

_WEEK_H = 168
_BUCKET_LENGTHS_S = (60, 300, 900, HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, DAY_S, 7 * DAY_S)


class InUse:
    """How many GPUs are in use at each instant: a step function with an edge for each start and each end."""

    def __init__(self, start_s: Whole, duration_s: Whole, gpus: Whole) -> None:
        """Of one job or more that held so many GPUs from a start on."""
        instants = np.concatenate([start_s, start_s + duration_s])
        order = np.argsort(instants, kind="stable")
        at_s, last = np.unique(instants[order], return_index=True)
        changes = np.concatenate([gpus, -gpus])[order]
        level = np.cumsum(changes)
        self.at_s = at_s
        self.gpus = level[np.append(last[1:], len(level)) - 1]
        self._sum_gpu_s = np.concatenate([[0], np.cumsum(self.gpus[:-1] * np.diff(at_s))])

    def gpu_s(self, at_s: Whole) -> NDArray[np.float64]:
        """GPU-seconds used until each instant."""
        return np.asarray(np.interp(at_s, self.at_s, self._sum_gpu_s))

    def mean(self, edges_s: Whole) -> NDArray[np.float64]:
        """The mean in each bucket between two edges."""
        return np.diff(self.gpu_s(edges_s)) / np.diff(edges_s)

    def peak(self, edges_s: Whole) -> Whole:
        """The most at any instant of each bucket."""
        inside = np.concatenate([self.at_s, edges_s[:-1]])
        levels = np.concatenate([self.gpus, self.level(edges_s[:-1])])
        bucket = np.searchsorted(edges_s, inside, side="right") - 1
        peaks = np.zeros(len(edges_s) - 1, np.int64)
        kept = (bucket >= 0) & (bucket < len(peaks))
        np.maximum.at(peaks, bucket[kept], levels[kept])
        return peaks

    def level(self, at_s: Whole) -> Whole:
        """How many are in use at each instant."""
        i = np.searchsorted(self.at_s, at_s, side="right") - 1
        return np.where(i >= 0, self.gpus[np.maximum(i, 0)], 0)


def demand(in_use: InUse, wanted: InUse, span_s: int) -> Demand:
    """Both over the span of a history, in buckets of a length that people use."""
    bucket_s = next((each for each in _BUCKET_LENGTHS_S if each * _BUCKETS >= span_s), _BUCKET_LENGTHS_S[-1])
    edges_s = np.arange(0, span_s + bucket_s, bucket_s)
    return Demand(
        bucket_s=bucket_s,
        in_use_gpus=tuple(np.round(in_use.mean(edges_s), 2).tolist()),
        peak_gpus=tuple(in_use.peak(edges_s).tolist()),
        wanted_gpus=tuple(np.round(wanted.mean(edges_s), 2).tolist()),
    )


def idle_hours(in_use: InUse, fleet_gpus: int, trace: Trace, zone: str, *, from_s: int, until_s: int) -> IdleHours:
    """Idle GPUs by hour of the week, in a zone's local time; each hour from one second on counts as its mean."""
    begins_at = trace.begins_at or 0
    local = begins_at + from_s + (0 if trace.begins_at is None else _offset_s(begins_at + from_s, zone))
    edges_s = np.arange(from_s + -local % HOUR_S, until_s + 1, HOUR_S)
    if len(edges_s) < 2:
        edges_s = np.array([from_s, max(until_s, from_s + 1)])
    idle = fleet_gpus - in_use.mean(edges_s)
    hours = _hours_of_week(edges_s[:-1], trace.begins_at, zone)
    cells = [np.sort(idle[hours == hour]) for hour in range(_WEEK_H)]
    return IdleHours(
        zone="" if trace.begins_at is None else zone,
        mean_gpus=tuple(round(float(cell.mean()), 2) if len(cell) else None for cell in cells),
        low_gpus=tuple(int(cell[len(cell) // 10]) if len(cell) else None for cell in cells),
    )


def _offset_s(at: int, zone: str) -> int:
    """How far a zone is from UTC at an instant; in some by half an hour."""
    offset = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _hours_of_week(starts_s: Whole, begins_at: int | None, zone: str) -> Whole:
    if begins_at is None:
        return starts_s // HOUR_S % _WEEK_H
    local = (datetime.fromtimestamp(begins_at + int(s), UTC).astimezone(ZoneInfo(zone)) for s in starts_s)
    return np.array([when.weekday() * 24 + when.hour for when in local])
