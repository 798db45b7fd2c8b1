"""Rights of first refusal: nobody gets what another tenant must be asked about first."""

from collections.abc import Sequence
from contextlib import ExitStack

from msgspec.structs import replace

from neocloud.errors import FirstRefusal
from neocloud.model.capacity import Resource
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.change import Change, admitted, changed, made
from neocloud.rules.ending import since
from neocloud.timeline import FOREVER
from neocloud.units import format_instant


def check_first_refusal(
    world: World, now: int, *changes: Change, freed: Sequence[Change] = (), granted: Lease | None = None
) -> None:
    """Raises FirstRefusal where, after what is `freed` for them, changes take what an option would still fit on.

    Whose change the last one is need not be asked. Who exercises what was `granted` to it need ask only those who
    were granted theirs before: otherwise two would have to ask each other.
    """
    gained = changes[-1].noun
    assert isinstance(gained, Lease)
    touched = {resource for change in changes for resource in change.difference}
    for name in sorted(world.options):
        other = world.leases[name]
        if other.option is None or other.option.kind != "first_refusal" or other.tenant == gained.tenant:
            continue
        if other.end_at <= now or touched.isdisjoint(_resources(world, other)):
            continue
        if granted is not None and line(granted) < line(other):
            continue
        left = since(other, now)
        if _fits_after(world, left, freed) and not _fits_after(world, left, [*freed, *changes]):
            raise _asked_first(other)


def must_ask(world: World, now: int, change: Change, *, granted: Lease | None = None) -> bool:
    """Whether another tenant must be asked before a change; such a one is not offered."""
    try:
        check_first_refusal(world, now, change, granted=granted)
    except FirstRefusal:
        return True
    return False


def line(option: Lease) -> tuple[int, str]:
    """What options on the same capacity stand in line by."""
    return option.booked_at, option.id


def _resources(world: World, lease: Lease) -> set[Resource]:
    pools = {block.pool for block in lease.blocks}
    sites = {world.pools[pool].site for pool in pools}
    return {Resource("gpus", pool) for pool in pools} | {Resource("watts", site) for site in sites}


def _fits_after(world: World, option: Lease, changes: Sequence[Change]) -> bool:
    """Whether an option would fit if it were exercised after some changes."""
    with ExitStack() as stack:
        for change in changes:
            stack.enter_context(made(world, change))
        return admitted(world, changed(world, "exercised", replace(option, status="confirmed", expires_at=None)))


def _asked_first(other: Lease) -> FirstRefusal:
    assert other.option is not None
    gpus, pools = max(block.gpus for block in other.blocks), sorted({block.pool for block in other.blocks})
    by_at = other.option.exercise_by_at
    by = "" if by_at >= FOREVER else f", until {format_instant(by_at)}"
    return FirstRefusal(
        f"{other.tenant} has the right of first refusal on {gpus:,} GPUs of {', '.join(pools)}{by}, and must be "
        f"asked first: yes is `neocloud option exercise {other.id}`, no is `neocloud option waive {other.id}`",
        option=other.id,
    )
