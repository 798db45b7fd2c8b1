"""The frontier from selling everything to keeping everything: cash to the right, internal value upwards, apart."""

from collections.abc import Iterator

from markupsafe import Markup

from neocloud.operations.keeping import Keeping
from neocloud.pages.drawing import Place, line, marker, path, picture, text
from neocloud.pages.scales import Even, ticks_around
from neocloud.rules.planning.program import MILLION

_WIDTH, _HEIGHT = 480, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 400.0, 40.0, 308.0
_NAMED, _ACROSS, _DOWN = 100.0, 34.0, 13.0


def mix_chart(found: Keeping) -> Markup:
    """A point for each ratio of values, joined in their order, and where we stand as a square with its name."""
    every = [*found.points, found.here]
    across = ticks_around(min(p.cash_usd for p in every), max(p.cash_usd for p in every))
    up = ticks_around(0.0, max(p.internal_usd for p in every))
    cash = Even(bottom=across[0], top=across[-1], start=_LEFT, end=_RIGHT)
    value = Even(bottom=up[0], top=up[-1], start=_BOTTOM, end=_TOP)
    parts = [*_axes(across, up, cash, value), *_points(found, cash, value)]
    return picture(
        "mix", _WIDTH, _HEIGHT, title="The frontier: cash and internal value", parts=parts, class_="chart narrow",
        describes=(
            "A point for each ratio that internal values are taken times, from 0 (sell everything) to 2; cash to the "
            "right, internal value upwards; a square where we stand. The table below has every number."
        ),
    )  # fmt: skip


def _axes(across: list[float], up: list[float], cash: Even, value: Even) -> Iterator[Markup]:
    for usd in up:
        y = value.at(usd)
        yield line(_LEFT, y, _RIGHT, y, "grid" if usd > up[0] else "axis")
        yield text(_LEFT - 8, y + 4, _tick(usd), "tick", "end")
    for usd in across:
        x = cash.at(usd)
        yield line(x, _BOTTOM, x, _BOTTOM + 5, "axis")
        yield text(x, _BOTTOM + 18, _tick(usd), "tick", "middle")
    begins = f", from {_tick(across[0])} on" if across[0] else ""
    yield text((_LEFT + _RIGHT) / 2, _BOTTOM + 38, f"cash, M USD{begins}", "tick", "middle")
    yield text(4, _TOP - 22, "internal value, M USD (judged, not cash)", "tick")


def _tick(usd: float) -> str:
    return f"{usd / MILLION:g}"


def _points(found: Keeping, cash: Even, value: Even) -> Iterator[Markup]:
    places = [(cash.at(p.cash_usd), value.at(p.internal_usd)) for p in found.points]
    yield path(places, "line")
    for x, y in places:
        yield marker("circle", x, y, "mark hollow")
    yield from _labels(found, places)
    x, y = cash.at(found.here.cash_usd), value.at(found.here.internal_usd)
    yield marker("square", x, y, "mark full", 5)
    inside = x < _LEFT + _NAMED
    yield text(
        x + 8 if inside else x - 8, y + 18, "we stand here", "label strong clear", "start" if inside else "end"
    )


def _labels(found: Keeping, places: list[Place]) -> Iterator[Markup]:
    """The ratio outside of every second point, unless that would lie on another one."""
    taken: list[Place] = []
    for point, (x, y) in zip(found.points[::2], places[::2], strict=True):
        if all(abs(x - left) > _ACROSS or abs(y - over) > _DOWN for left, over in taken):
            taken.append((x, y))
            yield text(x + 6, y - 7, f"x {point.values_ratio:g}", "label")
