"""Supply and demand of every resource over time, and who holds what: all of it computed from nouns.

Built in bulk once; afterwards moved by the difference that one noun makes.
"""

from collections.abc import Iterable, Iterator

from neocloud.model.capacity import (
    ALL_TIME,
    Capacity,
    Changes,
    Difference,
    Resource,
    pool_supply,
    site_supply,
    stretched,
)
from neocloud.model.entries import Noun
from neocloud.model.fleet import Delivery, Outage, Pool, Site
from neocloud.model.leases import Block, Lease
from neocloud.model.nouns import Nouns
from neocloud.timeline import Span, SpanIndex, Step, StepFunction, net

Row = tuple[str, Block, int]
"""A block of a tenant, and whether it comes (1) or goes (-1)."""


class Timelines:
    """A Capacity for every pool (GPUs) and every site (watts), and the holders of each pool."""

    def __init__(self, nouns: Nouns) -> None:
        self._nouns = nouns
        self.gpus: dict[str, Capacity] = {}
        self.watts: dict[str, Capacity] = {}
        self._holders: dict[str, SpanIndex] = {}
        self._profiles: dict[str, dict[str, StepFunction]] = {}  # of pools with a turnaround: by tenant
        self._spares_leased: dict[str, dict[str, tuple[Block, ...]]] = {}  # by pool and lease
        self._build()

    def capacity(self, resource: Resource) -> Capacity:
        """Supply and availability of a resource."""
        return (self.gpus if resource.kind == "gpus" else self.watts)[resource.id]

    def holders_of(self, pool: str, within: Span) -> set[str]:
        """The leases that hold GPUs of a pool at some instant of a span."""
        return {name for _, name in self._holders[pool].overlapping(within)}

    # ---- moving by one noun ----

    def difference(self, noun: Noun) -> Difference:
        """What moves when `noun` takes the place of its old form."""
        match noun:
            case Lease():
                return self._of_lease(self._nouns.leases.get(noun.id), noun)
            case Delivery() | Outage():
                return self._of_fact(noun)
            case Site():
                return self._of_site(noun, self._nouns.pools_of(noun.id))
            case Pool():
                others = [pool for pool in self._nouns.pools_of(noun.site) if pool.id != noun.id]
                return self._of_site(self._nouns.sites[noun.site], [*others, noun])
            case _:
                return {}

    def move(self, difference: Difference, sign: int) -> None:
        """Move by a difference, or back (`sign` -1)."""
        for resource, changes in difference.items():
            self.capacity(resource).add(changes, sign)

    def index(self, lease: Lease, sign: int) -> None:
        """Remember (or with `sign` -1 forget) who holds the blocks of a live lease."""
        for block in lease.blocks:
            index = self._holders[block.pool]
            (index.add if sign > 0 else index.remove)(block.span, lease.id)
            if block.pool in self._profiles:
                profile = self._profiles[block.pool].setdefault(lease.tenant, StepFunction())
                profile.add(block.start_at, block.end_at, sign * block.gpus)
            if block.spare_gpus:
                leased = self._spares_leased.setdefault(block.pool, {})
                leased.pop(lease.id, None)
                if sign > 0:
                    leased[lease.id] = lease.blocks

    def open_pool(self, pool: str) -> None:
        """Make room for a pool, if there is none yet."""
        self.gpus.setdefault(pool, Capacity.of((), ()))
        self._holders.setdefault(pool, SpanIndex())

    def open_site(self, site: str) -> None:
        """Make room for a site, if there is none yet."""
        self.watts.setdefault(site, Capacity.of((), ()))

    def profile(self, name: str) -> None:
        """Keep what each tenant holds of a pool, where a turnaround makes that matter."""
        self._profiles.pop(name, None)
        pool = self._nouns.pools.get(name)
        if pool is not None and pool.turnaround_s:
            held: dict[str, list[tuple[int, int]]] = {}
            for tenant, start_at, end_at, gpus in self._held(name):
                held.setdefault(tenant, []).extend(((start_at, gpus), (end_at, -gpus)))
            self._profiles[name] = {tenant: StepFunction.of(rows) for tenant, rows in held.items()}

    # ---- differences ----

    def _of_lease(self, old: Lease | None, new: Lease) -> Difference:
        by_pool: dict[str, list[Row]] = {}
        for lease, sign in ((old, -1), (new, 1)):
            if lease is not None and lease.live:
                for block in lease.blocks:
                    by_pool.setdefault(block.pool, []).append((lease.tenant, block, sign))
        watts: dict[str, list[Step]] = {}
        difference: Difference = {}
        for name, rows in by_pool.items():
            pool = self._nouns.pools[name]
            demand = self._demand_change(pool, rows)
            supply = self._spares_change(pool, new) if any(block.spare_gpus for _, block, _ in rows) else []
            difference[Resource("gpus", name)] = Changes(supply, demand)
            per_gpu = self._nouns.watts_per_gpu(pool)
            watts.setdefault(pool.site, []).extend([Step(a, b, gpus * per_gpu) for a, b, gpus in demand])
        for site, steps in watts.items():
            difference[Resource("watts", site)] = Changes([], steps if len(by_pool) == 1 else net(steps))
        return difference

    def _demand_change(self, pool: Pool, rows: list[Row]) -> list[Step]:
        if pool.turnaround_s:
            return self._stretched_change(pool, rows)
        if len(rows) > 1:
            return net(Step(block.start_at, block.end_at, sign * block.gpus) for _, block, sign in rows)
        _, block, sign = rows[0]
        return [Step(block.start_at, block.end_at, sign * block.gpus)]

    def _stretched_change(self, pool: Pool, rows: list[Row]) -> list[Step]:
        within = Span(
            max(0, min(block.start_at for _, block, _ in rows) - pool.turnaround_s),
            max(block.end_at for _, block, _ in rows) + pool.turnaround_s,
        )
        profiles, steps = self._profiles[pool.id], []
        for tenant in {tenant for tenant, _, _ in rows}:
            held = list(profiles[tenant].steps(within)) if tenant in profiles else []
            change = [Step(b.start_at, b.end_at, sign * b.gpus) for name, b, sign in rows if name == tenant]
            steps += stretched(net([*held, *change]), pool.turnaround_s)
            steps += _negative(stretched(held, pool.turnaround_s))
        return net(steps)

    def _spares_change(self, pool: Pool, new: Lease) -> list[Step]:
        leased = {**self._spares_leased.get(pool.id, {}), new.id: new.blocks if new.live else ()}
        return self._supply_change(pool, *self._nouns.facts_of(pool.id), leased)

    def _of_fact(self, noun: Delivery | Outage) -> Difference:
        pool = self._nouns.pools[noun.pool]
        deliveries, outages = self._nouns.facts_of(noun.pool)
        if isinstance(noun, Delivery):
            deliveries = [*(other for other in deliveries if other.id != noun.id), noun]
        else:
            outages = [*(other for other in outages if other.id != noun.id), noun]
        leased = self._spares_leased.get(pool.id, {})
        return {
            Resource("gpus", pool.id): Changes(self._supply_change(pool, deliveries, outages, leased), [])
        }

    def _supply_change(
        self,
        pool: Pool,
        deliveries: list[Delivery],
        outages: list[Outage],
        leased: dict[str, tuple[Block, ...]],
    ) -> list[Step]:
        after = pool_supply(pool, deliveries, outages, _spare_steps(pool.id, leased))
        return net([*after, *_negative(self.gpus[pool.id].supply.steps(ALL_TIME))])

    def _of_site(self, site: Site, pools: list[Pool]) -> Difference:
        """A pool or a site changes seldom: build its timelines anew, and subtract what they were."""
        difference: Difference = {}
        for resource, (supply, demand) in self._fresh(site, pools).items():
            table = self.gpus if resource.kind == "gpus" else self.watts
            known = table.get(resource.id) or Capacity.of((), ())
            difference[resource] = Changes(
                net([*supply, *_negative(known.supply.steps(ALL_TIME))]),
                net([*demand, *_negative(known.demand(ALL_TIME))]),
            )
        return difference

    # ---- building in bulk ----

    def _build(self) -> None:
        by_site: dict[str, list[Pool]] = {name: [] for name in self._nouns.sites}
        for pool in self._nouns.pools.values():
            by_site[pool.site].append(pool)
            self.open_pool(pool.id)
        for lease in self._nouns.leases.values():
            if lease.live:
                self.index(lease, 1)
        for name, site in self._nouns.sites.items():
            for pool in by_site[name]:
                self.profile(pool.id)
            for resource, changes in self._fresh(site, by_site[name]).items():
                table = self.gpus if resource.kind == "gpus" else self.watts
                table[resource.id] = Capacity.of(*changes)

    def _fresh(self, site: Site, pools: list[Pool]) -> Difference:
        """Supply and demand of a site and its pools, from the nouns alone."""
        result: Difference = {}
        watts: list[Step] = []
        for pool in pools:
            per_gpu = pool.watts_per_gpu(site)
            demand = self._demand_of(pool)
            spares = _spare_steps(pool.id, self._spares_leased.get(pool.id, {}))
            supply = pool_supply(pool, *self._nouns.facts_of(pool.id), spares)
            result[Resource("gpus", pool.id)] = Changes(supply, demand)
            watts += [Step(a, b, gpus * per_gpu) for a, b, gpus in demand]
        result[Resource("watts", site.id)] = Changes(site_supply(site), watts)
        return result

    def _demand_of(self, pool: Pool) -> list[Step]:
        if not pool.turnaround_s:
            return [Step(start_at, end_at, gpus) for _, start_at, end_at, gpus in self._held(pool.id)]
        held: dict[str, list[Step]] = {}
        for tenant, start_at, end_at, gpus in self._held(pool.id):
            held.setdefault(tenant, []).append(Step(start_at, end_at, gpus))
        return [step for rows in held.values() for step in stretched(net(rows), pool.turnaround_s)]

    def _held(self, pool: str) -> Iterator[tuple[str, int, int, int]]:
        """(tenant, start, end, GPUs) of every live block of a pool."""
        if pool not in self._holders:
            return
        for name in self.holders_of(pool, ALL_TIME):
            lease = self._nouns.leases[name]
            for block in lease.blocks:
                if block.pool == pool:
                    yield lease.tenant, block.start_at, block.end_at, block.gpus


def _spare_steps(pool: str, leased: dict[str, tuple[Block, ...]]) -> list[Step]:
    return [
        Step(block.start_at, block.end_at, block.spare_gpus)
        for blocks in leased.values()
        for block in blocks
        if block.pool == pool and block.spare_gpus
    ]


def _negative(steps: Iterable[Step]) -> list[Step]:
    return [Step(start_at, end_at, -value) for start_at, end_at, value in steps]
