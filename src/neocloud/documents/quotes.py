"""Quotes as rows: what a lease must earn at the least, its parts, and what to ask; USD per GPU-hour."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.revenue import contracted
from neocloud.units import HOUR_S, NANOS, format_instant

if TYPE_CHECKING:
    from neocloud.operations.quoting import Quote, TermsQuote


def offered_usd(lease: Lease) -> float | None:
    """What a lease pays, or is judged to be worth, per GPU-hour over its life; None of a rank, or in other money."""
    if lease.value is not None:
        each = lease.value.per_gpu_hour
        return each.nanos / NANOS if each.currency == "USD" else None
    amount = contracted(lease)
    if amount is None or amount.currency != "USD":
        return None
    return amount.nanos / NANOS / (lease.gpu_seconds / HOUR_S)


def floor_usd(world: World, lease: Lease, found: "Quote") -> float:
    """The least for it under its own terms; for firm ones that is opportunity cost, energy and outage reserve."""
    terms = world.terms[lease.terms]
    own = [each.floor_usd for each in found.terms if each.terms == terms.name and terms.rights]
    return own[0] if own else found.floor_usd


def quote_row(world: World, lease: Lease, found: "Quote") -> dict[str, Any]:
    """A quote for programs: USD per GPU-hour."""
    offered = offered_usd(lease)
    return {
        "price_set": found.price_set,
        "price_set_journal_seq": world.price_sets[found.price_set].journal_seq,
        "made": format_instant(world.price_sets[found.price_set].made_at),
        "journal_seq": found.journal_seq,
        "priced_until": format_instant(found.priced_until_at),
        "offered_usd": None if offered is None else _rounded(offered),
        "floor_usd": _rounded(floor_usd(world, lease, found)),
        "firm_floor_usd": _rounded(found.floor_usd),
        "opportunity_cost_usd": _rounded(found.opportunity_cost_usd),
        "low_usd": _rounded(found.low_usd),
        "high_usd": _rounded(found.high_usd),
        "energy_usd": _rounded(found.energy_usd),
        "outage_reserve_usd": _rounded(found.outage_reserve_usd),
        "is_exact": found.is_exact,
        "binds": found.binding,
        "terms": [_terms_row(each) for each in found.terms],
    }


def _terms_row(each: "TermsQuote") -> dict[str, Any]:
    return {
        "terms": each.terms,
        "floor_usd": _rounded(each.floor_usd),
        "list_usd": None if each.list_usd is None else _rounded(each.list_usd),
        "recommended_usd": _rounded(each.recommended_usd),
        "discount_ratio": _rounded(each.discount_ratio),
    }


def _rounded(amount_usd: float) -> Decimal:
    return Decimal(f"{round(amount_usd, 4) + 0.0:.4f}")
