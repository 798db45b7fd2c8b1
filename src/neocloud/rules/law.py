"""The law: no decision makes demand exceed supply at any instant, in any pool or at any site.

Facts may; what they break is a shortfall, and is told by the same words as a refusal.
"""

from collections.abc import Callable
from typing import NamedTuple

from neocloud.model.capacity import Difference, Resource
from neocloud.model.world import Share, World
from neocloud.settings import NAMED_HOLDERS
from neocloud.timeline import FOREVER, Span, Step, StepFunction
from neocloud.units import format_instant


class Shortage(NamedTuple):
    """Where demand would exceed (or does exceed) supply, by how much at the worst instant, and who holds it."""

    resource: Resource
    short_by: int
    start_at: int
    end_at: int
    worst_at: int
    holders: tuple[Share, ...]

    def __str__(self) -> str:
        until = "on" if self.end_at >= FOREVER else f"to {format_instant(self.end_at)}"
        held: dict[str, int] = {}
        for share in self.holders:
            held[share.tenant] = held.get(share.tenant, 0) + share.gpus
        who = ", ".join(f"{tenant} {gpus:,}" for tenant, gpus in held.items())
        return (
            f"{self.resource} is short by {self.resource.amount(self.short_by)} from "
            f"{format_instant(self.start_at)} {until}" + (f" (held by {who})" if who else "")
        )


def fits(available: StepFunction, taken: int, within: Span) -> bool:
    """Whether demand stays at or under supply at every instant of `within` when `taken` more is taken."""
    return available.low(within) >= taken


def lawful(world: World, difference: Difference) -> bool:
    """Whether a decision that moves the timelines by `difference` keeps the law."""
    for resource, changes in difference.items():
        available = world.capacity(resource).available
        for start_at, end_at, taken in changes.taken():
            if taken > 0 and not fits(available, taken, Span(start_at, end_at)):
                return False
    return True


def most(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """The greatest number from `low` (which fits) to under `high` (which does not) that still fits."""
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def shortages(world: World, difference: Difference) -> list[Shortage]:
    """Where, how and at whom a difference would break the law: at most one for each resource and step."""
    found = []
    for resource, changes in difference.items():
        available = world.capacity(resource).available
        for step in changes.taken():
            if step.value > 0 and not fits(available, step.value, Span(step.start_at, step.end_at)):
                found.append(_shortage(world, resource, step))
    return _joined(found)


def shortfalls(world: World, resource: Resource, within: Span) -> list[Shortage]:
    """Where facts make demand exceed supply, as the world stands."""
    return [_shortage(world, resource, Step(*span, 0)) for span in short_spans(world, resource, within)]


def short_spans(world: World, resource: Resource, within: Span) -> list[Span]:
    """The spans in which demand exceeds supply: whole stretches, however often the number changes in one."""
    spans: list[Span] = []
    for start_at, end_at, _ in world.capacity(resource).available.steps_below(0, within):
        if spans and spans[-1].end_at == start_at:
            spans[-1] = Span(spans[-1].start_at, end_at)
        else:
            spans.append(Span(start_at, end_at))
    return spans


def _shortage(world: World, resource: Resource, taken: Step) -> Shortage:
    available, within = world.capacity(resource).available, Span(taken.start_at, taken.end_at)
    level, low = taken.value, available.low(within)
    worst_at = available.first_below(low + 1, within.start_at)
    return Shortage(
        resource,
        level - low,
        available.first_below(level, within.start_at),
        available.last_below(level, within),
        worst_at,
        holders(world, resource, worst_at),
    )


def holders(world: World, resource: Resource, at: int) -> tuple[Share, ...]:
    """Who holds most of a resource at an instant (the GPUs of it; turnarounds count as held)."""
    pools = [world.pools[resource.id]] if resource.kind == "gpus" else world.pools_of(resource.id)
    found: list[Share] = []
    for pool in pools:
        found += world.shares(pool.id, Span(max(0, at - pool.turnaround_s), at + 1), NAMED_HOLDERS)
    found.sort(key=lambda share: (-share.gpus, share.tenant))
    return tuple(found[:NAMED_HOLDERS])


def _joined(found: list[Shortage]) -> list[Shortage]:
    """Shortages of one resource that touch, as one."""
    result: list[Shortage] = []
    for shortage in found:
        last = result[-1] if result else None
        if last is None or last.resource != shortage.resource or last.end_at < shortage.start_at:
            result.append(shortage)
            continue
        worst = max(last, shortage, key=lambda each: each.short_by)
        result[-1] = worst._replace(start_at=last.start_at, end_at=shortage.end_at)
    return result
