"""Reads the cells of one worksheet of an .xlsx, element by element, and stops where only empty rows go on."""

from decimal import Decimal
from typing import Any, Protocol

from neocloud.errors import Invalid
from neocloud.settings import EMPTY_ROWS, MOST_CELLS
from neocloud.sheets.cells import Area, Broken, Figure, Moment, Row, Sheet, Unevaluated, Value, area_of, cell_of
from neocloud.sheets.dates import serial_instant
from neocloud.sheets.markup import guarded_parser


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int = ..., /) -> bytes:
        """The next bytes."""


class _Stop(Exception):
    """Only empty rows go on from here."""


class Grid:
    """The values of one worksheet, as they are met."""

    def __init__(self, strings: list[str], styles: list[str], *, epoch_1904: bool) -> None:
        self._strings, self._styles, self._epoch_1904 = strings, styles, epoch_1904
        self._rows: list[Row] = []
        self._merged: list[Area] = []
        self._hidden_columns: set[int] = set()
        self._remarks: list[str] = []
        self._cells = 0

    def sheet(self, file: str, name: str, *, hidden: bool) -> Sheet:
        """What was read."""
        return Sheet(
            file, name, self._rows, self._merged, hidden, frozenset(self._hidden_columns), self._epoch_1904,
            [f"{name}: {remark}" for remark in self._remarks],
        )  # fmt: skip

    def read(self, stream: Readable) -> None:
        """Read a worksheet. Raises Invalid where it cannot be one."""
        parser = guarded_parser()
        self._listen(parser)
        try:
            parser.ParseFile(stream)
        except _Stop:
            last = self._rows[-1].number if self._rows else 0
            self._remarks.append(
                f"{EMPTY_ROWS:,} rows after row {last} are empty; what may stand further down was not read"
            )

    def _listen(self, parser: Any) -> None:  # noqa: PLR0915
        """The callbacks: one closure, for they run a few times for each cell."""
        text: list[str] = []
        values: list[Value] = []
        cell: dict[str, str] = {}
        number, column, empty_rows, hidden, formula, taking = 0, -1, 0, False, None, False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal number, column, hidden, formula, taking, cell, values
            tag = tag.rpartition(":")[2]
            if tag == "c":
                cell, formula = attributes, None
                text.clear()
            elif tag in {"v", "t"}:
                taking = True
            elif tag == "f":
                formula, taking = "", True
            elif tag == "row":
                number = _row_number(attributes.get("r"), number + 1)
                column, values, hidden = -1, [], attributes.get("hidden") in {"1", "true"}
            elif tag == "mergeCell":
                self._merged.append(area_of(attributes.get("ref", "")))
            elif tag == "col" and attributes.get("hidden") in {"1", "true"}:
                self._hide(attributes)

        def end(tag: str) -> None:
            nonlocal column, empty_rows, formula, taking
            tag = tag.rpartition(":")[2]
            if tag in {"v", "t"}:
                taking = False
            elif tag == "f":
                formula, taking = "".join(text), False
                text.clear()
            elif tag == "c":
                column = cell_of(cell["r"])[1] if "r" in cell else column + 1
                value = self._value(cell, "".join(text), formula)
                if value is not None:
                    self._put(values, column, value)
            elif tag == "row":
                if values:
                    self._rows.append(Row(number, values, hidden))
                    empty_rows = 0
                elif (empty_rows := empty_rows + 1) > EMPTY_ROWS:
                    raise _Stop

        def characters(piece: str) -> None:
            if taking:
                text.append(piece)

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = characters

    def _put(self, values: list[Value], column: int, value: Value) -> None:
        missing = column - len(values)
        self._cells += 1 + max(0, missing)
        if self._cells > MOST_CELLS:
            raise Invalid(f"it has more than {MOST_CELLS:,} cells; split it")
        if missing >= 0:
            values.extend([None] * missing)
            values.append(value)
        else:
            values[column] = value

    def _value(self, cell: dict[str, str], text: str, formula: str | None) -> Value:
        kind = cell.get("t", "n")
        if not text:
            return None if formula is None else (None if kind == "str" else Unevaluated(formula))
        if kind == "n":
            return self._number(text, int(cell.get("s", 0)))
        if kind == "s":
            index = int(text)
            return self._strings[index] or None if 0 <= index < len(self._strings) else None
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        return Broken(text) if kind == "e" else text.strip() or None

    def _number(self, text: str, style: int) -> Value:
        shown = self._styles[style] if style < len(self._styles) else ""
        amount = exact(text)
        if shown == "date":
            at = serial_instant(amount, epoch_1904=self._epoch_1904)
            return Figure(amount) if at is None else Moment(at)
        return Figure(amount, shown)

    def _hide(self, attributes: dict[str, str]) -> None:
        first, last = int(attributes.get("min", 1)), int(attributes.get("max", 1))
        self._hidden_columns.update(range(first - 1, min(last, 16_384)))


def _row_number(said: str | None, following: int) -> int:
    return int(said) if said else following


def exact(text: str) -> Decimal:
    """A number as it was typed: a spreadsheet keeps 2.35 as the nearest binary fraction, in up to 17 digits.

    Fifteen digits are what it lets people type and shows them. Raises Invalid where it is no number.
    """
    if len(text) <= 15 and text.isdigit():
        return Decimal(text)
    try:
        number = Decimal(f"{float(text):.15g}")
    except (ValueError, ArithmeticError):
        raise Invalid(f"{text[:20]!r} is not a number") from None
    if not number.is_finite():
        raise Invalid(f"{text[:20]!r} is not a number")
    return Decimal(int(number)) if number == number.to_integral_value() else number
