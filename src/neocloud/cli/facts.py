"""What every statement of a fact shares: it is written down (or only supposed), and whom it hits is shown."""

from collections.abc import Sequence

import click

from neocloud.cli.at_risk import rows, show_risks
from neocloud.cli.fleet import flat
from neocloud.cli.output import fields, note, print_one
from neocloud.cli.quoting import costs_now
from neocloud.cli.session import Session
from neocloud.documents.shown import row
from neocloud.model.commands import Command
from neocloud.model.entries import Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Site
from neocloud.model.world import World
from neocloud.rules.risk import at_risk

what_if_option = click.option("--what-if", is_flag=True, help="Show what it would do, and change nothing.")
id_option = click.option(
    "--id", "command_id", metavar="ID", help="Id of this command: the same again changes nothing."
)
reason_option = click.option("--reason", default="", metavar="TEXT", help="Why; it stays with the noun.")


def state(opened: Session, fact: Command, kind: type[Noun], name: str, output: str, *, what_if: bool) -> None:
    """Write a fact about a noun down (or only suppose it), and show what it changes and whom it hits."""
    if what_if:
        with opened.ledger.supposed(fact, now=opened.now) as changes:
            note("what if: nothing is written")
            _show(opened, [change.noun for change in changes] or [_known(opened, kind, name)], output)
        return
    answer = opened.ledger.submit(fact, now=opened.now)[0]
    if not answer.changes or answer.again:
        note("it was said before; nothing has changed")
    with opened.world():
        _show(opened, [noun for _, noun in answer.changes] or [_known(opened, kind, name)], output)


def _known(opened: Session, kind: type[Noun], name: str) -> Noun:
    noun = opened.ledger.world.find(kind, name)
    assert noun is not None, "a fact about it was accepted"
    return noun


def _show(opened: Session, nouns: Sequence[Noun], output: str) -> None:
    """The nouns as they are now, and what is short at their site; for programs the first with all of it inside."""
    world = opened.ledger.world
    risks = at_risk(world, opened.now, {_site_of(world, noun) for noun in nouns})
    first, *others = [row(world, noun, opened.now) for noun in nouns]
    if output == "table":
        for each in (first, *others):
            click.echo(fields(flat({name: value for name, value in each.items() if name != "sources"})) + "\n")
        show_risks(world, risks, opened.now, output)
        return
    costs = costs_now(world) if risks else None
    hit = [hit for risk in risks for hit in rows(world, risk, opened.now, None, costs)]
    print_one({**first, **({"also_changed": others} if others else {}), "at_risk": hit}, output, str)


def _site_of(world: World, noun: Noun) -> str:
    match noun:
        case Site():
            return noun.id
        case Curtailment():
            return noun.site
        case Delivery() | Outage():
            return world.pools[noun.pool].site
    raise AssertionError(f"{type(noun).__name__} is at no site")
