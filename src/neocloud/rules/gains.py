"""What a decision gives its tenant: leases as they will be, beside what it had of them before."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from neocloud.model.entries import Cause
from neocloud.model.leases import Block, Lease
from neocloud.model.policies import Then
from neocloud.model.tenants import Tenant
from neocloud.model.world import World
from neocloud.rules.change import Change
from neocloud.timeline import Span, Step, net

_COMMITS: frozenset[Cause] = frozenset({"booked", "granted", "confirmed", "amended", "transferred"})
"""What binds the operator. A hold does not, until it is confirmed; an option does, from when it is granted on."""

_GIVES: dict[Then, frozenset[Cause]] = {"ask": _COMMITS, "refuse": _COMMITS | {"held", "exercised"}}


class Gain(NamedTuple):
    """A lease as a decision makes it, whose it then is, and what its tenant had of it before: None if all is new."""

    tenant: Tenant
    lease: Lease
    before: Lease | None

    @property
    def steps(self) -> list[Step]:
        """GPUs more than before, over all pools: what moves from pool to pool is no more."""
        return _more(self.lease.blocks, () if self.before is None else self.before.blocks)

    @property
    def peak_gpus(self) -> int:
        """The most GPUs that the lease has at an instant at which it has more than before; 0 where there is none.

        What it then has counts, and not what is added: or a lease could grow as large as it likes in small steps.
        """
        held = _more(self.lease.blocks, ())
        grown = [Span(step.start_at, step.end_at) for step in self.steps]
        return max((has.value for has in held if any(map(Span(has.start_at, has.end_at).meets, grown))), default=0)

    @property
    def pools(self) -> list[str]:
        """The pools in which there is more than before, by id."""
        old = () if self.before is None else self.before.blocks
        names = sorted({block.pool for block in self.lease.blocks})
        return [
            name
            for name in names
            if _more(*([b for b in some if b.pool == name] for some in (self.lease.blocks, old)))
        ]


def gains(world: World, changes: Iterable[Change], then: Then) -> Iterator[Gain]:
    """What changes give, as far as policies that ask, or those that refuse, look at it."""
    for change in changes:
        lease = change.noun
        if not isinstance(lease, Lease) or change.cause not in _GIVES[then]:
            continue
        if then == "ask" and lease.status == "held" and lease.option is None:
            continue
        before = world.leases.get(lease.id) if change.cause in {"amended", "transferred"} else None
        own = before if before is not None and before.tenant == lease.tenant else None
        yield Gain(world.tenants[lease.tenant], lease, own)


def _more(new: Iterable[Block], old: Iterable[Block]) -> list[Step]:
    steps = [Step(*block.span, block.gpus) for block in new] + [Step(*block.span, -block.gpus) for block in old]
    return [step for step in net(steps) if step.value > 0]
