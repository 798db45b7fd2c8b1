"""Requests as they arrive at a ledger."""

from benchmarks.decisions.clock import at
from benchmarks.decisions.demand import CLASSES
from benchmarks.decisions.pools import POOLS
from benchmarks.decisions.worlds import World
from neocloud.model.requests import Request, Way
from neocloud.units import NANOS, Money


def request_of(world: World, row: int) -> Request | None:
    """A request as it arrives; None where no pool can serve it.

    What arrives on the last day is for that day, and is taken to arrive as it begins.
    """
    rows, each = world.requests, CLASSES[world.requests.kind[row]]
    ways = tuple(
        Way(pool=pool.id, gpus=gpus, per_gpu_hour=Money("USD", round(rows.usd_per_h[row] / gpus * NANOS)))
        for pool, gpus in zip(POOLS, rows.gpus[row].tolist(), strict=True)
        if gpus
    )
    if not ways:
        return None
    start_at = at(int(rows.start_day[row]))
    return Request(
        id=request_name(row),
        tenant=each.id,
        ways=ways,
        start_at=start_at,
        end_at=at(int(rows.end_day[row])),
        arrived_at=min(at(float(rows.arrival_day[row])), start_at),
        forecast=each.id,
    )


def request_name(row: int) -> str:
    """The id of a request."""
    return f"request-{row:04}"
