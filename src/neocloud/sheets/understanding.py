"""From a table to records: every row is used, or left out with its place and the reason. The sums always add up."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from neocloud.sheets.cells import Row, Sheet, Value, said
from neocloud.sheets.columns import Problem, Read, reader
from neocloud.sheets.fields import TABLES
from neocloud.sheets.headings import is_total, words
from neocloud.sheets.mapping import Table
from neocloud.sheets.months import read_months
from neocloud.sheets.tables import spread_over

_WATCH_ROWS = 1_000
_NOTHING = {"-", "—", "–", "n/a", "na", "n.a.", "k.a."}
_NONE = {"none", "nil", "no", "keine", "ohne", "tbd", "tba", "tbc", "open", "offen"}
_MAY_BE_NONE = {"price", "notice", "value", "rank"}
"""What a contract may well be without: a word for none there is no value, not a mistake."""


class LeftOut(NamedTuple):
    """A row (or, with `column`, one cell that stopped it) that was not used, and why."""

    file: str
    sheet: str
    row: int
    column: int | None
    reason: str

    @property
    def place(self) -> str:
        """Where it stands."""
        return Sheet(self.file, self.sheet, []).place(self.row, self.column)


class Record(NamedTuple):
    """What one row says, by field; `row` is where."""

    row: int
    fields: dict[str, Any]


class Understood(NamedTuple):
    """A table, what its rows say, and those that say nothing that is understood.

    `rows` = `header_rows` + `used` + `left_out`, always. `cells` are single cells of used rows that were left out.
    """

    table: Table
    records: list[Record]
    left_out: list[LeftOut]
    rows: int
    header_rows: int
    cells: list[LeftOut] = []
    used_rows: frozenset[int] = frozenset()

    @property
    def used(self) -> int:
        """How many rows were used."""
        return len(self.used_rows)

    def without(self, refused: Mapping[int, tuple[str | None, str]]) -> "Understood":
        """The same, without rows that turned out not to be usable: by row, the field that is at fault and why."""
        if not refused:
            return self
        columns = {column.field.name: column.column for column in self.table.mapping.columns}
        more = [
            LeftOut(self.table.sheet.file, self.table.sheet.name, row, columns.get(field or ""), reason)
            for row, (field, reason) in refused.items()
        ]
        left_out = sorted([*self.left_out, *more], key=lambda each: each.row)
        records = [record for record in self.records if record.row not in refused]
        return self._replace(records=records, left_out=left_out, used_rows=self.used_rows - set(refused))


def understand(table: Table, *, first: bool = True, watch: Callable[[int], None] | None = None) -> Understood:
    """Read the rows of a table. `first` says whether the rows that lie beside all tables are its to account for."""
    header = table.mapping.header
    heads = [row for row in table.sheet.rows if header[0] <= row.number <= header[1]]
    reading = _Reading(table)
    titles = list(table.above) if first else []
    left_out = [reading.left(row, None, "above the header: a title or a note") for row in titles]
    rows = [row for row in table.rows if reading.concerns(row, beside=first)]
    used: Set[int]
    if table.mapping.table == "months":
        records, more, cells, used = read_months(table, rows, reading.plain_reason)
        places = [reading.left(row, column, reason) for row, column, reason in more]
        result = [Record(row, fields) for row, fields in records]
        known = [reading.left(row, column, reason) for row, column, reason in cells]
    else:
        result, places = reading.records(rows, watch or (lambda rows: None))
        known, used = [], frozenset(record.row for record in result)
    total = len(titles) + len(heads) + len(rows)
    return Understood(table, result, left_out + places, total, len(heads), known, frozenset(used))


class _Reading:
    """The columns of a table and how each is read."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._merged = spread_over(table.sheet)
        self._columns: list[tuple[int, str, Read]] = [
            (column.column, column.field.name, reader(column, table.mapping, epoch_1904=table.sheet.epoch_1904))
            for column in table.mapping.columns
        ]
        self._own = {column for column, _, _ in self._columns} | {c for c, _ in table.mapping.unread}
        self._needed = TABLES[table.mapping.table].needed
        self._headings = [text for text in (each[1] for each in table.headings) if text]

    def left(self, row: Row, column: int | None, reason: str) -> LeftOut:
        """A row that is left out."""
        return LeftOut(self._table.sheet.file, self._table.sheet.name, row.number, column, reason)

    def concerns(self, row: Row, *, beside: bool) -> bool:
        """Whether a row is one of this table: it says something in its columns, or nothing else accounts for it."""
        if self._table.alone or not self._own:
            return True
        there = any(row.at(column) is not None for column in self._own)
        return there or (beside and all(value is None for value in row.values))

    def records(self, rows: Sequence[Row], watch: Callable[[int], None]) -> tuple[list[Record], list[LeftOut]]:
        """What the rows say, and those left out."""
        found: list[Record] = []
        left: list[LeftOut] = []
        for i, row in enumerate(rows):
            if i % _WATCH_ROWS == 0:
                watch(i)
            reason = self.plain_reason(row)
            if reason:
                left.append(self.left(row, None, reason))
                continue
            try:
                found.append(Record(row.number, self._fields(row)))
            except _Cell as cell:
                left.append(self.left(row, cell.column, str(cell)))
        return found, left

    def plain_reason(self, row: Row) -> str:
        """Why a row is none of the table's own, or nothing: a total, a note, the header once more."""
        own = row.values if self._table.alone else [row.at(column) for column in sorted(self._own)]
        there = [value for value in own if value is not None]
        if there and isinstance(there[0], str) and is_total(there[0]):
            return f"a row of totals ({said(there[0])!r})"
        if len(there) == 1 and len(self._headings) > 2:
            return f"one cell alone, a note or a heading ({said(there[0])!r})"
        if len(there) > 1 and all(isinstance(value, str) and value in self._headings for value in there):
            return "the header once more"
        return ""

    def _fields(self, row: Row) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for column, name, read in self._columns:
            value: Value = row.at(column)
            if value is None and self._merged:
                value = self._merged.get((row.number, column))
            if value is not None and not _says_nothing(value, name):
                try:
                    fields[name] = read(value)
                except Problem as problem:
                    raise _Cell(column, str(problem)) from None
        for missing in self._missing(fields):
            raise missing
        return fields

    def _missing(self, fields: dict[str, Any]) -> Iterator["_Cell"]:
        for group in self._needed:
            if not any(fields.get(name) is not None or name in self._table.mapping.defaults for name in group):
                column = next((c for c, name, _ in self._columns if name in group), None)
                yield _Cell(column, f"no {' or '.join(group)} is given")


def _says_nothing(value: Value, field: str) -> bool:
    """Whether a cell is as good as empty."""
    text = value.strip().lower() if isinstance(value, str) else None
    return text is not None and (text in _NOTHING or (text in _NONE and field in _MAY_BE_NONE))


class _Cell(Exception):
    """A cell that stops its row."""

    def __init__(self, column: int | None, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def about(table: Table) -> str:
    """What stands around a table and may say what it is about: the name of its sheet, and its title."""
    titles = [said(value) for row in table.above for value in row.values if value is not None]
    return " ".join([table.sheet.name, *titles])


def title_words(table: Table) -> frozenset[str]:
    """The words of that."""
    return frozenset(words(about(table)))
