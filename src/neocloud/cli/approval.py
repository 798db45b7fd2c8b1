"""`neocloud approval list|show|approve|decline|withdraw`: what was asked of a second person, and the answer."""

from uuid import uuid4

import click

from neocloud.cli.approval_shown import COLUMNS, columns, show_approval
from neocloud.cli.groups import Group
from neocloud.cli.lease import submit
from neocloud.cli.output import output_option, print_rows
from neocloud.cli.session import Session, session
from neocloud.cli.travel import travel_options
from neocloud.documents.shown import row
from neocloud.errors import Invalid
from neocloud.model.commands import Answering, Approve, DeclineApproval, WithdrawApproval
from neocloud.rules.approvals import approval_named


@click.group(cls=Group)
def approval() -> None:
    """What policies ask of a second person; whoever asked does not answer. `lease book` and `apply` ask."""


@approval.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Also what is answered, withdrawn or expired.")
@travel_options
@output_option()
def list_all(everything: bool, output: str) -> None:
    """List what waits for an answer, the first to run out first.

    \b
    Example:
      neocloud approval list --all --output csv
    """
    with session() as opened, opened.world() as world:
        found = [e for e in world.approvals.values() if everything or e.status_at(opened.now) == "asked"]
        found.sort(key=lambda each: (each.expires_at, each.id))
        if output == "table":
            print_rows([columns(each, opened.now) for each in found], output, COLUMNS, empty="nothing waits")
        else:
            print_rows([row(world, each, opened.now) for each in found], output, ["id"])


@approval.command()
@click.argument("name", metavar="APPROVAL")
@travel_options
@output_option()
def show(name: str, output: str) -> None:
    """Show an approval: what is asked, by whom, why, and what it would come to now.

    \b
    Example:
      neocloud approval show book:deal-7
    """
    with session() as opened:
        with opened.world() as world:
            found = approval_named(world, name)
        show_approval(opened, found, output)


@approval.command()
@click.argument("name", metavar="APPROVAL")
@click.option("--note", default="", metavar="TEXT", help="It stays with the approval.")
@click.option("--id", "command_id", metavar="ID", help="Id of this command: the same again gives the same answer.")
@output_option()
def approve(name: str, note: str, command_id: str | None, output: str) -> None:
    """Say yes to what somebody else asked: it is decided now, and refused if it no longer fits.

    \b
    Example:
      neocloud approval approve book:deal-7 --note "as agreed on Monday"
    """
    with session() as opened:
        command = Approve(id=command_id or f"approve:{uuid4().hex}", approval=name, note=note)
        submit(opened, command, output, "Approved, and done.")


@approval.command()
@click.argument("name", metavar="APPROVAL")
@click.option("--note", required=True, metavar="TEXT", help="Why; it stays with the approval.")
@click.option("--id", "command_id", metavar="ID", help="Id of this command: the same again gives the same answer.")
@output_option()
def decline(name: str, note: str, command_id: str | None, output: str) -> None:
    """Say no to what somebody else asked.

    \b
    Example:
      neocloud approval decline book:deal-7 --note "too cheap"
    """
    with session() as opened:
        if not note.strip():
            raise Invalid("say why, in a word or more", place="--note")
        command = DeclineApproval(id=command_id or f"decline-approval:{uuid4().hex}", approval=name, note=note)
        _answer(opened, command, output, "Declined.")


@approval.command()
@click.argument("name", metavar="APPROVAL")
@click.option("--note", default="", metavar="TEXT", help="It stays with the approval.")
@click.option("--id", "command_id", metavar="ID", help="Id of this command: the same again gives the same answer.")
@output_option()
def withdraw(name: str, note: str, command_id: str | None, output: str) -> None:
    """Take back what you asked.

    \b
    Example:
      neocloud approval withdraw book:deal-7
    """
    with session() as opened:
        command = WithdrawApproval(id=command_id or f"withdraw-approval:{uuid4().hex}", approval=name, note=note)
        _answer(opened, command, output, "Withdrawn.")


def _answer(opened: Session, command: Answering, output: str, done: str) -> None:
    opened.ledger.submit(command, now=opened.now)
    show_approval(opened, opened.ledger.world.approvals[command.approval], output, done)
