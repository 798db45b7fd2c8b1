"""The world in a few gauges for Prometheus: GPUs, power, shortfalls, leases and prices; never a tenant's name."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from prometheus_client.core import GaugeMetricFamily

from neocloud.model.capacity import Capacity, Resource
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.requests import newest_prices
from neocloud.settings import HOLDS_SOON_S
from neocloud.timeline import FOREVER, Span

Look = Callable[[], AbstractContextManager[World]]


def gauges(look: Look, now: int) -> Iterator[GaugeMetricFamily]:
    """The world as it is now. Each site is looked at by itself, so that nobody waits for all of them."""
    gpus = _family("pool_gpus", "GPUs of a pool now; available under 0: missing.", "pool", "state")
    short = _family("shortfall_gpus", "GPUs missing in a pool at the worst instant from now on.", "pool")
    watts = _family("site_watts", "Power of a site now; available under 0: missing.", "site", "state")
    dark = _family("shortfall_watts", "Power missing at a site at the worst instant from now on.", "site")
    with look() as world:
        sites = sorted(world.sites)
        leases, prices = list(world.leases.values()), newest_prices(world)
    for site in sites:
        with look() as world:
            for pool in world.pools_of(site):
                _add(gpus, short, pool.id, world.capacity(Resource("gpus", pool.id)), now, ("sellable", "leased"))
            _add(watts, dark, site, world.capacity(Resource("watts", site)), now, ("supply", "leased"))
    yield from (gpus, short, watts, dark, *_of_leases(leases, now))
    age = _family(
        "price_set_age_seconds", "How long ago the prices that quotes rest on were made; none: no such row."
    )
    if prices is not None:
        age.add_metric([], max(0, now - prices.made_at))
    yield age


def _add(
    held: GaugeMetricFamily,
    short: GaugeMetricFamily,
    name: str,
    capacity: Capacity,
    now: int,
    states: tuple[str, str],
) -> None:
    supply, available = capacity.supply.at(now), capacity.available.at(now)
    for state, value in zip((*states, "available"), (supply, supply - available, available), strict=True):
        held.add_metric([name, state], value)
    short.add_metric([name], max(0, -capacity.available.low(Span(now, FOREVER))))


def _of_leases(leases: list[Lease], now: int) -> Iterator[GaugeMetricFamily]:
    counts = Counter({"held": 0, "confirmed": 0, "released": 0, "expired": 0})
    counts.update(lease.status for lease in leases)
    family = _family("leases", "Leases by status.", "status")
    for status, count in counts.items():
        family.add_metric([status], count)
    yield family
    soon = sum(1 for each in leases if each.expires_at is not None and each.expires_at <= now + HOLDS_SOON_S)
    expiring = _family("holds_expiring", "Holds that run out within a day.")
    expiring.add_metric([], soon)
    yield expiring


def _family(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"neocloud_{name}", meaning, labels=labels)
