"""What is short and whom it hits, what is wrong, what changed, and which options stand."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from neocloud.api.calls import Call
from neocloud.api.instants import with_instants
from neocloud.api.nouns import Page, page_of
from neocloud.api.past import Known
from neocloud.api.routes import route
from neocloud.cli.at_risk import rows
from neocloud.cli.review import whole
from neocloud.documents.document import When, instant, instant_or_none
from neocloud.documents.leases import LeaseDocument
from neocloud.documents.plain import plain
from neocloud.documents.reports import FindingRow, ReviewRow, RiskRow
from neocloud.errors import Unknown
from neocloud.model.checks import check_span
from neocloud.model.leases import Lease
from neocloud.operations.audit import Audit, audit
from neocloud.operations.ledger import Ledger
from neocloud.operations.review import Review, review
from neocloud.rules.change import lease_named
from neocloud.rules.risk import at_risk

Row = dict[str, Any]


class RisksOf(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At which site, or of which lease; without either, all."""

    site: str | None = None
    lease: str | None = None


class Since(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Recorded between which instants."""

    since: Annotated[When, Meta(description="from what was recorded then on")]
    until: Annotated[When | None, Meta(description="up to, and without, what was recorded then")] = None


@route("GET", "/v1/at-risk", "leases.read", query=RisksOf, answer=(RiskRow,), staff_only=True)
async def list_at_risk(call: Call) -> Row:
    """What facts have made short, now or ahead: who is hit, what is at stake, their rights, and the ways out."""
    query: RisksOf = call.query

    def asked(ledger: Ledger, now: int) -> Row:
        with ledger.at(now) as world:
            if query.site is not None and query.site not in world.sites:
                raise Unknown("site", query.site, world.sites)
            only = None if query.lease is None else lease_named(world, query.lease).id
            risks = at_risk(world, now, None if query.site is None else [query.site])
            costs = call.service.costs(world) if risks else None
            items = [row for risk in risks for row in rows(world, risk, now, only, costs)]
            return {"items": items, "next": None, "journal_seq": world.head.seq}

    found: Row = with_instants(plain(await call.apart(asked)))
    return found


@route("GET", "/v1/audit", "journal.read", query=Known, answer=(FindingRow,))
async def run_audit(call: Call) -> Row:
    """The law checked at every instant from now on, in a world built anew: everything that is wrong, or nothing."""

    def asked(ledger: Ledger, now: int) -> tuple[Audit, int]:
        with ledger.at(now) as world:
            return audit(world, now), world.head.seq

    found, seq = await call.apart(asked)
    items = [{"code": each.code, "about": each.about, "sentence": each.sentence} for each in found.findings]
    return {"items": plain(items), "next": None, "journal_seq": seq}


@route("GET", "/v1/review", "journal.read", query=Since, answer=ReviewRow)
async def look_back(call: Call) -> Row:
    """What changed between two instants of recording, from what to what, by which command, and why."""
    since_at = instant(call.query.since, call.now, "since")
    until_at = instant_or_none(call.query.until, call.now, "until")
    if until_at is not None:
        check_span(since_at, until_at, "until")

    def asked(ledger: Ledger, now: int) -> Review:
        return review(ledger.journal, call.service.snapshots, since_at, until_at, lambda done, total: None)

    found: Row = with_instants(plain(whole(await call.service.apart(asked))))
    return found


@route("GET", "/v1/options", "leases.read", query=Page, answer=(LeaseDocument,))
def list_options(call: Call) -> Row:
    """Options that stand: holds that their tenant has a right to have, by when it must be said."""
    with call.world() as world:
        return page_of(call, world, Lease, sorted(world.options))
