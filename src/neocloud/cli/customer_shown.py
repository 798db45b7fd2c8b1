"""What commands with a customer's key share: who asks, and how answers of the service are shown."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from neocloud.api.instants import as_people_say
from neocloud.cli.output import note, print_one
from neocloud.client import Client, Shown, Waits

Row = dict[str, Any]


class Customer(NamedTuple):
    """A client with the key of a customer, its tenant, and what time it is for the service."""

    client: Client
    tenant: str
    now: int


def row_of(said: Any) -> Row:
    """What the service showed, as the row that the command line prints: what is computed comes last."""
    document = said.noun if isinstance(said, Shown) else said
    found: Row = as_people_say(msgspec.to_builtins(document, builtin_types=(Decimal,)))
    computed = found.pop("computed", None)
    return found if computed is None else {**found, "computed": computed}


def show_one(said: Shown[Any], output: str, lines: Callable[[Row], str], done: str = "") -> None:
    """One thing, and what was done with it."""
    if said.again:
        note("this was accepted before; the same answer again")
    found = row_of(said)
    print_one(found, output, lambda: (done and f"{done}\n") + lines(found))


def show_waits(waits: Waits, output: str) -> None:
    """What waits for somebody of the operator's."""
    note(f"asked, and not done: {waits}")
    found = {"approval": waits.approval, "about": waits.about, "status": "asked"}
    if output != "table":
        print_one(found, output, str)


def key_for(verb: str, name: str) -> str:
    """The Idempotency-Key of what is said of one thing at the most once."""
    return f"{verb}:{quote(name, safe='')}"[:200]
