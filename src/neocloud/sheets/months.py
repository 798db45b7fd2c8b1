"""Tables of GPUs by month: a column a customer and a row a month, or a row a customer and a column a month."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from neocloud.sheets.cells import Moment, Row, Value, said
from neocloud.sheets.columns import Problem, reader
from neocloud.sheets.dates import DateOrder, Period, order_of, read_date
from neocloud.sheets.fields import CONTRACTS
from neocloud.sheets.headings import assigned, is_no_tenant
from neocloud.sheets.mapping import Table, mapped
from neocloud.sheets.tables import is_month
from neocloud.units import DAY_S, next_month

Place = tuple[Row, int | None, str]
Found = tuple[list[tuple[int, dict[str, Any]]], list[Place], list[Place], set[int]]
_ROW_FIELDS = ("number", "customer", "site", "sku", "pool", "price", "currency")


def read_months(table: Table, rows: Sequence[Row], plain_reason: Callable[[Row], str]) -> Found:
    """What a table by month says: records (row, fields), rows left out, single cells left out, rows used.

    A record has `customer`, `under` (the other heading of its column), and `months`: (month, GPUs, row, column).
    """
    lower = [under for _, under in table.headings]
    over = sum(bool(text) and is_month(text) for text in lower)
    return _by_column(table, rows, plain_reason) if over >= 3 else _by_row(table, rows, plain_reason)


# ---- a row a month ----


def _by_row(table: Table, rows: Sequence[Row], plain_reason: Callable[[Row], str]) -> Found:
    column = _month_column(rows)
    order = _order([row.at(column) for row in rows], table)
    tenants = [
        (c, *_names(upper, lower))
        for c, (upper, lower) in enumerate(table.headings)
        if c != column and (upper or lower)
    ]
    records: dict[int, dict[str, Any]] = {}
    left: list[Place] = []
    cells: list[Place] = [
        (_head(table), c, f"{name!r} is not who takes GPUs; the column is not read")
        for c, name, under in tenants
        if is_no_tenant(name) or is_no_tenant(under)
    ]
    kept = [(c, name, under) for c, name, under in tenants if not is_no_tenant(name) and not is_no_tenant(under)]
    used: set[int] = set()
    for row in rows:
        try:
            month = _row_month(row, column, order, plain_reason)
        except Problem as problem:
            left.append((row, column if row.at(column) is not None else None, str(problem)))
            continue
        used.add(row.number)
        for c, name, under in kept:
            record = records.setdefault(c, {"customer": name, "under": under, "column": c, "months": []})
            for gpus in _cell(row, c, cells):
                record["months"].append((month, gpus, row.number, c))
    found = [(record["months"][0][2], record) for record in records.values() if record["months"]]
    return found, left, cells, used


def _head(table: Table) -> Row:
    bottom = table.mapping.header[1]
    return next(row for row in table.sheet.rows if row.number == bottom)


def _month_column(rows: Sequence[Row]) -> int:
    width = max((len(row.values) for row in rows[:200]), default=1)
    return max(range(min(width, 5)), key=lambda c: sum(is_month(row.at(c)) for row in rows[:200]))


def _row_month(row: Row, column: int, order: DateOrder | None, plain_reason: Callable[[Row], str]) -> Period:
    value = row.at(column)
    if is_month(value):
        return _month(value, order)
    reason = plain_reason(row)
    raise Problem(reason or (f"{said(value)!r} is not a month" if value is not None else "no month is given"))


def _cell(row: Row, column: int, cells: list[Place]) -> Iterator[int]:
    """The GPUs of a cell, if it says any; a cell that says something else is noted."""
    value = row.at(column)
    if value is None or value in ("-", "—", "–"):
        return
    try:
        gpus = _GPUS(value)
        if gpus < 0:
            raise Problem(f"{gpus:,} GPUs cannot be")
    except Problem as problem:
        cells.append((row, column, str(problem)))
        return
    if gpus:
        yield gpus


def _gpus_reader() -> Callable[[Value], int]:
    field = CONTRACTS.field("gpus")
    assert field is not None
    column = mapped(0, field, "GPUs")
    from neocloud.sheets.mapping import TableMapping  # noqa: PLC0415

    return reader(column, TableMapping("", "months", (0, 0)))


_GPUS = _gpus_reader()


def _names(upper: str, lower: str) -> tuple[str, str]:
    """Who a column is about, and what else its header says: another row, or what stands in brackets."""
    name, other = (upper, lower) if upper and lower and upper != lower else (lower or upper, "")
    if not other and name.endswith(")") and "(" in name:
        name, _, other = name[:-1].partition("(")
    return name.strip(), other.strip()


# ---- a column a month ----


def _by_column(table: Table, rows: Sequence[Row], plain_reason: Callable[[Row], str]) -> Found:
    lower = [under for _, under in table.headings]
    order = _order([text for text in lower if is_month(text)], table)
    cells: list[Place] = []
    months = list(_head_months(table, lower, order, cells))
    texts = [text if not is_month(text) else "" for text in lower]
    matched = {c: m.field for c, m in assigned(texts, "contracts").items() if m.field.name in _ROW_FIELDS}
    if not any(field.name == "customer" for field in matched.values()):
        first = next((c for c, text in enumerate(texts) if c not in matched and not is_month(lower[c])), 0)
        matched[first] = CONTRACTS.fields[1]
    readers = [(c, f.name, reader(mapped(c, f, texts[c]), table.mapping)) for c, f in sorted(matched.items())]
    records: list[tuple[int, dict[str, Any]]] = []
    left: list[Place] = []
    used: set[int] = set()
    for row in rows:
        reason = plain_reason(row)
        try:
            fields = _row_fields(row, readers) if not reason else {}
        except Problem as problem:
            reason = str(problem)
        if not reason and is_no_tenant(str(fields.get("customer", ""))):
            reason = f"{fields['customer']!r} is not who takes GPUs"
        if reason or "customer" not in fields:
            left.append((row, None, reason or "no customer is given"))
            continue
        used.add(row.number)
        fields["under"] = ""
        fields["months"] = [(m, gpus, row.number, c) for c, m in months for gpus in _cell(row, c, cells)]
        if fields["months"]:
            records.append((row.number, fields))
    return records, left, cells, used


def _head_months(
    table: Table, lower: Sequence[str], order: DateOrder | None, cells: list[Place]
) -> Iterator[tuple[int, Period]]:
    for column, text in enumerate(lower):
        if is_month(text):
            try:
                yield column, _month(text, order)
            except Problem as problem:
                cells.append((_head(table), column, str(problem)))


def _row_fields(row: Row, readers: Sequence[tuple[int, str, Callable[[Value], Any]]]) -> dict[str, Any]:
    return {name: read(value) for c, name, read in readers if (value := row.at(c)) is not None}


# ---- months ----


def _order(values: Sequence[Value], table: Table) -> DateOrder | None:
    """The order of dates that stand for months: the one by which all are firsts of a month, one after the other."""
    if table.mapping.dates:
        return table.mapping.dates
    texts = [value for value in values if isinstance(value, str)]
    readings = [reading for text in texts if (reading := read_date(text))]
    fitting: list[DateOrder] = []
    orders: tuple[DateOrder, ...] = ("day-first", "month-first")
    for order in orders:
        periods = [reading.by(order) for reading in readings]
        starts = [period.start_at for period in periods if period and _is_first(period)]
        if len(starts) == len(periods) and starts == sorted(set(starts)):
            fitting.append(order)
    return fitting[0] if len(fitting) == 1 else order_of(texts).order


def _is_first(period: Period) -> bool:
    return datetime.fromtimestamp(period.start_at, UTC).day == 1


def _month(value: Value, order: DateOrder | None) -> Period:
    """The month, quarter or year that a value stands for; a first of a month stands for all of it."""
    if isinstance(value, Moment):
        period: Period | None = Period(value.at, value.at + DAY_S)
    else:
        reading = read_date(value) if isinstance(value, str) else None
        period = reading.by(order) if reading else None
    if period is None:
        raise Problem(f"{said(value)!r} can be two dates, and nothing shows which; say `dates:` in a mapping")
    if period.end_at - period.start_at > DAY_S:
        return period
    if not _is_first(period):
        raise Problem(f"{said(value)!r} is a day, and a month is wanted here; write its first day, or May 2026")
    return Period(period.start_at, next_month(period.start_at))
