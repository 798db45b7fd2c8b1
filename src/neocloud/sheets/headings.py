"""Which field a heading names: by its words, without the unit in it."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from neocloud.sheets.currencies import currency_in
from neocloud.sheets.fields import TABLES, Field, TableOf

LEAST_SURE = 0.6
"""A heading that agrees less than this with every field is not read."""

_BRACKETED = re.compile(r"[(\[]([^)\]]*)[)\]]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "#": " no ", "№": " no ", "&": " and "})
_TOTAL_WORDS = (
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "zwischensumme",
)
_NOT_TENANTS = (
    "available",
    "free",
    "remaining",
    "capacity",
    "headroom",
    "utilization",
    "utilisation",
    "supply",
    "frei",
    "rest",
    "kapazitaet",
    "auslastung",
    "check",
    "installed",
    "sellable",
    "verfuegbar",
    "notes",
    "note",
    "comment",
    "bemerkung",
)


@lru_cache(maxsize=10_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a text: small, plain, in the singular."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_UMLAUTS))
    found = re.findall(r"[a-z0-9]+", "".join(each for each in plain if not unicodedata.combining(each)))
    return tuple(
        each[:-1] if len(each) > 3 and each.endswith("s") and not each.endswith("ss") else each for each in found
    )


_PHRASES: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    (table.kind, field.name): tuple(words(heading) for heading in field.headings.split(", "))
    for table in TABLES.values()
    for field in table.fields
}


class Match(NamedTuple):
    """How well a heading names a field, from 0 to 1."""

    sure: float
    field: Field


@lru_cache(maxsize=10_000)
def matches(heading: str, kind: str) -> tuple[Match, ...]:
    """The fields of a table that a heading may name, the surest first."""
    bare = words(_BRACKETED.sub(" ", heading)) or words(heading)
    whole = words(heading)
    many = bare == ("gpu",) and "gpus" in heading.lower()  # `GPUs` says how many, `GPU` may say which
    found = []
    for field in TABLES[kind].fields:
        if many and field.name == "sku":
            continue
        phrases = _PHRASES[kind, field.name]
        sure = max(_sure(bare, whole, phrase) for phrase in phrases)
        if sure >= LEAST_SURE:
            found.append(Match(sure, field))
    return tuple(sorted(found, key=lambda match: -match.sure))


def _sure(bare: Sequence[str], whole: Sequence[str], phrase: Sequence[str]) -> float:
    if tuple(whole) == tuple(phrase):
        return 1.0
    if tuple(bare) == tuple(phrase):
        return 0.98
    if set(phrase) <= set(bare):
        return 0.55 + 0.4 * len(phrase) / len(bare) if len(bare) > 1 or len(phrase) == len(bare) else 0.0
    if len(phrase) > 1 and set(phrase) <= set(whole):
        return 0.55 + 0.35 * len(phrase) / len(whole)
    return 0.0


def assigned(headings: Sequence[str], kind: str) -> dict[int, Match]:
    """For each column the field that its heading names; a field goes to one column, the surest pair first."""
    pairs = [
        (match.sure, -column, match) for column, text in enumerate(headings) if text for match in matches(text, kind)
    ]
    found: dict[int, Match] = {}
    taken: set[str] = set()
    for _, negative, match in sorted(pairs, key=lambda pair: (-pair[0], -pair[1])):
        if -negative not in found and match.field.name not in taken:
            found[-negative] = match
            taken.add(match.field.name)
    return found


def complete(found: dict[int, Match], table: TableOf) -> bool:
    """Whether a table has all the fields that it needs."""
    names = {match.field.name for match in found.values()}
    return bool(table.needed) and all(names.intersection(group) for group in table.needed)


def is_total(text: str) -> bool:
    """Whether a cell heads a row or column of totals."""
    found = " ".join(words(text))
    return text.strip().startswith(("Σ", "∑")) or any(
        found == word or found.startswith(f"{word} ") for word in (" ".join(words(each)) for each in _TOTAL_WORDS)
    )


def is_no_tenant(text: str) -> bool:
    """Whether a column of months is about something else than who takes GPUs."""
    found = words(text)
    return is_total(text) or any(words(each)[0] in found for each in _NOT_TENANTS)


def unit_in(heading: str, field: Field) -> str:
    """The unit that a heading says, for a field: `MW`, `gpu_hour`, `days`; or what is meant without one."""
    text = " ".join(words(heading.replace("€", " eur ")))
    if field.kind == "power":
        per_unit = (("MW", r"\bmw\b|megawatt"), ("kW", r"\bkw\b|kilowatt"), ("W", r"\bw\b|\bwatt\b"))
        return next((unit for unit, pattern in per_unit if re.search(pattern, text)), field.unit)
    if field.kind == "length":
        lengths = (
            ("days", r"\bday\b|\btag[en]?\b|\bd\b"),
            ("months", r"month|monat|\bmo\b"),
            ("years", r"year|jahr|\byr\b"),
            ("weeks", r"week|woche"),
        )
        return next((unit for unit, pattern in lengths if re.search(pattern, text)), field.unit)
    if field.kind == "money":
        return _money_unit(text) or field.unit
    if field.kind == "count" and re.search(r"\bk\b|thousand|\btsd\b", text):
        return "thousands"
    return "%" if field.kind == "ratio" and "%" in heading else field.unit


def _money_unit(text: str) -> str:
    monthly = re.search(r"month|monat|\bmrr\b|\bmo\b", text)
    hourly = re.search(r"hour|stunde|\bhr\b|\bh\b|std|gpuh", text)
    if hourly and not monthly:
        return "gpu_hour"
    if monthly:
        return "gpu_month" if re.search(r"(per|je|pro|a|month|monat) gpu|gpu (month|monat|mo)\b", text) else "month"
    return ""


def currency_of(heading: str) -> str:
    """The currency that a heading says."""
    return currency_in(heading)
