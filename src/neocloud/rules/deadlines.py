"""Deadlines: what must be done by a day, and what will happen on one, as the ledger stands.

Of what must be done (`MUST`: notice, options, holds) a deadline is the last second at which it still can be; of what
happens it is the instant at which it does. Nothing is written down anywhere: all of it follows from the nouns.
"""

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple, get_args

from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.moments import (
    DeadlineKind,
    Moment,
    of_curtailment,
    of_delivery,
    of_lease,
    of_outage,
    of_site,
)
from neocloud.settings import NOTICE_NEAR_DAYS, NOTICE_SOON_DAYS
from neocloud.timeline import Span
from neocloud.units import DAY_S, format_instant, format_last

KINDS: tuple[DeadlineKind, ...] = get_args(DeadlineKind)
MUST: frozenset[DeadlineKind] = frozenset({"notice", "option", "hold"})
Far = Literal["soon", "near", "later"]


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


def _dated(moment: Moment, noun: str, name: str, now: int, sites: tuple[str, ...], tenant: str = "") -> Deadline:
    at, kind, which, sentence = moment
    days, far = days_until(at, now), how_far(at, now)
    return Deadline(at, kind, noun, name, which, tenant, sites, days, far, f"{sentence[0].upper()}{sentence[1:]}")


def _of_leases(world: World, within: Span, now: int) -> Iterator[Deadline]:
    for lease in world.leases.values():
        if lease.stands:
            for moment in of_lease(world, lease, within):
                yield _dated(moment, "lease", lease.id, now, _sites(world, lease), lease.tenant)


def _of_fleet(world: World, within: Span, now: int) -> Iterator[Deadline]:
    for site in world.sites.values():
        for moment in of_site(site, within):
            yield _dated(moment, "site", site.id, now, (site.id,))
    for cut in world.curtailments.values():
        for moment in of_curtailment(cut, within):
            yield _dated(moment, "curtailment", cut.id, now, (cut.site,))
    for wave in world.deliveries.values():
        for moment in of_delivery(wave, within):
            yield _dated(moment, "delivery", wave.id, now, (world.pools[wave.pool].site,))
    for outage in world.outages.values():
        for moment in of_outage(outage, within):
            yield _dated(moment, "outage", outage.id, now, (world.pools[outage.pool].site,))


def _sites(world: World, lease: Lease) -> tuple[str, ...]:
    return tuple(sorted({world.pools[block.pool].site for block in lease.blocks}))
