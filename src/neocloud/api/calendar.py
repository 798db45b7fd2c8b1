"""The calendar: until when something can be done, and what happens when; as rows, and as a feed for calendars."""

from typing import Annotated, Any

from msgspec import Meta

from neocloud.api.calls import Call, Reply
from neocloud.api.instants import with_instants
from neocloud.api.past import Known
from neocloud.api.routes import route
from neocloud.documents.deadlines import DeadlineRow, deadline_row
from neocloud.documents.document import Length, duration
from neocloud.errors import Invalid, Unknown
from neocloud.model.world import World
from neocloud.operations.ics import MEDIA_TYPE, calendar_text
from neocloud.operations.ledger import Ledger
from neocloud.rules.deadlines import Deadline, deadlines, narrowed
from neocloud.rules.moments import DeadlineKind
from neocloud.settings import NOTICE_NEAR_DAYS
from neocloud.timeline import FOREVER, Span

Row = dict[str, Any]


class Ahead(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far ahead, and of what; each may be repeated."""

    within: Annotated[Length, Meta(description="how far ahead")] = f"{NOTICE_NEAR_DAYS}d"
    tenant: list[str] = []
    site: list[str] = []
    kind: list[DeadlineKind] = []


@route("GET", "/v1/calendar", "leases.read", query=Ahead, answer=(DeadlineRow,))
async def list_deadlines(call: Call) -> Row:
    """Deadlines, soonest first: last days for notice, to exercise, deliveries, starts, ends, holds that run out."""

    def asked(ledger: Ledger, now: int) -> Row:
        with ledger.at(now) as world:
            items = [with_instants(deadline_row(each)) for each in _found(call, world)]
            return {"items": items, "next": None, "journal_seq": world.head.seq}

    return await call.apart(asked)  # it looks at every lease: seconds, of 100,000


@route("GET", "/v1/calendar.ics", "leases.read", query=Ahead, media_type=MEDIA_TYPE)
async def calendar_feed(call: Call) -> Reply:
    """The same as an iCalendar feed: read again, it moves its events. Calendars sign in with any user and a key."""
    first = await call.service.read_batches(0, 1)
    name = first[0].chain.hex()[:16] if first else "empty"

    def asked(ledger: Ledger, now: int) -> bytes:
        with ledger.at(now) as world:
            return calendar_text(_found(call, world), now=call.now, ledger=name, revision=world.head.seq).encode()

    return Reply(await call.apart(asked), media_type=MEDIA_TYPE)


def _found(call: Call, world: World) -> list[Deadline]:
    """A customer's are its own, and say of no site. Raises Invalid or Unknown for what is asked wrongly."""
    query: Ahead = call.query
    ahead_s = duration(query.within, "within")
    if ahead_s <= 0:
        raise Invalid("nothing lies within no time at all; write 90d", place="within")
    tenants, sites = ([call.tenant], ()) if call.tenant else (world.tenants, world.sites)
    for kind, names, known in (("tenant", query.tenant, tenants), ("site", query.site, sites)):
        for name in names:
            if name not in known:
                raise Unknown(kind, name, known)
    found = deadlines(world, Span(call.now, min(FOREVER, call.now + ahead_s)), call.now)
    whose = [call.tenant] if call.tenant else query.tenant
    chosen = narrowed(found, tenants=whose, sites=query.site, kinds=query.kind)
    if not call.tenant:
        return chosen
    sees, leases = call.sees(world), world.leases
    mine = [each for each in chosen if each.id not in leases or sees(leases[each.id])]  # looked back, still its own
    return [each._replace(sites=()) for each in mine]
