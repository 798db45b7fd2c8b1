"""What a sheet holds: rows of values, each with its place, as `Contracts!C17`."""

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from neocloud.errors import Invalid
from neocloud.units import format_instant


class Figure(NamedTuple):
    """A number, and the unit that its format shows: a currency, `%`, or none."""

    amount: Decimal
    unit: str = ""


class Moment(NamedTuple):
    """An instant that the file itself marks as a date."""

    at: int


class Unevaluated(NamedTuple):
    """A formula whose value is not in the file."""

    formula: str


class Broken(NamedTuple):
    """A formula that came to an error, such as `#REF!`."""

    text: str


Value = str | Figure | Moment | Unevaluated | Broken | None


class Row(NamedTuple):
    """The values of one row, from column A on; `number` is what stands beside it in the sheet."""

    number: int
    values: list[Value]
    hidden: bool = False

    def at(self, column: int) -> Value:
        """The value in a column; nothing beyond the last."""
        return self.values[column] if column < len(self.values) else None


class Area(NamedTuple):
    """Merged cells: rows from 1, columns from 0, both ends in it."""

    top: int
    left: int
    bottom: int
    right: int


class Sheet(NamedTuple):
    """The rows of a sheet that say anything, in order."""

    file: str
    name: str
    rows: list[Row]
    merged: list[Area] = []
    hidden: bool = False
    hidden_columns: frozenset[int] = frozenset()
    epoch_1904: bool = False
    remarks: list[str] = []

    def place(self, row: int, column: int | None = None) -> str:
        """Where something stands, as people say it."""
        return f"{self.name}!{letters(column)}{row}" if column is not None else f"{self.name}, row {row}"


@cache
def letters(column: int) -> str:
    """The name of a column, from 0: A, B, ... Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


@cache
def column_of(name: str) -> int:
    """The number of a column, from 0."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


def cell_of(reference: str) -> tuple[int, int]:
    """Row (from 1) and column (from 0) of `C17`. Raises Invalid."""
    found = _CELL.fullmatch(reference.replace("$", ""))
    if found is None:
        raise Invalid(f"{reference[:20]!r} is no cell")
    return int(found[2]), column_of(found[1])


def area_of(reference: str) -> Area:
    """The area of `A1:C2`, or of one cell."""
    first, _, last = reference.partition(":")
    top, left = cell_of(first)
    bottom, right = cell_of(last or first)
    return Area(top, left, bottom, right)


def said(value: Value) -> str:
    """A value as it is repeated in a sentence."""
    match value:
        case Figure(amount, unit):
            return f"{amount:f}{unit if unit == '%' else f' {unit}' if unit else ''}"
        case Moment(at):
            return format_instant(at)
        case Unevaluated(formula):
            return f"={formula}"
        case Broken(text):
            return text
        case None:
            return ""
    return value if len(value) <= 40 else f"{value[:39]}…"
