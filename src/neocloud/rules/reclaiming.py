"""A booking for which weaker leases give way, where their rights allow it in time."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from msgspec.structs import replace

from neocloud.errors import AtALoss, Oversold
from neocloud.model.capacity import Resource
from neocloud.model.commands import Book, Exercise
from neocloud.model.leases import Block, Lease, Notice
from neocloud.model.world import World
from neocloud.rules.change import Change, admitted, broken, changed, made, oversold
from neocloud.rules.deficit import Deficit, Row, holders_in, row_of
from neocloud.rules.eligibility import is_eligible
from neocloud.rules.ending import ended, shortened
from neocloud.rules.first_refusal import check_first_refusal, must_ask
from neocloud.rules.offers import Offer, offers
from neocloud.rules.revenue import by_currency, contracted, gpu_seconds, worth
from neocloud.rules.rights import Earliest, rights
from neocloud.rules.weakest import Candidate, Taken, weakest
from neocloud.timeline import FOREVER, Span
from neocloud.units import Money, format_instant

_TOO_LATE_NAMED = 3


def gained(
    world: World, change: Change, command: Book | Exercise, now: int, *, what: str, granted: Lease | None = None
) -> list[Change]:
    """A new lease if it fits, or with those that give way for it, if that is asked for; else Oversold.

    Raises FirstRefusal where another tenant must be asked first; `granted` is the option that is exercised.
    """
    if admitted(world, change):
        check_first_refusal(world, now, change, granted=granted)
        return [change]
    if command.reclaim:
        *freed, change = reclaiming(world, change, now, force=command.force)
        check_first_refusal(world, now, change, freed=freed, granted=granted)
        return [*freed, change]
    raise oversold(what, broken(world, change), _offered(world, change, now, granted))


def _offered(world: World, change: Change, now: int, granted: Lease | None) -> tuple[Offer, ...]:
    """What would fit instead of a new lease, without what another tenant must be asked about first."""
    lease = change.noun
    assert isinstance(lease, Lease)
    found = eligible_offers(world, change, now)
    if not world.options:
        return found
    others = [changed(world, change.cause, replace(lease, blocks=offer.blocks)) for offer in found]
    return tuple(
        offer for offer, other in zip(found, others, strict=True) if not must_ask(world, now, other, granted=granted)
    )


def eligible_offers(world: World, change: Change, now: int) -> tuple[Offer, ...]:
    """What would fit instead of a new lease, and its tenant may have."""
    lease = change.noun
    assert isinstance(lease, Lease)
    return tuple(
        offer
        for offer in offers(world, lease)
        if is_eligible(world, Change(change.cause, replace(lease, blocks=offer.blocks), {}), now)
    )


def reclaiming(world: World, booking: Change, now: int, *, force: bool) -> list[Change]:
    """The changes of the leases that give way, and then of the one that is booked.

    Raises Oversold, with from when GPUs could be reclaimed, if not enough can be in time; AtALoss if what is
    lost is worth more than what is gained, unless `force`.
    """
    lease = booking.noun
    assert isinstance(lease, Lease)
    with made(world, booking):
        deficit = Deficit.of(world, _spans(booking))
        found = {each.lease.id: (each, right) for each, right in _candidates(world, lease, deficit, now)}
        taken, enough = weakest(deficit, (candidate for candidate, _ in found.values()))
    if not enough:
        raise _too_little(world, booking, lease, now)
    givers = [_after(each, found[each.candidate.lease.id][1], lease, now) for each in taken]
    if not force:
        _check_gain(lease, givers)
    changes = _in_turn(world, givers, booking)
    if not admitted(world, *changes):
        raise _too_little(world, booking, lease, now)
    return changes


def right_to_take(world: World, lease: Lease, now: int) -> Earliest | None:
    """The operator's earliest right to take GPUs of a lease back, be it by reclaiming them or by ending it."""
    if lease.protected or not lease.live:
        return None
    found = [each for each in rights(world, lease, now) if each.right.holder == "operator"]
    return min(found, key=lambda each: (each.effect_at, not each.right.part), default=None)


def rows_from(world: World, lease: Lease, from_at: int) -> tuple[Row, ...]:
    """What a lease would free if it gave its GPUs up at an instant, turnarounds counted."""
    rows = []
    for i, block in enumerate(lease.blocks):
        if block.end_at > from_at:
            pool = world.pools[block.pool]
            start_at = block.start_at if block.start_at >= from_at else from_at + pool.turnaround_s
            rows.append(row_of(world, i, block, Span(start_at, min(block.end_at + pool.turnaround_s, FOREVER))))
    return tuple(row for row in rows if row.start_at < row.end_at)


def _spans(booking: Change) -> dict[Resource, Span]:
    """Of each resource that a booking takes more of: from when to when."""
    spans = {}
    for resource, changes in booking.difference.items():
        if steps := changes.taken():
            spans[resource] = Span(min(step.start_at for step in steps), max(step.end_at for step in steps))
    return spans


