"""Entries as rows and as events: for the operator as the journal holds them, for a customer as it sees its nouns."""

from typing import Any

import msgspec

from neocloud.api.instants import with_instants
from neocloud.api.seen import for_customer
from neocloud.documents.plain import plain
from neocloud.documents.shown import row
from neocloud.model.entries import Entry, kind_of
from neocloud.model.world import World
from neocloud.rules.webhooks import tenant_of, tenants_of
from neocloud.units import format_instant

Row = dict[str, Any]


def entry_row(entry: Entry) -> Row:
    """An entry as a row; the digest of a key's or webhook's secret stays here."""
    noun = plain(msgspec.to_builtins(entry.noun))
    noun.pop("digest", None)
    return {
        "seq": entry.seq,
        "recorded": with_instants(format_instant(entry.recorded_at)),
        "cause": entry.cause,
        "kind": kind_of(entry.noun),
        "id": entry.noun.id,
        "command": entry.command,
        "by": entry.by,
        "origin": entry.origin,
        "noun": with_instants(noun),
    }


def entry_row_for(world: World, entry: Entry, tenant: str) -> Row:
    """An entry of what is a tenant's, as that tenant sees it: not who of the operator said it, nor by which command.

    The command of another may be what gave the cause: the booking that its GPUs were reclaimed for. Of a lease that
    it had until it was transferred it is told that, and nothing of what the lease is now.
    """
    assert tenant in tenants_of(entry), "what is another's is not shown"
    is_still = tenant_of(entry.noun) == tenant
    is_own = entry.command.startswith(f"api:{tenant}:")
    return {
        "seq": entry.seq,
        "recorded": with_instants(format_instant(entry.recorded_at)),
        "cause": entry.cause,
        "kind": kind_of(entry.noun),
        "id": entry.noun.id,
        "command": entry.command if is_own else "",
        "noun": for_customer(with_instants(plain(row(world, entry.noun, entry.recorded_at)))) if is_still else {},
    }
