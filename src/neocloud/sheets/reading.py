"""From sheets to tables: the mapping that was given where one was, and what is proposed for the rest."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from neocloud.errors import Invalid, Unknown
from neocloud.sheets.cells import Row, Sheet, letters
from neocloud.sheets.dates import DateOrder
from neocloud.sheets.deciding import decided
from neocloud.sheets.mapping import Table, TableMapping, given, proposed
from neocloud.sheets.tables import find_tables
from neocloud.sheets.understanding import LeftOut, Understood, understand
from neocloud.units import Progress


class Reading(NamedTuple):
    """What some sheets came to: tables understood, rows under no header, and remarks."""

    understood: list[Understood]
    stray: list[LeftOut]
    """Rows of sheets on which no table was found."""

    remarks: list[str]

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return len(self.stray) + sum(each.rows for each in self.understood)


def read_tables(
    sheets: Sequence[Sheet],
    *,
    mappings: Sequence[TableMapping] = (),
    only: Sequence[str] = (),
    dates: DateOrder | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Find the tables on sheets and understand them. Raises Invalid or Unknown where a mapping or name is wrong."""
    _check_names(sheets, mappings, only)
    tables: list[Table] = []
    stray: list[LeftOut] = []
    remarks: list[str] = [remark for sheet in sheets for remark in sheet.remarks]
    for sheet in sheets:
        said = [mapping for mapping in mappings if mapping.sheet == sheet.name]
        if only and sheet.name not in only:
            continue
        if sheet.hidden and not said and not only:
            remarks.append(f"{sheet.name} is a hidden sheet, and was not read; --sheet {sheet.name!r} reads it")
            continue
        remarks += _hidden(sheet)
        found = _given(sheet, said) if said else _proposed(sheet)
        tables += found
        if not found and not any(mapping.table == "skip" for mapping in said):
            reason = "under no header that is understood"
            stray += [LeftOut(sheet.file, sheet.name, row.number, None, reason) for row in sheet.rows]
    if dates:
        tables = [table._replace(mapping=table.mapping._replace(dates=dates)) for table in tables]
    return Reading(_understood(decided(tables), progress or (lambda done, total: None)), stray, remarks)


def _understood(tables: Sequence[Table], progress: Progress) -> list[Understood]:
    found, before = [], None
    done, total = 0, sum(len(table.rows) for table in tables)
    for table in tables:
        place = (table.sheet.file, table.sheet.name, table.mapping.header)
        watch = partial(_watched, progress, done, total)
        found.append(understand(table, first=place != before, watch=watch))
        before, done = place, done + len(table.rows)
    return found


def _watched(progress: Progress, before: int, total: int, rows: int) -> None:
    progress(before + rows, total)


def _proposed(sheet: Sheet) -> list[Table]:
    regions = find_tables(sheet)
    headers = [region.found.header for region in regions]
    tables = [proposed(sheet, region, alone=headers.count(region.found.header) == 1) for region in regions]
    return tables if not tables else _with_rest(sheet, tables)


def _with_rest(sheet: Sheet, tables: list[Table]) -> list[Table]:
    """Rows before the first table are accounted for by it, as titles."""
    first = tables[0]
    top = first.mapping.header[0]
    above: list[Row] = [row for row in sheet.rows if row.number < top]
    return [first._replace(above=above), *tables[1:]]


def _given(sheet: Sheet, mappings: Sequence[TableMapping]) -> list[Table]:
    tables = []
    kept = sorted((m for m in mappings if m.table != "skip"), key=lambda mapping: mapping.header)
    tops = sorted({mapping.header[0] for mapping in kept})
    for mapping in kept:
        later = [top for top in tops if top > mapping.header[0]]
        until = later[0] if later else 2**31
        beside = sum(other.header == mapping.header for other in kept)
        table = given(sheet, mapping, until, alone=beside == 1)
        earlier = any(top < mapping.header[0] for top in tops)
        tables.append(table._replace(above=[]) if earlier else table)
    return tables


def _hidden(sheet: Sheet) -> list[str]:
    rows = [str(row.number) for row in sheet.rows if row.hidden]
    width = max((len(row.values) for row in sheet.rows), default=0)
    columns = [letters(column) for column in sorted(sheet.hidden_columns) if column < width]
    return [
        f"{sheet.name}: hidden {what} were read like the others ({', '.join(names[:5])}"
        + (f" and {len(names) - 5:,} more)" if len(names) > 5 else ")")
        for what, names in (("rows", rows), ("columns", columns))
        if names
    ]


def _check_names(sheets: Sequence[Sheet], mappings: Sequence[TableMapping], only: Sequence[str]) -> None:
    names = {sheet.name for sheet in sheets}
    for name in (*only, *(mapping.sheet for mapping in mappings)):
        if name not in names:
            raise Unknown("sheet", name, names)
    for sheet in sheets:
        for mapping in mappings:
            if mapping.sheet == sheet.name and mapping.table != "skip":
                _check_header(sheet, mapping)


def _check_header(sheet: Sheet, mapping: TableMapping) -> None:
    if not any(mapping.header[0] <= row.number <= mapping.header[1] for row in sheet.rows):
        last = sheet.rows[-1].number if sheet.rows else 0
        raise Invalid(
            f"the mapping has its header in row {mapping.header[0]}, and that row is empty (the last is {last})",
            place=sheet.place(mapping.header[0]),
        )
