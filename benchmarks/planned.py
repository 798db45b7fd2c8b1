"""What `planning` measures in processes of their own: `python -m benchmarks.planned PART LEASES POOLS SITES`.

Each says a line of JSON; its memory is that of the whole process.
"""

import gc
import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from benchmarks.ledger import folder, percentiles, seconds
from benchmarks.machine import machine
from benchmarks.plan_worlds import DAYS, NOW, Size, booking, scenario, stocked
from neocloud.model.leases import Block, Lease
from neocloud.operations.ledger import Ledger
from neocloud.operations.planning import plan
from neocloud.operations.price_sets import admit_costs, read_costs
from neocloud.operations.quoting import quote, quoted
from neocloud.rules.asks import resolve
from neocloud.rules.planning.beliefs import beliefs
from neocloud.rules.planning.conditions import available
from neocloud.rules.planning.drawing import Stream, drawn
from neocloud.rules.planning.outlook import Outlook, outlook
from neocloud.store import open_journal
from neocloud.store.price_sets import PriceSets
from neocloud.timeline import Span
from neocloud.units import DAY_S

QUOTES, LARGE, FUTURES = 300, 3, 8
ONCE_FROM = 5_000
"""From so many leases on a plan is made once, and not three times."""


def planned(size: Size) -> dict[str, Any]:
    """One whole plan, and quotes from its prices."""
    with folder() as path, closing(open_journal(f"sqlite:{path}/journal.sqlite", create=True)) as journal:
        ledger = stocked(journal, size)
        before_mb = memory_mb()
        tries = 1 if size.leases > ONCE_FROM else 3
        cpu_s, made = min(
            (cpu_seconds(lambda: plan(ledger, [], scenario(size), now=NOW, futures=FUTURES)) for _ in range(tries)),
            key=lambda pair: pair[0],
        )
        found = {"futures": FUTURES, "plan_cpu_s": cpu_s, "before_mb": before_mb, "peak_mb": memory_mb(peak=True)}
        found["requests"] = sum(len(each.start_at) for each in made.streams) // FUTURES
        files = PriceSets(path / "price-sets")
        admit_costs(ledger, files, made.costs, now=NOW, journal_seq=made.journal_seq, seed=0, scenario=scenario(size))
        found |= _quotes(ledger, files, size)
        return found | _exact_quotes(ledger, files, size)


def _quotes(ledger: Ledger, files: PriceSets, size: Size) -> dict[str, float]:
    (price_set,) = ledger.world.price_sets.values()
    loaded = []
    load_s = seconds(lambda: loaded.append(read_costs(files, price_set)))
    costs, said = loaded[0]
    chance = random.Random(11)
    small = [leased(ledger, chance, size, i, most_gpus=128) for i in range(QUOTES)]
    gc.collect()
    p50, p99 = percentiles(
        lambda each: quote(ledger.world, costs, said, each, price_set=price_set.id, now=NOW), small
    )
    return {"load_ms": 1000 * load_s, "quote_p50_ms": p50, "quote_p99_ms": p99}


def _exact_quotes(ledger: Ledger, files: PriceSets, size: Size) -> dict[str, float]:
    chance = random.Random(13)
    large = [_enlarged(leased(ledger, chance, size, i, most_gpus=128)) for i in range(LARGE)]
    times = [cpu_seconds(lambda each=each: _exact(ledger, files, each))[0] for each in large]  # type: ignore[misc]
    return {"exact_cpu_s": max(times)}


def _exact(ledger: Ledger, files: PriceSets, lease: Lease) -> None:
    found = quoted(ledger.world, files, lease, now=NOW, futures=FUTURES)
    assert found is not None and found.is_exact


def leased(ledger: Ledger, chance: random.Random, size: Size, number: int, *, most_gpus: int) -> Lease:
    """A lease to be quoted."""
    command = booking(chance, size, f"quoted-{number}", most_gpus=most_gpus)
    blocks = resolve(ledger.world, command.tenant, command.asks, NOW)
    terms = next(name for name in ledger.world.terms if name.startswith("reserved"))
    return Lease(
        id=command.lease, tenant=command.tenant, terms=terms, blocks=blocks, status="confirmed", booked_at=NOW
    )


def _enlarged(lease: Lease) -> Lease:
    """The same of a tenth of its pool."""
    return replace(lease, blocks=tuple(_of(each, 816) for each in lease.blocks))


def _of(block: Block, gpus: int) -> Block:
    return replace(block, gpus=gpus)


def one_future(size: Size) -> tuple[Outlook, Stream]:
    """Capacity, and one future, of a ledger of that size."""
    with folder() as path, closing(open_journal(f"sqlite:{path}/journal.sqlite", create=True)) as journal:
        world, said = stocked(journal, size).world, scenario(size)
        view = available(world, said, outlook(world, said, Span(NOW, NOW + DAYS * DAY_S)))
        forecasts = [world.forecasts[name] for name in sorted(world.forecasts)]
        believed = beliefs(forecasts, [], since_at=NOW, now=NOW)
        return view, drawn(forecasts, believed, view, futures=1, rng=np.random.default_rng([0, NOW]))[0]


def cpu_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """The processor's time, and what came of it."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def memory_mb(*, peak: bool = False) -> int:
    """What this process holds, or has held at the most."""
    name = "VmHWM" if peak else "VmRSS"
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1000


if __name__ == "__main__":
    from benchmarks.peer_linopy import by_linopy, by_neocloud

    parts: dict[str, Callable[[Size], dict[str, Any]]] = {
        "plan": planned,
        "neocloud": by_neocloud,
        "linopy": by_linopy,
    }
    part, *numbers = sys.argv[1:]
    found, now = parts[part](Size(*map(int, numbers))), machine()
    print(json.dumps({**found, "load": now["load"], "loop_ns": now["loop_ns"]}))
