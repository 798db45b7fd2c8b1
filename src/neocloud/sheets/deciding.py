"""What the content of columns decides: the order of dates, the decimal mark, what a price is for, what an end means.

By evidence, column by column; where a column has none, its neighbours and then the other tables of the file decide,
and it is said that they did. Where nothing does, nothing is guessed: each such cell is left out with its reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from typing import Any

from neocloud.sheets.cells import Figure, Moment, Value
from neocloud.sheets.columns import Problem, reader
from neocloud.sheets.dates import Period, order_of
from neocloud.sheets.mapping import ColumnMapping, Ends, Table, with_columns
from neocloud.sheets.numbers import mark_of, read_number
from neocloud.units import DAY_S

_LOOKED_AT_ROWS = 100_000
_HOURLY_BELOW = 60
_MONTHLY_FROM = 1_000
_EXACT = {"power", "ratio", "money"}
"""Fields whose numbers have a decimal mark."""


def decided(tables: Sequence[Table]) -> list[Table]:
    """The tables with all decided that their content decides."""
    found = [
        with_columns(table, [_by_content(table, column) for column in table.mapping.columns]) for table in tables
    ]
    found = [_by_neighbours(table, [table]) for table in found]
    found = [_by_neighbours(table, found) for table in found]
    return [_with_ends(_with_price(table)) for table in found]


def values_of(table: Table, column: int) -> list[Value]:
    """What stands in a column, in the first rows of a table."""
    return [value for row in table.rows[:_LOOKED_AT_ROWS] if (value := row.at(column)) is not None]


def _texts(table: Table, column: int) -> list[str]:
    return [value for value in values_of(table, column) if isinstance(value, str)]


def _by_content(table: Table, column: ColumnMapping) -> ColumnMapping:
    kind = column.field.kind
    if kind in {"date", "end"} and column.dates is None:
        if table.mapping.dates:
            return column._replace(dates=table.mapping.dates)
        order = order_of(_texts(table, column.column))
        return _because(column._replace(dates=order.order), order.why)
    if kind in {"count", "power", "ratio", "money", "length"} and column.numbers is None:
        if table.mapping.numbers:
            return column._replace(numbers=table.mapping.numbers)
        mark = mark_of(_texts(table, column.column))
        telling = kind != "count" and (mark.mark != "point" or mark.ambiguous)
        return _because(column._replace(numbers=mark.mark), mark.why if telling else "")
    return column


def _because(column: ColumnMapping, why: str) -> ColumnMapping:
    return column._replace(why=(*column.why, why)) if why else column


def _by_neighbours(table: Table, tables: Sequence[Table]) -> Table:
    """A column without evidence of its own follows the others, where these agree."""
    orders = {c.dates for each in tables for c in each.mapping.columns} - {None}
    marks = {c.numbers for each in tables for c in each.mapping.columns} - {None}
    order = orders.pop() if len(orders) == 1 else None
    mark = marks.pop() if len(marks) == 1 else None
    columns = []
    for column in table.mapping.columns:
        kind, lacking = column.field.kind, column
        if order and kind in {"date", "end"} and column.dates is None and _is_open(table, column, order_of):
            lacking = column._replace(dates=order, why=(column.why[0], f"{order} as in other columns"))
        if mark and kind in _EXACT and column.numbers is None and _is_open(table, column, mark_of):
            lacking = column._replace(numbers=mark, why=(column.why[0], f"decimal {mark} as in other columns"))
        columns.append(lacking)
    return with_columns(table, columns)


def _is_open(table: Table, column: ColumnMapping, look: Callable[[Iterable[str]], Any]) -> bool:
    """Whether a column has ambiguous texts, and none of them speaks against any order."""
    found = look(_texts(table, column.column))
    return bool(found.ambiguous) and found.why.startswith("nothing")


def _with_price(table: Table) -> Table:
    """What a price is for, where its heading does not say: no GPU-hour costs 1,000, and no month 60."""
    price = table.mapping.column("price")
    if price is None or price.unit:
        return table
    amounts = [amount for value in values_of(table, price.column) if (amount := _amount(value, price)) is not None]
    said = Counter(unit for value in _texts(table, price.column) if (unit := _per(value)))
    if not amounts:
        return table
    middle = median(amounts)
    if said:
        unit, why = said.most_common(1)[0][0], "the cells say so"
    elif middle < _HOURLY_BELOW:
        unit, why = "gpu_hour", f"the middle is {middle:,.2f}"
    elif middle >= _MONTHLY_FROM:
        unit, why = "month", f"the middle is {middle:,.0f}"
    else:
        return table
    columns = [
        c._replace(unit=unit, sure=round(c.sure * 0.9, 2), why=(*c.why, f"per {unit}: {why}")) if c is price else c
        for c in table.mapping.columns
    ]
    return with_columns(table, columns)


def _amount(value: Value, column: ColumnMapping) -> Decimal | None:
    if isinstance(value, Figure):
        return value.amount
    reading = read_number(value) if isinstance(value, str) else None
    return reading.by(column.numbers) if reading else None


def _per(text: str) -> str:
    reading = read_number(text)
    suffix = reading.suffix if reading else ""
    return "gpu_hour" if "h" in suffix and "month" not in suffix else "month" if "mo" in suffix else ""


def _with_ends(table: Table) -> Table:
    """Whether an end is the last day: it is where the day after it is the day of the month of the start."""
    start, end = table.mapping.column("start"), table.mapping.column("end")
    if table.mapping.ends or start is None or end is None:
        return table
    votes: Counter[Ends] = Counter()
    read_start, read_end = reader(start, table.mapping), reader(end, table.mapping)
    for row in table.rows[:_LOOKED_AT_ROWS]:
        vote = _vote(_period(read_start, row.at(start.column)), _period(read_end, row.at(end.column)))
        if vote is not None:
            votes[vote] += 1
    last, after = votes["last-day"], votes["day-after"]
    ends: Ends = "day-after" if after > last else "last-day"
    if last or after:
        why = f"{_ENDS[ends]}: {max(last, after):,} of {last + after:,}"
    else:
        why = f"{_ENDS[ends]}, for want of evidence"
    columns = [_because(column, why) if column is end else column for column in table.mapping.columns]
    return with_columns(table, columns)._replace(mapping=with_columns(table, columns).mapping._replace(ends=ends))


_ENDS: dict[Ends, str] = {"last-day": "the last day", "day-after": "the day after"}


def _period(read: Callable[[Value], Any], value: Value) -> Period | None:
    if not isinstance(value, str | Moment):
        return None
    try:
        period: Period = read(value)
    except Problem:
        return None
    return period if period.end_at - period.start_at == DAY_S else None


def _vote(start: Period | None, end: Period | None) -> Ends | None:
    if start is None or end is None:
        return None
    first, last = (datetime.fromtimestamp(at, UTC) for at in (start.start_at, end.start_at))
    after = datetime.fromtimestamp(end.end_at, UTC)
    if after.day == first.day:
        return "last-day"
    return "day-after" if last.day == first.day else None
