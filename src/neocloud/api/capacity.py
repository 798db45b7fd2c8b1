"""Capacity over time: for the operator all of it with its holders, for a customer what is for sale and free."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from neocloud.api.calls import Call
from neocloud.api.instants import with_instants
from neocloud.api.routes import route
from neocloud.documents.answers import CapacityRow
from neocloud.documents.document import When, instant, instant_or_none
from neocloud.errors import Unknown
from neocloud.model.capacity import Resource
from neocloud.model.checks import check_span
from neocloud.model.world import World
from neocloud.operations.capacity import stretches
from neocloud.rules.customers import for_sale
from neocloud.timeline import FOREVER, Span
from neocloud.units import DAY_S, MINUTE_S, format_instant

Row = dict[str, Any]

_AHEAD_S = 90 * DAY_S
_encode = msgspec.json.encode


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Capacity of what, and when."""

    pool: Annotated[list[str], Meta(description="only these pools")] = []
    site: Annotated[list[str], Meta(description="only these sites, with their pools; not for customers")] = []
    from_: When = "now"
    until: Annotated[When | None, Meta(description="left out: 90 days on")] = None


@route("GET", "/v1/capacity", "capacity.read", query=Wanted, answer=(CapacityRow,))
def capacity(call: Call) -> bytes:
    """What there is, what is taken, what is free, and who holds it: a row for every stretch without a change.

    Now is here the minute that has begun.
    """
    said = (call.tenant, call.request.scope["query_string"])
    return call.service.kept(said, lambda: _encode(_rows(call)))


def _rows(call: Call) -> Row:
    query: Wanted = call.query
    now = call.now // MINUTE_S * MINUTE_S
    start_at = instant(query.from_, now, "from")
    until_at = instant_or_none(query.until, now, "until")
    end_at = min(FOREVER - 1, start_at + _AHEAD_S) if until_at is None else until_at
    check_span(start_at, end_at, "until")
    with call.world() as world:
        within = Span(start_at, end_at)
        if call.tenant:
            items = [row for pool in _for_sale(world, query) for row in _free(world, pool, within)]
        else:
            items = [row for resource in _chosen(world, query) for row in _whole(world, resource, within)]
        return {"items": with_instants(items), "next": None, "journal_seq": world.head.seq}


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


def _for_sale(world: World, query: Wanted) -> list[str]:
    found = [pool.id for pool in world.pools_by_id if for_sale(world, pool.id)]
    for name in (*query.pool, *query.site):
        if name not in found:
            raise Unknown("pool", name, found)
    return query.pool or found


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


def _free(world: World, pool: str, within: Span) -> list[Row]:
    """What is free of a pool and powered, joined where that does not change."""
    rows: list[Row] = []
    for each in stretches(world, Resource("gpus", pool), within):
        available = max(0, min(each.available, each.powered))
        if rows and rows[-1]["available"] == available:
            rows[-1]["until"] = format_instant(each.end_at)
        else:
            at, until = format_instant(each.start_at), format_instant(each.end_at)
            rows.append({"id": pool, "from": at, "until": until, "unit": "gpus", "available": available})
    return rows
