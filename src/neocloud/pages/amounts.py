"""How amounts are said on pages and in the terminal: parts of a whole, counts, and money."""

from decimal import Decimal
from math import isfinite

from neocloud.units import NANOS, Money

_LARGE = ((10**9, "B"), (10**6, "M"), (10**3, "k"))


def share(ratio: float | None) -> str:
    """A part of a whole, to a tenth of a hundredth: `14.0 %`."""
    return "–" if ratio is None or not isfinite(ratio) else f"{100 * ratio:.1f} %"


def number(amount: float | None) -> str:
    """A count, or a mean rounded to a count, with commas between thousands; a dash where there is none."""
    return "–" if amount is None or not isfinite(amount) else f"{amount:,.0f}"


def short(amount: float | None) -> str:
    """A number in four characters or fewer: `950`, `1583`, `14k`; a dash where there is none."""
    if amount is None:
        return "–"
    for unit, letter in _LARGE:
        if round(amount) >= max(unit, 10_000):
            part = amount / unit
            return f"{part:.1f}{letter}" if part < 9.95 else f"{part:.0f}{letter}"
    return f"{amount:.0f}"


def money(amount: Money) -> str:
    """Three digits are enough beside an estimate: `1.43M USD`."""
    value = amount.rounded()
    for unit, letter in _LARGE:
        if abs(value) >= unit:
            part = value / Decimal(unit)
            digits = 2 if abs(part) < 10 else 1 if abs(part) < 100 else 0
            return f"{part:,.{digits}f}{letter} {amount.currency}"
    return str(amount)


def usd(amount: float) -> str:
    """An estimate in USD, with three digits."""
    return money(Money("USD", round(amount * NANOS)))
