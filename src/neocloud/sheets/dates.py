"""Dates as people type them: what a text can mean, day first or month first, and how a column decides."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from neocloud.units import DAY_S, FOREVER, next_month

DateOrder = Literal["day-first", "month-first"]

_MONTHS = {
    "jan": 1, "januar": 1, "january": 1, "janv": 1, "janvier": 1, "jän": 1, "jänner": 1, "ene": 1, "enero": 1,
    "feb": 2, "februar": 2, "february": 2, "fev": 2, "février": 2, "febrero": 2, "feber": 2,
    "mar": 3, "march": 3, "märz": 3, "maerz": 3, "mär": 3, "mrz": 3, "mars": 3, "marzo": 3,
    "apr": 4, "april": 4, "avr": 4, "avril": 4, "abr": 4, "abril": 4,
    "may": 5, "mai": 5, "mayo": 5,
    "jun": 6, "june": 6, "juni": 6, "juin": 6, "junio": 6,
    "jul": 7, "july": 7, "juli": 7, "juil": 7, "juillet": 7, "julio": 7,
    "aug": 8, "august": 8, "août": 8, "aout": 8, "ago": 8, "agosto": 8,
    "sep": 9, "sept": 9, "september": 9, "septembre": 9, "septiembre": 9,
    "oct": 10, "october": 10, "okt": 10, "oktober": 10, "octobre": 10, "octubre": 10,
    "nov": 11, "november": 11, "novembre": 11, "noviembre": 11,
    "dec": 12, "december": 12, "dez": 12, "dezember": 12, "déc": 12, "décembre": 12, "dic": 12, "diciembre": 12,
}  # fmt: skip

_NAME = r"([^\W\d_]{3,10})\.?"
_TIME = r"(?:[ T]+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.0+)?\s*(?:Z|UTC|\+00:00)?)?"
_YEAR = r"(\d{4}|['’]?\d\d)"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}")
_NUMERIC = re.compile(rf"(\d{{1,2}})([./-])\s?(\d{{1,2}})\2\s?(\d{{4}}|\d\d){_TIME}")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_DAY_NAME_YEAR = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]*(?:of )?{_NAME}[\s,-]*{_YEAR}", re.IGNORECASE)
_NAME_DAY_YEAR = re.compile(rf"{_NAME}\s*(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(\d{{4}})", re.IGNORECASE)
_NAME_YEAR = re.compile(rf"{_NAME}[\s,/-]*{_YEAR}", re.IGNORECASE)
_YEAR_NAME = re.compile(rf"(\d{{4}})[\s/-]*{_NAME}", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"(\d{1,2})[./-](\d{4})")
_YEAR_MONTH = re.compile(r"(\d{4})[./-](\d{1,2})")
_QUARTER = re.compile(rf"(?:Q\s?([1-4])|([1-4])\.?\s?Q(?:uartal)?)[\s/.-]*{_YEAR}", re.IGNORECASE)
_YEAR_QUARTER = re.compile(r"(\d{4})[\s/.-]*Q\s?([1-4])", re.IGNORECASE)
_HALF = re.compile(rf"H([12])(?:[\s/.-]+{_YEAR}|(['’]\d\d|20\d\d))", re.IGNORECASE)
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE)


class Period(NamedTuple):
    """A day, a month, a quarter: from its first second up to the one after its last. A time of day has no length."""

    start_at: int
    end_at: int


class DateReading(NamedTuple):
    """What a text can mean: with the day first, and with the month first."""

    day_first: Period | None
    month_first: Period | None
    dotted: bool = False

    @property
    def ambiguous(self) -> bool:
        """Whether both orders give a date, and not the same one."""
        return None not in (self.day_first, self.month_first) and self.day_first != self.month_first

    def by(self, order: DateOrder | None) -> Period | None:
        """The date by an order; without one, only where there is no choice."""
        if order is None or not self.ambiguous:
            return None if self.ambiguous else self.day_first or self.month_first
        return self.day_first if order == "day-first" else self.month_first


@lru_cache(maxsize=100_000)
def read_date(text: str) -> DateReading | None:
    """Every date that a text can mean; None where it is none."""
    text = _WEEKDAY.sub("", " ".join(text.split()))
    if found := _NUMERIC.fullmatch(text):
        first, mark, second, year, *time = found.groups()
        numbers = _year(year), int(first), int(second)
        return _reading(_day(numbers[0], numbers[2], numbers[1], time), _day(*numbers, time), dotted=mark == ".")
    certain = _certain(text)
    return None if certain is None else DateReading(certain, certain)


def _reading(day_first: Period | None, month_first: Period | None, *, dotted: bool) -> DateReading | None:
    return None if day_first is None and month_first is None else DateReading(day_first, month_first, dotted)


def _certain(text: str) -> Period | None:
    """The date of a text that leaves no choice of order."""
    if found := _ISO.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]), list(found.groups()[3:]))
    if found := _COMPACT.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_NAME_YEAR.fullmatch(text):
        return _day(_year(found[3]), _month(found[2]), int(found[1]))
    if found := _NAME_DAY_YEAR.fullmatch(text):
        return _day(int(found[3]), _month(found[1]), int(found[2]))
    return _longer(text)


def _longer(text: str) -> Period | None:
    """A month, a quarter, half a year, a year."""
    for pattern, year, month in ((_NAME_YEAR, 2, 1), (_YEAR_NAME, 1, 2)):
        if (found := pattern.fullmatch(text)) and _month(found[month]):
            return _months(_year(found[year]), _month(found[month]), 1)
    for pattern, year, month in ((_MONTH_YEAR, 2, 1), (_YEAR_MONTH, 1, 2)):
        if found := pattern.fullmatch(text):
            return _months(int(found[year]), int(found[month]), 1)
    if found := _QUARTER.fullmatch(text):
        return _months(_year(found[3]), 3 * int(found[1] or found[2]) - 2, 3)
    if found := _YEAR_QUARTER.fullmatch(text):
        return _months(int(found[1]), 3 * int(found[2]) - 2, 3)
    if found := _HALF.fullmatch(text):
        return _months(_year(found[2] or found[3]), 6 * int(found[1]) - 5, 6)
    return _months(int(text), 1, 12) if re.fullmatch(r"20\d\d", text) else None


def _year(text: str) -> int:
    year = int(text.lstrip("'’"))
    return year if year >= 100 else 2000 + year


def _month(name: str) -> int:
    return _MONTHS.get(name.lower(), 0)


def _day(year: int, month: int, day: int, time: list[str] | None = None) -> Period | None:
    hour, minute, second = (int(part or 0) for part in time or ("0", "0", "0"))
    try:
        at = int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:
        return None
    if not 0 <= at < FOREVER - DAY_S:
        return None
    return Period(at, at if at % DAY_S else at + DAY_S)


def _months(year: int, month: int, count: int) -> Period | None:
    if not (1970 <= year <= 9998 and 1 <= month <= 12):
        return None
    start_at = int(datetime(year, month, 1, tzinfo=UTC).timestamp())
    end_at = start_at
    for _ in range(count):
        end_at = next_month(end_at)
    return Period(start_at, end_at)


def day_of(at: int) -> Period:
    """The day that starts at an instant; a time of day has no length."""
    return Period(at, at if at % DAY_S else at + DAY_S)


def serial_instant(serial: Decimal, *, epoch_1904: bool) -> int | None:
    """The instant that a spreadsheet keeps as a number of days, to the second; None outside 1970 to 9999."""
    if not 0 < serial < 3_000_000:
        return None
    days = serial - (24_107 if epoch_1904 else 25_569)
    at = int((days * DAY_S).to_integral_value())
    return at if 0 <= at < FOREVER - DAY_S else None


class OrderFound(NamedTuple):
    """What the texts of a column say about their order, and what says so."""

    order: DateOrder | None
    why: str
    ambiguous: int


def order_of(texts: Iterable[str]) -> OrderFound:
    """Decide by the texts that can only be read one way; dots are written with the day first."""
    certain: dict[DateOrder, list[str]] = {"day-first": [], "month-first": []}
    dotted, ambiguous = "", 0
    for text in texts:
        reading = read_date(text)
        if reading is None:
            continue
        if reading.ambiguous:
            ambiguous += 1
            dotted = dotted or (text if reading.dotted else "")
        elif reading.day_first is None:
            certain["month-first"].append(text)
        elif reading.month_first is None:
            certain["day-first"].append(text)
    return _decided(certain, dotted, ambiguous)


def _decided(certain: dict[DateOrder, list[str]], dotted: str, ambiguous: int) -> OrderFound:
    days, months = certain["day-first"], certain["month-first"]
    if days and months:
        return OrderFound(None, f"{days[0]} has the day first, {months[0]} the month", ambiguous)
    if days or months:
        order: DateOrder = "day-first" if days else "month-first"
        found = days or months
        return OrderFound(order, f"{len(found):,} like {found[0]}: {order}", ambiguous)
    if dotted:
        return OrderFound("day-first", f"written with dots: {dotted}", ambiguous)
    return OrderFound(None, "nothing shows which comes first" if ambiguous else "", ambiguous)
