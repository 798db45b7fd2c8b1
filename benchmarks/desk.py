"""A wave slips: how long until the desk knows who is short, by how much, what they may do, and the ways out.

At every size a wave that 10,000 leases (or all of them) rest on is late. What is measured is the whole answer:
the fact decided and applied, who is hit in the order of `weakest`, and the ways out of the worst three. The limit,
in the same run, is one plain look at every lease of the pool: whether it overlaps the gap. The first look at a
pool, which builds its timelines and its index of holders, is measured apart: a process pays for it once.
"""

import gc
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from benchmarks.ledger import warm
from benchmarks.machine import machine
from neocloud.model.capacity import Resource
from neocloud.model.commands import Slip
from neocloud.model.entries import Noun
from neocloud.model.fleet import Delivery, Pool, PowerStep, Site
from neocloud.model.leases import Block, Lease, Price
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Late, Terms
from neocloud.model.world import World
from neocloud.rules.ledger import decide
from neocloud.rules.risk import Risk, at_risk
from neocloud.rules.ways_out import ways_out
from neocloud.timeline import Span
from neocloud.units import DAY_S, Money

NOW = 1_798_761_600  # 2027-01-01
WAVE_AT, LATE_S = NOW + 30 * DAY_S, 45 * DAY_S
HIT, TENANTS = 10_000, 1_000
GOAL_S = 1


def desk_rows(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """A row for each number of live leases on one pool."""
    rows = [measure(live) for live in sizes]
    for row in rows:
        print("slip", {name: round(value, 4) for name, value in row.items()})
    return rows


def measure(live: int) -> dict[str, Any]:
    """The answer to one slip with so many live leases."""
    world = world_of(live)
    warm_s = _seconds(lambda: warm(world)) + _seconds(lambda: world.shares("p", Span(NOW, NOW + 1), 1))
    gc.collect()
    gc.freeze()
    began, cpu = time.perf_counter(), time.process_time()
    for change in decide(world, Slip(id="slip", delivery="wave", by_s=LATE_S), NOW):
        world.apply(change.noun, change.difference)
    risks = at_risk(world, NOW)
    known = time.perf_counter()
    ways = sum(len(ways_out(world, hit, NOW)) for risk in risks for hit in risk.hits[:3])
    ended, cpu_ended = time.perf_counter(), time.process_time()
    look_s = _plain_look(world)
    gc.unfreeze()
    return {
        "live": live, "hit": _hit(risks), "who_s": known - began, "answer_s": ended - began,
        "answer_cpu_s": cpu_ended - cpu, "ways_out": ways, "plain_look_s": look_s, "first_look_s": warm_s,
    }  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _hit(risks: list[Risk]) -> int:
    return len({hit.lease.id for risk in risks for hit in risk.hits})


def _plain_look(world: World) -> float:
    began = time.perf_counter()
    found = [
        lease.id
        for lease in world.leases.values()
        if any(b.start_at < WAVE_AT + LATE_S and b.end_at > WAVE_AT for b in lease.blocks)
    ]
    assert found
    return time.perf_counter() - began


def world_of(live: int) -> World:
    """A pool that is just full, in which a wave is what the last leases rest on; the same seed, the same leases."""
    chance, hit = random.Random(7), min(HIT, live // 2)
    longest_s = 10 * DAY_S * HIT // max(HIT, live // 10)
    leases = [_lease(chance, i, longest_s, gap=i < 2 * hit) for i in range(live)]
    late = Late(grace_s=30 * DAY_S, terminate=True, fewer=True)
    pool = Pool(id="p", site="s", gpu="H100", it_watts_per_gpu=1_280, sell_unit_gpus=8)
    wave = Delivery(id="wave", pool="p", gpus=8, contract_at=WAVE_AT, p50_at=WAVE_AT, p90_at=WAVE_AT)
    nouns: list[Noun] = [
        Site(id="s", power=(PowerStep(watts=10**12),)), pool, Terms(name="reserved", version=1, late=late),
        *(Tenant(id=f"t{i}", kind="customer") for i in range(TENANTS)), *leases,
    ]  # fmt: skip
    available = World(nouns).capacity(Resource("gpus", "p")).available
    missing = sum(lease.blocks[0].gpus for lease in leases[:hit])
    most = -min(available.low(Span(WAVE_AT, WAVE_AT + LATE_S)), available.low(Span(NOW, WAVE_AT)))
    nouns[1] = replace(pool, installed_gpus=most - missing)
    return World([*nouns, replace(wave, gpus=-(-missing // 8) * 8)])


def _lease(chance: random.Random, number: int, longest_s: int, *, gap: bool) -> Lease:
    """8 or 16 GPUs; those of the gap begin with the wave, the others, never many at once, after it."""
    if gap:
        start_at = WAVE_AT + chance.randrange(5 * DAY_S)
        end_at = WAVE_AT + LATE_S + chance.randrange(30 * DAY_S)
    else:
        start_at = WAVE_AT + LATE_S + 31 * DAY_S + chance.randrange(400 * DAY_S)
        end_at = start_at + chance.randrange(longest_s // 10, longest_s)
    price = Price(
        per="gpu_hour", amount=Money("USD", chance.randrange(10, 40) * 10**8), start_at=start_at, end_at=end_at
    )
    block = Block(pool="p", start_at=start_at, end_at=end_at, gpus=8 * chance.randrange(1, 3))
    return Lease(
        id=f"lease-{number}", tenant=f"t{number % TENANTS}", terms="reserved@1", blocks=(block,),
        status="confirmed", booked_at=NOW, prices=(price,),
    )  # fmt: skip


def section(result: dict[str, Any]) -> str:
    """The figures as a part of the page."""
    head = f"{result['date']}, commit {result['commit']}, load {result['machine']['load']} at the end."
    lines = [
        "## A wave slips\n",
        f"{head} One pool; a late wave leaves 10,000 leases short (half of all, where there are fewer). The answer:",
        "who is short of how many GPUs from when to when, with fees at stake, rights and last days to decide, and",
        "the ways out of the worst three. The first look builds timelines and indices once a process; a plain look",
        "asks each lease in turn whether it overlaps the gap, and no more. Goal: an answer in under 1 s.\n",
        "| live leases | hit | answer | CPU | first look | plain look | answer over plain look |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in result["rows"]:
        met = "met" if row["answer_s"] < GOAL_S else "**missed**"
        cells = [
            f"{row['live']:,}",
            f"{row['hit']:,}",
            f"{row['answer_s']:.2f} s: {met}",
            f"{row['answer_cpu_s']:.2f} s",
        ]
        cells += [f"{row['first_look_s']:.2f} s", f"{row['plain_look_s']:.3f} s"]
        lines.append(f"| {' | '.join(cells)} | x{row['answer_s'] / row['plain_look_s']:.1f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(machine())
    desk_rows((1_000, 10_000, 100_000, 1_000_000))
