"""A mapping: which sheet is which table, which column which field, in which unit; proposed, or given in a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from neocloud.sheets.cells import Row, Sheet, letters
from neocloud.sheets.dates import DateOrder
from neocloud.sheets.fields import TABLES, Field
from neocloud.sheets.headings import currency_of, unit_in
from neocloud.sheets.numbers import DecimalMark
from neocloud.sheets.tables import Found, Region

Ends = Literal["last-day", "day-after"]
"""Whether an end in a sheet is the last day of a term, or the first day after it."""


class ColumnMapping(NamedTuple):
    """A column read as a field: in which unit, how sure from 0 to 1, and why."""

    column: int
    field: Field
    heading: str = ""
    unit: str = ""
    currency: str = ""
    dates: DateOrder | None = None
    numbers: DecimalMark | None = None
    sure: float = 1.0
    why: tuple[str, ...] = ()

    @property
    def letter(self) -> str:
        """The name of the column."""
        return letters(self.column)


class TableMapping(NamedTuple):
    """A table on a sheet, and how its columns are read. `defaults` say what no column says (site, sku, pool)."""

    sheet: str
    table: str
    header: tuple[int, int]
    columns: tuple[ColumnMapping, ...] = ()
    ends: Ends | None = None
    currency: str = ""
    dates: DateOrder | None = None
    numbers: DecimalMark | None = None
    defaults: Mapping[str, str] = {}
    sure: float = 1.0
    why: tuple[str, ...] = ()
    unread: tuple[tuple[int, str], ...] = ()

    def column(self, field: str) -> ColumnMapping | None:
        """The column that is read as a field."""
        return next((column for column in self.columns if column.field.name == field), None)


class Table(NamedTuple):
    """A table as it lies on its sheet: how it is read, and its rows."""

    sheet: Sheet
    mapping: TableMapping
    rows: Sequence[Row]
    above: Sequence[Row]
    headings: Sequence[tuple[str, str]]
    """Of each column the text of the upper and of the lower row of the header."""

    alone: bool = True
    """Whether no other table lies beside it."""


def proposed(sheet: Sheet, region: Region, *, alone: bool) -> Table:
    """The mapping that the headings propose; what is in the columns completes it."""
    found = region.found
    columns = tuple(_column(column, found) for column in sorted(found.fields))
    read = set(found.fields)
    unread = [(c, text) for c, text in enumerate(found.headings) if text and c not in read]
    there = len(columns) + len(unread)
    mapping = TableMapping(
        sheet=sheet.name,
        table=found.kind,
        header=found.header,
        columns=columns,
        sure=_sure(columns, there) if columns else 0.8,
        why=(f"{len(columns)} of {there} headings name fields of {found.kind}",) if columns else ("months in a row",),
        unread=tuple(unread) if columns else (),
    )
    return Table(sheet, mapping, region.rows, region.above, _headings(found), alone)


def _sure(columns: Sequence[ColumnMapping], there: int) -> float:
    return round(sum(column.sure for column in columns) / len(columns) * (0.7 + 0.3 * len(columns) / there), 2)


def _headings(found: Found) -> list[tuple[str, str]]:
    return list(zip(found.upper, found.lower, strict=True))


def _column(column: int, found: Found) -> ColumnMapping:
    match, heading = found.fields[column], found.headings[column]
    return mapped(column, match.field, heading, sure=round(match.sure, 2))


def mapped(column: int, field: Field, heading: str, *, sure: float = 1.0, unit: str = "") -> ColumnMapping:
    """A column, with the unit and the currency that its heading says."""
    return ColumnMapping(
        column=column,
        field=field,
        heading=heading,
        unit=unit or unit_in(heading, field),
        currency=currency_of(heading) if field.kind == "money" else "",
        sure=sure,
        why=(f"headed {heading!r}",) if heading else (),
    )


def given(sheet: Sheet, mapping: TableMapping, until: int, *, alone: bool) -> Table:
    """A table as a mapping file describes it, down to (not including) a row."""
    top, bottom = mapping.header
    heads = [row for row in sheet.rows if top <= row.number <= bottom]
    width = max((len(row.values) for row in heads), default=0)
    texts = [
        [value if isinstance(value := row.at(column), str) else "" for column in range(width)]
        for row in (heads if len(heads) > 1 else [Row(0, []), *heads])[-2:]
    ]
    pairs = list(zip(*texts, strict=True)) if texts else []
    columns = tuple(
        mapped(each.column, each.field, _heading(pairs, each.column), unit=each.unit)._replace(
            currency=each.currency, dates=each.dates, numbers=each.numbers, why=("the mapping says so",)
        )
        for each in mapping.columns
    )
    rows = [row for row in sheet.rows if bottom < row.number < until]
    above = [row for row in sheet.rows if row.number < top]
    mapping = mapping._replace(columns=columns, why=("the mapping says so",))
    return Table(sheet, mapping, rows, above, [(str(a), str(b)) for a, b in pairs], alone)


def _heading(pairs: Sequence[tuple[str, ...]], column: int) -> str:
    return " ".join(text for text in pairs[column] if text) if column < len(pairs) else ""


def field_named(table: str, name: str) -> Field | None:
    """The field of a table that a mapping names."""
    return TABLES[table].field(name) if table in TABLES else None


def with_columns(table: Table, columns: Iterable[ColumnMapping]) -> Table:
    """The same table, its columns read otherwise."""
    return table._replace(mapping=table.mapping._replace(columns=tuple(columns)))
