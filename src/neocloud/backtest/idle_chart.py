"""Idle GPUs by hour of the week as a picture: a shade and a number for each hour."""

from collections.abc import Iterator

from markupsafe import Markup

from neocloud.backtest import saying
from neocloud.backtest.answer import Surplus
from neocloud.backtest.drawing import box, picture, text
from neocloud.backtest.tables import days

_WIDTH, _HEIGHT = 760, 268
_LEFT, _TOP, _ACROSS, _DOWN = 84.0, 26.0, 27.4, 27.0
_DARKEST = 0.78
_WHITE_FROM = 0.7


def idle_chart(surplus: Surplus) -> Markup:
    """The mean for each hour of each day; the darker, the more GPUs are idle."""
    most = max((each for each in surplus.idle.mean_gpus if each is not None), default=0.0) or 1.0
    parts = [*_hours(), *_cells(surplus, most), *_scale(most)]
    return picture("idle", _WIDTH, _HEIGHT, title="Idle GPUs by hour of the week", parts=parts, describes=(
        "Seven rows of days and 24 columns of hours; each cell has the mean number of idle GPUs, and is the darker "
        "the more there are. The table below has every number."
    ))  # fmt: skip


def _hours() -> Iterator[Markup]:
    for hour in range(0, 25, 3):
        yield text(_LEFT + hour * _ACROSS, _TOP - 8, f"{hour:02}:00", "tick", "middle")


def _cells(surplus: Surplus, most: float) -> Iterator[Markup]:
    for day, name in enumerate(days(surplus)):
        y = _TOP + day * _DOWN
        yield text(_LEFT - 8, y + 18, name, "tick", "end")
        for hour, mean in enumerate(surplus.idle.mean_gpus[24 * day : 24 * day + 24]):
            x = _LEFT + hour * _ACROSS
            yield box(x, y, _ACROSS, _DOWN, "cell", _shade((mean or 0.0) / most))
            yield text(x + _ACROSS / 2, y + 17.5, saying.short(mean), _ink((mean or 0.0) / most), "middle")


def _shade(part: float) -> str:
    level = round(255 * (1 - _DARKEST * max(0.0, min(part, 1.0))))
    return f"#{level:02x}{level:02x}{level:02x}"


def _ink(part: float) -> str:
    return "number light" if part > _WHITE_FROM else "number"


def _scale(most: float) -> Iterator[Markup]:
    y = _TOP + 7 * _DOWN + 16
    yield text(_LEFT - 8, y + 15, "idle", "tick", "end")
    for i in range(6):
        x = _LEFT + 56 * i
        yield box(x, y, 56, 20, "cell", _shade(i / 5))
        yield text(x + 28, y + 14, saying.short(most * i / 5), _ink(i / 5), "middle")
