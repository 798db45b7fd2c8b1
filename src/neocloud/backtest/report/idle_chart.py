"""Idle GPUs by hour of the week as a picture: a shade and a number for each hour."""

from collections.abc import Iterator

from markupsafe import Markup

from neocloud.backtest.answer import Surplus
from neocloud.backtest.report.tables import days
from neocloud.pages import amounts
from neocloud.pages.drawing import box, picture, text

_WIDTH, _HEIGHT = 760, 268
Range = tuple[float, float]
"""The fewest and the most GPUs that are idle at any hour of the week."""

_LEFT, _TOP, _ACROSS, _DOWN = 84.0, 26.0, 27.4, 27.0
_PALEST, _DARKEST = 0.03, 0.8
_WHITE_FROM = 0.62


def idle_chart(surplus: Surplus) -> Markup:
    """The mean for each hour of each day: the fewest idle GPUs are white, the most are black, nearly."""
    known = [each for each in surplus.idle.mean_gpus if each is not None] or [0.0]
    range_gpus = (min(known), max(known))
    parts = [*_hours(), *_cells(surplus, range_gpus), *_scale(range_gpus)]
    describes = (
        "Seven rows of days and 24 columns of hours; each cell has the mean number of idle GPUs, and is the darker "
        "the more there are. The table below has every number."
    )
    title = "Idle GPUs by hour of the week"
    return picture("idle", _WIDTH, _HEIGHT, title=title, describes=describes, parts=parts)


def _hours() -> Iterator[Markup]:
    for hour in range(0, 25, 3):
        yield text(_LEFT + hour * _ACROSS, _TOP - 8, f"{hour:02}:00", "tick", "middle")


def _cells(surplus: Surplus, range_gpus: Range) -> Iterator[Markup]:
    for day, name in enumerate(days(surplus)):
        y = _TOP + day * _DOWN
        yield text(_LEFT - 8, y + 18, name, "tick", "end")
        for hour, mean in enumerate(surplus.idle.mean_gpus[24 * day : 24 * day + 24]):
            yield from _cell(mean, _LEFT + hour * _ACROSS, y, _ACROSS, range_gpus)


def _cell(gpus: float | None, x: float, y: float, width: float, range_gpus: Range) -> Iterator[Markup]:
    """A box with its number; one without a number is white."""
    fewest, most = range_gpus
    part = 0.0 if gpus is None or most == fewest else (gpus - fewest) / (most - fewest)
    level = 255 if gpus is None else round(255 * (1 - _PALEST - (_DARKEST - _PALEST) * part))
    yield box(x, y, width, _DOWN, "cell", f"#{level:02x}{level:02x}{level:02x}")
    yield text(
        x + width / 2, y + 17.5, amounts.short(gpus), "number light" if part > _WHITE_FROM else "number", "middle"
    )


def _scale(range_gpus: Range) -> Iterator[Markup]:
    """Six shades from the fewest to the most, or the one that there is."""
    fewest, most = range_gpus
    y = _TOP + 7 * _DOWN + 14
    yield text(_LEFT - 8, y + 18, "idle", "tick", "end")
    for i in range(6 if most > fewest else 1):
        yield from _cell(fewest + (most - fewest) * i / 5, _LEFT + 56 * i, y, 56, range_gpus)
