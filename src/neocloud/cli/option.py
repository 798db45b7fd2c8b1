"""`neocloud option grant|exercise|waive|list|show`: holds with a right of their tenant to have them."""

from typing import Any
from uuid import uuid4

import click

from neocloud.cli.asking import at, count, dollars, money_options, paper_options
from neocloud.cli.asking import header as asked_header
from neocloud.cli.asking import prices as asked_prices
from neocloud.cli.asking import value as asked_value
from neocloud.cli.groups import Group
from neocloud.cli.lease import show_lease, submit
from neocloud.cli.option_shown import columns
from neocloud.cli.output import output_option, print_rows
from neocloud.cli.session import session
from neocloud.cli.travel import travel_options
from neocloud.documents.shown import row
from neocloud.errors import Invalid, Unknown
from neocloud.model.commands import Ask, Book, Exercise, Release
from neocloud.model.leases import Lease, Option, OptionKind
from neocloud.model.world import World
from neocloud.rules.change import lease_named

_KINDS: dict[str, OptionKind] = {
    "ramp": "ramp",
    "renewal": "renewal",
    "first-refusal": "first_refusal",
    "burst": "burst",
}


@click.group(cls=Group)
def option() -> None:
    """Ramp, renewal, burst and first refusal: what a tenant may still have, and by when it must say so."""


@option.command()
@click.option("--kind", type=click.Choice(list(_KINDS)), required=True, help="What it is a right to.")
@click.option("--of", default="", metavar="LEASE", help="The lease that a renewal or burst is of.")
@click.option("--tenant", metavar="T", help="Whose it is [that of --of].")
@click.option("--pool", metavar="P", help="Of which pool [that of --of].")
@click.option("--gpus", metavar="N", help="How many GPUs; a renewal has those of its lease at its end.")
@click.option("--from", "from_", metavar="TIME", help="From when on they would be leased [the start of --of].")
@click.option("--until", metavar="TIME", help="The end of what would be leased.")
@click.option("--exercise-by", required=True, metavar="TIME", help="The last moment to say yes.")
@click.option("--takes", is_flag=True, help="It takes capacity, and is sure; without it, it only ranks.")
@click.option("--fee", metavar="USD", help="What is paid for the option itself.")
@click.option("--terms", metavar="NAME", help="[those of --of, or reserved]")
@click.option("--id", "name", metavar="ID", help="The option's id, and its lease's once it is exercised.")
@money_options
@paper_options
@output_option()
def grant(output: str, **given: Any) -> None:
    """Grant an option. With --takes it holds capacity until it runs out; without, it only ranks.

    \b
    Examples:
      neocloud option grant --kind ramp --of deal-7 --gpus 512 --from +90d --price 2.2 --exercise-by +60d --takes
      neocloud option grant --kind renewal --of deal-7 --until +730d --price 2.00 --exercise-by +300d
      neocloud option grant --kind burst --of deal-7 --gpus 128 --price 4.10 --exercise-by +180d
      neocloud option grant --kind first-refusal --of deal-7 --gpus 256 --price 2.50 --exercise-by +30d
    """
    with session() as opened:
        submit(opened, _granted(opened.ledger.world, opened.now, given), output, "Granted.")


@option.command()
@click.argument("name", metavar="OPTION")
@click.option("--gpus", metavar="N", help="Of a burst: how many GPUs [all].")
@click.option("--from", "from_", metavar="TIME", help="Of a burst: from when on [now].")
@click.option("--until", metavar="TIME", help="Of a burst: until when [the end of the option].")
@click.option("--into", metavar="ID", help="Of a burst: the id of its lease [OPTION-1, -2 ...].")
@click.option("--reclaim", is_flag=True, help="Weaker leases whose rights allow it in time give way.")
@click.option("--force", is_flag=True, help="With --reclaim: even if more is lost than is gained.")
@click.option("--id", "command_id", metavar="ID", help="Id of this command: said again, it changes nothing.")
@output_option()
def exercise(name: str, output: str, **given: Any) -> None:
    """Say yes: the option becomes a lease. One that only ranked is refused where it does not fit any more.

    \b
    Examples:
      neocloud option exercise ramp-2
      neocloud option exercise burst-7 --gpus 64 --until +2d
    """
    with session() as opened:
        _option(opened.ledger.world, name)
        command = Exercise(
            id=given["command_id"] or f"exercise:{name}:{uuid4().hex}",
            option=name,
            gpus=None if given["gpus"] is None else count(given["gpus"]),
            start_at=None if given["from_"] is None else at(given["from_"], opened.now, "--from"),
            end_at=None if given["until"] is None else at(given["until"], opened.now, "--until"),
            into=given["into"],
            reclaim=given["reclaim"],
            force=given["force"],
        )
        submit(opened, command, output, "Exercised.")


