"""Few amounts as bars: a row each, with its name before it and its number behind."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from neocloud.pages.drawing import box, hatch, line, picture, text

_ROW, _TALL, _TOP = 34.0, 18.0, 8.0


class Bar(NamedTuple):
    """A name; how much of the longest bar is full, how much is hatched after it; and what is said at its end."""

    name: str
    full_ratio: float
    hatched_ratio: float
    words: str


class Room(NamedTuple):
    """How wide a picture is, and from where to where the longest bar goes in it."""

    width: int
    left: float
    right: float


WIDE = Room(760, 176.0, 500.0)
NARROW = Room(480, 150.0, 320.0)


def bars(name: str, rows: Sequence[Bar], title: str, *, room: Room = WIDE, class_: str = "chart") -> Markup:
    """The picture of some bars, in their order."""
    height = int(_TOP + _ROW * len(rows)) + 6
    parts = [part for i, bar in enumerate(rows) for part in _bar(bar, _TOP + _ROW * i, room)]
    axis = line(room.left, _TOP - 2, room.left, height - 4, "axis")
    return picture(name, room.width, height, title=title, parts=[*parts, axis], class_=class_,
                   describes=f"{title}: a bar each, with its number. The table below has every number.")  # fmt: skip


def _bar(bar: Bar, y: float, room: Room) -> Iterator[Markup]:
    middle = y + _TALL / 2 + 8
    most = room.right - room.left
    first, second = most * bar.full_ratio, most * bar.hatched_ratio
    yield text(room.left - 10, middle + 4, bar.name, "label", "end")
    yield box(room.left, y + 8, first, _TALL, "bar")
    if second > 0:
        yield box(room.left + first, y + 8, second, _TALL, "rest")
        yield hatch(room.left + first, y + 8, second, _TALL, 5)
    yield text(room.left + first + second + 8, middle + 4, bar.words, "label")
