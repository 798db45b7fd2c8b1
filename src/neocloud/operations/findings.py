"""Findings about what is sold: waves that come after what counts on them, and last days for a notice."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from neocloud.model.capacity import ALL_TIME, Resource
from neocloud.model.fleet import Delivery, Outage
from neocloud.model.leases import Lease
from neocloud.model.terms import Right
from neocloud.model.world import World
from neocloud.rules.deadlines import days_until, how_far
from neocloud.rules.law import Shortage, shortfalls
from neocloud.rules.rights import last_days
from neocloud.settings import NAMED_HOLDERS
from neocloud.timeline import Span
from neocloud.units import DAY_S, format_duration, format_instant, format_last


class Finding(NamedTuple):
    """One thing that is wrong: a stable code, what it is about, and a sentence."""

    code: str
    about: str
    sentence: str


def late_waves(world: World, now: int) -> Iterator[Finding]:
    """Waves until which GPUs are short, with the leases that count on them: those that began last."""
    waves = [each for each in world.deliveries.values() if each.in_service_at is None and each.counts_from_at > now]
    for pool in sorted({wave.pool for wave in waves}):
        found = shortfalls(world, Resource("gpus", pool), Span(now, ALL_TIME.end_at))
        ordered = sorted(
            (each for each in waves if each.pool == pool), key=lambda each: (each.counts_from_at, each.id)
        )
        for wave in ordered:
            for short in found:
                if short.start_at < wave.counts_from_at <= short.end_at and not _by_outage(world, short):
                    yield _late(world, wave, short)


def _by_outage(world: World, short: Shortage) -> bool:
    """Whether what is out of order explains a shortage: then no wave was counted on."""
    out_gpus = sum(
        fact.gpus
        for fact in world.facts_of(short.resource.id)
        if isinstance(fact, Outage) and fact.start_at < short.end_at and short.start_at < fact.end_at
    )
    return out_gpus >= short.short_by


def _late(world: World, wave: Delivery, short: Shortage) -> Finding:
    days = -((short.start_at - wave.counts_from_at) // DAY_S)
    lacking, counting = _counting_on(world, wave, short)
    named = ", ".join(f"{lease} ({tenant}, {gpus:,})" for _, lease, tenant, gpus in counting[:NAMED_HOLDERS])
    more = f" and {len(counting) - NAMED_HOLDERS} more" if len(counting) > NAMED_HOLDERS else ""
    return Finding(
        "audit.wave_late",
        f"delivery {wave.id}",
        f"wave {wave.id} ({wave.gpus:,} GPUs for pool {wave.pool}, counted from "
        f"{format_instant(wave.counts_from_at)}) comes {days:,} {'day' if days == 1 else 'days'} too late: "
        f"from {format_instant(short.start_at)} on "
        f"up to {lacking:,} GPUs are short before it, and these count on it: {named}{more}",
    )


def _counting_on(world: World, wave: Delivery, short: Shortage) -> tuple[int, list[tuple[int, str, str, int]]]:
    """How many GPUs are short at the worst before a wave, and the leases, latest start first, that take as many."""
    before = Span(short.start_at, wave.counts_from_at)
    lacking = -world.capacity(Resource("gpus", wave.pool)).available.low(before)
    rows = sorted(
        (
            (start_at, lease, tenant, gpus)
            for start_at, _, lease, gpus, tenant in world.timelines.holders_of(wave.pool, before)
        ),
        key=lambda row: (-row[0], row[1]),
    )
    counting, covered = [], 0
    for row in rows:
        if covered >= lacking:
            break
        counting.append(row)
        covered += row[3]
    return lacking, counting


def notices(world: World, live: Iterable[Lease], now: int) -> Iterator[Finding]:
    """Last days for a notice to terminate: those near, and those that have passed while the lease runs."""
    found: list[tuple[int, Finding]] = []
    for lease in live:
        for right, last_at in last_days(world, lease):
            if right.kind != "terminate" or right.notice_s < DAY_S or last_at < lease.start_at:
                continue
            if how_far(last_at, now) != "later" and not (last_at < now and _ends_by_notice(lease)):
                found.append((last_at, _notice(lease, right, last_at, now)))
    yield from (finding for _, finding in sorted(found))


def _ends_by_notice(lease: Lease) -> bool:
    """Whether a lease was given notice, and ends by that."""
    return any(notice.effect_at == lease.end_at for notice in lease.notices)


def _notice(lease: Lease, right: Right, last_at: int, now: int) -> Finding:
    gpus = lease.gpus_at(max(now, lease.start_at))
    what = (
        f"lease {lease.id} ({lease.tenant}, {gpus:,} GPUs to {format_instant(lease.end_at)}): the last day for the "
        f"{right.holder}'s notice of {format_duration(right.notice_s)}"
    )
    if last_at < now:
        sentence = f"{what} was {format_last(last_at)}; it runs to its end"
        return Finding("audit.notice_missed", f"lease {lease.id}", sentence)
    days = days_until(last_at, now)
    when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
    sentence = f"{what} is {format_last(last_at)}, {when}"
    return Finding(f"audit.notice_{how_far(last_at, now)}", f"lease {lease.id}", sentence)
