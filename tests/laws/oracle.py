"""The law by brute force: supply and demand hour by hour, straight from the nouns. Slow, and obvious.

Every instant in the laws is a whole hour, so that what holds at the first second of each hour holds
at every instant. Nothing here uses the timelines, or the functions that move them.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil

from neocloud.model.capacity import Resource
from neocloud.model.entries import Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, Site
from neocloud.model.leases import Block, Lease
from neocloud.units import HOUR_S

HORIZON = 100
"""Hours looked at: asks end by hour 50, and few leases are shifted beyond hour 90."""

Levels = dict[Resource, list[int]]
"""Of each resource, a number for every hour."""


class Oracle:
    """What a set of nouns comes to."""

    def __init__(self, nouns: Iterable[Noun]) -> None:
        nouns = list(nouns)
        self.sites = [noun for noun in nouns if isinstance(noun, Site)]
        self.pools = [noun for noun in nouns if isinstance(noun, Pool)]
        self.deliveries = [noun for noun in nouns if isinstance(noun, Delivery)]
        self.outages = [noun for noun in nouns if isinstance(noun, Outage)]
        self.curtailments = [noun for noun in nouns if isinstance(noun, Curtailment)]
        self.leases = [noun for noun in nouns if isinstance(noun, Lease) and noun.live]
        self.supply: Levels = {}
        self.demand: Levels = {}
        for pool in self.pools:
            resource = Resource("gpus", pool.id)
            self.supply[resource] = [self.supply_gpus(pool, hour) for hour in range(HORIZON)]
            self.demand[resource] = self.demand_gpus(pool)
        for site in self.sites:
            resource = Resource("watts", site.id)
            self.supply[resource] = [self.supply_watts(site, hour) for hour in range(HORIZON)]
            self.demand[resource] = self.demand_watts(site)
        self.available = {
            resource: [self.supply[resource][hour] - self.demand[resource][hour] for hour in range(HORIZON)]
            for resource in self.supply
        }

    def supply_gpus(self, pool: Pool, hour: int) -> int:
        """In service, less the greater of what is kept as spares and what is out of order."""
        at = hour * HOUR_S
        in_service = pool.installed_gpus if pool.in_service_at <= at else 0
        in_service -= sum(retired.gpus for retired in pool.retirements if retired.at <= at)
        for wave in self.deliveries:
            dates = {"contract": wave.contract_at, "p50": wave.p50_at, "p90": wave.p90_at}
            since_at = dates[wave.promise_on] if wave.in_service_at is None else wave.in_service_at
            if wave.pool == pool.id and since_at <= at:
                in_service += wave.gpus
        out = sum(o.gpus for o in self.outages if o.pool == pool.id and o.start_at <= at < o.end_at)
        leased = sum(block.spare_gpus for _, block in self.blocks(pool) if block.start_at <= at < block.end_at)
        kept = max(0, ceil(max(0, in_service) * Fraction(pool.spares_ratio)) - leased)
        return max(0, in_service - max(kept, out))

    def demand_gpus(self, pool: Pool) -> list[int]:
        """What each tenant holds, or held at most within the turnaround; spares are back at once."""
        demand = [0] * HORIZON
        for tenant in {lease.tenant for lease in self.leases}:
            held, spares = [0] * HORIZON, [0] * HORIZON
            for who, block in self.blocks(pool):
                if who == tenant:
                    for hour in range(block.start_at // HOUR_S, min(HORIZON, block.end_at // HOUR_S)):
                        held[hour] += block.gpus - block.spare_gpus
                        spares[hour] += block.spare_gpus
            for hour, most in enumerate(sliding_maximum(held, pool.turnaround_s // HOUR_S)):
                demand[hour] += most + spares[hour]
        return demand

    def blocks(self, pool: Pool) -> list[tuple[str, Block]]:
        """Every block on a pool, with its tenant."""
        return [(lease.tenant, block) for lease in self.leases for block in lease.blocks if block.pool == pool.id]

    def supply_watts(self, site: Site, hour: int) -> int:
        """The last step of power that has begun, at most what curtailments leave, until the site must be left."""
        at = hour * HOUR_S
        begun = [step.watts for step in site.power if step.from_at <= at]
        if not begun or at >= site.leave_at:
            return 0
        mosts = [c.most_watts for c in self.curtailments if c.site == site.id and c.start_at <= at < c.end_at]
        return min([begun[-1], *mosts])

    def demand_watts(self, site: Site) -> list[int]:
        """The GPUs of each pool times what one takes at the meter, rounded up once."""
        demand = [0] * HORIZON
        for pool in self.pools:
            if pool.site == site.id:
                per_gpu = ceil(pool.it_watts_per_gpu * Fraction(site.pue))
                for hour, gpus in enumerate(self.demand[Resource("gpus", pool.id)]):
                    demand[hour] += gpus * per_gpu
        return demand

    def worse_than(self, before: "Oracle") -> list[tuple[Resource, int]]:
        """Where demand exceeds supply, and by more than it did before."""
        return [
            (resource, hour)
            for resource, available in self.available.items()
            for hour in range(HORIZON)
            if available[hour] < min(0, before.available.get(resource, [0] * HORIZON)[hour])
        ]


def sliding_maximum(held: Sequence[int], turnaround: int) -> list[int]:
    """At every hour the most that was held in it and in the `turnaround` hours before it."""
    return [max(held[max(0, hour - turnaround) : hour + 1]) for hour in range(len(held))]


def fits(nouns: Iterable[Noun], lease: Lease) -> bool:
    """Whether one more lease (or a lease in a new form) breaks nothing that was whole."""
    nouns = list(nouns)
    others = [noun for noun in nouns if not (isinstance(noun, Lease) and noun.id == lease.id)]
    return not Oracle([*others, lease]).worse_than(Oracle(nouns))
