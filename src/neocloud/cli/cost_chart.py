"""Opportunity cost over time as a picture in the terminal: letters, so that it is readable without colour."""

import shutil
from collections.abc import Sequence

import click

from neocloud.cli.chart import axis, instants
from neocloud.operations.cost_rows import CostRow
from neocloud.timeline import Span

_LABEL, _ROWS = 10, 10
_LEAST_COLUMNS, _MOST_COLUMNS = 40, 96
_TITLES = {"gpu_hour": "pool {}: opportunity cost, USD per GPU-hour", "mwh": "site {}: power, USD per MWh"}


def chart(rows: Sequence[CostRow], within: Span) -> str:
    """One pool or site: its mean as a bar of its parts, and above it how high it goes in one of ten futures."""
    width = min(_MOST_COLUMNS, max(_LEAST_COLUMNS, shutil.get_terminal_size().columns - 14))
    columns = [_at(rows, instant) for instant in instants(within, width)]
    top = max(each.high_usd for each in columns) or 1.0
    lines = [click.style(_TITLES[rows[0].unit].format(rows[0].id), bold=True)]
    for level in range(_ROWS, 0, -1):
        cells = "".join(_cell(each, (2 * level - 1) * top / (2 * _ROWS)) for each in columns).rstrip()
        lines.append(f"{top * level / _ROWS:>{_LABEL},.2f} {cells}".rstrip())
    lines.append(f"{'':>{_LABEL}} {axis(within, width)}")
    parts = "G its GPU  P its power" if rows[0].unit == "gpu_hour" else "P power"
    lines.append(f"{'':>{_LABEL}} {parts}  . up to what one of ten futures is over")
    return "\n".join(lines)


def _at(rows: Sequence[CostRow], instant: int) -> CostRow:
    return next((row for row in rows if row.start_at <= instant < row.end_at), rows[-1])


def _cell(row: CostRow, level: float) -> str:
    if level <= row.gpu_usd:
        return "G"
    if level <= row.mean_usd:
        return "P"
    return "." if level <= row.high_usd else " "
