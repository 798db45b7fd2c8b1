"""Instants, durations, money and power between the doors, where people write them, and the inside.

Inside, an instant is whole UTC seconds, a duration whole seconds, power whole watts, and money an
integer of nano-units with its currency. `Money.rounded` is the one place where money is rounded.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import Self

from msgspec import Struct

from neocloud.errors import Invalid

BEGINNING = 0
"""The first instant there is: 1970-01-01T00:00:00Z."""

FOREVER = 253_402_300_800
"""The instant after the last one there is: the end of the year 9999."""

Clock = Callable[[], int]
"""Says what time it is, in whole UTC seconds."""

Progress = Callable[[int, int], None]
"""Called with how much of long work is done, and of how much: entries, rows, bytes."""

NANOS = 10**9
MINUTE_S = 60
HOUR_S = 3_600
DAY_S = 24 * HOUR_S
WATTS_PER_MW = 10**6

_DURATION_UNITS_S = {"s": 1, "m": MINUTE_S, "h": HOUR_S, "d": DAY_S, "w": 7 * DAY_S}
_DURATION = re.compile(r"(\d{1,12})([smhdw])")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_FINER_THAN_A_SECOND = re.compile(r"[.,]\d*[1-9]")
_EXACT = Context(prec=28, Emax=28, Emin=-28, traps=[Inexact, InvalidOperation, Overflow])
"""Arithmetic that says so where it would have to round."""

_WIDE = Context(prec=60)
"""The dearest price of most GPUs until the year 9999, in nano-units, has 41 digits."""

_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}
"""Digits of the minor unit where ISO 4217 has other than two."""


class Money(Struct, frozen=True, order=True, gc=False):
    """An amount: `nanos` of a nano-unit of `currency` (ISO 4217); never a float."""

    currency: str
    nanos: int

    @classmethod
    def of(cls, amount: Decimal, currency: str = "USD") -> Self:
        """From a decimal amount; refused when finer than a nano-unit."""
        try:
            nanos = int(_EXACT.to_integral_exact(_EXACT.multiply(amount, NANOS)))
        except (ArithmeticError, ValueError):
            raise Invalid(f"{amount} is not an amount of money; write at most nine digits after the point") from None
        return cls(currency, nanos)

    @property
    def amount(self) -> Decimal:
        """The exact amount."""
        return Decimal(self.nanos).scaleb(-9, _WIDE)

    def __add__(self, other: "Money") -> "Money":
        assert self.currency == other.currency, "money of two currencies does not add up"
        return Money(self.currency, self.nanos + other.nanos)

    def share(self, numerator: int, denominator: int) -> "Money":
        """`numerator / denominator` of the amount, to the nearest nano-unit, half to even."""
        quotient, rest = divmod(self.nanos * numerator, denominator)
        odd_half = 2 * rest == denominator and quotient % 2 == 1
        return Money(self.currency, quotient + (2 * rest > denominator or odd_half))

    def rounded(self) -> Decimal:
        """The amount in whole minor units (cents), half to even: what an invoice line says."""
        digits = _MINOR_DIGITS.get(self.currency, 2)
        return Decimal(self.share(10**digits, NANOS).nanos).scaleb(-digits, _WIDE)

    def __str__(self) -> str:
        return f"{self.rounded():,} {self.currency}"


def format_digest(digest: str) -> str:
    """A digest as people say it: its first 12 digits."""
    return digest[:12]


def parse_decimal(text: str, what: str) -> Decimal:
    """A plain decimal number, as people write it; a comma only ever stands between thousands."""
    try:
        number = Decimal(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Invalid(f"{text!r} is not {what}; write a plain number, such as 2.35")
    return number


def parse_duration(text: str) -> int:
    """Whole seconds of `90d`, `2m`, `1d12h`."""
    parts = _DURATION.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        raise Invalid(f"{text!r} is not a duration; write a number and s, m, h, d or w, such as 90d or 1d12h")
    return sum(int(number) * _DURATION_UNITS_S[unit] for number, unit in parts)


def format_duration(duration_s: int) -> str:
    """The duration in the largest units that are exact: 7776000 is `90d`."""
    if not duration_s:
        return "0s"
    parts = []
    for unit in "dhms":
        number, duration_s = divmod(duration_s, _DURATION_UNITS_S[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts)


def parse_instant(text: str, *, now: int) -> int:
    """An instant of `2026-10-01`, `2026-10-01T12:00:00Z`, `+90d` or `now`.

    A day without a time is its first second in UTC. A time needs its offset: without it nobody
    knows which instant is meant.
    """
    if text == "now":
        return now
    if text.startswith("+"):
        return _checked(now + parse_duration(text[1:]), text)
    return _absolute(text)


@lru_cache(maxsize=10_000)  # the same ones again and again: 0.1 us instead of 4
def _absolute(text: str) -> int:
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        why = "" if "isoformat" in str(error) else f" ({error})"
        raise Invalid(f"{text!r} is not a time{why}; write 2026-10-01, 2026-10-01T12:00:00Z or +90d") from None
    if len(text) <= 10:
        when = when.replace(tzinfo=UTC)
    if when.tzinfo is None:
        raise Invalid(f"{text!r} does not say its offset from UTC; write {text}Z or {text}+00:00")
    if _FINER_THAN_A_SECOND.search(text):
        raise Invalid(f"{text!r} is finer than a second; whole seconds are the finest we keep")
    return _checked((when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1), text)


def _checked(instant: int, text: str) -> int:
    if not 0 <= instant < FOREVER:
        raise Invalid(f"{text!r} lies outside the years 1970 to 9999")
    return instant


@lru_cache(maxsize=10_000)  # a row has half a dozen of them, the same ones again and again: 0.1 us instead of 4
def format_instant(instant: int) -> str:
    """RFC 3339 in UTC; a day's first second is shown as the day alone."""
    if instant >= FOREVER:
        return "forever"
    if instant < BEGINNING:
        return "before 1970"
    when = datetime.fromtimestamp(instant, UTC)
    return when.strftime("%Y-%m-%d" if instant % DAY_S == 0 else "%Y-%m-%dT%H:%M:%SZ")


def format_last(instant: int) -> str:
    """The last second at which something may be done; a day's last second is shown as the day alone."""
    return format_instant(instant - DAY_S + 1 if (instant + 1) % DAY_S == 0 else instant)


def next_month(instant: int) -> int:
    """The first second of the calendar month (UTC) after the one that `instant` lies in."""
    return _month_of(instant // DAY_S)[1]


def first_of_month(instant: int) -> int:
    """The first second of the calendar month (UTC) that `instant` lies in."""
    return _month_of(instant // DAY_S)[0]


@lru_cache(maxsize=16_384)
def _month_of(day: int) -> tuple[int, int]:
    """The first second of the month of a day, and that of the next: of many leases the days are soon the same."""
    when = datetime.fromtimestamp(day * DAY_S, UTC)
    first = datetime(when.year, when.month, 1, tzinfo=UTC)
    if (when.year, when.month) == (9999, 12):
        return int(first.timestamp()), FOREVER
    after = datetime(when.year + when.month // 12, when.month % 12 + 1, 1, tzinfo=UTC)
    return int(first.timestamp()), int(after.timestamp())


def format_power(watts: int) -> str:
    """Power in MW, as sites are spoken of; less than one in kW."""
    if abs(watts) < WATTS_PER_MW:
        return f"{watts / 1_000:,.1f} kW"
    return f"{watts / WATTS_PER_MW:,.1f} MW"
