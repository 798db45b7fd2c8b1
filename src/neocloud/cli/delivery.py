"""`neocloud delivery slip|accept|split`: what happens to a wave."""

from typing import Any
from uuid import uuid4

import click

from neocloud.cli.asking import at, count
from neocloud.cli.facts import id_option, reason_option, state, what_if_option
from neocloud.cli.fleet import delivery
from neocloud.cli.output import output_option
from neocloud.cli.session import session
from neocloud.documents.facts import signed
from neocloud.model.commands import Accept, Slip, Split
from neocloud.model.fleet import Delivery


@delivery.command()
@click.argument("name", metavar="DELIVERY")
@click.option("--by", metavar="TIME", help="By how long both dates slip: 45d.")
@click.option("--p50", metavar="TIME", help="The new likely date.")
@click.option("--p90", metavar="TIME", help="The new safe date, which promises count.")
@reason_option
@what_if_option
@id_option
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
            by_s=None if by is None else signed(by, "--by"),
            p50_at=None if p50 is None else at(p50, opened.now, "--p50"),
            p90_at=None if p90 is None else at(p90, opened.now, "--p90"),
            reason=reason,
        )
        state(opened, fact, Delivery, name, output, what_if=what_if)


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
@what_if_option
@id_option
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
        state(opened, fact, Delivery, name, output, what_if=what_if)


@delivery.command()
@click.argument("name", metavar="DELIVERY")
@click.option("--gpus", required=True, metavar="N", help="How many of its GPUs are the new wave.")
@click.option("--into", required=True, metavar="ID", help="What the new wave is called.")
@click.option("--p50", metavar="TIME", help="The likely date of the new wave [that of the old].")
@click.option("--p90", metavar="TIME", help="The safe date of the new wave [that of the old].")
@reason_option
@what_if_option
@id_option
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
        state(opened, fact, Delivery, name, output, what_if=what_if)
