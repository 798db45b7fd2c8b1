"""Reads the values of one column as what its field is. What cannot be read is a problem, and says why."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from neocloud.sheets.cells import Broken, Figure, Moment, Unevaluated, Value, said
from neocloud.sheets.dates import Period, day_of, read_date, serial_instant
from neocloud.sheets.mapping import ColumnMapping, TableMapping
from neocloud.sheets.numbers import NumberReading, read_number
from neocloud.units import format_instant


class Problem(Exception):
    """Why a value was not understood."""


class Length(NamedTuple):
    """A length of time, in calendar months and days."""

    months: int
    days: int


class Amount(NamedTuple):
    """Money as a cell says it: how much, in which currency, and for what (`gpu_hour`, `month`, `gpu_month`)."""

    number: Decimal
    currency: str
    per: str


Read = Callable[[Value], Any]
_OPEN = ("open", "ongoing", "evergreen", "unbefristet", "tbd", "tba", "n/a", "none", "perpetual", "offen", "rolling")
_COUNTED = {"", "gpu", "gpus", "x", "pcs", "pc", "units", "stk", "stück", "st", "cards"}
_WATTS = {"mw": 10**6, "kw": 10**3, "w": 1, "megawatt": 10**6, "gw": 10**9, "watt": 1, "watts": 1, "mw it": 10**6}
_DAYS = {"d": 1, "day": 1, "days": 1, "tage": 1, "tag": 1, "t": 1, "w": 7, "week": 7, "weeks": 7, "wochen": 7,
         "woche": 7, "wk": 7, "wks": 7}  # fmt: skip
_MONTHS = {"m": 1, "mo": 1, "mos": 1, "month": 1, "months": 1, "monate": 1, "monat": 1, "mth": 1, "mths": 1, "y": 12,
           "yr": 12, "yrs": 12, "year": 12, "years": 12, "jahr": 12, "jahre": 12, "j": 12}  # fmt: skip


def reader(column: ColumnMapping, mapping: TableMapping, *, epoch_1904: bool = False) -> Read:
    """The function that reads the values of a column. It raises Problem.

    `epoch_1904` is the date system of its workbook, for dates that stand there as bare numbers.
    """
    readers: dict[str, Read] = {
        "text": _text,
        "count": lambda value: _count(value, column),
        "power": lambda value: _power(value, column),
        "ratio": lambda value: _ratio(value, column),
        "date": lambda value: _date(value, column, mapping, epoch_1904=epoch_1904),
        "end": lambda value: _date(value, column, mapping, epoch_1904=epoch_1904),
        "length": lambda value: _length(value, column),
        "money": lambda value: _money(value, column, mapping),
    }
    read = readers[column.field.kind]

    def guarded(value: Value) -> Any:
        if isinstance(value, Unevaluated):
            raise Problem(
                f"a formula without its value (={value.formula[:40]}); open the file in a spreadsheet program and "
                "save it"
            )
        if isinstance(value, Broken):
            raise Problem(f"a formula that came to {value.text}")
        return read(value)

    return guarded


def _text(value: Value) -> str:
    return said(value) if not isinstance(value, str) else " ".join(value.split())


def _reading(value: Value, what: str) -> NumberReading:
    if isinstance(value, Figure):
        return NumberReading(value.amount, value.amount, "" if value.unit == "%" else value.unit, "")
    reading = read_number(value) if isinstance(value, str) else None
    if reading is None:
        raise Problem(f"{said(value)!r} is not {what}")
    return reading


def _number(reading: NumberReading, value: Value, column: ColumnMapping) -> Decimal:
    number = reading.by(column.numbers)
    if number is None:
        raise Problem(
            f"{said(value)!r} is {reading.point:f} or {reading.comma:f}, and nothing in its column shows which; "
            "say `numbers: point` (or comma) in a mapping"
        )
    return number


def _count(value: Value, column: ColumnMapping) -> int:
    reading = _reading(value, "a whole number")
    number = reading.whole()
    if column.unit == "thousands":
        number = _number(reading, value, column) * 1000
    if number is None or number != int(number):
        raise Problem(f"{said(value)!r} is not a whole number")
    if reading.suffix not in _COUNTED:
        raise Problem(f"{said(value)!r} is more than a number: {reading.suffix!r} is not understood")
    return int(number)


def _power(value: Value, column: ColumnMapping) -> int:
    reading = _reading(value, "a power")
    each = _WATTS.get(reading.suffix or column.unit.lower())
    if each is None:
        raise Problem(f"{said(value)!r} is in no unit that is understood; write MW, kW or W")
    return int((_number(reading, value, column) * each).to_integral_value())


def _ratio(value: Value, column: ColumnMapping) -> Decimal:
    reading = _reading(value, "a ratio")
    number = _number(reading, value, column)
    shown = isinstance(value, Figure) and value.unit == "%"
    return number / 100 if reading.suffix == "%" or (column.unit == "%" and not shown) else number


def _date(value: Value, column: ColumnMapping, mapping: TableMapping, *, epoch_1904: bool) -> Period:
    if isinstance(value, Moment):
        return day_of(value.at)
    if isinstance(value, Figure):
        return _serial(value, epoch_1904=epoch_1904)
    text = value if isinstance(value, str) else ""
    reading = read_date(text)
    if reading is None:
        if text.strip().lower() in _OPEN:
            raise Problem(f"{text!r} is no date, and every lease has an end")
        if (number := read_number(text)) and (amount := number.whole()) and not number.suffix:
            return _serial(Figure(amount), epoch_1904=epoch_1904)
        raise Problem(f"{said(value)!r} is not a date")
    period = reading.by(column.dates)
    if period is None:
        first, second = (format_instant(each.start_at) for each in (reading.day_first, reading.month_first) if each)
        raise Problem(
            f"{text!r} is {first} or {second}, and nothing shows which; say `--dates day-first` (or month-first), or "
            "`dates:` in a mapping"
        )
    return period


def _serial(figure: Figure, *, epoch_1904: bool) -> Period:
    """A number in a column of dates: a year, or the days that a spreadsheet counts."""
    if figure.amount == int(figure.amount) and 2000 <= figure.amount <= 2100:
        year = read_date(str(int(figure.amount)))
        assert year is not None and year.day_first is not None
        return year.day_first
    at = serial_instant(figure.amount, epoch_1904=epoch_1904) if 30_000 <= figure.amount < 100_000 else None
    if at is None:
        raise Problem(f"{figure.amount:f} is a number, not a date")
    return day_of(at)


def _length(value: Value, column: ColumnMapping) -> Length:
    reading = _reading(value, "a length of time")
    number, unit = _number(reading, value, column), reading.suffix.rstrip(".") or column.unit
    if number != int(number) or number < 0 or number > 40_000:
        raise Problem(f"{said(value)!r} is not a length of time")
    if unit in _MONTHS:
        return Length(int(number) * _MONTHS[unit], 0)
    if unit in _DAYS:
        return Length(0, int(number) * _DAYS[unit])
    raise Problem(f"{said(value)!r} is in no unit that is understood; write days, months or years")


def _money(value: Value, column: ColumnMapping, mapping: TableMapping) -> Amount:
    reading = _reading(value, "an amount of money")
    number = _number(reading, value, column)
    per = _per(reading.suffix) or column.unit
    if not per:
        raise Problem(
            f"{said(value)!r} is for an hour or for a month, and nothing shows which; "
            "say `unit: gpu_hour` (or month) in a mapping"
        )
    return Amount(number, reading.currency or column.currency or mapping.currency, per)


def _per(suffix: str) -> str:
    if not suffix:
        return ""
    if "mo" in suffix:
        return "gpu_month" if "gpu" in suffix else "month"
    if any(word in suffix for word in ("h", "std")):
        return "gpu_hour"
    raise Problem(f"{suffix!r} after the amount is not understood; write /GPU-h or /month")
