"""What all documents share: their strictness, and the types of their fields."""

import sys
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import fields

from neocloud.errors import Invalid
from neocloud.settings import MOST_MEGAWATTS, MOST_MONEY
from neocloud.timeline import BEGINNING, FOREVER
from neocloud.units import WATTS_PER_MW, Money, format_duration, format_instant, parse_duration, parse_instant

ALWAYS = "1970-01-01"
"""From the first instant there is: said by leaving it out."""

When = Annotated[str, Meta(description="an instant: 2026-10-01, 2026-10-01T12:00:00Z, +90d or now")]
NO_TIME = "0s"

Length = Annotated[str, Meta(description="a duration: 90d, 12h, 2m, 1d12h")]
Megawatts = Annotated[Decimal, Meta(description="megawatts, to the watt")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]
Computed = Annotated[
    dict[str, Any] | UnsetType, Meta(description="what follows from the rest; shown, and passed over on reading")
]


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A noun as people write it."""

    computed: Computed = UNSET


Kind = TypeVar("Kind", bound=Document)


def made(kind: type[Kind], /, **said: Any) -> Kind:
    """A document of what a noun says. What equals a default is the very default, and so is left out when written."""
    defaults = {each.name: each.default for each in fields(kind)}
    return kind(**{name: defaults[name] if value == defaults[name] else value for name, value in said.items()})


def instant(text: str, now: int, place: str) -> int:
    """A `When` as whole UTC seconds; Invalid at `place`."""
    try:
        return parse_instant(text, now=now)
    except Invalid as error:
        raise error.at(place) from None


def instant_or_none(text: str | None, now: int, place: str) -> int | None:
    """The same, where it may be left out."""
    return None if text is None else instant(text, now, place)


def duration(text: str, place: str) -> int:
    """A `Length` as whole seconds; Invalid at `place`."""
    try:
        return parse_duration(text)
    except Invalid as error:
        raise error.at(place) from None


def priced(amount: Decimal, currency: str) -> Money:
    """An amount that can be a price: 0 or more, and not absurd."""
    if not amount.is_finite():
        raise Invalid(f"{short(str(amount))} is not a plain number")
    if amount < 0:
        raise Invalid(f"{short(str(amount))} {currency} cannot be; a price is 0 or more")
    if amount > MOST_MONEY:
        raise Invalid(f"{short(str(amount))} {currency} is surely a slip of the hand")
    return Money.of(amount, currency)


def priced_at(place: str, amount: Decimal, currency: str) -> Money:
    """The same; Invalid at `place`."""
    try:
        return priced(amount, currency)
    except Invalid as error:
        raise error.at(place) from None


def plain(number: Decimal, place: str) -> Decimal:
    """A number as people mean one: finite, and not absurd. Invalid at `place`."""
    if not number.is_finite():
        raise Invalid(f"{short(str(number))} is not a plain number", place=place)
    if number.copy_abs() > MOST_MONEY:
        raise Invalid(f"{short(str(number))} is surely a slip of the hand", place=place)
    return number


def short(text: str) -> str:
    """Text as it is repeated in a sentence."""
    return text if len(text) <= 40 else f"{text[:39]}…"


def watts(megawatts: Decimal, place: str) -> int:
    """Megawatts as whole watts; Invalid at `place` if finer than that."""
    if plain(megawatts, place).copy_abs() > MOST_MEGAWATTS:
        raise Invalid(f"{short(str(megawatts))} MW is surely a slip of the hand", place=place)
    exact = megawatts * WATTS_PER_MW
    if exact != int(exact) or exact / WATTS_PER_MW != megawatts:
        raise Invalid(f"{megawatts} MW is finer than a watt", place=place)
    return int(exact)


def megawatts(number: int) -> Decimal:
    """Whole watts as megawatts, exactly."""
    return (Decimal(number) / WATTS_PER_MW).normalize() + 0


def interned(text: str) -> str:
    """Text as a document holds it: a default is left out only where it is the very object, not an equal one."""
    return sys.intern(text)


def bare(amount: Money) -> Decimal:
    """An amount without its currency, in as few digits as say it."""
    return amount.amount.normalize() + 0


def shown(at: int | None) -> str | None:
    """An instant as text; for ever, and nothing, as None."""
    if at == BEGINNING:
        return ALWAYS
    return None if at is None or at >= FOREVER else format_instant(at)


def shown_length(length_s: int) -> str:
    """Seconds as text."""
    return format_duration(length_s) if length_s else NO_TIME
