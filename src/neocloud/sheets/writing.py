"""Writes .xlsx: a few sheets with headers, dates and prices, the same bytes for the same content."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from neocloud.sheets.cells import letters

Plain = str | int | Decimal | date | None
_FORMATS = ("General", "General", "yyyy\\-mm\\-dd", "m/d/yyyy", '"$"#,##0.00', "#,##0", "0.0%", '#,##0.00\\ "€"')
STYLES = ("plain", "bold", "date", "us date", "dollars", "whole", "percent", "euros")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_DAY_ZERO = date(1899, 12, 30)


class Styled(NamedTuple):
    """A value shown in a style, or a formula with or without a value."""

    value: Plain
    style: str = "plain"
    formula: str = ""


class NewSheet(NamedTuple):
    """A sheet to be written: rows of values, from A1; empty rows are empty."""

    name: str
    rows: Sequence[Sequence[Plain | Styled]]
    widths: Sequence[int] = ()
    merged: Sequence[str] = ()
    hidden: bool = False
    hidden_rows: Sequence[int] = ()


def workbook_bytes(sheets: Sequence[NewSheet], *, epoch_1904: bool = False) -> bytes:
    """A workbook of sheets."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in _parts(sheets, epoch_1904).items():
            part = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(part, _HEAD + text)
    return buffer.getvalue()


def _parts(sheets: Sequence[NewSheet], epoch_1904: bool) -> dict[str, str]:
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{main}.worksheet+xml"/>' for i in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{main}.styles+xml"/>{overrides}</Types>',
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook(sheets, epoch_1904),
        "xl/_rels/workbook.xml.rels": _relations(
            [*(("worksheet", f"worksheets/sheet{i}.xml") for i in numbers), ("styles", "styles.xml")]
        ),
        "xl/styles.xml": _styles(),
    }
    return parts | {f"xl/worksheets/sheet{i}.xml": _sheet(sheet, epoch_1904) for i, sheet in enumerate(sheets, 1)}


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATION}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _workbook(sheets: Sequence[NewSheet], epoch_1904: bool) -> str:
    rows = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{i}" r:id="rId{i}"{_hidden(sheet.hidden, "state")}/>'
        for i, sheet in enumerate(sheets, 1)
    )
    dates = '<workbookPr date1904="1"/>' if epoch_1904 else ""
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}">{dates}<sheets>{rows}</sheets></workbook>'


def _hidden(hidden: bool, name: str) -> str:
    return f' {name}="hidden"' if hidden else ""


def _styles() -> str:
    numbers = "".join(
        f'<numFmt numFmtId="{164 + i}" formatCode={quoteattr(code)}/>' for i, code in enumerate(_FORMATS)
    )
    cells = "".join(
        f'<xf numFmtId="{164 + i if code != "General" else 0}" fontId="{int(i == 1)}" fillId="0" borderId="0" '
        f'xfId="0" applyNumberFormat="1" applyFont="1"/>'
        for i, code in enumerate(_FORMATS)
    )
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">{numbers}</numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_FORMATS)}">{cells}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _sheet(sheet: NewSheet, epoch_1904: bool) -> str:
    widths = "".join(
        f'<col min="{i}" max="{i}" width="{width}" customWidth="1"/>' for i, width in enumerate(sheet.widths, 1)
    )
    rows = "".join(
        f'<row r="{number}"{" hidden=" + quoteattr("1") if number in sheet.hidden_rows else ""}>'
        f"{''.join(_cell(value, column, number, epoch_1904) for column, value in enumerate(row))}</row>"
        for number, row in enumerate(sheet.rows, 1)
        if row
    )
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    return (
        f'<worksheet xmlns="{_MAIN}">{f"<cols>{widths}</cols>" if widths else ""}<sheetData>{rows}</sheetData>'
        + (f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else "")
        + "</worksheet>"
    )


def _cell(said: Plain | Styled, column: int, row: int, epoch_1904: bool) -> str:
    cell = said if isinstance(said, Styled) else Styled(said, "date" if isinstance(said, date) else "plain")
    place = f'<c r="{letters(column)}{row}" s="{STYLES.index(cell.style)}"'
    formula = f"<f>{escape(cell.formula)}</f>" if cell.formula else ""
    match cell.value:
        case None:
            return f"{place}>{formula}</c>" if formula else ""
        case date():
            serial = (cell.value - _DAY_ZERO).days - (1462 if epoch_1904 else 0)
            return f"{place}>{formula}<v>{serial}</v></c>"
        case int() | Decimal():
            return f"{place}>{formula}<v>{cell.value}</v></c>"
        case text:
            return f'{place} t="inlineStr">{formula}<is><t xml:space="preserve">{escape(text)}</t></is></c>'
