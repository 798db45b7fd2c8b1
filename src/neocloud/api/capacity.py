"""Capacity over time: for the operator all of it with its holders, for a customer what is for sale and free."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from neocloud.api.calls import Call
from neocloud.api.instants import with_instants
from neocloud.api.past import Known
from neocloud.api.routes import route
from neocloud.documents.answers import CapacityRow
from neocloud.documents.document import When, instant, instant_or_none
from neocloud.errors import Invalid, Unknown
from neocloud.model.capacity import Resource
from neocloud.model.checks import check_span
from neocloud.model.world import World
from neocloud.operations.capacity import stretches
from neocloud.rules.customers import for_sale
from neocloud.settings import MOST_PAGE_ITEMS
from neocloud.timeline import BEGINNING, FOREVER, Span
from neocloud.units import DAY_S, MINUTE_S, format_instant, parse_instant

Row = dict[str, Any]

_AHEAD_S = 90 * DAY_S
_encode = msgspec.json.encode
_Read = Callable[[World, Resource, Span], list[Row]]


class Wanted(Known, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Capacity of what, and when."""

    pool: Annotated[list[str], Meta(description="only these pools")] = []
    site: Annotated[list[str], Meta(description="only these sites, with their pools; not for customers")] = []
    from_: When = "now"
    until: Annotated[When | None, Meta(description="left out: 90 days on")] = None
    limit: Annotated[int, Meta(ge=1, le=MOST_PAGE_ITEMS, description="rows to a page at the most")] = MOST_PAGE_ITEMS
    cursor: Annotated[str, Meta(description="the `next` of the page before")] = ""


@route("GET", "/v1/capacity", "capacity.read", query=Wanted, answer=(CapacityRow,))
def capacity(call: Call) -> bytes | Row:
    """What there is, what is taken, what is free, and who holds it: a row for every stretch without a change.

    Now is here the minute that has begun, of the first page for all of them.
    """
    if call.looks_back:
        return _rows(call)
    said = (call.tenant, call.request.scope["query_string"])
    return call.service.kept(said, lambda: _encode(_rows(call)))


def _rows(call: Call) -> Row:
    query: Wanted = call.query
    with call.world() as world:
        there = list(dict.fromkeys(_for_sale(call, world) if call.tenant else _chosen(world, query)))
        place = _place(query.cursor, there) if query.cursor else _Place(_span(query, call.now), 0, None)
        items, left = _page(world, there, place, query.limit, _free if call.tenant else _whole)
        return {"items": with_instants(items), "next": left, "journal_seq": world.head.seq}


def _span(query: Wanted, now: int) -> Span:
    """What is asked for. Raises Invalid."""
    now = now // MINUTE_S * MINUTE_S
    start_at = instant(query.from_, now, "from")
    until_at = instant_or_none(query.until, now, "until")
    end_at = min(FOREVER - 1, start_at + _AHEAD_S) if until_at is None else until_at
    check_span(start_at, end_at, "until")
    return Span(start_at, end_at)


class _Place(NamedTuple):
    """Where a page begins: at an instant of a resource, by its place among those that are asked for."""

    within: Span
    first: int
    at: int | None


def _place(cursor: str, there: list[Resource]) -> _Place:
    """What a cursor says. Raises Invalid."""
    try:
        start_at, end_at, at = map(int, (said := cursor.split("~", 4))[:3])
        first = there.index(Resource(said[3], said[4]))  # type: ignore[arg-type]
        if BEGINNING <= start_at <= at < end_at < FOREVER:
            return _Place(Span(start_at, end_at), first, at)
    except (ValueError, IndexError):
        pass
    raise Invalid("this is no cursor for these pools; take the `next` of the page before", place="cursor")


def _page(
    world: World, there: list[Resource], place: _Place, limit: int, read: _Read
) -> tuple[list[Row], str | None]:
    """So many rows at the most, and the cursor of those that are left."""
    items: list[Row] = []
    (start_at, end_at), first, at = place
    for resource in there[first:]:
        rows = read(world, resource, Span(start_at if at is None else at, end_at)) if len(items) < limit else []
        room, at = limit - len(items), None
        items += rows[:room]
        if not room or len(rows) > room:
            next_at = parse_instant(rows[room]["from"], now=0) if rows else start_at
            return items, f"{start_at}~{end_at}~{next_at}~{resource.kind}~{resource.id}"
    return items, None


def _chosen(world: World, query: Wanted) -> list[Resource]:
    sites = query.site if query.site or query.pool else sorted(world.sites)
    found: list[Resource] = []
    for name in sites:
        if name not in world.sites:
            raise Unknown("site", name, world.sites)
        found += [Resource("watts", name), *(Resource("gpus", each.id) for each in world.pools_of(name))]
    for name in query.pool:
        if name not in world.pools:
            raise Unknown("pool", name, world.pools)
        found.append(Resource("gpus", name))
    return found


def _for_sale(call: Call, world: World) -> list[Resource]:
    """The pools that are for sale; looked back, those that still are."""
    query: Wanted = call.query
    found = [pool.id for pool in world.pools_by_id if for_sale(world, pool.id)]
    if call.looks_back:
        with call.service.world() as present:
            found = [name for name in found if for_sale(present, name)]
    for name in (*query.pool, *query.site):
        if name not in found:
            raise Unknown("pool", name, found)
    return [Resource("gpus", name) for name in query.pool or found]


def _whole(world: World, resource: Resource, within: Span) -> list[Row]:
    return [
        {
            "id": resource.id,
            "from": format_instant(each.start_at),
            "until": format_instant(each.end_at),
            "unit": resource.kind,
            "supply": each.supply,
            "demand": each.demand,
            "available": each.available,
            "powered": each.powered,
            "held_by": each.held,
        }
        for each in stretches(world, resource, within)
    ]


def _free(world: World, resource: Resource, within: Span) -> list[Row]:
    """What is free of a pool and powered, joined where that does not change."""
    rows: list[Row] = []
    for each in stretches(world, resource, within):
        available = max(0, min(each.available, each.powered))
        if rows and rows[-1]["available"] == available:
            rows[-1]["until"] = format_instant(each.end_at)
        else:
            at, until = format_instant(each.start_at), format_instant(each.end_at)
            rows.append({"id": resource.id, "from": at, "until": until, "unit": "gpus", "available": available})
    return rows
