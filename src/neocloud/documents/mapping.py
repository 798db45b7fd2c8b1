"""A mapping file: which sheet is which table, and which column which field, as people write it."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from neocloud.documents.complaints import converted
from neocloud.documents.text import Places, parse
from neocloud.errors import Invalid
from neocloud.sheets.cells import column_of, letters
from neocloud.sheets.fields import TABLES
from neocloud.sheets.mapping import ColumnMapping, TableMapping, field_named

Order = Literal["day-first", "month-first"]
Mark = Literal["point", "comma"]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
_DEFAULTS = ("site", "sku", "pool", "gpu_power")
_UNITS = {
    "money": ("gpu_hour", "month", "gpu_month"), "power": ("MW", "kW", "W"), "length": ("days", "months", "years"),
    "count": ("thousands",), "ratio": ("%",),
}  # fmt: skip


class ColumnDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A column: its field, and how its cells are read where they do not show it."""

    field: str
    unit: str = ""
    currency: Currency | None = None
    dates: Order | None = None
    numbers: Mark | None = None


class TableDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table: where its header is, and what its columns are. `skip` leaves a sheet out."""

    sheet: str
    table: Literal["sites", "pools", "waves", "contracts", "inside", "months", "skip"]
    header: Annotated[list[int], Meta(min_length=1, max_length=2)] | int = 1
    columns: dict[str, str | ColumnDocument] = {}
    ends: Literal["last-day", "day-after"] | None = None
    currency: Currency | None = None
    dates: Order | None = None
    numbers: Mark | None = None
    defaults: dict[str, str] = {}


class MappingDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All tables that a mapping names; sheets that it does not name are read as they are proposed."""

    tables: Annotated[list[TableDocument], Meta(min_length=1)]


def read_mapping(path: Path) -> list[TableMapping]:
    """The mappings of a file. Raises Invalid, with file, line and column."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Invalid(f"{path} cannot be read: {reason}") from None
    places = Places(str(path))
    document = converted(parse(text, places), MappingDocument, places)
    return [_table(each, f"tables[{i}]", places) for i, each in enumerate(document.tables)]


def _table(document: TableDocument, path: str, places: Places) -> TableMapping:
    header = [document.header] * 2 if isinstance(document.header, int) else document.header
    top, bottom = header[0], header[-1]
    if not 1 <= top <= bottom <= 1_048_576 or bottom - top > 1:
        raise Invalid(
            "a header is one row, or two below each other; rows begin at 1", place=places.of(f"{path}.header")
        )
    for name in document.defaults:
        if name not in _DEFAULTS:
            raise Invalid(
                f"{name!r} cannot have a default; {', '.join(_DEFAULTS)} can",
                place=places.of(f"{path}.defaults.{name}"),
            )
    columns = [_column(document.table, name, each, path, places) for name, each in document.columns.items()]
    _check_needed(document, columns, path, places)
    return TableMapping(
        sheet=document.sheet,
        table=document.table,
        header=(top, bottom),
        columns=tuple(sorted(columns, key=lambda column: column.column)),
        ends=document.ends,
        currency=document.currency or "",
        dates=document.dates,
        numbers=document.numbers,
        defaults=document.defaults,
    )


def _column(table: str, name: str, said: str | ColumnDocument, path: str, places: Places) -> ColumnMapping:
    place = places.of(f"{path}.columns.{name}")
    column = ColumnDocument(field=said) if isinstance(said, str) else said
    if not (name.isalpha() and name.isascii() and len(name) <= 3):
        raise Invalid(f"{name!r} is no column; write its letters, such as C", place=place)
    field = field_named(table, column.field)
    if field is None:
        known = ", ".join(each.name for each in TABLES[table].fields) if table in TABLES else ""
        raise Invalid(
            f"{table} has no field {column.field!r}; it has {known}"
            if known
            else f"a table of {table} names no columns",
            place=place,
        )
    allowed = _UNITS.get(field.kind, ())
    if column.unit and column.unit not in allowed:
        raise Invalid(
            f"{column.unit!r} is no unit of {field.name}; "
            + (f"{', '.join(allowed)} are" if allowed else "it has none"),
            place=place,
        )
    return ColumnMapping(
        column=column_of(name),
        field=field,
        unit=column.unit,
        currency=column.currency or "",
        dates=column.dates,
        numbers=column.numbers,
    )


def _check_needed(document: TableDocument, columns: list[ColumnMapping], path: str, places: Places) -> None:
    if document.table not in TABLES:
        return
    names = {column.field.name for column in columns} | set(document.defaults)
    for group in TABLES[document.table].needed:
        if not names.intersection(group):
            raise Invalid(
                f"a table of {document.table} needs a column for {' or '.join(group)}",
                place=places.of(f"{path}.columns"),
            )


def mapping_document(mappings: list[TableMapping]) -> dict[str, Any]:
    """Mappings as a file says them."""
    return {"tables": [msgspec.to_builtins(_document(mapping)) for mapping in mappings]}


def _document(mapping: TableMapping) -> TableDocument:
    top, bottom = mapping.header
    return TableDocument(
        sheet=mapping.sheet,
        table=mapping.table,  # type: ignore[arg-type]
        header=top if top == bottom else [top, bottom],
        columns={letters(column.column): _column_document(column) for column in mapping.columns},
        ends=mapping.ends,
        currency=mapping.currency or None,
        dates=mapping.dates,
        numbers=mapping.numbers,
        defaults=dict(mapping.defaults),
    )


def _column_document(column: ColumnMapping) -> str | ColumnDocument:
    unit = column.unit if column.unit != column.field.unit else ""
    if not (unit or column.currency or column.dates or column.numbers):
        return column.field.name
    return ColumnDocument(
        field=column.field.name,
        unit=unit,
        currency=column.currency or None,
        dates=column.dates,
        numbers=column.numbers,
    )