def _candidates(world: World, lease: Lease, deficit: Deficit, now: int) -> Iterator[tuple[Candidate, Earliest]]:
    """The weaker leases that may be taken from, under which right and from when.

    Never a protected one, and of ranks only those after one's own.
    """
    for other in holders_in(world, deficit):
        found = right_to_take(world, other, now)
        if other.id == lease.id or found is None or not _is_weaker(other, lease):
            continue
        from_at = max(found.effect_at, _needed_at(world, other, deficit))
        gone = Span(from_at, FOREVER)
        lost = contracted(other, gone) or worth(other, gpu_seconds(other, gone))
        rows = rows_from(world, other, from_at)
        yield Candidate(other, rows, lost, found.right.part), found._replace(effect_at=from_at)


def _needed_at(world: World, lease: Lease, deficit: Deficit) -> int:
    """When a lease must give its GPUs up for them to be there, turned around, once they are first missing."""
    first = lease.end_at
    for block in lease.blocks:
        pool = world.pools[block.pool]
        for met in deficit.met(pool, block.span)[:1]:
            first = min(first, max(block.start_at, met.start_at - pool.turnaround_s))
    return first


def _is_weaker(other: Lease, lease: Lease) -> bool:
    only_ranks = other.rank is not None and other.value is None and lease.rank is not None and lease.value is None
    return not only_ranks or (other.rank or 0) > (lease.rank or 0)


def _after(taken: Taken, under: Earliest, lease: Lease, now: int) -> Lease:
    """A lease that gave way: a part of its blocks, or all of it, from when it must."""
    other, (right, effect_at) = taken.candidate.lease, under
    notice = Notice(holder="operator", kind=right.kind, served_at=now, effect_at=effect_at, for_lease=lease.id)
    if not right.part:
        return ended(other, None, notice)
    blocks = _less(other, taken.rows, effect_at)
    gave_all = not any(block.end_at > effect_at for block in blocks)
    return ended(other, None if gave_all else blocks, notice if gave_all else replace(notice, gpus=taken.gpus))


def _less(lease: Lease, rows: Sequence[Row], from_at: int) -> tuple[Block, ...]:
    """The blocks without what the rows give, from an instant on."""
    given = {row.block: row.gpus for row in rows}
    blocks = [shortened(block, from_at) for block in lease.blocks if block.start_at < from_at]
    for i, block in enumerate(lease.blocks):
        kept = block.gpus - given.get(i, 0)
        if kept and block.end_at > from_at:
            start_at = max(block.start_at, from_at)
            blocks.append(replace(block, start_at=start_at, gpus=kept, spare_gpus=min(block.spare_gpus, kept)))
    return tuple(blocks)


def _check_gain(lease: Lease, givers: Sequence[Lease]) -> None:
    """Raises AtALoss if more is lost than the new lease brings, or if nobody can say so."""
    brings = contracted(lease) or worth(lease, lease.gpu_seconds)
    losses = by_currency(notice.lost or notice.value_lost for notice in (giver.notices[-1] for giver in givers))
    unsaid = [giver.id for giver in givers if not giver.prices and giver.value is None and giver.rank is None]
    if not unsaid and (not losses or (len(losses) == 1 and brings is not None and _covers(brings, losses[0]))):
        return
    names = [giver.id for giver in givers]
    gone = [f"{' and '.join(map(str, losses))} be lost"] * bool(losses)
    gone += [f"nobody has said what {', '.join(unsaid)} is worth"] * bool(unsaid)
    raise AtALoss(
        f"to book lease {lease.id}, {', '.join(names)} would give way and {', and '.join(gone)}, and it "
        + ("has a rank, and no value" if brings is None else f"brings {brings}")
        + "; to do it all the same, give --force",
        lost=losses[0] if len(losses) == 1 else None,
        gained=brings,
        leases=names,
    )


def _covers(brings: Money, lost: Money) -> bool:
    return lost.currency == brings.currency and lost.nanos <= brings.nanos


def _in_turn(world: World, givers: Sequence[Lease], booking: Change) -> list[Change]:
    """The changes of those that give way, and the booking, each worked out in the world that those before it make."""
    changes: list[Change] = []
    with ExitStack() as stack:
        for giver in givers:
            changes.append(changed(world, "reclaimed", giver))
            stack.enter_context(made(world, changes[-1]))
        return [*changes, changed(world, booking.cause, booking.noun)]


def _too_little(world: World, booking: Change, lease: Lease, now: int) -> Oversold:
    """The refusal, with from when GPUs of the holders could be reclaimed."""
    refusal = oversold(
        f"lease {lease.id}, even by reclaiming,", broken(world, booking), eligible_offers(world, booking, now)
    )
    with made(world, booking):
        deficit = Deficit.of(world, _spans(booking))
        others = [other for other in holders_in(world, deficit) if other.id != lease.id]
    found = [(each.effect_at, other) for other in others if (each := right_to_take(world, other, now))]
    late = [(at, other) for at, other in sorted(found, key=lambda row: (row[0], row[1].id)) if at > lease.start_at]
    lines = [f"\n  {other.id}: from {format_instant(at)} on" for at, other in late[:_TOO_LATE_NAMED]]
    more = f"\nnotice is too short to reclaim in time; the earliest are:{''.join(lines)}" if lines else ""
    return Oversold(f"{refusal}{more}", **refusal.facts, earliest_at=late[0][0] if late else None)
