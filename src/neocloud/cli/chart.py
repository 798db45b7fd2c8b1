"""The capacity timeline as a picture in the terminal: who holds what, under what there is.

Each holder has a letter, so that the picture is readable without colour; `.` is free, `-` is free and
without power, `!` is a shortfall.
"""

from collections.abc import Mapping, Sequence

import click

from neocloud.operations.capacity import Stretch
from neocloud.timeline import Span
from neocloud.units import format_instant

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_COLOURS = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_green", "bright_magenta")
_LABEL = 10


def instants(within: Span, columns: int) -> list[int]:
    """The middle of each of `columns` equal parts of a span."""
    length_s = within.end_at - within.start_at
    return [within.start_at + length_s * (2 * i + 1) // (2 * columns) for i in range(columns)]


def chart(
    title: str, columns: Sequence[Stretch], within: Span, *, tenants: Sequence[str], scale: int, rows: int = 10
) -> str:
    """A stack of letters for each column, up to the highest supply or demand.

    `tenants` gives the letters, so that a tenant has the same one in every picture; `scale` divides the labels.
    """
    top = max(max(c.supply, c.demand) for c in columns) or 1
    names = [name for name in tenants[: len(_LETTERS)] if any(name in column.held for column in columns)]
    letters = {name: _letter(tenants.index(name)) for name in names}
    lines = [click.style(title, bold=True)]
    for level in range(rows, 0, -1):
        amount = top * level // rows
        cells = "".join(_cell(column, letters, (2 * level - 1) * top / (2 * rows)) for column in columns)
        lines.append(f"{amount / scale:>{_LABEL},.{_digits(top / scale)}f} {cells}")
    lines.append(f"{'':>{_LABEL}} {axis(within, len(columns))}")
    lines.append(f"{'':>{_LABEL}} {_legend(columns, letters, scale)}")
    return "\n".join(lines)


def _letter(i: int) -> str:
    return click.style(_LETTERS[i], fg=_COLOURS[i % len(_COLOURS)])


def _cell(column: Stretch, letters: Mapping[str, str], level: float) -> str:
    height = 0
    for name, letter in letters.items():
        height += column.held.get(name, 0)
        if level <= height:
            return click.style("!", fg="red", bold=True) if level > column.supply else letter
    if level <= sum(column.held.values()):
        return "+"
    if level <= column.demand:
        return click.style("!", fg="red", bold=True) if level > column.supply else click.style("t", dim=True)
    if level > column.supply:
        return " "
    return click.style("." if level <= column.demand + column.powered else "-", dim=True)


def _digits(top: float) -> int:
    """How many digits after the point tell the rows of a chart apart."""
    return 0 if top >= 100 else 1 if top >= 10 else 2


def axis(within: Span, width: int) -> str:
    """The days at the begin, middle and end of a span, as a line so wide."""
    start, end = format_instant(within.start_at)[:10], format_instant(within.end_at)[:10]
    middle = format_instant((within.start_at + within.end_at) // 2)[:10]
    gap = width - len(start) - len(middle) - len(end)
    return f"{start}{' ' * (gap // 2)}{middle}{' ' * (gap - gap // 2)}{end}"


def _legend(columns: Sequence[Stretch], letters: Mapping[str, str], scale: int) -> str:
    parts, digits = [], 0 if scale == 1 else _digits(max(column.supply for column in columns) / scale)
    for name, letter in letters.items():
        most = max(column.held.get(name, 0) for column in columns)
        parts.append(f"{letter} {name} {most / scale:,.{digits}f}")
    others = any(set(column.held) - set(letters) for column in columns)
    turning = any(column.demand > sum(column.held.values()) for column in columns)
    dark = any(column.powered < column.available for column in columns)
    return "  ".join(
        [
            *parts,
            *(["+ others"] * others),
            *(["t turnaround"] * turning),
            ". free",
            *(["- free, without power"] * dark),
        ]
    )
