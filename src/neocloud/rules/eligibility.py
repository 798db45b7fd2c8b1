"""Who may have what: policies that refuse, and the sites where a tenant may be. A fact is not asked."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from neocloud.errors import NotEligible
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
    Unscreened,
)
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.world import World
from neocloud.rules.change import Change
from neocloud.rules.ending import since
from neocloud.rules.gains import Gain, gains
from neocloud.rules.policies import covering
from neocloud.units import format_duration

OF_TENANTS: tuple[type[Condition], ...] = (Unscreened, CountryGpu)
"""The conditions that are about who a tenant is: they are looked at for leases that stand, too."""


class Ineligible(NamedTuple):
    """Why something may not be (a policy's id, or none where it is the site), and what may."""

    policy: str
    sentence: str
    instead: str

    def __str__(self) -> str:
        return f"{self.sentence}; what would work: {self.instead}"


def check_eligible(world: World, changes: Sequence[Change], now: int) -> None:
    """Raises NotEligible where policies refuse what a decision comes to, or its tenant may not be there."""
    found = list(ineligible(world, changes, now))
    if found:
        noun = changes[-1].noun
        assert isinstance(noun, Lease | Request), "a policy is about leases and requests"
        what = "lease" if isinstance(noun, Lease) else "request"
        raise NotEligible(
            f"{what} {noun.id} of {noun.tenant} is refused:" + "".join(f"\n  {each}" for each in found),
            tenant=noun.tenant,
            policies=[each.policy for each in found if each.policy],
            instead=[each.instead for each in found],
        )


def is_eligible(world: World, change: Change, now: int) -> bool:
    """Whether nothing refuses a change: what is not so is not offered either."""
    return not asks_who(world, (change,)) or not any(ineligible(world, (change,), now))


def asks_who(world: World, changes: Iterable[Change]) -> bool:
    """Whether anybody could be ineligible: there are policies, or a tenant may not be everywhere."""
    return bool(world.policies) or any(
        isinstance(each.noun, Lease) and world.tenants[each.noun.tenant].sites for each in changes
    )


def ineligible(
    world: World, changes: Sequence[Change], now: int, kinds: Iterable[type[Condition]] = ()
) -> Iterator[Ineligible]:
    """Everything that refuses changes, policies (of some kinds, or all) by their ids first."""
    for policy, gain in covering(world, changes, now, "refuse", kinds):
        yield Ineligible(
            policy.id,
            f"policy {policy.id} refuses {policy.when} ({policy.reason})",
            _instead(world, policy, gain),
        )
    for gain in gains(world, changes, "refuse"):
        yield from _elsewhere(world, gain)


def standing_ineligible(world: World, lease: Lease, now: int) -> list[Ineligible]:
    """Why what is left of a lease that stands could not be booked now, as far as it is about who its tenant is."""
    change = Change("booked", since(lease, now), {})
    return list(ineligible(world, (change,), now, OF_TENANTS)) if asks_who(world, (change,)) else []


def _elsewhere(world: World, gain: Gain) -> Iterator[Ineligible]:
    """The pools of a gain that are not where its tenant may be."""
    tenant = gain.tenant
    outside = [name for name in gain.pools if tenant.sites and world.pools[name].site not in tenant.sites]
    if outside:
        yield Ineligible(
            "",
            f"{tenant.id} may be at {', '.join(tenant.sites)} only, and not in {', '.join(outside)}",
            _named(_pools(world, tenant), "pool"),
        )


def _instead(world: World, policy: Policy, gain: Gain | None) -> str:
    """What a policy lets through."""
    match policy.when:
        case GpusAbove(gpus=gpus) | InsideAbove(gpus=gpus):
            return f"up to {gpus:,} GPUs"
        case LongerThan(length_s=length_s):
            return f"up to {format_duration(length_s)}"
        case Reclaims():
            return "what is free, or what its tenant gives up"
        case Unscreened():
            assert gain is not None
            return f"a screening of {gain.tenant.id}, said by `screened_until`"
        case BelowFloor():
            quoted = gain.lease.quoted if gain else None
            return f"at least {quoted.floor} per GPU-hour" if quoted else "a quote, and a price at its floor or above"
        case CountryGpu() as when:
            assert gain is not None
            if not gain.tenant.country:
                return f"saying the country of {gain.tenant.id}"
            others = [name for name in _pools(world, gain.tenant) if not when.names(world.pools[name].gpu)]
            return _named(others, "pool")


def _pools(world: World, tenant: Tenant) -> list[str]:
    """The pools at the sites where a tenant may be."""
    return [pool.id for pool in world.pools_by_id if not tenant.sites or pool.site in tenant.sites]


def _named(names: Sequence[str], what: str) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{what} {', '.join(names[:5])}{more}" if names else f"none of the {what}s there are"
