"""Demand against capacity as a picture: GPUs in use and wanted over time, under what there is."""

from collections.abc import Iterator

from markupsafe import Markup

from neocloud.backtest.answer import Surplus
from neocloud.pages import amounts
from neocloud.pages.drawing import box, line, path, picture, stairs, text
from neocloud.pages.scales import Even, apart, round_ticks, time_ticks

_WIDTH, _HEIGHT = 760, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 640.0, 44.0, 296.0
_MANY = 150
"""Lines over more buckets than this are drawn thin."""

_HIGHEST = 1.6
"""Demand that is wanted is cut off at so many times the fleet, else a single flood flattens the rest."""


def demand_chart(surplus: Surplus) -> Markup:
    """Mean and peak in use, what was wanted, the fleet, and what is kept of it at the knee."""
    shown = surplus.demand
    fleet = surplus.fleet_gpus
    most = max([fleet, *shown.peak_gpus, *(min(each, _HIGHEST * fleet) for each in shown.wanted_gpus)])
    gpus = Even(top=round_ticks(most, 5)[-1], start=_BOTTOM, end=_TOP)
    length_s = max(len(shown.in_use_gpus), 1) * shown.bucket_s
    times = Even(top=length_s, start=_LEFT, end=_RIGHT)
    parts = [*_axes(surplus, gpus, times), *_series(surplus, gpus, times), *_lines(surplus, gpus), *_legend()]
    return picture("demand", _WIDTH, _HEIGHT, title="Demand against capacity over time", parts=parts, describes=(
        "GPUs in use (mean and peak) and wanted over the time of the history, with a line at the size of the fleet "
        "and one at what is kept when the knee is sold. The table below has every number."
    ))  # fmt: skip


def _axes(surplus: Surplus, gpus: Even, times: Even) -> Iterator[Markup]:
    for value in round_ticks(gpus.top, 5):
        y = gpus.at(value)
        if y < _TOP - 1:
            continue
        yield line(_LEFT, y, _RIGHT, y, "grid" if value else "axis")
        yield text(_LEFT - 8, y + 4, f"{value:,g}" if value < 1e6 else amounts.short(value), "tick", "end")
    for at_s, label in time_ticks(surplus.begins_at, int(times.top)):
        x = times.at(at_s)
        yield line(x, _BOTTOM, x, _BOTTOM + 5, "axis")
        yield text(x, _BOTTOM + 18, label, "tick", "middle" if x > _LEFT + 20 else "start")
    if surplus.begins_at is not None:
        yield text(_RIGHT + 14, _BOTTOM + 18, "UTC", "faint")


def _series(surplus: Surplus, gpus: Even, times: Even) -> Iterator[Markup]:
    shown = surplus.demand
    edges = [times.at(i * shown.bucket_s) for i in range(len(shown.in_use_gpus) + 1)]
    thin = " thin" if len(edges) > _MANY else ""
    used = stairs([gpus.at(each) for each in shown.in_use_gpus], edges)
    if used:
        yield path([(used[0][0], _BOTTOM), *used, (used[-1][0], _BOTTOM)], "area")
    yield path(used, f"line use{thin}")
    yield path(stairs([gpus.at(each) for each in shown.peak_gpus], edges), f"line peak{thin}")
    yield path(stairs([gpus.at(min(each, gpus.top)) for each in shown.wanted_gpus], edges), f"line wanted{thin}")
    most = max(shown.wanted_gpus, default=0.0)
    if most > gpus.top:
        yield text(_RIGHT, _TOP - 6, f"wanted: up to {amounts.number(most)}, cut off here", "faint", "end")


def _lines(surplus: Surplus, gpus: Even) -> Iterator[Markup]:
    levels = [(float(surplus.fleet_gpus), "fleet", "capacity")]
    if surplus.knee is not None and surplus.knee.sold_gpus:
        levels.insert(0, (float(surplus.fleet_gpus - surplus.knee.sold_gpus), "kept at the knee", "kept"))
    places = [gpus.at(level) for level, _, _ in reversed(levels)]
    moved = list(reversed(apart(places, 32, low=_TOP, high=_BOTTOM)))
    for (level, name, class_), y in zip(levels, moved, strict=True):
        yield line(_LEFT, gpus.at(level), _RIGHT, gpus.at(level), class_)
        yield text(_RIGHT + 10, y + 1, name, "label strong" if name == "fleet" else "label")
        yield text(_RIGHT + 10, y + 15, f"{level:,.0f}", "label")


def _legend() -> Iterator[Markup]:
    y, x = _TOP - 26, _LEFT
    yield box(x, y - 8, 26, 12, "area")
    yield line(x, y - 8, x + 26, y - 8, "line use")
    yield text(x + 32, y + 3, "mean in use", "tick")
    for across, class_, words in ((130, "line peak", "peak in use"), (260, "line wanted", "wanted: if none waited")):
        yield line(x + across, y - 2, x + across + 26, y - 2, class_)
        yield text(x + across + 32, y + 3, words, "tick")
