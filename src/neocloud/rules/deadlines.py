"""Deadlines: what must be done by a day, and what will happen on one, as the ledger stands.

Of what must be done (`MUST`: notice, options, holds) a deadline is the last second at which it still can be; of what
happens it is the instant at which it does. Nothing is written down anywhere: all of it follows from the nouns.
"""

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple, get_args

from neocloud.model.fleet import Curtailment, Delivery, Outage, Site
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.rights import LastDay, last_days
from neocloud.settings import NOTICE_NEAR_DAYS, NOTICE_SOON_DAYS
from neocloud.timeline import FOREVER, Span
from neocloud.units import DAY_S, format_duration, format_instant, format_last, format_power

DeadlineKind = Literal[
    "notice", "option", "hold", "delivery", "start", "end", "leave", "curtailment", "maintenance"
]  # fmt: skip
KINDS: tuple[DeadlineKind, ...] = get_args(DeadlineKind)
MUST: frozenset[DeadlineKind] = frozenset({"notice", "option", "hold"})
Far = Literal["soon", "near", "later"]

_DATES = {"contract": "the contract's date", "p50": "the likely date (P50)", "p90": "the safe date (P90)"}


class Deadline(NamedTuple):
    """One of them: at which second, what for, of which noun, and a sentence.

    `which` tells those of one noun and kind apart, and `tenant` is empty where it is nobody's alone. `days` are
    calendar days in UTC from `now`, and `far` says whether that is soon.
    """

    at: int
    kind: DeadlineKind
    noun: str
    id: str
    which: str
    tenant: str
    sites: tuple[str, ...]
    days: int
    far: Far
    sentence: str

    @property
    def key(self) -> str:
        """What stays the same when its instant moves; no two deadlines of a ledger share it."""
        return f"{self.kind}.{self.noun}.{self.id}.{self.which}"

    @property
    def day(self) -> str:
        """When it is, as people say it: the last day on which it can be done, or when it happens."""
        return format_last(self.at) if self.kind in MUST else format_instant(self.at)


class _Moment(NamedTuple):
    """A deadline as its noun knows it."""

    at: int
    kind: DeadlineKind
    which: str
    sentence: str


def deadlines(world: World, within: Span, now: int) -> list[Deadline]:
    """Every deadline inside a span, the soonest first."""
    found = [*_of_leases(world, within, now), *_of_fleet(world, within, now)]
    return sorted(found, key=lambda each: (each.at, each.key))


def narrowed(
    found: list[Deadline],
    *,
    tenants: Collection[str] = (),
    sites: Collection[str] = (),
    kinds: Collection[str] = (),
) -> list[Deadline]:
    """Those of some tenants, sites and kinds; an empty choice is all of them."""
    return [
        each
        for each in found
        if (not tenants or each.tenant in tenants)
        and (not sites or not set(sites).isdisjoint(each.sites))
        and (not kinds or each.kind in kinds)
    ]


def days_until(at: int, now: int) -> int:
    """Calendar days in UTC: 0 is today, 1 tomorrow."""
    return at // DAY_S - now // DAY_S


def how_far(at: int, now: int) -> Far:
    """Whether an instant is soon, near, or later than that; what has passed is soon."""
    days = days_until(at, now)
    return "soon" if days <= NOTICE_SOON_DAYS else "near" if days <= NOTICE_NEAR_DAYS else "later"


def _dated(moment: _Moment, noun: str, name: str, now: int, sites: tuple[str, ...], tenant: str = "") -> Deadline:
    at, kind, which, sentence = moment
    days, far = days_until(at, now), how_far(at, now)
    return Deadline(at, kind, noun, name, which, tenant, sites, days, far, f"{sentence[0].upper()}{sentence[1:]}")


def _of_leases(world: World, within: Span, now: int) -> Iterator[Deadline]:
    for lease in world.leases.values():
        if lease.stands:
            for moment in _of_lease(world, lease, within):
                yield _dated(moment, "lease", lease.id, now, _sites(world, lease), lease.tenant)


def _of_fleet(world: World, within: Span, now: int) -> Iterator[Deadline]:
    for site in world.sites.values():
        for moment in _of_site(site, within):
            yield _dated(moment, "site", site.id, now, (site.id,))
    for cut in world.curtailments.values():
        for moment in _of_curtailment(cut, within):
            yield _dated(moment, "curtailment", cut.id, now, (cut.site,))
    for wave in world.deliveries.values():
        for moment in _of_delivery(wave, within):
            yield _dated(moment, "delivery", wave.id, now, (world.pools[wave.pool].site,))
    for outage in world.outages.values():
        for moment in _of_outage(outage, within):
            yield _dated(moment, "outage", outage.id, now, (world.pools[outage.pool].site,))


