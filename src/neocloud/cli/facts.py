"""What happens to the fleet: `neocloud delivery slip|accept|split`, `site notice`, `curtailment open|close`."""

from typing import Any
from uuid import uuid4

import click

from neocloud.cli.asking import at, count, megawatts
from neocloud.cli.documents.document import duration
from neocloud.cli.fleet import curtailment, delivery, flat, site
from neocloud.cli.output import fields, note, output_option, print_one
from neocloud.cli.session import Session, session
from neocloud.cli.shown import row
from neocloud.errors import Conflict, Invalid
from neocloud.model.commands import Accept, Apply, Command, Leave, Restore, Slip, Split
from neocloud.model.fleet import Curtailment
from neocloud.operations.ledger import Answer

_what_if = click.option("--what-if", is_flag=True, help="Show what it would do, and change nothing.")
_said = click.option("--id", "command_id", metavar="ID", help="Id of this command: the same again changes nothing.")
_reason = click.option("--reason", default="", metavar="TEXT", help="Why; it stays with the noun.")


@delivery.command()
@click.argument("name", metavar="DELIVERY")
@click.option("--by", metavar="TIME", help="By how long both dates slip: 45d.")
@click.option("--p50", metavar="TIME", help="The new likely date.")
@click.option("--p90", metavar="TIME", help="The new safe date, which promises count.")
@_reason
@_what_if
@_said
@output_option()
def slip(
    name: str,
    by: str | None,
    p50: str | None,
    p90: str | None,
    reason: str,
    what_if: bool,
    command_id: str | None,
    output: str,
) -> None:
    """Say that a wave comes later (or earlier) than was thought: who is short, their rights, and the ways out.

    \b
    Examples:
      neocloud delivery slip wave-2 --by 45d --reason "transformers are late" --what-if
      neocloud delivery slip wave-2 --p50 2026-10-20 --p90 2026-11-12
    """
    with session() as opened:
        fact = Slip(
            id=command_id or f"slip:{uuid4().hex}",
            delivery=name,
            by_s=None if by is None else _signed(by),
            p50_at=None if p50 is None else at(p50, opened.now, "--p50"),
            p90_at=None if p90 is None else at(p90, opened.now, "--p90"),
            reason=reason,
        )
        _state(opened, fact, output, what_if=what_if)


@delivery.command()
@click.argument("name", metavar="DELIVERY")
@click.option(
    "--stage",
    type=click.Choice(["delivered", "burnt-in", "in-service"]),
    default="in-service",
    show_default=True,
    help="How far it has come; only what is in service counts for sure.",
)
@click.option("--at", "at_", metavar="TIME", default="now", show_default=True)
@click.option("--gpus", metavar="N", help="Only so many of it; the rest is a wave of its own from then on.")
@click.option("--rest", metavar="ID", help="What the rest is called [DELIVERY-rest].")
@_what_if
@_said
@output_option()
def accept(
    name: str,
    stage: str,
    at_: str,
    gpus: str | None,
    rest: str | None,
    what_if: bool,
    command_id: str | None,
    output: str,
) -> None:
    """Say that a wave, or a part of it, has come: delivered, burnt in, or in service.

    \b
    Examples:
      neocloud delivery accept wave-1 --at 2026-07-10
      neocloud delivery accept wave-2 --gpus 57600 --rest wave-2b
    """
    with session() as opened:
        stages: dict[str, Any] = {"burnt-in": "burnt_in", "in-service": "in_service"}
        fact = Accept(
            id=command_id or f"accept:{uuid4().hex}",
            delivery=name,
            stage=stages.get(stage, stage),
            at=None if at_ == "now" else at(at_, opened.now, "--at"),
            gpus=None if gpus is None else count(gpus),
            rest=rest,
        )
        _state(opened, fact, output, what_if=what_if)


@delivery.command()
@click.argument("name", metavar="DELIVERY")
@click.option("--gpus", required=True, metavar="N", help="How many of its GPUs are the new wave.")
@click.option("--into", required=True, metavar="ID", help="What the new wave is called.")
@click.option("--p50", metavar="TIME", help="The likely date of the new wave [that of the old].")
@click.option("--p90", metavar="TIME", help="The safe date of the new wave [that of the old].")
@_reason
@_what_if
@_said
@output_option()
def split(
    name: str,
    gpus: str,
    into: str,
    p50: str | None,
    p90: str | None,
    reason: str,
    what_if: bool,
    command_id: str | None,
    output: str,
) -> None:
    """Say that a wave comes in two parts: some of its GPUs become a wave with dates of its own.

    \b
    Example:
      neocloud delivery split wave-2 --gpus 57600 --into wave-2b --p90 2026-10-05
    """
    with session() as opened:
        fact = Split(
            id=command_id or f"split:{uuid4().hex}",
            delivery=name,
            into=into,
            gpus=count(gpus),
            p50_at=None if p50 is None else at(p50, opened.now, "--p50"),
            p90_at=None if p90 is None else at(p90, opened.now, "--p90"),
            reason=reason,
        )
        _state(opened, fact, output, what_if=what_if)


