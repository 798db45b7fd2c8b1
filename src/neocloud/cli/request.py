"""`neocloud request list|show|make|accept|decline|withdraw`: what is wanted, and what becomes of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import click

from neocloud.cli.asking import at, count, dollars
from neocloud.cli.groups import Group
from neocloud.cli.output import note, output_option, print_one, print_rows
from neocloud.cli.request_shown import COLUMNS, columns, lines
from neocloud.cli.session import Session, session
from neocloud.cli.travel import travel_options
from neocloud.documents.requests import RequestDocument, WayDocument
from neocloud.documents.shown import row
from neocloud.errors import Invalid
from neocloud.model.commands import AcceptPut, Apply, Decline, Withdraw
from neocloud.model.requests import Judgement
from neocloud.rules.proposal import tenant_named
from neocloud.rules.requests import request_named
from neocloud.units import format_instant


@click.group(cls=Group)
def request() -> None:
    """What tenants want and are not yet promised; `lease book --request` accepts them, `apply` brings them in."""


@request.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Also what is accepted, declined or withdrawn.")
@travel_options
@output_option()
def list_all(everything: bool, output: str) -> None:
    """List requests, the first to start first.

    \b
    Example:
      neocloud request list --all --output csv
    """
    with session() as opened, opened.world() as world:
        found = [each for each in world.requests.values() if everything or each.status == "open"]
        found.sort(key=lambda each: (each.start_at, each.id))
        if output == "table":
            print_rows(
                [columns(row(world, each, opened.now)) for each in found], output, COLUMNS, empty="no requests"
            )
        else:
            print_rows([row(world, each, opened.now) for each in found], output, ["id"])


@request.command()
@click.argument("name", metavar="REQUEST")
@click.option("--tenant", metavar="T", help="Who wants it; with a customer's key itself.")
@click.option("--pool", "pools", multiple=True, required=True, metavar="P",
              help="A pool that would do; repeat it for more.")  # fmt: skip
@click.option("--gpus", required=True, metavar="N", help="How many GPUs.")
@click.option("--from", "from_", default="now", show_default=True, metavar="TIME", help="The earliest start.")
@click.option("--latest-start", metavar="TIME", help="The latest start [the earliest].")
@click.option("--until", required=True, metavar="TIME", help="The end, where it starts at the earliest.")
@click.option("--terms", default="reserved", show_default=True, metavar="NAME", help="`neocloud terms list`.")
@click.option("--price", metavar="USD_PER_GPU_H", help="What a customer offers to pay.")
@click.option("--value", metavar="USD_PER_GPU_H", help="What it is worth to an inside team; never cash.")
@click.option("--rank", type=click.IntRange(1, 1_000_000), metavar="N", help="Or its rank; 1 is served first.")
@click.option("--divisible", is_flag=True, help="A part of it would do.")
@output_option()
def make(name: str, output: str, **given: Any) -> None:
    """Say what a tenant wants: it takes no capacity, and is open until it is accepted, declined or withdrawn.

    \b
    Example:
      neocloud request make acme-7 --tenant acme --pool h100 --gpus 64 --from +30d --until +120d --price 2.35
    """
    with session() as opened:
        wish = wanted(name, opened.now, given)
        with opened.world() as world, of_options():
            if name in world.requests:
                raise Invalid(f"there is a request {name} already; choose another id", place="REQUEST")
            wish.check_money(tenant_named(world, wish.tenant).kind)
            noun = wish.noun(opened.now)
        opened.ledger.submit(Apply(id=f"request:{name}:{uuid4().hex}", noun=noun), now=opened.now)
        _show(opened, name, output, "Asked for.")


@request.command()
@click.argument("name", metavar="REQUEST")
@travel_options
@output_option()
def show(name: str, output: str) -> None:
    """Show a request: what is wanted, and what became of it, resting on what.

    \b
    Example:
      neocloud request show acme-7 --output yaml
    """
    with session() as opened:
        _show(opened, name, output, "")


@request.command()
@click.argument("name", metavar="REQUEST")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stays with the request.")
@output_option()
def accept(name: str, reason: str, output: str) -> None:
    """Accept a put: nothing is booked, and its tenant takes what is unsold until its span ends.

    Any other request is accepted by the lease that is booked for it.

    \b
    Example:
      neocloud request accept cedar-put
    """
    with session() as opened:
        judgement = Judgement(at=opened.now, journal_seq=opened.ledger.world.head.seq, reason=reason)
        command = AcceptPut(id=f"accept:{name}:{uuid4().hex}", request=name, judgement=judgement)
        opened.ledger.submit(command, now=opened.now)
        _show(opened, name, output, "Accepted.")


@request.command()
@click.argument("name", metavar="REQUEST")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stays with the request.")
@output_option()
def decline(name: str, reason: str, output: str) -> None:
    """Say no to a request.

    \b
    Example:
      neocloud request decline acme-7 --reason "the pool is worth more to research in May"
    """
    with session() as opened:
        if not reason.strip():
            raise Invalid("say why, in a word or more", place="--reason")
        judgement = Judgement(at=opened.now, journal_seq=opened.ledger.world.head.seq, reason=reason)
        command = Decline(id=f"decline:{name}:{uuid4().hex}", request=name, judgement=judgement)
        opened.ledger.submit(command, now=opened.now)
        _show(opened, name, output, "Declined.")


@request.command()
@click.argument("name", metavar="REQUEST")
@output_option()
def withdraw(name: str, output: str) -> None:
    """Say that whoever made a request no longer wants it.

    \b
    Example:
      neocloud request withdraw acme-7
    """
    with session() as opened:
        answer = opened.ledger.submit(Withdraw(id=f"withdraw:{name}", request=name), now=opened.now)[0]
        if answer.again:
            note("it was said before; nothing has changed")
        _show(opened, name, output, "Withdrawn.")


@contextmanager
def of_options() -> Iterator[None]:
    """A mistake in one of the pools is one in what the options say of all of them."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.sentence, place=re.sub(r"^pools\[\d+\]\.?", "", error.place), **error.facts) from None


def wanted(name: str, now: int, given: dict[str, Any]) -> RequestDocument:
    """The request that options ask for."""
    if given["tenant"] is None:
        raise Invalid("say who wants it", place="--tenant")
    gpus, at_the_latest = count(given["gpus"]), given["latest_start"]
    price, value = (given[each] and dollars(given[each], f"--{each}").amount for each in ("price", "value"))
    return RequestDocument(
        id=name,
        tenant=given["tenant"],
        terms=given["terms"],
        pools=[WayDocument(pool=pool, gpus=gpus, price=price, value=value) for pool in given["pools"]],
        from_=format_instant(at(given["from_"], now, "--from")),
        until=format_instant(at(given["until"], now, "--until")),
        latest_start=None if at_the_latest is None else format_instant(at(at_the_latest, now, "--latest-start")),
        rank=given["rank"],
        divisible=given["divisible"],
    )


def _show(opened: Session, name: str, output: str, done: str) -> None:
    with opened.world() as world:
        noun = request_named(world, name)
        shown = row(world, noun, opened.now)
        print_one(shown, output, lambda: (done and f"{done}\n") + lines(shown, noun.judgement))
