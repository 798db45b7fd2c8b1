"""An import as rows: its tables, its columns, samples, what was left out, and findings as sentences."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from neocloud.cli.output import counted
from neocloud.operations.audit import Audit
from neocloud.operations.findings import Finding
from neocloud.sheets.cells import letters
from neocloud.sheets.columns import Amount, Length
from neocloud.sheets.dates import Period
from neocloud.sheets.mapping import ColumnMapping, TableMapping
from neocloud.sheets.reading import Reading
from neocloud.sheets.understanding import LeftOut, Understood
from neocloud.units import DAY_S, format_instant, format_power

Rows = tuple[list[list[str]], list[str]]
_FIRST = ("audit.shortfall", "audit.wave_late", "audit.notice_missed", "audit.notice_soon", "audit.notice_near")
_SHOWN_FINDINGS = 10
_SAMPLES = 2
_INWARD = {"column"}
_UNITS = {"gpu_power": " W"}
_PER = {"gpu_hour": "per GPU-hour", "month": "per month", "gpu_month": "per GPU and month"}


def table_rows(reading: Reading) -> Rows:
    """What each table is, and how many of its rows were used; the sum is always that of the rows."""
    rows = []
    for each in reading.understood:
        mapping = each.table.mapping
        top, bottom = mapping.header
        rows.append(
            [
                mapping.sheet, mapping.table, f"{top}" if top == bottom else f"{top}-{bottom}", f"{each.rows:,}",
                f"{each.header_rows:,}", f"{each.used:,}", f"{len(each.left_out):,}", f"{mapping.sure:.2f}",
            ]
        )  # fmt: skip
    return rows, ["sheet", "read as", "header in", "rows", "header", "used", "left out", "sure"]


def mapping_rows(reading: Reading) -> Rows:
    """How each column is read, and why; a column that is not read says so."""
    rows: list[list[str]] = []
    for each in reading.understood:
        mapping = each.table.mapping
        lines = [(column.column, line) for column in mapping.columns for line in _column(mapping, column)]
        lines += [
            (c, [f"{mapping.sheet}!{letters(c)}", text, "(not read)", "-", "-", "-"]) for c, text in mapping.unread
        ]
        if mapping.table == "months":
            lines.append((0, [mapping.sheet, "-", "GPUs by month", "GPUs", f"{mapping.sure:.2f}", mapping.why[0]]))
        rows += [line for _, line in sorted(lines, key=lambda pair: pair[0])]
    return rows, ["column", "heading", "read as", "unit", "sure", "why"]


def _column(mapping: TableMapping, column: ColumnMapping) -> list[list[str]]:
    """A line for a column, and one for each further reason."""
    first, *more = [why for why in column.why if not why.startswith("headed")] or ["its heading"]
    unit = _PER.get(column.unit, column.unit)
    said = " ".join(part for part in (column.currency, unit) if part)
    place = f"{mapping.sheet}!{column.letter}"
    line = [place, column.heading, column.field.name, said or "-", f"{column.sure:.2f}", first]
    return [line, *(["", "", "", "", "", why] for why in more)]


def sample_lines(reading: Reading) -> Iterator[str]:
    """The first rows of each table, as they are understood."""
    for each in reading.understood:
        for record in each.records[:_SAMPLES]:
            said = ", ".join(_said(name, value) for name, value in record.fields.items() if name not in _INWARD)
            yield f"{each.table.sheet.place(record.row)}: {said}"


def _said(name: str, value: Any) -> str:
    match value:
        case Period(start_at, end_at):
            last = f" to {format_instant(end_at - DAY_S)}" if end_at - start_at > DAY_S else ""
            return f"{name} {format_instant(start_at)}{last}"
        case Amount(number, currency, per):
            return f"{name} {number:f} {currency or 'USD'} {_PER[per]}"
        case Length(months, days):
            parts = [counted(many, unit) for many, unit in ((months, "month"), (days, "day")) if many]
            return f"{name} {' '.join(parts) or 'none'}"
        case list():
            first, last = value[0], value[-1]
            return (
                f"{counted(len(value), 'month')}, {first[1]:,} GPUs in {format_instant(first[0].start_at)[:7]} to "
                f"{last[1]:,} in {format_instant(last[0].start_at)[:7]}"
            )
        case int():
            return f"{name} {format_power(value) if name == 'power' else f'{value:,}' + _UNITS.get(name, '')}"
        case _:
            return f"{name} {value}" if name != "under" else f"under {value}" if value else "all"


def left_out_rows(reading: Reading) -> list[dict[str, Any]]:
    """Every row that was left out, and every cell, with its reason."""
    return [_left(each) for table in reading.understood for each in _all(table)]


def stray_rows(reading: Reading) -> list[dict[str, Any]]:
    """The same for rows of sheets without a table: as one, where they say the same."""
    rows = []
    for _, group in groupby(reading.stray, key=lambda each: (each.file, each.sheet, each.reason)):
        many = list(group)
        first, last = many[0], many[-1]
        row = _left(first)
        if len(many) > 1:
            row |= {
                "place": f"{first.sheet}, rows {first.row} to {last.row}",
                "reason": f"{first.reason} ({len(many)} rows)",
                "rows": len(many),
            }
        rows.append(row)
    return rows


def _all(table: Understood) -> list[LeftOut]:
    return sorted([*table.left_out, *table.cells], key=lambda each: (each.row, each.column or 0))


def _left(each: LeftOut) -> dict[str, Any]:
    cell = letters(each.column) + str(each.row) if each.column is not None else None
    where = {"place": each.place, "file": each.file, "sheet": each.sheet, "row": each.row, "cell": cell}
    return {**where, "reason": each.reason}


def findings_shown(result: Audit) -> Iterator[str]:
    """Findings as sentences, what is worst first; of many of one kind the first."""
    order = {code: i for i, code in enumerate(_FIRST)}
    ordered = sorted(result.findings, key=lambda finding: order.get(finding.code, len(_FIRST)))
    for _, group in groupby(ordered, key=lambda finding: finding.code):
        yield from _some(list(group))


def _some(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings[:_SHOWN_FINDINGS]:
        yield f"{finding.code.removeprefix('audit.').replace('_', ' ').upper()}: {finding.sentence}"
    if len(findings) > _SHOWN_FINDINGS:
        yield f"... and {len(findings) - _SHOWN_FINDINGS:,} more of this kind (`neocloud audit` lists them all)"
