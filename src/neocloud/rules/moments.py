"""Deadlines as their nouns know them: when, what for, and a sentence. `rules/deadlines.py` puts them in order."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from neocloud.model.fleet import Curtailment, Delivery, Outage, Site
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.rights import LastDay, last_days
from neocloud.timeline import FOREVER, Span
from neocloud.units import DAY_S, format_duration, format_instant, format_last, format_power

DeadlineKind = Literal[
    "notice", "option", "hold", "delivery", "start", "end", "leave", "curtailment", "maintenance"
]  # fmt: skip

_DATES = {"contract": "the contract's date", "p50": "the likely date (P50)", "p90": "the safe date (P90)"}


class Moment(NamedTuple):
    """A deadline as its noun knows it."""

    at: int
    kind: DeadlineKind
    which: str
    sentence: str


def of_lease(world: World, lease: Lease, within: Span) -> Iterator[Moment]:
    """Of a hold or option, when it must be settled; of a lease, its start, its end, and the last days for notice."""
    if lease.expires_at is not None:
        if _inside(lease.expires_at - 1, within):
            yield _hold(lease, lease.expires_at)
        return
    start_at, end_at = lease.start_at, lease.end_at
    if _inside(start_at, within):
        yield Moment(start_at, "start", "start", f"start of {_about(lease, start_at)}, to {format_instant(end_at)}")
    if _inside(end_at, within):
        yield Moment(end_at, "end", "end", f"end of {_about(lease, end_at - 1)}")
    for last in last_days(world, lease):
        if last.right.notice_s >= DAY_S and _inside(last.at, within):
            yield _last_day(lease, last)


def _hold(lease: Lease, expires_at: int) -> Moment:
    """When a hold must be confirmed, or an option exercised."""
    about, last = _about(lease, lease.start_at), format_last(expires_at - 1)
    if lease.option is None:
        return Moment(expires_at - 1, "hold", "hold", f"{last} is the last day to confirm a hold: {about}")
    free = ", and its GPUs are free again" if lease.option.takes else ""
    sentence = f"{last} is the last day to exercise an option ({lease.option.kind.replace('_', ' ')}): {about}"
    return Moment(expires_at - 1, "option", "option", f"{sentence}; after it, the option is gone{free}")


def _last_day(lease: Lease, last: LastDay) -> Moment:
    right, end = last.right, format_instant(lease.end_at)
    missed = f"it runs to its end, {end}" if right.kind == "terminate" else f"nothing is taken back before {end}"
    notice = f"notice of {format_duration(right.notice_s)}"
    sentence = (
        f"{format_last(last.at)} is the last day for the {right.holder}'s {notice} "
        f"to {right.kind}{' all or a part' if right.part else ''}: {_about(lease, max(lease.start_at, last.at))}; "
        f"after it, {missed}"
    )
    return Moment(last.at, "notice", f"{right.holder}-{right.kind}{'-part' if right.part else ''}", sentence)


def of_delivery(wave: Delivery, within: Span) -> Iterator[Moment]:
    """The three dates of a wave, until it is in service."""
    if wave.in_service_at is not None:
        return
    for which, at in (("contract", wave.contract_at), ("p50", wave.p50_at), ("p90", wave.p90_at)):
        if _inside(at, within):
            counted = "; promises count the wave from then on" if which == wave.promise_on else ""
            sentence = f"{_DATES[which]} of wave {wave.id}: {wave.gpus:,} GPUs of {wave.pool}{counted}"
            yield Moment(at, "delivery", which, sentence)


def of_site(site: Site, within: Span) -> Iterator[Moment]:
    """When a site must be left, where its landlord has given notice."""
    if site.leave_at < FOREVER and _inside(site.leave_at, within):
        landlord = f": {site.landlord} has given notice" if site.landlord else ""
        yield Moment(site.leave_at, "leave", "leave", f"site {site.id} must be left{landlord}")


def of_curtailment(cut: Curtailment, within: Span) -> Iterator[Moment]:
    """Its begin and end."""
    what = f"curtailment {cut.id}: site {cut.site} may draw no more than {format_power(cut.most_watts)}"
    yield from _both_ends("curtailment", what, Span(cut.start_at, cut.end_at), cut.reason, within)


def of_outage(outage: Outage, within: Span) -> Iterator[Moment]:
    """The begin and end of what is planned; a failure is no deadline."""
    if outage.planned:
        what = f"maintenance {outage.id}: {outage.gpus:,} GPUs of {outage.pool} are out"
        yield from _both_ends("maintenance", what, Span(outage.start_at, outage.end_at), outage.reason, within)


def _both_ends(kind: DeadlineKind, what: str, span: Span, reason: str, within: Span) -> Iterator[Moment]:
    why = f" ({reason})" if reason else ""
    if _inside(span.start_at, within):
        until = f" until {format_instant(span.end_at)}" if span.end_at < FOREVER else ""
        yield Moment(span.start_at, kind, "begin", f"begin of {what}{until}{why}")
    if _inside(span.end_at, within):
        yield Moment(span.end_at, kind, "end", f"end of {what}{why}")


def _inside(at: int, within: Span) -> bool:
    return within.start_at <= at < within.end_at


def _about(lease: Lease, at: int) -> str:
    """A lease in a few words: whose, and what it has at an instant."""
    gpus, pools = lease.gpus_at(at), sorted({block.pool for block in lease.blocks})
    return f"lease {lease.id} of {lease.tenant} ({gpus:,} GPUs of {' and '.join(pools)})"
