"""Currencies as people write them: a sign, or three letters."""

import re

_SIGNS = {
    "US$": "USD", "A$": "AUD", "C$": "CAD", "S$": "SGD", "HK$": "HKD", "NZ$": "NZD",
    "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₪": "ILS",
}  # fmt: skip
_CODES = [
    "USD",
    "EUR",
    "GBP",
    "CHF",
    "JPY",
    "CNY",
    "INR",
    "KRW",
    "AUD",
    "CAD",
    "SGD",
    "HKD",
    "NZD",
    "SEK",
    "NOK",
    "DKK",
    "ISK",
    "PLN",
    "CZK",
    "HUF",
    "RON",
    "BRL",
    "MXN",
    "CLP",
    "SAR",
    "AED",
    "QAR",
    "KWD",
    "BHD",
    "OMR",
    "JOD",
    "ILS",
    "TRY",
    "ZAR",
    "THB",
    "MYR",
    "IDR",
    "VND",
    "TWD",
]
_WORDS = {"DOLLAR": "USD", "DOLLARS": "USD", "EURO": "EUR", "EUROS": "EUR", "PFUND": "GBP", "FRANKEN": "CHF"}
_FOUND = re.compile(
    "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
    + rf"|(?<![A-Za-z])(?:{'|'.join([*_CODES, *sorted(_WORDS, key=len, reverse=True)])})(?![A-Za-z])",
    re.IGNORECASE,
)


def currency_in(text: str) -> str:
    """The currency that a text names, or nothing."""
    found = _FOUND.search(text)
    if found is None:
        return ""
    name = found[0].upper()
    return _SIGNS.get(name) or _WORDS.get(name, name)


def without_currency(text: str) -> tuple[str, str]:
    """A text without the currency in it, and that currency."""
    found = _FOUND.search(text)
    return (text, "") if found is None else (text[: found.start()] + text[found.end() :], currency_in(found[0]))