def _of_lease(world: World, lease: Lease, within: Span) -> Iterator[_Moment]:
    if lease.expires_at is not None:
        if _inside(lease.expires_at - 1, within):
            yield _hold(lease, lease.expires_at)
        return
    start_at, end_at = lease.start_at, lease.end_at
    if _inside(start_at, within):
        yield _Moment(start_at, "start", "start", f"start of {_about(lease, start_at)}, to {format_instant(end_at)}")
    if _inside(end_at, within):
        yield _Moment(end_at, "end", "end", f"end of {_about(lease, end_at - 1)}")
    for last in last_days(world, lease):
        if last.right.notice_s >= DAY_S and _inside(last.at, within):
            yield _last_day(lease, last)


def _hold(lease: Lease, expires_at: int) -> _Moment:
    """When a hold must be confirmed, or an option exercised."""
    about, last = _about(lease, lease.start_at), format_last(expires_at - 1)
    if lease.option is None:
        return _Moment(expires_at - 1, "hold", "hold", f"{last} is the last day to confirm a hold: {about}")
    free = ", and its GPUs are free again" if lease.option.takes else ""
    sentence = f"{last} is the last day to exercise an option ({lease.option.kind.replace('_', ' ')}): {about}"
    return _Moment(expires_at - 1, "option", "option", f"{sentence}; after it, the option is gone{free}")


def _last_day(lease: Lease, last: LastDay) -> _Moment:
    right, end = last.right, format_instant(lease.end_at)
    missed = f"it runs to its end, {end}" if right.kind == "terminate" else f"nothing is taken back before {end}"
    notice = f"notice of {format_duration(right.notice_s)}"
    sentence = (
        f"{format_last(last.at)} is the last day for the {right.holder}'s {notice} "
        f"to {right.kind}{' all or a part' if right.part else ''}: {_about(lease, max(lease.start_at, last.at))}; "
        f"after it, {missed}"
    )
    return _Moment(last.at, "notice", f"{right.holder}-{right.kind}{'-part' if right.part else ''}", sentence)


def _of_delivery(wave: Delivery, within: Span) -> Iterator[_Moment]:
    if wave.in_service_at is not None:
        return
    for which, at in (("contract", wave.contract_at), ("p50", wave.p50_at), ("p90", wave.p90_at)):
        if _inside(at, within):
            counted = "; promises count the wave from then on" if which == wave.promise_on else ""
            sentence = f"{_DATES[which]} of wave {wave.id}: {wave.gpus:,} GPUs of {wave.pool}{counted}"
            yield _Moment(at, "delivery", which, sentence)


def _of_site(site: Site, within: Span) -> Iterator[_Moment]:
    if site.leave_at < FOREVER and _inside(site.leave_at, within):
        landlord = f": {site.landlord} has given notice" if site.landlord else ""
        yield _Moment(site.leave_at, "leave", "leave", f"site {site.id} must be left{landlord}")


def _of_curtailment(cut: Curtailment, within: Span) -> Iterator[_Moment]:
    what = f"curtailment {cut.id}: site {cut.site} may draw no more than {format_power(cut.most_watts)}"
    yield from _both_ends("curtailment", what, Span(cut.start_at, cut.end_at), cut.reason, within)


def _of_outage(outage: Outage, within: Span) -> Iterator[_Moment]:
    if outage.planned:
        what = f"maintenance {outage.id}: {outage.gpus:,} GPUs of {outage.pool} are out"
        yield from _both_ends("maintenance", what, Span(outage.start_at, outage.end_at), outage.reason, within)


def _both_ends(kind: DeadlineKind, what: str, span: Span, reason: str, within: Span) -> Iterator[_Moment]:
    why = f" ({reason})" if reason else ""
    if _inside(span.start_at, within):
        until = f" until {format_instant(span.end_at)}" if span.end_at < FOREVER else ""
        yield _Moment(span.start_at, kind, "begin", f"begin of {what}{until}{why}")
    if _inside(span.end_at, within):
        yield _Moment(span.end_at, kind, "end", f"end of {what}{why}")


def _inside(at: int, within: Span) -> bool:
    return within.start_at <= at < within.end_at


def _about(lease: Lease, at: int) -> str:
    """A lease in a few words: whose, and what it has at an instant."""
    gpus, pools = lease.gpus_at(at), sorted({block.pool for block in lease.blocks})
    return f"lease {lease.id} of {lease.tenant} ({gpus:,} GPUs of {' and '.join(pools)})"


def _sites(world: World, lease: Lease) -> tuple[str, ...]:
    return tuple(sorted({world.pools[block.pool].site for block in lease.blocks}))