@option.command()
@click.argument("name", metavar="OPTION")
@output_option()
def waive(name: str, output: str) -> None:
    """Say no: the option is given up.

    \b
    Example:
      neocloud option waive first-look
    """
    with session() as opened:
        _option(opened.ledger.world, name)
        submit(opened, Release(id=f"release:{name}", lease=name), output, "Waived.")


@option.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Also those exercised, waived or run out.")
@travel_options
@output_option()
def list_all(everything: bool, output: str) -> None:
    """List options, the first to run out first.

    \b
    Example:
      neocloud option list --output json
    """
    with session() as opened, opened.world() as world:
        found = [lease for lease in world.leases.values() if lease.option and (everything or lease.status == "held")]
        found.sort(key=lambda lease: (lease.option.exercise_by_at if lease.option else 0, lease.id))
        if output == "table":
            rows = [columns(row(world, lease, opened.now)) for lease in found]
            print_rows(rows, output, list(rows[0]) if rows else (), empty="no options")
        else:
            print_rows([row(world, lease, opened.now) for lease in found], output, ["id"])


@option.command()
@click.argument("name", metavar="OPTION")
@travel_options
@output_option()
def show(name: str, output: str) -> None:
    """Show an option: what it is for, by when it must be exercised, and whether it takes capacity.

    \b
    Example:
      neocloud option show ramp-2 --output yaml
    """
    with session() as opened, opened.world() as world:
        show_lease(opened, _option(world, name), output, "")


def _granted(world: World, now: int, given: dict[str, Any]) -> Book:
    base = lease_named(world, given["of"]) if given["of"] else None
    kind, name = _KINDS[given["kind"]], given["name"] or f"option_{uuid4().hex[:12]}"
    if base is None and (given["tenant"] is None or given["pool"] is None or given["until"] is None):
        raise Invalid("without --of LEASE, give --tenant, --pool and --until")
    if kind != "renewal" and given["gpus"] is None:
        raise Invalid("say how many GPUs, with --gpus N")
    if kind == "renewal" and (given["until"] is None or given["gpus"] is not None):
        raise Invalid("a renewal goes on with what its lease has at its end; give --until, and no --gpus")
    exercise_by_at = at(given["exercise_by"], now, "--exercise-by")
    fee = None if given["fee"] is None else dollars(given["fee"], "--fee")
    ask = Ask(
        pool=given["pool"],
        gpus=None if given["gpus"] is None else count(given["gpus"]),
        start_at=None if given["from_"] is None else at(given["from_"], now, "--from"),
        end_at=None if given["until"] is None else at(given["until"], now, "--until"),
    )
    return Book(
        id=f"grant:{name}",
        lease=name,
        tenant=given["tenant"] or (base.tenant if base else ""),
        terms=given["terms"] or (base.terms if base else "reserved"),
        asks=(ask,),
        prices=asked_prices(given["price"], given["monthly"], now),
        value=asked_value(given["value"]),
        rank=given["rank"],
        hold_until_at=exercise_by_at,
        option=Option(
            kind=kind,
            exercise_by_at=exercise_by_at,
            of=given["of"],
            takes=given["takes"],
            fee=fee,
        ),
        header=asked_header(given),
        recorded=given["recorded"],
    )


def _option(world: World, name: str) -> Lease:
    lease = world.leases.get(name)
    if lease is None or lease.option is None:
        raise Unknown("option", name, [each.id for each in world.leases.values() if each.option])
    return lease
