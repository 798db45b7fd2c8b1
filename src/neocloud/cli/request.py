"""`neocloud request list|show|accept|decline|withdraw`: what is wanted, and what becomes of it."""

from uuid import uuid4

import click

from neocloud.cli.groups import Group
from neocloud.cli.output import note, output_option, print_one, print_rows
from neocloud.cli.request_shown import COLUMNS, columns, lines
from neocloud.cli.session import Session, session
from neocloud.cli.travel import travel_options
from neocloud.documents.shown import row
from neocloud.errors import Invalid
from neocloud.model.commands import AcceptPut, Decline, Withdraw
from neocloud.model.requests import Judgement
from neocloud.rules.requests import request_named


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


def _show(opened: Session, name: str, output: str, done: str) -> None:
    with opened.world() as world:
        noun = request_named(world, name)
        shown = row(world, noun, opened.now)
        print_one(shown, output, lambda: (done and f"{done}\n") + lines(shown, noun.judgement))
