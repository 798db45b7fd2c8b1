"""What happened, and what was promised elsewhere. A fact is never refused: the law is not asked.

A fact may be said wrongly (of a wave that nobody knows, or one that came long ago), and that is Mistaken.
What it breaks is a shortfall, shown by `risk`.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from neocloud.errors import Conflict, Invalid, Unknown
from neocloud.model.commands import (
    Accept,
    CloseOutage,
    Fact,
    KeyUsed,
    Leave,
    Record,
    Restore,
    Slip,
    Split,
    WebhookDelivered,
    Withdraw,
)
from neocloud.model.entries import Cause
from neocloud.model.fleet import Curtailment, Delivery, Outage, Site
from neocloud.model.leases import Block, check_lease_name
from neocloud.model.world import World
from neocloud.rules.change import Change, changed
from neocloud.rules.keys import key_used
from neocloud.rules.proposal import proposed, tenant_named
from neocloud.rules.requests import withdraw
from neocloud.rules.rights import terms_of
from neocloud.rules.waves import accepted, slipped, split
from neocloud.rules.webhooks import webhook_delivered
from neocloud.timeline import FOREVER
from neocloud.units import format_instant

FactNoun = Site | Delivery | Outage | Curtailment
"""The nouns whose every new form is a fact (of outages, the failures)."""


def happened(world: World, fact: Fact, now: int) -> list[Change]:
    """The changes that a fact makes; none if it is known already. Raises Mistaken, and never Refused."""
    rule = _FACTS[type(fact)]
    return rule(world, fact, now)


def stated(world: World, noun: FactNoun) -> list[Change]:
    """A noun in the form that it has, as somebody says; nothing if that is known."""
    old = world.find(type(noun), noun.id)
    if noun == old:
        return []
    checked_place(world, noun, old)
    new: Cause = "failed" if isinstance(noun, Outage) else "curtailed" if isinstance(noun, Curtailment) else "added"
    return [changed(world, new if old is None else "changed", noun)]


def checked_place(world: World, noun: FactNoun, old: object) -> None:
    """A wave or an outage is of a pool, a curtailment of a site, and stays there. Raises Mistaken."""
    match noun:
        case Delivery() | Outage():
            pool = world.pools.get(noun.pool)
            if pool is None:
                raise Unknown("pool", noun.pool, world.pools)
            if isinstance(old, Delivery | Outage) and old.pool != noun.pool:
                raise Invalid(f"{noun.id} belongs to pool {old.pool}, and stays there", place="pool")
            resized = not isinstance(old, Delivery) or not isinstance(noun, Delivery) or old.gpus != noun.gpus
            if isinstance(noun, Delivery) and resized and noun.gpus % pool.sell_unit_gpus:
                raise Invalid(
                    f"{noun.gpus:,} GPUs is no multiple of {pool.sell_unit_gpus}, the sell unit of pool {pool.id}",
                    place="gpus",
                )
        case Curtailment():
            if noun.site not in world.sites:
                raise Unknown("site", noun.site, world.sites)
            if isinstance(old, Curtailment) and old.site != noun.site:
                raise Invalid(f"{noun.id} belongs to site {old.site}, and stays there", place="site")
            _check_shed(world, noun)
        case _:
            pass


def _check_shed(world: World, curtailment: Curtailment) -> None:
    known = {**world.leases, **world.tenants, **world.pools}
    for name in curtailment.shed:
        if name not in known:
            raise Unknown("lease, tenant or pool", name, known)


def _recorded(world: World, fact: Record, now: int) -> list[Change]:
    """A promise made elsewhere, as it was made: units, prices and the law are for the audit to see."""
    book = fact.book
    check_lease_name(book.lease)
    if book.lease in world.leases:
        raise Conflict(f"there is a lease {book.lease} already; choose another id, or amend it")
    tenant, terms = tenant_named(world, book.tenant), terms_of(world, book.terms)
    blocks = []
    for ask in book.asks:
        if ask.pool is None or ask.gpus is None or ask.start_at is None or ask.end_at is None:
            raise Invalid("what was promised elsewhere needs a pool, GPUs, a start and an end", place="blocks")
        if ask.pool not in world.pools:
            raise Unknown("pool", ask.pool, world.pools)
        blocks.append(Block(pool=ask.pool, start_at=ask.start_at, end_at=ask.end_at, gpus=ask.gpus))
    lease = proposed(replace(book, tenant=tenant.id), terms, tuple(blocks), now)
    return [changed(world, "recorded", lease)]


def _closed(world: World, fact: CloseOutage, now: int) -> list[Change]:
    outage = world.outages.get(fact.outage)
    if outage is None:
        raise Unknown("outage", fact.outage, world.outages)
    end_at = _end(outage, now if fact.at is None else fact.at)
    return [changed(world, "repaired", replace(outage, end_at=end_at))]


def _restored(world: World, fact: Restore, now: int) -> list[Change]:
    curtailment = world.curtailments.get(fact.curtailment)
    if curtailment is None:
        raise Unknown("curtailment", fact.curtailment, world.curtailments)
    end_at = _end(curtailment, now if fact.at is None else fact.at)
    return [changed(world, "restored", replace(curtailment, end_at=end_at))]


def _end(noun: Outage | Curtailment, end_at: int) -> int:
    what = f"{type(noun).__name__.lower()} {noun.id}"
    if noun.end_at <= end_at:
        raise Invalid(f"{what} ended {format_instant(noun.end_at)} already", place="at")
    if end_at <= noun.start_at:
        raise Invalid(f"{what} begins {format_instant(noun.start_at)}, not before that", place="at")
    return end_at


def _noticed(world: World, fact: Leave, now: int) -> list[Change]:
    site = world.sites.get(fact.site)
    if site is None:
        raise Unknown("site", fact.site, world.sites)
    leave_at = FOREVER if fact.at is None else fact.at
    if leave_at < now:
        raise Invalid(f"{format_instant(leave_at)} has passed; a notice is for a day to come", place="leave")
    if leave_at == site.leave_at:
        return []
    return [changed(world, "noticed", replace(site, leave_at=leave_at))]


_FACTS: dict[type[Fact], Callable[[World, Any, int], list[Change]]] = {
    Record: _recorded,
    Slip: slipped,
    Accept: accepted,
    Split: split,
    CloseOutage: _closed,
    Restore: _restored,
    Leave: _noticed,
    Withdraw: withdraw,
    KeyUsed: key_used,
    WebhookDelivered: webhook_delivered,
}
