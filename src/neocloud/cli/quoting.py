"""What `lease quote|hold|book` say of a floor: nothing, and nothing heavy is loaded, before a price set is there."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from neocloud.cli.output import fields, note, table
from neocloud.cli.places import price_files
from neocloud.cli.session import Session
from neocloud.documents.quotes import floor_usd, offered_usd
from neocloud.errors import Invalid, Unsolved
from neocloud.model.commands import Book
from neocloud.model.leases import Lease
from neocloud.model.prices import Quoted
from neocloud.model.world import World
from neocloud.rules.approvals import asked_by, command_of
from neocloud.rules.requests import newest_prices
from neocloud.settings import WATCH_EVERY_S
from neocloud.units import Money, format_digest, format_duration, format_instant

if TYPE_CHECKING:
    from neocloud.operations.quoting import Quote, TermsQuote
    from neocloud.rules.planning.futures import Costs

_TERMS = ("terms", "floor", "list", "recommended", "discount")
_BINDS = {"gpus": "GPUs bind", "power": "power binds", "neither": "nothing would be displaced"}


def quote_of(opened: Session, lease: Lease) -> "Quote | None":
    """The quote of a lease that fits and is not booked; None without prices, or (and it is said) where it fails."""
    if newest_prices(opened.ledger.world) is None:
        return None
    from neocloud.operations.quoting import quoted  # noqa: PLC0415

    try:
        with opened.world() as world:
            return quoted(world, price_files(), lease, now=opened.now)
    except (Invalid, Unsolved) as error:
        note(f"no floor is told: {error}")
        return None


def costs_now(world: World) -> "Costs | None":
    """The opportunity costs of the newest price set; None without one, or (it is said) where it cannot be read."""
    price_set = newest_prices(world)
    if price_set is None:
        return None
    from neocloud.operations.price_sets import read_costs  # noqa: PLC0415

    try:
        return read_costs(price_files(), price_set)[0]
    except Invalid as error:
        note(f"ways out are not priced: {error}")
        return None


def stamped(opened: Session, command: Book) -> Book:
    """The booking with what its lease is quoted now. Said again, it says what it said before: the same answer."""
    known = _said_before(opened.ledger.world, command)
    if known is not None or newest_prices(opened.ledger.world) is None:
        return command if known is None else replace(command, quoted=known.quoted)
    lease = fitting(opened, command)
    found = quote_of(opened, lease)
    if found is not None:
        warn(opened, lease, found)
    return quoting(command, found)


def fitting(opened: Session, command: Book) -> Lease:
    """The lease that a booking comes to, before it is quoted: no floor can refuse it yet."""
    if newest_prices(opened.ledger.world) is not None:
        command = replace(command, quoted=Quoted(journal_seq=0, price_set="", floor=Money("USD", 0)))
    changes = opened.ledger.preview(command, now=opened.now)[0]
    lease = next(change.noun for change in reversed(changes) if isinstance(change.noun, Lease))
    return replace(lease, quoted=None)


def quoting(command: Book, found: "Quote | None") -> Book:
    """The booking with what it is quoted, if it is."""
    return command if found is None else replace(command, quoted=found.quoted())


def _said_before(world: World, command: Book) -> Lease | Book | None:
    """What was booked, or asked for, under the same id."""
    lease = world.leases.get(command.lease)
    if lease is not None:
        return lease
    approval = asked_by(world, command.id)
    said = None if approval is None else command_of(approval)
    return said if isinstance(said, Book) else None


def warn(opened: Session, lease: Lease, found: "Quote") -> None:
    """Say that prices are old, or that the price offered is under the floor."""
    price_set = opened.ledger.world.price_sets[found.price_set]
    old_s = opened.now - price_set.made_at
    if old_s > WATCH_EVERY_S:
        note(f"the price set is {format_duration(old_s)} old; `neocloud plan --admit` makes a new one")
    offered, floor = offered_usd(lease), floor_usd(opened.ledger.world, lease, found)
    if offered is not None and offered < floor:
        note(f"under the floor: {offered:,.4f} USD per GPU-hour is offered, and {floor:,.4f} is the least")


def quote_lines(world: World, lease: Lease, found: "Quote") -> str:
    """A quote for people: the floor and its parts, and what to ask under each terms."""
    price_set = world.price_sets[found.price_set]
    how = "exact" if found.is_exact else "marginal"
    cost = f"{found.opportunity_cost_usd:,.4f} ({found.low_usd:,.4f} to {found.high_usd:,.4f}), {how}"
    until = format_instant(found.priced_until_at)
    known = f"entry {price_set.journal_seq:,}, {format_instant(price_set.made_at)}"
    beyond = f"; beyond {until} at the mean" if lease.end_at > found.priced_until_at else ""
    names = [
        ("floor", f"{floor_usd(world, lease, found):,.4f} USD per GPU-hour under {lease.terms}"),
        ("opportunity cost", f"{cost}; {_BINDS[found.binding]}"),
        ("energy", f"{found.energy_usd:,.4f}"),
        ("outage reserve", f"{found.outage_reserve_usd:,.4f}"),
        ("rests on", f"price set {format_digest(found.price_set)} ({known}){beyond}"),
    ]
    rows = [_terms_line(each) for each in found.terms]
    return f"\n{fields(names)}\n\nwhat to ask, USD per GPU-hour:\n{table(rows, _TERMS)}"


def _terms_line(each: "TermsQuote") -> list[str]:
    listed = "-" if each.list_usd is None else f"{each.list_usd:,.4f}"
    discount = f"{round(100 * each.discount_ratio, 1) + 0.0:.1f} %"
    return [each.terms, f"{each.floor_usd:,.4f}", listed, f"{each.recommended_usd:,.4f}", discount]
