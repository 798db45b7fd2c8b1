"""`neocloud plan` and `plan watch`: keep or sell, and prices kept fresh."""

from pathlib import Path
from typing import Any

import click

from neocloud.cli.costs import costs
from neocloud.cli.files import can_be_written
from neocloud.cli.groups import Group
from neocloud.cli.keeping import keeping
from neocloud.cli.output import note, output_option, print_rows, print_value
from neocloud.cli.places import price_files
from neocloud.cli.plan_asked import FILE, draw_options, scenario_of, scenario_option
from neocloud.cli.score import score
from neocloud.cli.session import Bar, Session, session
from neocloud.documents.request_files import read_requests
from neocloud.errors import Invalid, Unknown
from neocloud.model.plans import Scenario
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.settings import WATCH_BOOKINGS, WATCH_EVERY_S
from neocloud.units import format_digest, format_duration, parse_duration


@click.group(cls=Group, invoke_without_command=True)
@click.option("--requests", "wishes", type=FILE, metavar="FILE", help="YAML or CSV [the ledger's open requests].")
@scenario_option
@draw_options
@click.option("--admit", is_flag=True, help="Write the opportunity costs down, and let quotes rest on them.")
@click.option("--explain", metavar="REQUEST", help="Only this one, with each of its ways.")
@click.option("--html", type=FILE, metavar="FILE", help="Write it as a page with pictures as well.")
@output_option()
@click.pass_context
def plan(context: click.Context, /, **said: Any) -> None:
    """Keep or sell? Which requests to accept, decline or counter, and what capacity is worth in its best other use.

    Requests are weighed together, against each other and against what may yet be asked for. Nothing is booked.

    \b
    Examples:
      neocloud plan
      neocloud plan --requests requests.csv --scenario scenario.yaml --admit
      neocloud plan --requests requests.csv --explain cedar-1
      neocloud plan --scenario scenario.yaml --html plan.html
    """
    if context.invoked_subcommand is None:
        _plan(said)
    elif any(context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE for name in said):
        raise Invalid(f"options go behind it: neocloud plan {context.invoked_subcommand} --help lists them")


def _plan(said: dict[str, Any]) -> None:
    from neocloud.cli.plan_explained import explain  # noqa: PLC0415
    from neocloud.cli.plan_shown import advice_rows, lines, whole  # noqa: PLC0415
    from neocloud.operations.planning import plan as ask  # noqa: PLC0415

    if said["html"] and said["explain"]:
        raise Invalid("the page is of all requests; leave --explain out, or --html")
    can_be_written(said, ["html"])
    with session() as opened:
        scenario = scenario_of(said["scenario"], opened.now)
        requests = _requests(opened, said["wishes"])
        name = said["explain"]
        if name is not None and name not in {each.id for each in requests}:
            raise Unknown("request", name, [each.id for each in requests])
        found = ask(
            opened.ledger, requests, scenario,
            now=opened.now, seed=said["seed"], futures=said["futures"], progress=Bar("planning"),
        )  # fmt: skip
        price_set = _told(opened, found, scenario, said)
        match said["output"], name:
            case "table", None:
                click.echo(lines(found))
            case "csv", None:
                print_rows(advice_rows(found), "csv")
            case output, None:
                print_value({**whole(found), "price_set": price_set}, output)
            case output, _:
                with opened.world() as world:
                    explain(world, found, name, output)


def _told(opened: Session, found: Any, scenario: Scenario, said: dict[str, Any]) -> str | None:
    """Admit a plan, and write it as a page, where that was asked for; the digest of its price set."""
    if not said["html"]:
        return _admitted(opened, found, scenario) if said["admit"] else None
    from neocloud.cli.plan_page import kept_under, write_plan_page  # noqa: PLC0415

    kept = kept_under(opened, found)  # first: where that is not solved, nothing is admitted either
    price_set = _admitted(opened, found, scenario) if said["admit"] else None
    write_plan_page(opened, found, kept, said, scenario, price_set)
    return price_set


def _admitted(opened: Session, found: Any, scenario: Scenario) -> str:
    """Admit the costs of a plan; the digest of its price set."""
    from neocloud.operations.price_sets import admit_costs  # noqa: PLC0415

    answer = admit_costs(
        opened.ledger, price_files(), found.costs,
        now=found.now, journal_seq=found.journal_seq, seed=found.seed, scenario=scenario,
    )  # fmt: skip
    again = " (it was admitted before)" if answer.again or not answer.changes else ""
    digest = answer.command.removeprefix("admit:")
    note(f"price set {format_digest(digest)} is admitted{again}: quotes rest on it")
    return digest


def _requests(opened: Session, file: Path | None) -> list[Request]:
    """Those of a file; without one, the ledger's open requests."""
    with opened.world() as world:
        if file is not None:
            return read_requests(file, opened.now, world)
        return open_requests(world, opened.now)


def open_requests(world: World, now: int) -> list[Request]:
    """The requests that nobody has decided, and that lie not wholly behind us; the first to start first."""
    found = [each for each in world.requests.values() if each.status == "open" and each.end_at > now]
    return sorted(found, key=lambda each: (each.start_at, each.id))


@plan.command()
@click.option(
    "--every", default=format_duration(WATCH_EVERY_S), show_default=True, metavar="TIME", help="Plan so often."
)
@click.option(
    "--bookings", type=click.IntRange(min=1), default=WATCH_BOOKINGS, show_default=True, metavar="N",
    help="And after so many leases booked since.",
)  # fmt: skip
@scenario_option
@draw_options
@click.option("--once", is_flag=True, help="Look once, plan if it is due, and leave: for cron.")
def watch(every: str, bookings: int, scenario: Path | None, once: bool, **draws: Any) -> None:
    """Keep prices fresh: plan anew and admit, whenever the price set admitted last is old or much was booked since.

    Ctrl-C ends it. Where a plan is not solved it says so, and the prices admitted last still hold.

    \b
    Examples:
      neocloud plan watch --every 12h --scenario scenario.yaml
      neocloud plan watch --once
    """
    from neocloud.cli.watching import Watch  # noqa: PLC0415

    every_s = _every_s(every)
    with session() as opened:
        watching = Watch(opened, price_files(), every_s=every_s, bookings=bookings, file=scenario, **draws)
        watching.look() if once else watching.go_on()


def _every_s(text: str) -> int:
    try:
        every_s = parse_duration(text)
    except Invalid as error:
        raise error.at("--every") from None
    if every_s <= 0:
        raise Invalid("prices are made anew after a time above zero; write 12h", place="--every")
    return every_s


plan.add_command(costs)
plan.add_command(keeping)
plan.add_command(score)
