"""A surplus made by hand: every part of it filled, as a replay of some months would, from a seed."""

from math import exp
from random import Random
from typing import Any

import msgspec

from neocloud.backtest.answer import (
    Count,
    Demand,
    Earning,
    Economics,
    GroupWaits,
    IdleHours,
    Knee,
    Point,
    Reclaimable,
    Surplus,
    Waits,
)
from neocloud.model.traces import LeftOut
from neocloud.units import DAY_S, HOUR_S, Money

FLEET = 2_490
NASTY = "vision <b>&\"research\" 'x'"
"""A team whose name is markup where it is not escaped."""

TEAMS = (
    NASTY, "language", "speech", "recommender", "unknown", "robotics", "a-team-with-quite-a-long-name-for-a-chart",
    "search", "ads", "maps", "interns", "platform", "safety", "évaluation", "infra",
)  # fmt: skip
SIZES = ("1", "2 to 4", "5 to 8", "9 to 32", "33 to 128", "over 128")


def usd(amount: int, nanos: int = 0) -> Money:
    """So many dollars."""
    return Money("USD", amount * 10**9 + nanos)


def waits(share: float, jobs: int, patience: float = 1.0) -> Waits:
    """Waits that grow slowly, and by orders of magnitude beyond a seventh of the fleet."""
    felt = 20 * patience * exp(9 * share + 6 * (1 - exp(-12 * max(0.0, share - 0.15)))) if jobs else 0.0
    never = round(jobs * max(0.0, share - 0.3) / 2)

    def at(factor: float, beyond: float) -> int | None:
        return None if never > jobs * beyond else round(felt * factor)

    return Waits(
        jobs=jobs, never=never, mean_s=felt, p50_s=0, p95_s=at(12, 0.05), p99_s=at(60, 0.01), longest_s=at(400, 0)
    )


