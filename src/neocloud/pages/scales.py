"""Where a value lies in a drawing: shares and GPUs evenly, waits by their size, instants by the calendar."""

from datetime import UTC, datetime
from itertools import pairwise
from math import ceil, floor, isfinite, log10

from msgspec import Struct

from neocloud.units import DAY_S, HOUR_S

Tick = tuple[float, str]
"""A value, and how it is written at the axis."""

_WAITS: tuple[tuple[int, str], ...] = (
    (0, "0"), (1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (HOUR_S, "1 h"), (6 * HOUR_S, "6 h"),
    (DAY_S, "1 d"), (7 * DAY_S, "1 w"), (28 * DAY_S, "4 w"), (364 * DAY_S, "1 y"), (3_640 * DAY_S, "10 y"),
    (36_400 * DAY_S, "100 y"),
)  # fmt: skip
_STEPS_S = tuple(
    hours * HOUR_S for hours in (1, 3, 6, 12, 24, 48, 168, 336, 672, 2_184, 4_368, 8_736, 17_472, 87_360)
)


class Even(Struct, frozen=True, kw_only=True):
    """Values from `bottom` to `top`, evenly between two places."""

    top: float
    start: float
    end: float
    bottom: float = 0.0

    def at(self, value: float) -> float:
        """The place of a value."""
        return self.start + (self.end - self.start) * (value - self.bottom) / (self.top - self.bottom)


class Waiting(Struct, frozen=True, kw_only=True):
    """Waits by their logarithm (of 1 s more, so that 0 has a place); one for ever lies beyond the last tick."""

    top_s: int
    start: float
    end: float
    beyond: float
    """The place of a wait for ever."""

    def at(self, wait_s: float | None) -> float:
        """The place of a wait."""
        if wait_s is None or not isfinite(wait_s):
            return self.beyond
        return self.start + (self.end - self.start) * log10(1 + wait_s) / log10(1 + self.top_s)

    def ticks(self, clear: float = 14) -> list[Tick]:
        """Round waits up to the top, without those that would be written nearer than `clear` to the 0."""
        found = [(seconds, label) for seconds, label in _WAITS if seconds <= self.top_s]
        near = {seconds for seconds, _ in found if 0 < abs(self.at(seconds) - self.start) < clear}
        return [(seconds, label) for seconds, label in found if seconds not in near]


def waiting(waits_s: list[float | None], *, start: float, end: float, margin: float) -> Waiting:
    """A scale that reaches over every one of some waits; `margin` is kept for those for ever, if there are any."""
    finite = [each for each in waits_s if each is not None and isfinite(each)]
    most = max(finite, default=0)
    top = next((seconds for seconds, _ in _WAITS if seconds >= max(most, 60)), _WAITS[-1][0])
    kept = (margin if end > start else -margin) if any(each is None for each in waits_s) else 0.0
    return Waiting(top_s=max(top, int(most)), start=start, end=end - kept, beyond=end - kept / 3)


def round_ticks(top: float, about: int = 6) -> list[float]:
    """Round values from 0 up to and with the first that is not under `top`."""
    if top <= 0:
        return [0.0, 1.0]
    step = _round_step(top, about)
    count = floor(top / step - 1e-9) + 1
    return [step * i for i in range(count + 1)]


def ticks_around(least: float, most: float, about: int = 5) -> list[float]:
    """Round values from the last that is not over `least` to the first that is not under `most`; two at the least."""
    step = _round_step(max(most - least, 1e-3 * abs(most), 1e-9), about)
    first, last = floor(least / step + 1e-9), ceil(most / step - 1e-9)
    return [step * i for i in range(first, max(last, first + 1) + 1)]


def _round_step(length: float, about: int) -> float:
    size = 10.0 ** floor(log10(length / about))
    return next(each * size for each in (1, 2, 2.5, 5, 10) if length <= each * size * about)


def time_ticks(begins_at: int | None, span_s: int, about: int = 8) -> list[Tick]:
    """Seconds from the begin of a history, at whole hours, days or weeks; days are counted without a calendar."""
    step_s = next((each for each in _STEPS_S if span_s <= each * about), _STEPS_S[-1])
    into_s = 0 if begins_at is None else -begins_at % min(step_s, DAY_S)
    return [(at_s, _when(begins_at, at_s, step_s)) for at_s in range(into_s, span_s + 1, step_s)]


def _when(begins_at: int | None, at_s: int, step_s: int) -> str:
    if begins_at is None:
        return f"day {at_s // DAY_S + 1}" if step_s >= DAY_S else f"{at_s // HOUR_S} h"
    when = datetime.fromtimestamp(begins_at + at_s, UTC)
    day = f"{when.day} {when:%b}"
    if step_s < DAY_S and when.hour:
        return f"{when:%H:%M}"
    return f"{day} {when.year}" if step_s >= 84 * DAY_S else day


def apart(places: list[float], least: float, *, low: float, high: float) -> list[float]:
    """Places moved as little as needed so that they lie `least` apart, in the same order, between two bounds."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for above, here in pairwise(order):
        moved[here] = max(moved[here], moved[above] + least)
    over = max([moved[i] for i in order[-1:]], default=high) - high
    if over > 0:
        limit = high
        for i in reversed(order):
            moved[i] = limit = min(moved[i], limit)
            limit -= least
    return [max(each, low) for each in moved]
