"""A lease that gives way for a request, or moves to another pool for it: what it gives, and what is lost by it."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from neocloud.model.leases import Lease
from neocloud.rules.planning.outlook import usd
from neocloud.rules.revenue import loss
from neocloud.timeline import BEGINNING, FOREVER, Span, Step, StepFunction, edges

Word = Literal["reclaim", "move"]


class Giver(NamedTuple):
    """A lease that gives way, or moves `to` another pool: GPUs from when until when, and what is lost by it (USD).

    A customer whose lease moves must agree.
    """

    lease: str
    tenant: str
    pools: tuple[str, ...]
    gpus: int
    start_at: int
    end_at: int
    lost_usd: float
    to: str = ""
    must_agree: bool = False


def giver(word: Word, old: Lease, new: Lease, now: int, values_ratio: float) -> Giver:
    """What one lease gives, and loses: of a notice what it says itself, so that both say the same."""
    notice = new.notices[-1] if word == "reclaim" else None
    lost, value = loss(old, new, now) if notice is None else (notice.lost, notice.value_lost)
    given = StepFunction.of(edges([*_steps(old, 1), *_steps(new, -1)]))
    steps = [step for step in given.steps(Span(BEGINNING, FOREVER)) if step.value > 0] or [*_steps(old, 1)]
    moved_to = sorted({block.pool for block in new.blocks} - {block.pool for block in old.blocks})
    return Giver(
        old.id,
        old.tenant,
        tuple(sorted({block.pool for block in old.blocks if notice is not None or block not in new.blocks})),
        max(step.value for step in steps),
        min(step.start_at for step in steps),
        max(step.end_at for step in steps),
        (0.0 if lost is None else usd(lost)) + (0.0 if value is None else usd(value) * values_ratio),
        moved_to[0] if notice is None and moved_to else "",
        notice is None and bool(old.prices),
    )


def _steps(lease: Lease, sign: int) -> Iterator[Step]:
    return (Step(*block.span, sign * block.gpus) for block in lease.blocks if lease.live)
