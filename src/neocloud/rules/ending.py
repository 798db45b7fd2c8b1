"""How leases end before their time: notice under a right, and holds that run out."""

from itertools import pairwise

from msgspec.structs import replace

from neocloud.errors import Invalid, NotAllowed
from neocloud.model.checks import check_gpus
from neocloud.model.commands import Reclaim, Terminate
from neocloud.model.entries import Cause
from neocloud.model.leases import Block, Lease, Notice
from neocloud.model.terms import Holder, RightKind
from neocloud.model.world import World
from neocloud.rules.asks import check_unit
from neocloud.rules.change import Change, changed, live_lease
from neocloud.rules.revenue import in_proportion, loss
from neocloud.rules.rights import right_to
from neocloud.units import format_instant


def expire(world: World, lease: Lease) -> Change:
    """A hold that has run out."""
    return changed(world, "expired", replace(lease, status="expired", expires_at=None))


def terminate(world: World, command: Terminate, now: int) -> list[Change]:
    """Serve notice: the lease (or, where the right allows it, a part) ends when the notice has run."""
    return _served(world, command, command.holder, "terminate", now)


def reclaim(world: World, command: Reclaim, now: int) -> list[Change]:
    """The operator takes GPUs back: all of them, or a part where the right allows it; the rest lives on."""
    return _served(world, command, "operator", "reclaim", now)


def _served(world: World, command: Terminate | Reclaim, holder: Holder, kind: RightKind, now: int) -> list[Change]:
    lease = live_lease(world, command.lease, now)
    if command.gpus is not None:
        check_gpus(command.gpus)
    _, earliest_at = right_to(kind, world, lease, holder, now, part=command.gpus is not None)
    effect_at = earliest_at if command.at is None else command.at
    if effect_at < earliest_at:
        raise NotAllowed(
            f"the {holder}'s notice takes effect {format_instant(earliest_at)} at the earliest, "
            f"not {format_instant(effect_at)}",
            lease=lease.id,
            earliest_at=earliest_at,
        )
    if effect_at >= lease.end_at:
        raise NotAllowed(f"lease {lease.id} ends {format_instant(lease.end_at)}, before that", lease=lease.id)
    blocks = None if command.gpus is None else _without(world, lease, command.gpus, effect_at)
    notice = Notice(holder=holder, kind=kind, served_at=now, effect_at=effect_at, gpus=command.gpus)
    cause: Cause = "terminated" if kind == "terminate" else "reclaimed"
    return [changed(world, cause, ended(lease, blocks, notice))]


def ended(lease: Lease, blocks: tuple[Block, ...] | None, notice: Notice) -> Lease:
    """A lease after a notice: with the blocks that are left, or cut. What was lost by it is noted."""
    if blocks:
        after = replace(lease, blocks=blocks, prices=in_proportion(lease, blocks, notice.effect_at))
    else:
        after = cut(lease, notice.effect_at)
    lost, value_lost = loss(lease, after, notice.effect_at)
    return replace(after, notices=(*lease.notices, replace(notice, lost=lost, value_lost=value_lost)))


def cut(lease: Lease, end_at: int) -> Lease:
    """A lease that ends at `end_at`; one that would not even start is released instead."""
    blocks = tuple(shortened(block, end_at) for block in lease.blocks if block.start_at < end_at)
    prices = tuple(
        replace(price, end_at=min(price.end_at, end_at)) for price in lease.prices if price.start_at < end_at
    )
    if not blocks:
        return replace(lease, status="released", expires_at=None)
    return replace(lease, blocks=blocks, prices=prices)


def since(lease: Lease, at: int) -> Lease:
    """A lease from an instant before its end on."""
    if at <= lease.start_at:
        return lease
    blocks = tuple(replace(b, start_at=max(at, b.start_at)) for b in lease.blocks if b.end_at > at)
    prices = tuple(replace(p, start_at=max(at, p.start_at)) for p in lease.prices if p.end_at > at)
    return replace(lease, blocks=blocks, prices=prices)


def shortened(block: Block, end_at: int) -> Block:
    """A block that ends at `end_at` if it would end later."""
    return replace(block, end_at=end_at) if block.end_at > end_at else block


def _without(world: World, lease: Lease, gpus: int, from_at: int) -> tuple[Block, ...]:
    """The blocks with `gpus` fewer from an instant on, taken from the last block first."""
    blocks: list[Block] = []
    for start_at, end_at, some in _stretches(lease, from_at):
        left = gpus
        for block in reversed(some):
            check_unit(world.pools[block.pool], min(left, block.gpus)) if left else None
            kept = max(0, block.gpus - left)
            left -= block.gpus - kept
            if kept:
                part = replace(block, start_at=start_at, end_at=end_at, gpus=kept)
                blocks.append(replace(part, spare_gpus=min(block.spare_gpus, kept)))
        if left:
            raise Invalid(f"lease {lease.id} has fewer than {gpus:,} GPUs", place="gpus")
    before = [shortened(block, from_at) for block in lease.blocks if block.start_at < from_at]
    return tuple(before + blocks)


def _stretches(lease: Lease, from_at: int) -> list[tuple[int, int, list[Block]]]:
    """From an instant on: the stretches in which the same blocks are in force."""
    later = [block for block in lease.blocks if block.end_at > from_at]
    cuts = sorted({at for b in later for at in (max(from_at, b.start_at), b.end_at)})
    stretches = [
        (start_at, end_at, [b for b in later if b.start_at <= start_at and b.end_at >= end_at])
        for start_at, end_at in pairwise(cuts)
    ]
    return [stretch for stretch in stretches if stretch[2]]
