"""What is answered with a customer's key: its own things, as the service shows them, in the tables of everybody."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import click

from neocloud.cli import customer_leases as leases
from neocloud.cli import customer_looks as looks
from neocloud.cli.customer_shown import Customer, show_waits
from neocloud.cli.groups import CustomersKey, in_options
from neocloud.client import Client, Waits
from neocloud.errors import Conflict, Forbidden, Invalid
from neocloud.units import parse_instant

_COMMANDS: dict[str, Callable[..., None]] = {
    "capacity": looks.capacity,
    "calendar": looks.calendar,
    "terms list": looks.list_terms,
    "terms show": looks.show_terms,
    "price list": looks.list_prices,
    "price show": looks.show_price,
    "lease list": leases.list_leases,
    "lease show": leases.show_lease,
    "lease quote": leases.quote,
    "lease hold": leases.hold,
    "lease book": leases.book,
    "lease confirm": leases.confirm,
    "lease release": leases.release,
    "lease terminate": leases.terminate,
    "option list": leases.list_options,
    "option show": leases.show_option,
    "option exercise": leases.exercise,
    "option waive": leases.waive,
    "request list": looks.list_requests,
    "request show": looks.show_request,
    "request make": looks.make,
    "request withdraw": looks.withdraw,
}
"""What a customer may say, by its name on the command line; each takes the options of the operator's command."""


def answer(asked: CustomersKey) -> None:
    """Answer what was asked with a customer's key. Raises Forbidden for what is the operator's business."""
    context = asked.context
    name = context.command_path.partition(" ")[2]
    said = _COMMANDS.get(name)
    if said is None:
        raise Forbidden(
            f"`neocloud {name}` is for the operator's own people; a customer's key works with {works_with()}"
        )
    _check_times(context)
    with closing(Client(asked.url, asked.key)) as client, in_options(context):
        me = client.me()
        customer = Customer(client, me.noun.tenant, parse_instant(me.computed["now"], now=0))
        try:
            said(customer, **context.params)
        except Waits as waits:
            show_waits(waits, context.params["output"])
        except Conflict as error:
            raise _same_id(error) from None
        except Invalid as error:  # of one block the options say what they say of all
            raise Invalid(error.sentence, place=error.place.removeprefix("blocks[0]."), **error.facts) from None


def works_with() -> str:
    """The commands that a customer's key works with, in words: `capacity, lease list|show`."""
    verbs: dict[str, list[str]] = {}
    for name in _COMMANDS:
        noun, _, verb = name.partition(" ")
        verbs.setdefault(noun, []).extend([verb] if verb else [])
    return ", ".join(f"{noun} {'|'.join(found)}".strip() for noun, found in verbs.items())


def _same_id(error: Conflict) -> Conflict:
    """An Idempotency-Key is made of the id that was typed; of it alone the command line speaks."""
    if "Idempotency-Key" not in str(error):
        return error
    return Conflict("something else was said with this id before; choose another --id")


def _check_times(context: click.Context) -> None:
    """Raises Invalid where another time is asked for: a customer is shown what is so, when it asks."""
    given: dict[str, Any] = {"--now": context.obj["now"]}
    given |= {f"--{name.replace('_', '-')}": context.meta.get(f"neocloud.{name}") for name in ("as_of", "known_at")}
    for option, text in given.items():
        if text is not None:
            raise Invalid("a customer's key is shown what is so now; leave it out", place=option)