def groups(share: float, chance: Random) -> tuple[GroupWaits, ...]:
    """Waits of every team and every class of sizes."""
    of_teams = [
        GroupWaits(of="team", name=name, waits=waits(share, 30_000 // (i + 1), chance.uniform(0.2, 3)))
        for i, name in enumerate(TEAMS)
    ]
    of_sizes = [
        GroupWaits(of="size", name=name, waits=waits(share, 60_000 // 4**i, 0.4 * 2**i))
        for i, name in enumerate(SIZES)
    ]
    return (*of_teams, *of_sizes)


def point(share: float) -> Point:
    """The point of the frontier where this share is sold."""
    sold = int(FLEET * share)
    return Point(
        share_ratio=sold / FLEET,
        sold_gpus=sold,
        kept_gpus=FLEET - sold,
        waits=waits(share, 109_000),
        groups=groups(share, Random(7)),
        used_ratio=min(0.98, 0.62 / max(1 - share, 0.01)),
        waited_gpu_h=9_000 * exp(9 * share),
        largest_lost_gpus=128 if share > 0.3 else 0,
        preempted=0,
        meets=share <= 0.14,
        objective_s=waits(share, 109_000).p95_s,
    )


KNEE = Knee(
    share_ratio=348 / FLEET, sold_gpus=348, waits=waits(0.14, 109_000), low_ratio=0.121, high_ratio=0.158,
    resamples=200, block_s=7 * DAY_S, tenfold_ratio=0.18,
)  # fmt: skip


def demand(days: int = 137) -> Demand:
    """Use that grows, with weekends."""
    chance = Random(11)
    calm = [0.25 + 0.5 * day / days + (-0.12 if day % 7 in {5, 6} else 0.0) for day in range(days)]
    in_use = tuple(round(FLEET * (each + chance.uniform(-0.05, 0.05)), 2) for each in calm)
    wanted = tuple(round(each * chance.uniform(0.95, 1.35), 2) for each in in_use)
    return Demand(
        bucket_s=DAY_S,
        in_use_gpus=in_use,
        peak_gpus=tuple(min(FLEET, int(each * chance.uniform(1.1, 1.5))) for each in in_use),
        wanted_gpus=wanted,
    )


def idle(zone: str = "US/Eastern") -> IdleHours:
    """More GPUs idle at night and on Saturday and Sunday."""
    mean = tuple(
        700.0 + (520 if hour < 7 else 0) + (600 if day > 4 else 0) - 40 * abs(hour % 24 - 14)
        for day in range(7)
        for hour in range(24)
    )
    return IdleHours(zone=zone, mean_gpus=mean, low_gpus=tuple(int(each * 0.6) for each in mean))


def economics() -> Economics:
    """Three prices, and what an hour of waiting is worth."""
    let = 348 * 8_760 * 9 // 10
    prices = (usd(1, 350_000_000), usd(1, 800_000_000), usd(2, 100_000_000))
    return Economics(
        let_ratio=0.9,
        earnings=tuple(Earning(price=each, per_year=Money("USD", each.nanos * let)) for each in prices),
        value=usd(2),
        waiting_per_year=usd(612_480),
    )


def reclaimable() -> tuple[Reclaimable, ...]:
    """Two notices and none."""
    parts = ((0, 420, 0.871, 61), (DAY_S, 309, 0.934, 22), (7 * DAY_S, 184, 0.982, 4))
    return tuple(
        Reclaimable(
            notice_s=notice_s, sold_gpus=348 + gpus, share_ratio=(348 + gpus) / FLEET, delivered_ratio=ratio,
            delivered_gpus=(348 + gpus) * ratio, extra_gpus=(348 + gpus) * ratio - 348,
            extra_ratio=((348 + gpus) * ratio - 348) / FLEET, worth_ratio=348 / ((348 + gpus) * ratio),
            reclaims=reclaims, waits=waits(0.14, 109_000),
        )
        for notice_s, gpus, ratio, reclaims in parts
    )  # fmt: skip


def surplus(**changed: Any) -> Surplus:
    """The whole, with some of its fields changed."""
    whole = Surplus(
        sentence=(
            "You could have sold 14 % (348 A100s; $3.7M to $5.8M a year at 90 % let) with p95 waits of inside jobs "
            "under 30 min; from 18 % on, waits grow tenfold."
        ),
        history="philly_jobs.parquet", format="neocloud job table (Parquet)", is_synthetic=False,
        fleet="2,490 GPUs in nodes 321x2,231x8", fleet_gpus=FLEET, fleet_from_peak=False, gpu_name="A100s",
        policy="backfill", estimates="perfect: every job is taken to run as long as it did", objective="p95<30m",
        seed=20_261, begins_at=1_502_114_581, span_s=137 * DAY_S, rows_read=111_000, rows_used=109_918,
        left_out=(
            LeftOut(reason="the job asked for no GPUs", rows=1_071, first="row 17"),
            LeftOut(reason="the end is before the start", rows=11, first="row 40,221"),
        ),
        counts=(
            Count(what="warm start", jobs=918, rule="The first 14 days fill the fleet; their waits do not count."),
            Count(what="cut", jobs=32, rule="A job that still ran at the end runs as long as was seen."),
        ),
        actual=Waits(
            jobs=109_000, never=0, mean_s=340.5, p50_s=12, p95_s=1_204, p99_s=9_100, longest_s=5 * DAY_S + 3 * HOUR_S
        ),
        points=tuple(point(i / 50) for i in range(21)),
        knee=KNEE,
        demand=demand(), idle=idle(), economics=economics(), reclaimable=reclaimable(), largest_job_gpus=128,
        remarks=(
            "Jobs are replayed one by one, in order of their submit, on a fleet of which only GPUs are counted.",
            "Weeks were drawn anew with common random numbers: every share saw the same weeks.",
            "A job that failed or was cancelled held its GPUs all the same, and is replayed like any other.",
        ),
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changed)


def bare(**changed: Any) -> Surplus:
    """All that may be missing is: one point, no knee, no teams, no calendar, no waits, no money."""
    nothing = msgspec.structs.replace(
        point(0), groups=(), meets=False,
        waits=Waits(jobs=3, never=0, mean_s=0.0, p50_s=0, p95_s=0, p99_s=0, longest_s=0),
    )  # fmt: skip
    few = {
        "sentence": "You could have sold nothing.", "points": (nothing,), "rows_read": 109_918, "span_s": 60,
        "knee": None, "economics": None,
        "reclaimable": (), "left_out": (), "counts": (), "actual": None, "remarks": (), "begins_at": None,
        "demand": Demand(bucket_s=60, in_use_gpus=(1.0,), peak_gpus=(1,), wanted_gpus=(1.0,)),
        "idle": IdleHours(zone="", mean_gpus=(float(FLEET),) * 168, low_gpus=(FLEET,) * 168), "gpu_name": "GPUs",
    }  # fmt: skip
    return surplus(**{**few, **changed})
