"""Which policies a decision falls under: by what it gives a tenant, and by what it takes from others."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from neocloud.model.leases import Lease
from neocloud.model.policies import (
    BelowFloor,
    Condition,
    CountryGpu,
    GpusAbove,
    InsideAbove,
    LongerThan,
    Policy,
    Reclaims,
    Then,
    Unscreened,
)
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.world import World
from neocloud.rules.change import Change
from neocloud.rules.gains import Gain, gains
from neocloud.rules.revenue import contracted
from neocloud.units import HOUR_S


def stated_policy(world: World, policy: Policy) -> list[Change]:
    """A policy as it is said; nothing if that is known."""
    old = world.policies.get(policy.id)
    return [] if policy == old else [Change("changed" if old else "added", policy, {})]


def covering(
    world: World, changes: Sequence[Change], now: int, then: Then, kinds: Iterable[type[Condition]] = ()
) -> list[tuple[Policy, Gain | None]]:
    """The policies (of some kinds, or of all) that changes fall under, by id, each with what falls under it."""
    wanted = tuple(kinds)
    found: list[tuple[Policy, Gain | None]] = []
    given = list(gains(world, changes, then))
    for policy in sorted(world.policies.values(), key=lambda policy: policy.id):
        if policy.then != then or not policy.in_force(now) or (wanted and not isinstance(policy.when, wanted)):
            continue
        covered = next((gain for gain in given if _covers(world, policy, gain, now)), None)
        if covered is not None or _covers_others(world, policy.when, changes):
            found.append((policy, covered))
    return found


def is_screened(tenant: Tenant, now: int) -> bool:
    """Whether a tenant's screening is valid."""
    return tenant.screened_until_at is not None and now < tenant.screened_until_at


def _covers(world: World, policy: Policy, gain: Gain, now: int) -> bool:
    when = policy.when
    if isinstance(when, CountryGpu):
        return _meets(when, gain.tenant) and any(when.names(world.pools[name].gpu) for name in gain.pools)
    rule = _COVERS.get(type(when))
    if rule is None or not rule(when, gain, now):
        return False
    return not (isinstance(when, InsideAbove) and _was_approved(world, policy, gain))


def _covers_others(world: World, when: Condition, changes: Sequence[Change]) -> bool:
    """What takes from others, and requests: they give nothing by themselves."""
    if isinstance(when, Reclaims):
        return any(_takes_back(change) for change in changes)
    return isinstance(when, InsideAbove) and any(_asks_above(world, when, change) for change in changes)


def _takes_back(change: Change) -> bool:
    if not isinstance(change.noun, Lease) or change.cause not in {"reclaimed", "terminated"}:
        return False
    return change.noun.notices[-1].holder == "operator"


def _asks_above(world: World, when: InsideAbove, change: Change) -> bool:
    """Whether an inside team asks for more than it may, and for more than it did."""
    request = change.noun
    if not isinstance(request, Request) or change.cause not in {"received", "changed"}:
        return False
    old = world.requests.get(request.id)
    most = _most_gpus(request)
    is_inside = world.tenants[request.tenant].kind == "inside"
    return is_inside and most > when.gpus and (old is None or most > _most_gpus(old))


def _was_approved(world: World, policy: Policy, gain: Gain) -> bool:
    """Whether the request that is answered was approved under the same policy, for as many GPUs."""
    request = world.requests.get(gain.lease.request or "")
    if request is None or gain.peak_gpus > _most_gpus(request):
        return False
    return any(
        each.kind == "request"
        and each.about == request.id
        and each.status == "approved"
        and policy.id in each.policies
        for each in world.approvals.values()
    )


def _most_gpus(request: Request) -> int:
    return max(way.gpus for way in request.ways)


def _meets(when: CountryGpu, tenant: Tenant) -> bool:
    if tenant.country:
        return tenant.country in when.countries
    return when.unsaid and tenant.kind == "customer"


def _below_floor(when: BelowFloor, gain: Gain, now: int) -> bool:
    """Whether a customer pays less than the floor; of an amendment, where it then pays less than before.

    Prices are sums of parts rounded to a nano-unit each, and so may be off by as many.
    """
    lease, amount = gain.lease, contracted(gain.lease)
    if amount is None or (gain.before is not None and not gain.steps and not _pays_less(lease, gain.before)):
        return False
    floor = None if lease.quoted is None else lease.quoted.floor
    if floor is None or floor.currency != amount.currency:
        return when.unquoted
    is_under = amount.nanos + len(lease.prices) < floor.share(lease.gpu_seconds, HOUR_S).nanos
    return is_under and (gain.before is None or _pays_less(lease, gain.before))


def _pays_less(lease: Lease, before: Lease) -> bool:
    """Whether a lease pays less for a GPU-hour than it did."""
    now, then = contracted(lease), contracted(before)
    if now is None or then is None or now.currency != then.currency:
        return now != then
    return (now.nanos + len(lease.prices)) * before.gpu_seconds < then.nanos * lease.gpu_seconds


def _longer_than(when: LongerThan, gain: Gain, now: int) -> bool:
    """Whether a lease is longer than that, and than it was."""
    length_s = gain.lease.end_at - gain.lease.start_at
    was_s = 0 if gain.before is None else gain.before.end_at - gain.before.start_at
    return length_s > max(when.length_s, was_s)


def _unscreened(when: Unscreened, gain: Gain, now: int) -> bool:
    return gain.tenant.kind == "customer" and not is_screened(gain.tenant, now) and bool(gain.pools)


_COVERS: dict[type[Condition], Callable[[Any, Gain, int], bool]] = {
    BelowFloor: _below_floor,
    GpusAbove: lambda when, gain, now: gain.peak_gpus > when.gpus,
    InsideAbove: lambda when, gain, now: gain.tenant.kind == "inside" and gain.peak_gpus > when.gpus,
    LongerThan: _longer_than,
    Unscreened: _unscreened,
}
