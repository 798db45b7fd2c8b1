"""The capacity timeline against the oracle that adds up hour by hour."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from neocloud.model.capacity import Resource
from neocloud.model.entries import Noun
from neocloud.model.world import World
from neocloud.operations.capacity import Stretch, stretches
from neocloud.timeline import Span
from neocloud.units import HOUR_S
from tests.laws.histories import Moment, fleets, histories, lived, stable
from tests.laws.oracle import HORIZON, Oracle

spans = st.tuples(st.integers(0, HORIZON - 2), st.integers(1, HORIZON)).map(
    lambda said: Span(said[0] * HOUR_S, min(HORIZON, said[0] + said[1]) * HOUR_S)
)


@given(fleets(), histories(), spans)
@stable
def test_a_timeline_says_of_every_hour_what_the_oracle_says(
    fleet: list[Noun], history: list[Moment], within: Span
) -> None:
    world = lived(World(fleet), history)
    oracle = Oracle(world.all())
    for resource in oracle.supply:
        rows = stretches(world, resource, within)
        assert [row.start_at for row in rows] == [within.start_at, *(row.end_at for row in rows[:-1])]
        assert rows[-1].end_at == within.end_at
        for at in range(within.start_at, within.end_at, HOUR_S):
            row = next(row for row in rows if row.start_at <= at < row.end_at)
            assert row.supply == oracle.supply[resource][at // HOUR_S]
            assert row.demand == oracle.demand[resource][at // HOUR_S]
            assert row.held == held(world, resource, at)
        assert all(differ(a, b) for a, b in pairwise(rows)), "a row for each change, and no more"


def held(world: World, resource: Resource, at: int) -> dict[str, int]:
    """What each tenant holds at an instant, block by block."""
    found: dict[str, int] = {}
    for lease in world.leases.values():
        for block in lease.blocks if lease.live else ():
            pool = world.pools[block.pool]
            known = resource in {Resource("gpus", pool.id), Resource("watts", pool.site)}
            if known and block.start_at <= at < block.end_at:
                each = 1 if resource.kind == "gpus" else world.watts_per_gpu(pool)
                found[lease.tenant] = found.get(lease.tenant, 0) + block.gpus * each
    return found


def differ(a: Stretch, b: Stretch) -> bool:
    return (a.supply, a.demand, a.held) != (b.supply, b.demand, b.held)
