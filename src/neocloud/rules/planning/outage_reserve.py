"""What is put aside for outages: GPU-hours that are sold and not delivered, and the credit that then is due."""

from collections.abc import Iterable

from neocloud.model.capacity import in_service
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.settings import OUT_OF_ORDER_RATIO, OUTAGE_MEMORY_S
from neocloud.timeline import Span


def outage_reserve_usd(world: World, lease: Lease, cost_usd: float, now: int) -> float:
    """USD per GPU-hour: the part expected to be out of order, and the credit if that breaks what terms promise."""
    out = max(out_of_order_ratio(world, block.pool, now) for block in lease.blocks)
    terms = world.terms[lease.terms]
    credits = [float(each.credit_ratio) for each in terms.remedies if 1 - out < float(each.below_ratio)]
    return cost_usd * min(1.0, out + max(credits, default=0.0))


def out_of_order_ratio(world: World, pool: str, now: int) -> float:
    """Of the GPU-hours in service, those lost to failures beyond the spares, as far back as we look; 0 to 1.

    A pool without a failure on record is taken to lose OUT_OF_ORDER_RATIO.
    """
    within = Span(max(0, now - OUTAGE_MEMORY_S), now)
    facts = world.facts_of(pool)
    there = _gpu_seconds(((s.start_at, s.end_at, s.value) for s in in_service(world.pools[pool], facts)), within)
    failures = [each for each in world.outages.values() if each.pool == pool and not each.planned]
    if not failures or there <= 0:
        return float(OUT_OF_ORDER_RATIO)
    lost = _gpu_seconds(((each.start_at, each.end_at, each.gpus) for each in failures), within)
    spares = world.pools[pool].spares_of(1_000_000) / 1_000_000
    return max(0.0, lost / there - spares)


def _gpu_seconds(steps: Iterable[tuple[int, int, int]], within: Span) -> float:
    total = 0
    for start_at, end_at, gpus in steps:
        meets = Span(start_at, end_at).meets(within)
        if meets is not None:
            total += gpus * (meets.end_at - meets.start_at)
    return float(total)
