"""The journal: its head, its entries, its batches as they are stored, and commands for those who follow it."""

from base64 import b64encode
from typing import Annotated, Any

from msgspec import Meta, Struct

from neocloud import __version__
from neocloud.api.calls import Call
from neocloud.api.entry_rows import entry_row
from neocloud.api.instants import with_instants
from neocloud.api.routes import route
from neocloud.documents.answers import BatchRow, EntryRow, HeadRow
from neocloud.settings import MOST_PAGE_ITEMS, PAGE_ITEMS
from neocloud.units import format_instant

Row = dict[str, Any]


class After(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on."""

    after: Annotated[int, Meta(ge=0, le=10**15, description="the last entry that is known already")] = 0
    limit: Annotated[int, Meta(ge=1, le=MOST_PAGE_ITEMS)] = PAGE_ITEMS


class Stored(After, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on, or of which commands."""

    commands: Annotated[list[str], Meta(description="only the batches that hold what these wrote")] = []


@route("GET", "/v1/journal", "journal.read", query=After, answer=(EntryRow,))
async def entries(call: Call) -> Row:
    """Entries in order, a page at a time: what changed, when, why and who said it."""
    found = await call.service.read_entries(call.query.after, call.query.limit)
    more = bool(found) and found[-1].seq < call.service.seq
    return {
        "items": [entry_row(each) for each in found],
        "next": found[-1].seq if more else None,
        "journal_seq": call.service.seq,
    }


@route("GET", "/v1/journal/head", "journal.read", answer=HeadRow)
def head(call: Call) -> Row:
    """The end of the journal: note it elsewhere, and `neocloud journal verify --head` proves the rest by it."""
    with call.world() as world:
        found = world.head
    recorded, now = (with_instants(format_instant(at)) for at in (found.recorded_at, call.now))
    return {"seq": found.seq, "head": str(found), "recorded": recorded, "now": now, "version": __version__}


@route("GET", "/v1/journal/batches", "journal.read", query=Stored, answer=(BatchRow,))
async def batches(call: Call) -> Row:
    """The journal as it is stored, for those who keep a copy: fold it, and check its chain."""
    if call.query.commands:
        found = await call.service.read_batches_of(call.query.commands)
    else:
        found = await call.service.read_batches(call.query.after, call.query.limit)
    items = [
        {
            "first_seq": each.first_seq,
            "last_seq": each.last_seq,
            "recorded_at": each.recorded_at,
            "body": b64encode(each.body).decode(),
            "chain": each.chain.hex(),
        }
        for each in found
    ]
    more = bool(found) and not call.query.commands and found[-1].last_seq < call.service.seq
    return {"items": items, "next": found[-1].last_seq if more else None, "journal_seq": call.service.seq}
