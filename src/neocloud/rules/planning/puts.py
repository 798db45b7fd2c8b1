"""Puts: customers that promise to take, at their price, what nobody else leases, up to their GPUs.

A put is a second tier of spot: it takes nothing that anybody else would pay more for, so to hold it costs nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.planning.advice import Advice
from neocloud.rules.planning.futures import Future, moved
from neocloud.rules.planning.judging import stays_h
from neocloud.rules.planning.outlook import Outlook, Puts, usd
from neocloud.rules.planning.program import MILLION


def accepted_puts(world: World, now: int) -> list[Request]:
    """The puts that were accepted, and whose span has not ended; one that a lease was booked for is a put no more."""
    found = [each for each in world.requests.values() if each.put and each.status == "accepted"]
    return sorted((each for each in found if each.lease is None and each.end_at > now), key=lambda each: each.id)


def with_puts(view: Outlook, puts: Sequence[Request]) -> Outlook:
    """An outlook in which puts take what is unsold; as it was where none pays more than the energy it draws."""
    rows = [(i, j) for i, each in enumerate(puts) for j in range(len(each.ways)) if net_usd(each, j, view) > 0]
    if not rows:
        return replace(view, puts=None)
    ways = [puts[i].ways[j] for i, j in rows]
    found = Puts(
        tuple(each.id for each in puts),
        np.array([i for i, _ in rows], dtype=np.int64),
        np.array([view.index(way.pool) for way in ways], dtype=np.int64),
        np.array([float(way.gpus) for way in ways]),
        np.array([stays_h(puts[i], view) for i, _ in rows]),
        np.array([net_usd(puts[i], j, view) for i, j in rows]),
    )
    return replace(view, puts=found)


def net_usd(put: Request, index: int, view: Outlook) -> float:
    """What a put pays per GPU-hour in one of its ways, beyond the energy that it draws (USD)."""
    way = put.ways[index]
    assert way.per_gpu_hour is not None, "a put has a price"
    return usd(way.per_gpu_hour) - float(view.energy_usd[view.index(way.pool)])


def advised_puts(puts: Sequence[Request], view: Outlook, futures: Sequence[Future]) -> Iterator[Advice]:
    """The advice on each put: the mean over futures of what they come to with it and without, of what is free."""
    if puts:
        moved(futures, view)
    for put in puts:
        best = max(range(len(put.ways)), key=lambda index: (net_usd(put, index, view), -index))
        way, pays = put.ways[best], net_usd(put, best, view) > 0
        worth = float(np.mean([each.worth - each.without(put.id) for each in futures])) * MILLION if pays else 0.0
        hours = float(np.mean([each.put_h(put.id) for each in futures])) if pays else 0.0
        yield Advice(
            put.id,
            put.tenant,
            "accept" if pays else "decline",
            way.pool,
            way.gpus,
            put.start_at,
            put.end_at,
            max(worth, 0.0),
            0.0,
            f"a put, taken only where nothing else pays more: {hours:,.0f} GPU-hours expected"
            if pays
            else "a put that pays no more than the energy it would draw",
            put_h=hours,
        )
