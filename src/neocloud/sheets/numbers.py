"""Numbers as people type them: `1,250,000`, `1.250.000,00`, `$2.35`, `2,35 €`, `16k`, `350MW`, `90 days`."""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from neocloud.sheets.currencies import without_currency

DecimalMark = Literal["point", "comma"]

_NUMBER = re.compile(r"([-+−]?)\s*(\d[\d.,' ]*|[.,]\d+)\s*(.*)")
_NEGATIVE = re.compile(r"\(([^()]*\d[^()]*)\)")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "`": "'"})
_GROUPED = re.compile(r"\d{1,3}(?:([ '])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_TIMES = {"k": 3, "tsd": 3, "thousand": 3, "mio": 6, "mn": 6, "million": 6, "millions": 6}


class NumberReading(NamedTuple):
    """What a text can mean: with a decimal point, with a decimal comma; its currency, and what follows it."""

    point: Decimal | None
    comma: Decimal | None
    currency: str
    suffix: str

    @property
    def ambiguous(self) -> bool:
        """Whether both marks give a number, and not the same one."""
        return None not in (self.point, self.comma) and self.point != self.comma

    def by(self, mark: DecimalMark | None) -> Decimal | None:
        """The number by a decimal mark; without one, only where there is no choice."""
        if not self.ambiguous:
            return self.point if self.point is not None else self.comma
        return None if mark is None else self.point if mark == "point" else self.comma

    def whole(self) -> Decimal | None:
        """The number where only a whole one makes sense."""
        found = [each for each in (self.point, self.comma) if each is not None and each == int(each)]
        return found[0] if found and len(set(found)) == 1 else None


@lru_cache(maxsize=100_000)
def read_number(text: str) -> NumberReading | None:
    """Every number that a text can mean; None where it is none."""
    bare, currency = without_currency(text.translate(_SPACES))
    negative = _NEGATIVE.fullmatch(bare.strip())
    found = _NUMBER.fullmatch((negative[1] if negative else bare).strip())
    if found is None:
        return None
    sign, digits, suffix = found.groups()
    point, comma = _readings(digits.strip())
    suffix, exponent = _times(suffix.strip().lower())
    scale = Decimal(10) ** exponent * (-1 if negative or sign in {"-", "−"} else 1)
    if point is None and comma is None:
        return None
    return NumberReading(_scaled(point, scale), _scaled(comma, scale), currency, suffix)


def _scaled(number: Decimal | None, scale: Decimal) -> Decimal | None:
    if number is None:
        return None
    product = number * scale
    return Decimal(int(product)) if product == product.to_integral_value() else product


def _times(suffix: str) -> tuple[str, int]:
    """A suffix without a word for a thousand or a million, and its zeros."""
    first, _, rest = suffix.partition(" ")
    exponent = _TIMES.get(first.rstrip("."), 0)
    return (rest.strip(), exponent) if exponent else (suffix, 0)


def _readings(digits: str) -> tuple[Decimal | None, Decimal | None]:
    if " " in digits or "'" in digits:
        if not _GROUPED.fullmatch(digits):
            return None, None
        digits = digits.replace(" ", "").replace("'", "")
        plain = Decimal(digits.replace(",", "."))
        return plain, plain
    return _marked(digits, decimal=".", group=","), _marked(digits, decimal=",", group=".")


def _marked(digits: str, *, decimal: str, group: str) -> Decimal | None:
    """The number if one mark is for decimals, and the other between thousands; None where that cannot be."""
    whole, mark, fraction = digits.partition(decimal)
    if mark and not fraction.isdigit():
        return None
    if group in whole:
        groups = whole.split(group)
        if not 1 <= len(groups[0]) <= 3 or groups[0] == "0" or any(len(each) != 3 for each in groups[1:]):
            return None
        whole = "".join(groups)
    return Decimal(f"{whole or '0'}.{fraction or '0'}") if not whole or whole.isdigit() else None


class MarkFound(NamedTuple):
    """What the texts of a column say about their decimal mark, and what says so."""

    mark: DecimalMark | None
    why: str
    ambiguous: int


def mark_of(texts: Iterable[str]) -> MarkFound:
    """Decide by the texts that can only be read one way."""
    point, comma, ambiguous = [], [], 0
    for text in texts:
        reading = read_number(text)
        if reading is None:
            continue
        if reading.ambiguous:
            ambiguous += 1
        elif reading.comma is None:
            point.append(text)
        elif reading.point is None:
            comma.append(text)
    if point and comma:
        return MarkFound(None, f"{point[0]} has a decimal point, {comma[0]} a comma", ambiguous)
    if point or comma:
        mark: DecimalMark = "point" if point else "comma"
        return MarkFound(mark, f"{len(point or comma):,} like {(point or comma)[0]}: decimal {mark}", ambiguous)
    return MarkFound(None, "nothing shows what the comma or point is for" if ambiguous else "", ambiguous)
