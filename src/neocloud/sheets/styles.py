"""What a number format shows: a date, a currency, a share of 100."""

import re
from collections.abc import Mapping, Sequence

from neocloud.sheets.currencies import currency_in

_DATES = {*range(14, 18), 22, *range(27, 37), *range(45, 48), *range(50, 59)}
"""The built-in formats that show dates (18 to 21 show a time of day alone)."""

_PERCENT = {9, 10}
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETS = re.compile(r"\[(?!\$)[^\]]*\]")
_LOCALE = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")


def formats(cells: Sequence[int], codes: Mapping[int, str]) -> list[str]:
    """What each cell style shows, by its number format: `date`, a currency, `%`, or nothing."""
    kinds = {number: _kind(number, codes.get(number, "")) for number in set(cells)}
    return [kinds[number] for number in cells]


def _kind(number: int, code: str) -> str:
    if number in _DATES:
        return "date"
    if number in _PERCENT:
        return "%"
    first = code.split(";", maxsplit=1)[0]
    currency = currency_in(_LOCALE.sub(r" \1 ", first))
    bare = _LOCALE.sub(" ", _BRACKETS.sub("", _QUOTED.sub("", first)))
    if not currency and re.search(r"[yd]|mmm", bare, re.IGNORECASE) and "general" not in bare.lower():
        return "date"
    return currency or ("%" if "%" in bare else "")
