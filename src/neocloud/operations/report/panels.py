"""Small pictures on one scale: the opportunity cost of a pool or a site over time, and what is free beneath."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from neocloud.operations.cost_rows import CostRow
from neocloud.pages.drawing import Place, line, marker, path, picture, shortened, stairs, strokes, text
from neocloud.pages.scales import Even, round_ticks, time_ticks

_WIDTH, _HEIGHT = 340, 228
_LEFT, _RIGHT = 44.0, 336.0
_TOP, _BOTTOM = 44.0, 154.0
_FREE_TOP, _FREE_BOTTOM = 170.0, 200.0
_LONGEST_NAME = 22
_HATCH = 4.0
_LETTER = 6.0
"""So wide is a letter or a digit of small text, at the most on average."""


class Panel(NamedTuple):
    """A pool or a site: its costs over stretches, a price to compare them with, and what is free of what there is.

    `free` and `supply` have a value for each period, from one of `cuts` to the next, in `unit`.
    """

    id: str
    mean_usd: float
    rows: Sequence[CostRow]
    price_usd: float | None
    price: str
    cuts: Sequence[int]
    free: Sequence[float]
    supply: Sequence[float]
    unit: str


def panel(each: Panel, number: int, top: float) -> Markup:
    """The picture of one, the `number`-th; costs above `top` (USD) are cut off, and said."""
    begins_at, ends_at = each.cuts[0], each.cuts[-1]
    usd = Even(top=top, start=_BOTTOM, end=_TOP)
    times = Even(bottom=begins_at, top=ends_at, start=_LEFT, end=_RIGHT)
    price = "" if each.price_usd is None else f", {each.price} {_usd(each.price_usd)}"
    head = text(2, 14, shortened(each.id, _LONGEST_NAME), "label strong")
    beside = text(_RIGHT, 14, f"mean {_usd(each.mean_usd)}{price}", "label", "end")
    parts = [head, beside, *_axes(usd, times), *_costs(each, usd, times), *_free(each, times)]
    return picture(
        f"cost-{each.rows[0].unit}-{number}", _WIDTH, _HEIGHT, title=f"Opportunity cost of {each.id} over time",
        describes=(
            f"The mean over the futures as a line, and its range as a band; beneath, what is free ({each.unit}). "
            "The table below has the mean and the range of the whole time."
        ),
        parts=parts, class_="chart narrow",
    )  # fmt: skip


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"


def _axes(usd: Even, times: Even) -> Iterator[Markup]:
    for value in round_ticks(usd.top, 4):
        y = usd.at(value)
        yield line(_LEFT, y, _RIGHT, y, "grid" if value else "axis")
        yield text(_LEFT - 6, y + 4, f"{value:,g}", "tick", "end")
    for at_s, label in time_ticks(int(times.bottom), int(times.top - times.bottom), 6):
        x = times.at(times.bottom + at_s)
        yield line(x, _FREE_BOTTOM, x, _FREE_BOTTOM + 4, "axis")
        anchor = "start" if x < _LEFT + 24 else "end" if x > _RIGHT - 24 else "middle"
        yield text(x, _FREE_BOTTOM + 18, label, "tick", anchor)


def _costs(each: Panel, usd: Even, times: Even) -> Iterator[Markup]:
    for binds, run in groupby(each.rows, key=lambda row: row.binds):
        yield from _band(binds, list(run), usd, times)
    edges = [times.at(row.start_at) for row in each.rows] + [times.at(each.rows[-1].end_at)]
    if each.price_usd is not None and each.price_usd <= usd.top:
        yield line(_LEFT, usd.at(each.price_usd), _RIGHT, usd.at(each.price_usd), "asked")
    yield path(stairs([usd.at(min(row.mean_usd, usd.top)) for row in each.rows], edges), "mean-cost")
    yield from _cut_off(each, usd, times)


def _band(binds: str, rows: Sequence[CostRow], usd: Even, times: Even) -> Iterator[Markup]:
    """The range over the futures; where power binds, it is hatched as well."""
    edges = [times.at(row.start_at) for row in rows] + [times.at(rows[-1].end_at)]
    high = stairs([usd.at(min(row.high_usd, usd.top)) for row in rows], edges)
    low = stairs([usd.at(min(row.low_usd, usd.top)) for row in rows], edges)
    yield path([*high, *reversed(low)], f"of-{binds}")
    if binds == "power":
        yield strokes(_uprights(high, low), "upright")


def _uprights(high: Sequence[Place], low: Sequence[Place]) -> Iterator[tuple[Place, Place]]:
    for (left, over), (right, _), (_, under) in zip(high[::2], high[1::2], low[::2], strict=True):
        first = int(left / _HATCH) + 1
        yield from (((_HATCH * i, over), (_HATCH * i, under)) for i in range(first, int(right / _HATCH) + 1))


def _cut_off(each: Panel, usd: Even, times: Even) -> Iterator[Markup]:
    """An arrow over every stretch that goes on above the picture, and how far the furthest of them goes."""
    over = [(times.at((row.start_at + row.end_at) / 2), row) for row in each.rows if row.high_usd > usd.top]
    yield from (marker("triangle", x, _TOP - 4, "mark full", 2.6) for x, _ in over)
    if over:
        x, furthest = max(over, key=lambda each: each[1].high_usd)
        mean = f"mean {_usd(furthest.mean_usd)}, " if furthest.mean_usd > usd.top else ""
        words = f"{mean}up to {_usd(furthest.high_usd)}"
        half = _LETTER * len(words) / 2
        yield text(min(max(x, _LEFT + half), _RIGHT - half), _TOP - 13, words, "faint", "middle")


def _free(each: Panel, times: Even) -> Iterator[Markup]:
    most = max(*each.supply, *each.free, 1e-9)
    amounts = Even(top=most, start=_FREE_BOTTOM, end=_FREE_TOP)
    edges = [times.at(cut) for cut in each.cuts]
    used = stairs([amounts.at(value) for value in each.free], edges)
    yield path([(edges[0], _FREE_BOTTOM), *used, (edges[-1], _FREE_BOTTOM)], "free")
    yield path(stairs([amounts.at(value) for value in each.supply], edges), "supply")
    yield line(_LEFT, _FREE_BOTTOM, _RIGHT, _FREE_BOTTOM, "axis")
    yield text(_LEFT - 6, _FREE_TOP + 6, f"{most:,.0f}" if most >= 10 else f"{most:.1f}", "tick", "end")
    yield text(_LEFT - 6, _FREE_BOTTOM + 3, "free", "faint", "end")