@site.command()
@click.argument("name", metavar="SITE")
@click.option("--leave", metavar="TIME", help="By when the site must be left.")
@click.option("--withdrawn", is_flag=True, help="The notice is withdrawn.")
@_what_if
@_said
@output_option()
def notice(name: str, leave: str | None, withdrawn: bool, what_if: bool, command_id: str | None, output: str) -> None:
    """Say that the landlord of a leased site has given notice: from then on it has no power for us.

    \b
    Example:
      neocloud site notice reno --leave 2027-03-31 --what-if
    """
    if (leave is None) != withdrawn:
        raise Invalid("give --leave TIME, or --withdrawn; one of the two")
    with session() as opened:
        fact = Leave(
            id=command_id or f"leave:{uuid4().hex}",
            site=name,
            at=None if leave is None else at(leave, opened.now, "--leave"),
        )
        _state(opened, fact, output, what_if=what_if)


@curtailment.command(name="open")
@click.option("--site", "site_id", required=True, metavar="SITE")
@click.option("--most-mw", required=True, metavar="MW", help="What the site may draw at the most.")
@click.option("--from", "from_", default="now", show_default=True, metavar="TIME")
@click.option("--until", required=True, metavar="TIME")
@click.option("--shed", metavar="NAME,...", help="Leases, tenants or pools that give power up first, in this order.")
@click.option("--id", "name", metavar="ID", help="[a new one]")
@_reason
@_what_if
@output_option()
def open_(
    site_id: str,
    most_mw: str,
    from_: str,
    until: str,
    shed: str | None,
    name: str | None,
    reason: str,
    what_if: bool,
    output: str,
) -> None:
    """Say that a site may draw less power for some hours: who is short, in the shed order.

    \b
    Example:
      neocloud curtailment open --site reno --most-mw 1.5 --until +4h --shed research --reason "heat wave"
    """
    with session() as opened:
        noun = Curtailment(
            id=f"curtailment_{uuid4().hex[:12]}" if name is None else name,
            site=site_id,
            most_watts=megawatts(most_mw, "--most-mw"),
            start_at=at(from_, opened.now, "--from"),
            end_at=at(until, opened.now, "--until"),
            shed=tuple(shed.split(",")) if shed else (),
            reason=reason,
        )
        known = opened.ledger.world.curtailments.get(noun.id)
        if known is not None and known != noun:
            raise Conflict(
                f"curtailment {noun.id} exists already; choose another id, or change it by `neocloud apply`"
            )
        _state(opened, Apply(id=f"curtailment:{noun.id}:{uuid4().hex}", noun=noun), output, what_if=what_if)


@curtailment.command()
@click.argument("name", metavar="ID")
@click.option("--at", "at_", metavar="TIME", default="now", show_default=True)
@_what_if
@output_option()
def close(name: str, at_: str, what_if: bool, output: str) -> None:
    """Say that a curtailment is over.

    \b
    Example:
      neocloud curtailment close heat-1 --at 2026-10-01T18:00:00Z
    """
    with session() as opened:
        end_at = None if at_ == "now" else at(at_, opened.now, "--at")
        fact = Restore(id=f"restore:{name}:{uuid4().hex}", curtailment=name, at=end_at)
        _state(opened, fact, output, what_if=what_if)


def _state(opened: Session, fact: Command, output: str, *, what_if: bool) -> None:
    """Write a fact down, and show each noun that it changes."""
    answer = opened.ledger.submit(fact, now=opened.now)[0]
    if not answer.changes:
        note("it is known already; nothing has changed")
    elif answer.again:
        note("it was said before; nothing has changed")
    _show(opened, answer, output)


def _show(opened: Session, answer: Answer, output: str) -> None:
    with opened.world() as world:
        for _, noun in answer.changes:
            shown = row(world, noun, opened.now)
            print_one(shown, output, lambda shown=shown: fields(flat(shown)))  # type: ignore[misc]


def _signed(text: str) -> int:
    """A duration that may be negative: a wave that comes earlier slips by less than nothing."""
    return -duration(text[1:], "--by") if text.startswith("-") else duration(text.removeprefix("+"), "--by")
