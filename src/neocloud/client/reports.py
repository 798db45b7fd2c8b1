"""What is asked about all of the ledger: capacity, what is short, what is due, what has changed, what is worth it."""

from collections.abc import Sequence

from neocloud.client.answers import page_of_rows, text, value
from neocloud.client.asks import Ask, Listing, Query, body_of, path
from neocloud.client.groups import Group, Lists, Operation, Sends
from neocloud.documents.answers import CapacityRow
from neocloud.documents.deadlines import DeadlineRow
from neocloud.documents.plans import CostRow, PlanDocument, PlanRow
from neocloud.documents.reports import FindingRow, ReviewRow, RiskRow


class Reports(Group[Sends]):
    """What is about no single noun."""

    @Lists
    def capacity(
        self, *, pools: Sequence[str] = (), sites: Sequence[str] = (), from_: str | None = None,
        until: str | None = None,
    ) -> Listing[CapacityRow]:  # fmt: skip
        """What there is, what is taken and what is free, a row for every stretch without a change."""
        query = _query(pool=pools, site=sites, **{"from": from_}, until=until)
        return Listing(path=path("capacity"), read=page_of_rows(CapacityRow), query=query)

    @Lists
    def at_risk(self, *, site: str | None = None, lease: str | None = None) -> Listing[RiskRow]:
        """What facts have made short: who is hit, what is at stake, and the ways out."""
        query = _query(site=site, lease=lease)
        return Listing(path=path("at-risk"), read=page_of_rows(RiskRow), query=query)

    @Lists
    def calendar(
        self, *, within: str | None = None, tenants: Sequence[str] = (), sites: Sequence[str] = (),
        kinds: Sequence[str] = (),
    ) -> Listing[DeadlineRow]:  # fmt: skip
        """What must be done by a day, and what will happen on one, the soonest first."""
        query = _query(within=within, tenant=tenants, site=sites, kind=kinds)
        return Listing(path=path("calendar"), read=page_of_rows(DeadlineRow), query=query)

    @Operation
    def calendar_ics(
        self, *, within: str | None = None, tenants: Sequence[str] = (), sites: Sequence[str] = (),
        kinds: Sequence[str] = (),
    ) -> Ask[str]:  # fmt: skip
        """The same as an iCalendar feed."""
        query = _query(within=within, tenant=tenants, site=sites, kind=kinds)
        return Ask(method="GET", path=path("calendar.ics"), read=text, query=query)

    @Lists
    def audit(self) -> Listing[FindingRow]:
        """Everything that is wrong; nothing, where nothing is."""
        return Listing(path=path("audit"), read=page_of_rows(FindingRow))

    @Operation
    def review(self, *, since: str, until: str | None = None) -> Ask[ReviewRow]:
        """What changed between two instants of recording, by which command, and why."""
        return Ask(method="GET", path=path("review"), read=value(ReviewRow), query=_query(since=since, until=until))

    @Operation
    def plan(self, plan: PlanDocument | None = None) -> Ask[PlanRow]:
        """Keep or sell: what to do about each request. Books nothing; with `admit` its prices are kept for quotes."""
        body = body_of(plan or PlanDocument())
        return Ask(method="POST", path=path("plans"), read=value(PlanRow), body=body)

    @Lists
    def opportunity_costs(self, *, pools: Sequence[str] = (), sites: Sequence[str] = ()) -> Listing[CostRow]:
        """What capacity is worth in its best other use, by the price set admitted last."""
        query = _query(pool=pools, site=sites)
        return Listing(path=path("opportunity-costs"), read=page_of_rows(CostRow), query=query)


def _query(**said: str | Sequence[str] | None) -> Query:
    """Parameters without those that are None; of several values each by itself."""
    found: list[tuple[str, str]] = []
    for name, given in said.items():
        values = () if given is None else (given,) if isinstance(given, str) else given
        found += [(name, each) for each in values]
    return found
