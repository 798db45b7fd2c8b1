"""Waits by group as a picture: for each team or size class a dot with nothing sold, and one at the knee."""

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from neocloud.backtest.answer import GroupWaits, Point, Surplus
from neocloud.backtest.report import saying
from neocloud.pages.drawing import line, marker, picture, shortened, text
from neocloud.pages.scales import Waiting, waiting

_WIDTH, _ROW = 760, 23.0
_LEFT, _RIGHT, _TOP = 176.0, 540.0, 46.0
_LONGEST_NAME = 26
_MOST = 12
"""So many groups are drawn, those with the most jobs; the table has all."""

Row = tuple[str, float | None, float | None]
"""The name of a group, and its wait at the first and at the second point."""


def waits_chart(surplus: Surplus, of: str, name: str) -> Markup:
    """The wait that the objective looks at, by group: hollow at the least share sold, full at the knee."""
    before, after = saying.first(surplus), saying.at_knee(surplus)
    assert before is not None, "shown only where there is a point"
    rows = _rows(surplus, before, after, of)
    measure = saying.judged(surplus, before.waits)[0]
    bottom = _TOP + _ROW * len(rows)
    waits = waiting([wait for _, *both in rows for wait in both], start=_LEFT, end=_RIGHT, margin=56)
    parts = [
        *_axis(waits, bottom),
        *_legend(surplus, before, after),
        *(each for i, row in enumerate(rows) for each in _dots(row, waits, _TOP + _ROW * (i + 0.5), bool(after))),
    ]
    describes = (
        f"For each {name} the {measure} of its waits on a logarithmic scale, at the shares named above the chart. "
        "The table below has every number."
    )
    title, height = f"{measure} of waits by {name}", int(bottom) + 34
    return picture(f"waits-{of}", _WIDTH, height, title=title, describes=describes, parts=parts)


def _rows(surplus: Surplus, before: Point, after: Point | None, of: str) -> list[Row]:
    found = [each for each in before.groups if each.of == of]
    if of == "team":
        found = sorted(found, key=lambda group: -group.waits.jobs)[:_MOST]
    later = {each.name: each for each in after.groups if each.of == of} if after else {}
    return [(group.name, _wait(surplus, group), _later(surplus, later, group)) for group in found]


def _wait(surplus: Surplus, group: GroupWaits) -> float | None:
    return saying.judged(surplus, group.waits)[1]


def _later(surplus: Surplus, later: Mapping[str, GroupWaits], group: GroupWaits) -> float | None:
    return _wait(surplus, later.get(group.name, group))


def _axis(waits: Waiting, bottom: float) -> Iterator[Markup]:
    for value, label in waits.ticks():
        x = waits.at(value)
        yield line(x, _TOP, x, bottom, "grid" if value else "axis")
        yield text(x, bottom + 17, label, "tick", "middle")
    if waits.end < _RIGHT:
        yield text(waits.beyond, bottom + 17, "for ever", "tick", "middle")


def _legend(surplus: Surplus, before: Point, after: Point | None) -> Iterator[Markup]:
    said = [("mark hollow", "circle", saying.sold(before, surplus))]
    said += [("mark full", "square", saying.sold(after, surplus))] if after else []
    for i, (class_, shape, words) in enumerate(said):
        x = _LEFT + 4 + 170 * i
        yield marker(shape, x, 18, class_, 4.4)
        yield text(x + 12, 22, words, "tick")


def _dots(row: Row, waits: Waiting, y: float, both: bool) -> Sequence[Markup]:
    name, before, after = row
    numbers = f"{saying.wait(before)} → {saying.wait(after)}" if both else saying.wait(before)
    parts = [
        line(_LEFT, y, _RIGHT, y, "row"),
        text(_LEFT - 10, y + 4, shortened(name, _LONGEST_NAME), "label", "end"),
        text(_RIGHT + 14, y + 4, numbers, "label"),
    ]
    if both:
        parts.append(line(waits.at(before), y, waits.at(after), y, "span"))
        parts.append(marker("square", waits.at(after), y, "mark full", 4.4))
    return [*parts, marker("circle", waits.at(before), y, "mark hollow", 4.4)]
