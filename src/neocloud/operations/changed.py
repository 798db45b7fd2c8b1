"""What is different between two forms of a noun, in words: from old to new, a phrase for each difference."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import fields as struct_fields

from neocloud.model.approvals import Approval
from neocloud.model.entries import Noun
from neocloud.model.leases import Lease, Price
from neocloud.model.policies import Policy
from neocloud.model.prices import PriceSet, Quoted
from neocloud.model.requests import Judgement, Request, Way
from neocloud.timeline import Step, net
from neocloud.units import FOREVER, Money, format_digest, format_duration, format_instant, format_power

_TOLD_APART = {"id", "blocks", "prices", "notices", "booked_at", "sources", "recorded", "reason"}
_TOLD_APART |= {"ways", "judgement", "quoted", "when", "former"}
"""Said in other words, or in a column of their own."""

_KEPT = {"digest"}
"""Said to nobody, not even a part of it: what shows a key, or the secret of a webhook, when it is guessed."""

_DIGEST = re.compile("[0-9a-f]{64}")
_SPOKEN = {"gpu": "GPU", "gpus": "GPUs", "pue": "PUE", "p50": "P50", "p90": "P90", "it": "IT"}


def changed(old: Noun | None, new: Noun) -> list[str]:
    """A phrase for each difference; of a noun that is new, what it is."""
    if isinstance(new, Approval):
        return list(_approval(new))
    phrases = list(_fields(old, new))
    if isinstance(new, Policy):
        phrases += _policy(old if isinstance(old, Policy) else None, new)
    if isinstance(new, Lease):
        phrases += _lease(old if isinstance(old, Lease) else None, new)
    if isinstance(new, Request):
        phrases += _request(old if isinstance(old, Request) else None, new)
    if old is not None and getattr(old, "sources", None) != getattr(new, "sources", None):
        phrases.append("sources of its figures")
    return phrases


def named(noun: Noun) -> str:
    """The id of a noun as people say it."""
    return format_digest(noun.id) if isinstance(noun, PriceSet) else noun.id


def wanted(ways: tuple[Way, ...]) -> str:
    """The ways of a request: `64 GPUs of h100 at 2.35 USD, or 32 of gb200 at 4 USD`."""
    first, *others = ways
    said = [f"{first.gpus:,} GPUs of {first.pool}{_at(first)}"]
    return ", or ".join([*said, *(f"{way.gpus:,} of {way.pool}{_at(way)}" for way in others)])


def _at(way: Way) -> str:
    return "" if way.per_gpu_hour is None else f" at {_money(way.per_gpu_hour)}"


def gpus_moved(old: Noun | None, new: Noun) -> dict[str, list[Step]]:
    """What the blocks of a lease take more, or less, than before: by pool."""
    steps: dict[str, list[Step]] = {}
    for noun, sign in ((old, -1), (new, 1)):
        if isinstance(noun, Lease) and noun.live:
            for block in noun.blocks:
                steps.setdefault(block.pool, []).append(Step(block.start_at, block.end_at, sign * block.gpus))
    return {pool: moved for pool in sorted(steps) if (moved := net(steps[pool]))}


def _fields(old: Struct | None, new: Struct, within: str = "") -> Iterator[str]:
    """The fields that are not as they were, those of a struct in a field one by one."""
    for field in struct_fields(type(new)):
        before = field.default if old is None else getattr(old, field.name)
        after = getattr(new, field.name)
        if before == after or field.name in _TOLD_APART | _KEPT or (old is None and field.name == "status"):
            continue
        if field.name == "expires_at" and after is None:  # the status says so
            continue
        if isinstance(after, Struct) and not isinstance(after, Money):
            inside = "" if field.name == "header" else f"{field.name} "
            yield from _fields(before if isinstance(before, Struct) else None, after, inside)
        else:
            yield within + _phrase(field.name, before, after, is_new=old is None)


def _lease(old: Lease | None, new: Lease) -> Iterator[str]:
    for pool, steps in gpus_moved(old, new).items():
        for start_at, end_at, gpus in steps:
            sign = "+" if gpus > 0 else "−"
            yield f"{sign}{abs(gpus):,} GPUs of {pool}, {format_instant(start_at)} to {format_instant(end_at)}"
    if new.quoted is not None and (old is None or old.quoted != new.quoted):
        yield _quoted(new.quoted)
    known = {_price(price) for price in old.prices} if old else set()
    yield from (_price(price) for price in new.prices if new.live and _price(price) not in known)
    for notice in new.notices[len(old.notices) if old else 0 :]:
        served = f"notice to {notice.kind} by the {notice.holder}"
        yield f"{served}, served {format_instant(notice.served_at)}, effect {format_instant(notice.effect_at)}"


def _request(old: Request | None, new: Request) -> Iterator[str]:
    if old is None:
        yield f"wanted: {wanted(new.ways)}"
    elif old.ways != new.ways:
        yield f"wanted: {wanted(old.ways)} → {wanted(new.ways)}"
    if new.judgement is not None and (old is None or old.judgement != new.judgement):
        yield _judged(new.judgement)


def _policy(old: Policy | None, new: Policy) -> Iterator[str]:
    if old is None or old.when != new.when:
        yield f"falls under it: {new.when if old is None else f'{old.when} → {new.when}'}"


def _approval(new: Approval) -> Iterator[str]:
    """What is asked and by whom, and how it was answered."""
    policies = ", ".join(f"{name} ({reason})" for name, reason in new.policies.items())
    yield f"{new.kind} {new.about} of {new.tenant}, asked by {new.asked_by}"
    yield f"{new.status} by {new.answered_by}" if new.answered_by else f"a second person is asked for by {policies}"


def _judged(judgement: Judgement) -> str:
    by = f" by price set {format_digest(judgement.price_set)}" if judgement.price_set else ""
    worth = "" if judgement.worth is None else f", worth {judgement.worth}"
    cost = "" if judgement.opportunity_cost is None else f", opportunity cost {judgement.opportunity_cost}"
    return f"judged at entry {judgement.journal_seq:,}{by}{worth}{cost}"


def _quoted(quoted: Quoted) -> str:
    by = f" by price set {format_digest(quoted.price_set)}" if quoted.price_set else ""
    return f"quoted at entry {quoted.journal_seq:,}{by}, floor {_money(quoted.floor)} per GPU-hour"


def _price(price: Price) -> str:
    unit = "GPU-hour" if price.per == "gpu_hour" else "month"
    return f"price {_money(price.amount)} per {unit} from {format_instant(price.start_at)}"


def _phrase(name: str, before: Any, after: Any, *, is_new: bool) -> str:
    if is_new or before in (None, "", (), FOREVER):
        return f"{_plain(name)} {_said(name, after)}"
    moved = ""
    if _is_instant(name) and after is not None and max(before, after) < FOREVER:
        moved = f" ({format_duration(abs(after - before))} {'later' if after > before else 'sooner'})"
    return f"{_plain(name)} {_said(name, before)} → {_said(name, after)}{moved}"


def _plain(name: str) -> str:
    """A field as it is said: without the unit, which its value has."""
    words = name.removesuffix("_at").removesuffix("_s").split("_")
    return " ".join(_SPOKEN.get(word, word) for word in words)


def _is_instant(name: str) -> bool:
    return name == "at" or name.endswith("_at")


def _said(name: str, value: Any) -> str:
    """A value as it is written, by the unit that its name ends in."""
    match value:
        case None | "" | ():
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return _number(name, value)
        case Decimal():
            return f"{value:f}"
        case Money():
            return _money(value)
        case tuple():
            return "; ".join(_said(name, each) for each in value)
        case Struct():
            return _inner(value)
        case _:
            return format_digest(text) if _DIGEST.fullmatch(text := str(value)) else text


def _number(name: str, value: int) -> str:
    if _is_instant(name):
        return format_instant(value)
    if name.endswith("_s"):
        return format_duration(value)
    return format_power(value) if name.endswith("watts") else f"{value:,}"


def _inner(value: Struct) -> str:
    """A struct in a field: its values by name, those left at their defaults left out."""
    told = []
    for field in struct_fields(type(value)):
        each = getattr(value, field.name)
        if each != field.default:
            said = _said(field.name, each)
            told.append(said if field.name == "watts" else f"{_plain(field.name)} {said}")
    return ", ".join(told)


def _money(amount: Money) -> str:
    return f"{amount.amount.normalize():,f} {amount.currency}"
