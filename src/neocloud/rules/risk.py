"""Who is at risk: where facts make demand exceed supply, whom it hits, what is at stake, and who may do what.

A shortfall is arithmetic on supply and demand; there is no second bookkeeping. Who is hit follows from the one
order of `weakest`: at a site whose power is curtailed, those that its shed order names give way first.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from neocloud.model.capacity import Resource
from neocloud.model.fleet import Curtailment
from neocloud.model.leases import Lease
from neocloud.model.world import World
from neocloud.rules.deficit import Deficit, Row, holders_in, row_of
from neocloud.rules.law import Shortage, short_spans, shortfalls
from neocloud.rules.revenue import contracted, gpu_seconds, total, worth
from neocloud.rules.rights import terms_of
from neocloud.rules.weakest import Candidate, weakest
from neocloud.timeline import BEGINNING, FOREVER, Span
from neocloud.units import HOUR_S, Money, format_instant


class LateRight(NamedTuple):
    """What a tenant may do about GPUs that are missing: from when, until when it must decide, what would be lost.

    `arises` is False while it is still in its grace: everything will be there before `since_at`.
    """

    since_at: int
    decide_by_at: int
    may: tuple[str, ...]
    arises: bool
    could_lose: Money | None

    def __str__(self) -> str:
        if not self.arises:
            return f"none if all is there before {format_instant(self.since_at)}, the end of its grace"
        may = " or ".join({"terminate": "terminate", "fewer": "take fewer GPUs"}[each] for each in self.may)
        return f"may {may} from {format_instant(self.since_at)}, to be decided by {format_instant(self.decide_by_at)}"


class Hit(NamedTuple):
    """A lease that goes short: by how many GPUs of a pool at the worst, from when to when, and what that costs."""

    lease: Lease
    row: Row
    fee: Money | None
    value: Money | None
    late: LateRight | None

    @property
    def gpus(self) -> int:
        """How many GPUs are missing at the worst instant."""
        return self.row.gpus

    @property
    def at_stake(self) -> int:
        """What is at stake in nano-units, to put hits in order: the fee, and what could be lost with the lease."""
        lost = self.late.could_lose if self.late is not None and self.late.arises else None
        return sum(each.nanos for each in (self.fee, self.value, lost) if each is not None)


class Risk(NamedTuple):
    """What is short at one site (its power, or its pools), and every lease that it hits."""

    site: str
    shortages: list[Shortage]
    hits: list[Hit]


def at_risk(world: World, now: int, sites: Iterable[str] | None = None) -> list[Risk]:
    """Every shortfall from `now` on with whom it hits, site by site; all sites, or those given."""
    found = (risk_at(world, site, now) for site in sorted(world.sites if sites is None else set(sites)))
    return [risk for risk in found if risk is not None]


def risk_at(world: World, site: str, now: int) -> Risk | None:
    """What is short at a site from `now` on; None if nothing is."""
    within = Span(now, FOREVER)
    resources = [Resource("watts", site), *(Resource("gpus", pool.id) for pool in world.pools_of(site))]
    shortages = [each for resource in resources for each in shortfalls(world, resource, within)]
    if not shortages:
        return None
    deficit = Deficit.of(world, dict.fromkeys(resources, within))
    sheds = [each for each in world.curtailments_of(site) if each.shed and each.end_at > now]
    taken, _ = weakest(deficit, [_candidate(world, lease, deficit, sheds) for lease in holders_in(world, deficit)])
    began = {resource: at for resource in deficit.stretches if (at := _began_at(world, resource, now)) is not None}
    hits = [_hit(world, each.candidate.lease, row, began) for each in taken for row in each.rows]
    return Risk(site, shortages, sorted(hits, key=lambda hit: (-hit.at_stake, hit.lease.id, hit.row)))


def _candidate(world: World, lease: Lease, deficit: Deficit, sheds: Sequence[Curtailment]) -> Candidate:
    """Every holder may go short, by a part, only while something is missing."""
    rows = tuple(
        row_of(world, i, block, span)
        for i, block in enumerate(lease.blocks)
        for span in deficit.met(world.pools[block.pool], block.span)
    )
    fees = [_fee(lease, row) for row in rows]
    return Candidate(lease, rows, total(fees), part=True, shed=_shed(sheds, lease, rows))


def _fee(lease: Lease, row: Row) -> Money | None:
    """What the GPUs of a row bring over its span: fee, or internal value."""
    missing_s = row.gpus * (row.end_at - row.start_at)
    if not lease.prices:
        return worth(lease, missing_s)
    (price, *others), span = lease.prices, row.span
    if not others and price.per == "gpu_hour" and price.start_at <= span.start_at and span.end_at <= price.end_at:
        return price.amount.share(missing_s, HOUR_S)  # most leases, without looking at their blocks
    paid = contracted(lease, span)
    return paid and paid.share(missing_s, max(1, gpu_seconds(lease, span)))


def _shed(sheds: Sequence[Curtailment], lease: Lease, rows: tuple[Row, ...]) -> int:
    """The place in the shed order of a curtailment that it meets; after all places if it has none."""
    places = [0]
    for curtailment in sheds:
        span = Span(curtailment.start_at, curtailment.end_at)
        met = [row for row in rows if row.span.meets(span)]
        if met:
            names = {lease.id, lease.tenant, *(row.pool for row in met)}
            order = [i for i, name in enumerate(curtailment.shed) if name in names]
            places.append(order[0] - len(curtailment.shed) if order else 0)
    return min(places)


def _began_at(world: World, resource: Resource, now: int) -> int | None:
    """Since when a resource has been short without a break, if it is short now."""
    past = short_spans(world, resource, Span(BEGINNING, now + 1))
    return past[-1].start_at if past and past[-1].end_at == now + 1 else None


def _hit(world: World, lease: Lease, row: Row, began: dict[Resource, int]) -> Hit:
    fee = _fee(lease, row)
    paid = bool(lease.prices)
    since = [began[r] for r in (Resource("gpus", row.pool), Resource("watts", row.site)) if r in began]
    missing_at = max(lease.blocks[row.block].start_at, min([row.start_at, *since]))
    late = late_right(world, lease, Span(min(missing_at, row.start_at), row.end_at))
    return Hit(lease, row, fee if paid else None, None if paid else fee, late)


def late_right(world: World, lease: Lease, missing: Span) -> LateRight | None:
    """What the terms of a lease let its tenant do about GPUs missing over a span; None if they say nothing."""
    late = terms_of(world, lease.terms).late
    if late is None:
        return None
    since_at = late.since(start_at=lease.start_at, missing_at=missing.start_at)
    decide_by_at = missing.end_at if late.decide_s is None else min(missing.end_at, since_at + late.decide_s)
    may = tuple(name for name in ("terminate", "fewer") if getattr(late, name))
    could_lose = contracted(lease, Span(since_at, FOREVER)) if late.terminate else None
    return LateRight(since_at, decide_by_at, may, missing.end_at > since_at, could_lose)
