"""An empty workbook to fill in: a sheet for each table, an example row, and what each column means."""

from collections.abc import Sequence

from neocloud.sheets.fields import CONTRACTS, INSIDE, POOLS, SITES, WAVES, Field, TableOf
from neocloud.sheets.writing import NewSheet, Plain, Styled, workbook_bytes

_TABLES = (SITES, POOLS, WAVES, CONTRACTS, INSIDE)
_TITLES = {
    "power": "Power (MW)",
    "pue": "PUE",
    "sku": "SKU",
    "gpus": "GPUs",
    "gpu_power": "kW per GPU",
    "sell_unit": "Sell unit",
    "contract": "Contract date",
    "p50": "P50",
    "p90": "P90",
    "number": "Contract",
    "start": "Start",
    "end": "End",
    "price": "Price per GPU-hour",
    "notice": "Notice (days)",
    "value": "Value per GPU-hour",
}
_LEFT_AWAY = {"term"}
_MUST = "needed"


def template_bytes() -> bytes:
    """The template as a workbook."""
    return workbook_bytes([_notes(), *(_sheet(table) for table in _TABLES)])


def _fields(table: TableOf) -> list[Field]:
    return [field for field in table.fields if field.name not in _LEFT_AWAY]


def _title(field: Field) -> str:
    return _TITLES.get(field.name, field.name.replace("_", " ").capitalize())


def _sheet(table: TableOf) -> NewSheet:
    fields = _fields(table)
    rows: Sequence[Sequence[Plain | Styled]] = [
        [Styled(_title(field), "bold") for field in fields],
        [field.example or None for field in fields],
    ]
    return NewSheet(table.kind.capitalize(), rows, [max(12, len(_title(field)) + 3) for field in fields])


def _notes() -> NewSheet:
    rows: list[list[Plain | Styled]] = [
        [Styled("How to fill this in", "bold")],
        ["One sheet a table, one row a thing; delete the example row. Sheets that you do not need can stay empty."],
        ["Dates such as 2026-07-01 cannot be misread. A price is in USD unless a currency is said."],
        [],
        [Styled(text, "bold") for text in ("Sheet", "Column", "Needed", "What it says", "Example")],
    ]
    for table in _TABLES:
        for field in _fields(table):
            must = any(group[0] == field.name for group in table.needed)
            rows.append(
                [table.kind.capitalize(), _title(field), _MUST if must else None, field.note, field.example or None]
            )
    return NewSheet("Read me", rows, [12, 22, 10, 60, 16])
