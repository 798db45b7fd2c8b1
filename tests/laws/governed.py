"""Histories under policies, said by two people; and who may have what, looked at hour by hour."""

from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.model.commands import Approve, Command, DeclineApproval, WithdrawApproval
from neocloud.model.entries import Author
from neocloud.model.leases import Lease
from neocloud.model.policies import (
    Condition,
    CountryGpu,
    GpusAbove,
    InsideAbove,
    LongerThan,
    Policy,
    Reclaims,
    Unscreened,
)
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.world import World
from neocloud.rules.change import Change
from neocloud.units import HOUR_S
from tests.laws.histories import TENANTS, Moment, applied, bookings, commands, hours
from tests.laws.oracle import HORIZON

ADA, GRACE = Author("person:ada"), Author("person:grace")
PEOPLE = (ADA, GRACE)
COMMITS = {"booked", "granted", "confirmed", "amended", "transferred"}

conditions: st.SearchStrategy[Condition] = st.one_of(
    st.sampled_from((4, 8, 12)).map(lambda gpus: GpusAbove(gpus=gpus)),
    st.sampled_from((4, 8)).map(lambda gpus: InsideAbove(gpus=gpus)),
    st.sampled_from((3, 6)).map(lambda hour: LongerThan(length_s=hour * HOUR_S)),
    st.just(Reclaims()),
    st.just(Unscreened()),
    st.booleans().map(lambda unsaid: CountryGpu(countries=("US",), gpus=("H100",), unsaid=unsaid)),
)
policies: st.SearchStrategy[Policy] = st.builds(
    Policy,
    id=st.sampled_from(("p0", "p1", "p2")),
    when=conditions,
    then=st.sampled_from(("ask", "ask", "refuse")),
    reason=st.just("so it is done"),
    retired_at=st.none() | st.none() | hours,
)
tenants: st.SearchStrategy[Tenant] = st.builds(
    lambda tenant, *more: replace(tenant, country=more[0], screened_until_at=more[1], sites=more[2]),
    st.sampled_from(TENANTS),
    st.sampled_from(("US", "US", "DE", "")),
    st.none() | hours,
    st.sampled_from(((), (), (), ("north",))),
)
answers: st.SearchStrategy[Command] = st.builds(
    lambda kind, number: kind(id="an answer", approval=f"r{number}"),
    st.sampled_from((Approve, Approve, Approve, DeclineApproval, WithdrawApproval)),
    st.integers(0, 5),
)


def governed(most: int = 16) -> st.SearchStrategy[list[Moment]]:
    """Histories in which policies come and go, and what they ask about is answered."""
    kinds = (*[commands()] * 3, *[bookings()] * 3, *[answers] * 4, applied(policies), applied(tenants))
    said = st.sampled_from(kinds).flatmap(lambda kind: kind)
    first = st.one_of(applied(policies), applied(policies), applied(tenants))
    begun = st.lists(st.tuples(st.just(0), first), min_size=2, max_size=4)
    later = st.lists(st.tuples(st.sampled_from((0, 0, 0, 1, 5)), said), min_size=most // 2, max_size=most)
    return st.tuples(begun, later).map(lambda parts: [*parts[0], *parts[1]])


def covered(world: World, policy: Policy, changes: list[Change], now: int) -> bool:
    """Whether changes fall under a policy, as an hour by hour look at them says."""
    return any(_covered(world, policy, change, now) for change in changes)


def _covered(world: World, policy: Policy, change: Change, now: int) -> bool:
    when, noun = policy.when, change.noun
    if isinstance(noun, Request) and isinstance(when, InsideAbove) and change.cause in {"received", "changed"}:
        old = world.requests.get(noun.id)
        wanted, was = max(w.gpus for w in noun.ways), max((w.gpus for w in old.ways), default=0) if old else 0
        return world.tenants[noun.tenant].kind == "inside" and wanted > max(was, when.gpus)
    if not isinstance(noun, Lease):
        return False
    if isinstance(when, Reclaims):
        return change.cause in {"reclaimed", "terminated"} and noun.notices[-1].holder == "operator"
    counts = COMMITS if policy.then == "ask" else {*COMMITS, "held", "exercised"}
    binds = policy.then == "refuse" or noun.status != "held" or noun.option is not None
    return change.cause in counts and binds and _meets(world, when, noun, own(world, change), now)


def own(world: World, change: Change) -> Lease | None:
    """What the tenant of a lease had of it before, if an amendment changes it."""
    old = world.leases.get(change.noun.id)
    assert isinstance(change.noun, Lease)
    amends = change.cause in {"amended", "transferred"}
    return old if amends and old is not None and old.tenant == change.noun.tenant else None


def _meets(world: World, when: Condition, new: Lease, old: Lease | None, now: int) -> bool:
    tenant = world.tenants[new.tenant]
    match when:
        case GpusAbove():
            return larger(new, old) > when.gpus
        case InsideAbove():
            return tenant.kind == "inside" and larger(new, old) > when.gpus
        case LongerThan():
            was_s = old.end_at - old.start_at if old else 0
            return new.end_at - new.start_at > max(was_s, when.length_s)
        case Unscreened():
            valid = tenant.screened_until_at is not None and tenant.screened_until_at > now
            return tenant.kind == "customer" and not valid and bool(grown(new, old))
        case CountryGpu():
            is_meant = tenant.country == "US" or (when.unsaid and not tenant.country and tenant.kind == "customer")
            return is_meant and bool(grown(new, old))  # all pools are of H100
    raise AssertionError(f"nobody looks at {when}")


def grown(new: Lease, old: Lease | None) -> set[str]:
    """The pools in which a lease has more than before, at some hour."""
    pools = {block.pool for block in new.blocks}
    return {pool for pool in pools if any(at(new, h, pool) > at(old, h, pool) for h in range(HORIZON))}


def larger(new: Lease, old: Lease | None) -> int:
    """The most GPUs at an hour at which there are more than before, over all pools."""
    return max((at(new, hour) for hour in range(HORIZON) if at(new, hour) > at(old, hour)), default=0)


def at(lease: Lease | None, hour: int, pool: str | None = None) -> int:
    """GPUs of a lease at an hour, of a pool or of all."""
    blocks = () if lease is None else lease.blocks
    inside = [b for b in blocks if b.start_at <= hour * HOUR_S < b.end_at and pool in {None, b.pool}]
    return sum(block.gpus for block in inside)
