"""The audit: everything that is wrong, from the nouns alone. It raises nothing and changes nothing."""

from collections.abc import Iterator
from typing import NamedTuple

from neocloud.model.capacity import ALL_TIME, Resource
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.operations.findings import Finding, late_waves, not_eligible, notices
from neocloud.rules.law import shortfalls
from neocloud.timeline import Span
from neocloud.units import Progress, format_instant


class Audit(NamedTuple):
    """What was looked at, and what was found."""

    findings: list[Finding]
    leases: int
    resources: int
    instants: int

    @property
    def verdict(self) -> str:
        """One sentence."""
        looked = f"{self.leases:,} live leases, {self.resources:,} resources, {self.instants:,} instants"
        if not self.findings:
            return f"Nothing is oversold: demand is at or under supply everywhere ({looked})."
        return f"{len(self.findings):,} finding{'s' * (len(self.findings) != 1)} ({looked})."


def audit(world: World, now: int, progress: Progress = lambda done, total: None) -> Audit:
    """Check the law from `now` on in a world built anew from its nouns, and the world against that."""
    fresh = World(list(world.all()), world.head)
    resources = [Resource("watts", site) for site in sorted(world.sites)]
    resources += [Resource("gpus", pool) for pool in sorted(world.pools)]
    findings: list[Finding] = []
    for done, resource in enumerate(resources):
        progress(done, len(resources))
        findings += _resource(world, fresh, resource, now)
    progress(len(resources), len(resources))
    findings += _deliveries(world, now)
    live = [lease for lease in world.leases.values() if lease.live and lease.end_at > now]
    findings += _leases(world, live)
    findings += not_eligible(world, live, now)
    findings += late_waves(fresh, now)
    findings += notices(world, live, now)
    instants = sum(len(fresh.capacity(resource).available) for resource in resources)
    return Audit(findings, len(live), len(resources), instants)


def _resource(world: World, fresh: World, resource: Resource, now: int) -> Iterator[Finding]:
    kept, true = world.capacity(resource), fresh.capacity(resource)
    if kept.available != true.available or kept.supply != true.supply:
        yield Finding("audit.timeline", str(resource), f"the timeline of {resource} is not the sum of its leases")
    for shortage in shortfalls(fresh, resource, Span(now, ALL_TIME.end_at)):
        yield Finding("audit.shortfall", str(resource), str(shortage))


def _deliveries(world: World, now: int) -> Iterator[Finding]:
    for delivery in sorted(world.deliveries.values(), key=lambda delivery: delivery.id):
        if delivery.in_service_at is None and delivery.counts_from_at <= now:
            yield Finding(
                "audit.delivery_due",
                f"delivery {delivery.id}",
                f"delivery {delivery.id} counts since {format_instant(delivery.counts_from_at)}, and nobody has said "
                "that it is in service",
            )


def _leases(world: World, live: list[Lease]) -> Iterator[Finding]:
    for lease in live:
        yield from _units(world, lease)
        missing = [f"pool {block.pool}" for block in lease.blocks if block.pool not in world.pools]
        missing += [f"tenant {lease.tenant}"] * (lease.tenant not in world.tenants)
        missing += [f"terms {lease.terms}"] * (lease.terms not in world.terms)
        if missing:
            yield Finding("audit.unknown", f"lease {lease.id}", f"lease {lease.id} names {', '.join(missing)}")


def _units(world: World, lease: Lease) -> Iterator[Finding]:
    """Blocks that are no multiple of the sell unit: recorded so, or leased under another unit."""
    for block in lease.blocks:
        pool = world.pools.get(block.pool)
        if pool is not None and block.gpus % pool.sell_unit_gpus:
            yield Finding(
                "audit.unit",
                f"lease {lease.id}",
                f"lease {lease.id} has {block.gpus:,} GPUs of pool {pool.id}, and its sell unit is "
                f"{pool.sell_unit_gpus}",
            )
            return
