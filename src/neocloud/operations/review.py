"""The review: what was recorded between two instants, what it changed, by which command, and why.

GPUs and contracted money count confirmed leases: a hold is no contract until it is confirmed.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from neocloud.model.entries import Entry, Head, Noun, kind_of, read
from neocloud.model.fleet import Delivery, Outage
from neocloud.model.leases import Lease
from neocloud.model.requests import Request
from neocloud.operations.changed import changed, gpus_moved
from neocloud.operations.known import fold, last_head
from neocloud.rules.revenue import contracted
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Snapshots
from neocloud.timeline import Step, net
from neocloud.units import HOUR_S, Money, Progress

GROUPS = {
    "leases": ("lease",),
    "requests": ("request",),
    "deliveries": ("delivery",),
    "outages": ("outage", "curtailment"),
    "fleet": ("site", "pool"),
    "tenants and terms": ("tenant", "terms"),
    "prices and forecasts": ("list price", "price set", "forecast"),
    "keys and webhooks": ("key", "webhook"),
}
"""The subjects of a review in the order they are shown, and the nouns of each; any other comes last."""

_BOOKED = ("booked", "confirmed", "recorded")
_AMENDED = ("amended", "transferred")
_ENDED = ("terminated", "reclaimed", "released", "expired")


class Row(NamedTuple):
    """One entry: what it changed, in words; the most GPUs it added and took, GPU-seconds, and contracted money."""

    entry: Entry
    changes: list[str]
    reason: str = ""
    gpus_added: int = 0
    gpus_lost: int = 0
    gpu_seconds: int = 0
    money: tuple[Money, ...] = ()
    later_s: int = 0

    @property
    def kind(self) -> str:
        """The type of its noun."""
        return kind_of(self.entry.noun)


class Totals(NamedTuple):
    """What a review comes to."""

    entries: int
    commands: int
    held: int
    booked: int
    amended: int
    ended: int
    gpus_added: int
    gpus_lost: int
    gpu_hours_added: int
    gpu_hours_lost: int
    money_added: list[Money]
    money_lost: list[Money]
    slipped: int
    most_later_s: int
    outages_opened: int
    outages_ended: int
    curtailments: int
    requests_received: int
    requests_accepted: int
    requests_declined: int
    requests_withdrawn: int


class Review(NamedTuple):
    """What was recorded from an instant up to, and not including, another (None: all up to the head)."""

    since_at: int
    until_at: int | None
    head: Head
    rows: list[Row]
    totals: Totals

    def groups(self) -> list[tuple[str, list[Row]]]:
        """The rows by subject, those without any left out; inside a subject in the order they were recorded."""
        subject = {kind: name for name, kinds in GROUPS.items() for kind in kinds}
        found: dict[str, list[Row]] = {name: [] for name in [*GROUPS, "other"]}
        for row in self.rows:
            found[subject.get(row.kind, "other")].append(row)
        return [(name, rows) for name, rows in found.items() if rows]


def review(
    journal: Journal,
    snapshots: Snapshots | None,
    since_at: int,
    until_at: int | None = None,
    progress: Progress | None = None,
) -> Review:
    """Go through what was recorded, with the old form of each noun beside the new one."""
    begun = last_head(journal, lambda recorded_at: recorded_at < since_at)
    world, total = fold(journal, snapshots, progress, begun), journal.head().seq
    rows: list[Row] = []
    for entries, head in read(world.head, journal.batches(world.head.seq)):
        if until_at is not None and head.recorded_at >= until_at:
            break
        for entry in entries:
            rows.append(_row(world.find(type(entry.noun), entry.noun.id), entry))
            world.put(entry.noun)
        world.head = head
        if progress:
            progress(head.seq, total)
    if progress:
        progress(total, total)
    return Review(since_at, until_at, world.head, rows, _totals(rows))


def _row(old: Noun | None, entry: Entry) -> Row:
    new = entry.noun
    phrases, reason = changed(old, new), _reason(old, new)
    if isinstance(new, Lease):
        return _lease_row(old if isinstance(old, Lease) else None, new, Row(entry, phrases, reason))
    if isinstance(new, Delivery) and isinstance(old, Delivery):
        return Row(entry, phrases, reason, later_s=max(0, new.counts_from_at - old.counts_from_at))
    return Row(entry, phrases, reason)


def _reason(old: Noun | None, new: Noun) -> str:
    """Why, as it was said with this form of the noun; what was said with its old form explains that one."""
    if isinstance(new, Request):
        return new.judgement.reason if new.judgement and new.judgement != getattr(old, "judgement", None) else ""
    for name in ("reason", "recorded"):
        said: str | None = getattr(new, name, None)
        if said and said != getattr(old, name, None):
            return said
    return ""


def _lease_row(old: Lease | None, new: Lease, row: Row) -> Row:
    before, after = _contract(old), _contract(new)
    moved = _moved(before, after)
    money = _difference(before, after)
    return row._replace(
        changes=[*row.changes, *(f"contracted {'+' if each.nanos > 0 else '−'}{_size(each)}" for each in money)],
        gpus_added=max([0, *(step.value for step in moved)]),
        gpus_lost=-min([0, *(step.value for step in moved)]),
        gpu_seconds=(after.gpu_seconds if after else 0) - (before.gpu_seconds if before else 0),
        money=money,
    )


def _contract(lease: Lease | None) -> Lease | None:
    """The lease, if it is one that somebody may rely on."""
    return lease if lease is not None and lease.status == "confirmed" else None


def _moved(before: Lease | None, after: Lease | None) -> list[Step]:
    """By how much the GPUs of a lease, over all pools, are more or less than before."""
    parts = [] if after is None else [step for steps in gpus_moved(None, after).values() for step in steps]
    if before is not None:
        was = [step for steps in gpus_moved(None, before).values() for step in steps]
        parts += [Step(start_at, end_at, -gpus) for start_at, end_at, gpus in was]
    return net(parts)


def _difference(before: Lease | None, after: Lease | None) -> tuple[Money, ...]:
    nanos: Counter[str] = Counter()
    for lease, sign in ((before, -1), (after, 1)):
        amount = contracted(lease) if lease is not None else None
        if amount is not None:
            nanos[amount.currency] += sign * amount.nanos
    return tuple(Money(currency, each) for currency, each in sorted(nanos.items()) if each)


def _size(amount: Money) -> Money:
    return Money(amount.currency, abs(amount.nanos))


def _totals(rows: list[Row]) -> Totals:
    causes = Counter(row.entry.cause for row in rows if isinstance(row.entry.noun, Lease))
    asked = Counter(row.entry.cause for row in rows if isinstance(row.entry.noun, Request))
    outages = [row.entry for row in rows if isinstance(row.entry.noun, Outage)]
    late = [row.later_s for row in rows if row.later_s]
    return Totals(
        entries=len(rows),
        commands=len({row.entry.command for row in rows if row.entry.content}),
        held=causes["held"],
        booked=sum(count for cause, count in causes.items() if cause in _BOOKED),
        amended=sum(count for cause, count in causes.items() if cause in _AMENDED),
        ended=sum(count for cause, count in causes.items() if cause in _ENDED),
        gpus_added=sum(row.gpus_added for row in rows),
        gpus_lost=sum(row.gpus_lost for row in rows),
        gpu_hours_added=sum(max(0, row.gpu_seconds) for row in rows) // HOUR_S,
        gpu_hours_lost=sum(max(0, -row.gpu_seconds) for row in rows) // HOUR_S,
        money_added=_sums(each for row in rows for each in row.money if each.nanos > 0),
        money_lost=_sums(_size(each) for row in rows for each in row.money if each.nanos < 0),
        slipped=len(late),
        most_later_s=max(late, default=0),
        outages_opened=sum(entry.cause in ("failed", "planned", "added") for entry in outages),
        outages_ended=sum(entry.cause == "repaired" for entry in outages),
        curtailments=sum(row.entry.cause == "curtailed" for row in rows),
        requests_received=asked["received"],
        requests_accepted=asked["accepted"],
        requests_declined=asked["declined"],
        requests_withdrawn=asked["withdrawn"],
    )


def _sums(amounts: Iterable[Money]) -> list[Money]:
    """Added up, an amount for each currency."""
    nanos: Counter[str] = Counter()
    for amount in amounts:
        nanos[amount.currency] += amount.nanos
    return [Money(currency, each) for currency, each in sorted(nanos.items())]
