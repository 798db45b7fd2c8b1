"""`neocloud lease quote|hold|confirm|book|list|show|amend|terminate|reclaim|release`."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import click

from neocloud.cli.approval_shown import needs, needs_lines, show_approval, waiting
from neocloud.cli.asking import at, block, booking, booking_options, count, header, money_options, paper_options
from neocloud.cli.asking import prices as asked_prices
from neocloud.cli.asking import value as asked_value
from neocloud.cli.groups import Group
from neocloud.cli.lease_shown import COLUMNS, columns, giver, lines
from neocloud.cli.output import note, output_option, print_one, print_rows
from neocloud.cli.quoting import fitting, quote_lines, quote_of, quoting, stamped, warn
from neocloud.cli.session import Session, session
from neocloud.cli.travel import travel_options
from neocloud.documents.quotes import quote_row
from neocloud.documents.shown import row
from neocloud.errors import Invalid
from neocloud.model.approvals import Approval
from neocloud.model.commands import Amend, Command, Confirm, Reclaim, Release, Terminate
from neocloud.model.entries import kind_of
from neocloud.model.leases import Lease
from neocloud.model.policies import Policy
from neocloud.model.requests import Request
from neocloud.rules.asks import pool_named
from neocloud.rules.change import lease_named
from neocloud.rules.proposal import tenant_named
from neocloud.rules.revenue import totals
from neocloud.settings import HOLD_S
from neocloud.units import parse_duration


@click.group(cls=Group)
def lease() -> None:
    """A tenant's right to blocks of capacity: quote, hold, book, amend and end it."""


@lease.command()
@booking_options
@output_option()
def quote(output: str, **given: Any) -> None:
    """Can we promise this? Says what it comes to, or why not and what would fit. Books nothing.

    \b
    Example:
      neocloud lease quote --tenant acme --pool h100 --gpus 512 --from +30d --until +120d --price 2.35
    """
    with session() as opened:
        command = booking(opened.now, **given)
        found = quote_of(opened, fitting(opened, command))
        command = quoting(command, found)
        changes, asks = (
            opened.ledger.preview(command, now=opened.now)[0],
            opened.ledger.asked_for(command, opened.now),
        )
        *gave_way, noun = (each.noun for each in changes if isinstance(each.noun, Lease))
        done = "It fits if others give way. Nothing is booked." if gave_way else "It fits. Nothing is booked."
        show_lease(opened, noun, output, done, gave_way=gave_way, quoted=True, quote=found, asks=asks)
        if found is not None:
            warn(opened, noun, found)


@lease.command()
@booking_options
@click.option("--expires", metavar="TIME|+DURATION", help="When the hold runs out [+7d].")
@output_option()
def hold(expires: str | None, output: str, **given: Any) -> None:
    """Take capacity until the hold expires; `confirm` it, or `release` it.

    \b
    Example:
      neocloud lease hold --tenant acme --pool h100 --gpus 512 --until +90d --price 2.3 --expires +2d
    """
    with session() as opened:
        if expires is None:
            command = booking(opened.now, hold_s=HOLD_S, **given)
        elif expires.startswith("+"):
            command = booking(opened.now, hold_s=parse_duration(expires[1:]), **given)
        else:
            command = booking(opened.now, hold_until_at=at(expires, opened.now, "--expires"), **given)
        submit(opened, stamped(opened, command), output, "Held.")


@lease.command()
@booking_options
@output_option()
def book(output: str, **given: Any) -> None:
    """Lease capacity: all of what is asked, or a refusal that says why and what would fit.

    \b
    Examples:
      neocloud lease book --tenant acme --pool h100 --gpus 512 --from +30d --until max --price 2.35
      neocloud lease book --tenant lab --site colossus-1 --all --until 2029-06-01 --monthly 1250000000
      neocloud lease book --tenant research --block h100=64@+0d..+7d --block h100=96@+7d..+9d --rank 2
    """
    with session() as opened:
        submit(opened, stamped(opened, booking(opened.now, **given)), output, "Booked.")


@lease.command()
@click.argument("name", metavar="LEASE")
@output_option()
def confirm(name: str, output: str) -> None:
    """Turn a hold into a confirmed lease.

    \b
    Example:
      neocloud lease confirm deal-7
    """
    with session() as opened:
        submit(opened, Confirm(id=f"confirm:{name}", lease=name), output, "Confirmed.")


@lease.command()
@click.argument("name", metavar="LEASE")
@output_option()
def release(name: str, output: str) -> None:
    """Give up a hold; its capacity is free at once.

    \b
    Example:
      neocloud lease release deal-7
    """
    with session() as opened:
        submit(opened, Release(id=f"release:{name}", lease=name), output, "Released.")


@lease.command()
@click.argument("name", metavar="LEASE")
@click.option("--at", "at_", metavar="TIME", help="From when on [now, or the lease's start].")
@click.option("--pool", metavar="P", help="Which pool of the lease, where it has several.")
@click.option("--gpus", metavar="N", help="Grow or shrink to this many GPUs.")
@click.option("--back", metavar="TIME", help="Only until then; from then on it has what it had (0 GPUs is a pause).")
@click.option("--from", "from_", metavar="TIME", help="Shift the whole lease, so that it starts then.")
@click.option("--until", metavar="TIME", help="Extend or shorten it.")
@click.option("--move", metavar="POOL", help="Move it to another pool.")
@click.option("--add", multiple=True, metavar="POOL=GPUS[@FROM..UNTIL]", help="Take on another block.")
@click.option("--tenant", metavar="T", help="Transfer it to another tenant.")
@click.option("--successor", metavar="ID", help="Id of the rest of a lease that is transferred after its start.")
@click.option("--id", "command_id", metavar="ID", help="Id of this command: the same again gives the same answer.")
@money_options
@paper_options
@output_option()
def amend(name: str, output: str, **given: Any) -> None:
    """Grow, shrink, extend, shorten, shift, move, transfer or reprice a lease, in one step.

    A flat monthly price stays what it is, unless a new one is named.

    \b
    Examples:
      neocloud lease amend deal-7 --gpus 1024 --at 2026-11-01
      neocloud lease amend deal-7 --move gb200 --until 2027-06-01
      neocloud lease amend training --gpus 512 --at 2026-10-01 --back 2026-11-12
      neocloud lease amend anthropic --add colossus-2-gb200=104976@2026-06-01.. --monthly 1250000000
    """
    with session() as opened:
        submit(opened, _amendment(name, opened.now, given), output, "Amended.")


@lease.command()
@click.argument("name", metavar="LEASE")
@click.option("--by", "holder", type=click.Choice(["operator", "tenant"]), help="Who serves notice.")
@click.option("--at", "at_", metavar="TIME", help="When it takes effect [as early as the right allows].")
@click.option("--gpus", metavar="N", help="Only so many GPUs, where the right allows a part.")
@click.option("--id", "command_id", metavar="ID", help="Id of this command: the same again gives the same answer.")
@output_option()
def terminate(name: str, holder: Any, at_: str | None, gpus: str | None, command_id: str | None, output: str) -> None:
    """Serve notice under a right of the lease's terms; it ends when the notice has run.

    \b
    Example:
      neocloud lease terminate anthropic --by operator
    """
    with session() as opened:
        if holder is None:
            raise Invalid("say who serves notice: operator or tenant", place="--by")
        command = Terminate(
            id=command_id or f"terminate:{uuid4().hex}",
            lease=name,
            holder=holder,
            at=None if at_ is None else at(at_, opened.now, "--at"),
            gpus=None if gpus is None else count(gpus),
        )
        submit(opened, command, output, "Notice is served.")


@lease.command()
@click.argument("name", metavar="LEASE")
@click.option("--at", "at_", metavar="TIME", help="When it takes effect [as early as the right allows].")
@click.option("--gpus", metavar="N", help="Only so many GPUs, where the right allows a part.")
@click.option("--id", "command_id", metavar="ID", help="Id of this command: the same again gives the same answer.")
@output_option()
def reclaim(name: str, at_: str | None, gpus: str | None, command_id: str | None, output: str) -> None:
    """Take GPUs of a lease back under the operator's right; a part leaves the rest of the lease as it is.

    \b
    Example:
      neocloud lease reclaim spot-12 --gpus 64
    """
    with session() as opened:
        command = Reclaim(
            id=command_id or f"reclaim:{uuid4().hex}",
            lease=name,
            at=None if at_ is None else at(at_, opened.now, "--at"),
            gpus=None if gpus is None else count(gpus),
        )
        submit(opened, command, output, "Notice is served.")


@lease.command(name="list")
@click.option("--tenant", multiple=True, metavar="T", help="Only of this tenant; repeat it for more.")
@click.option("--pool", metavar="P", help="Only with blocks in this pool.")
@click.option("--all", "everything", is_flag=True, help="Also what has ended, expired or been released.")
@travel_options
@output_option()
def list_all(tenant: tuple[str, ...], pool: str | None, everything: bool, output: str) -> None:
    """List leases, the running ones first.

    \b
    Examples:
      neocloud lease list --tenant acme --output csv
      neocloud lease list --known-at 2026-05-10 --as-of 2026-07-01
    """
    with session() as opened, opened.world() as world:
        tenants = {tenant_named(world, name).id for name in tenant} or set(world.tenants)
        pools = set(world.pools) if pool is None else {pool_named(world, pool).id}
        found = [
            each
            for each in world.leases.values()
            if each.tenant in tenants
            and any(block.pool in pools for block in each.blocks)
            and (everything or (each.live and each.end_at > opened.now))
        ]
        found.sort(key=lambda each: (each.start_at, each.id))
        if output == "table":
            rows = [columns(row(world, each, opened.now), opened.now) for each in found]
            print_rows(rows, output, COLUMNS, empty="no leases")
            for total in totals(world, (each for each in found if each.live), opened.now):
                click.echo(
                    f"contracted {total.contracted}; from {opened.when} on {total.ahead}, "
                    f"of which {total.firm} cannot be cancelled"
                )
        else:
            print_rows([row(world, each, opened.now) for each in found], output, ["id"])


@lease.command()
@click.argument("name", metavar="LEASE")
@travel_options
@output_option()
def show(name: str, output: str) -> None:
    """Show a lease: its blocks, money, and rights with their earliest effect. `journal show --lease` has its history.

    \b
    Example:
      neocloud lease show anthropic --output yaml
    """
    with session() as opened, opened.world() as world:
        show_lease(opened, lease_named(world, name), output, "")


def _amendment(name: str, now: int, given: dict[str, Any]) -> Amend:
    return Amend(
        id=given["command_id"] or f"amend:{uuid4().hex}",
        lease=name,
        at=None if given["at_"] is None else at(given["at_"], now, "--at"),
        back_at=None if given["back"] is None else at(given["back"], now, "--back"),
        pool=given["pool"],
        gpus=None if given["gpus"] is None else count(given["gpus"]),
        start_at=None if given["from_"] is None else at(given["from_"], now, "--from"),
        end_at=None if given["until"] is None else at(given["until"], now, "--until"),
        move_to=given["move"],
        add=tuple(block(text, now, "--add") for text in given["add"]),
        tenant=given["tenant"],
        successor=given["successor"],
        prices=asked_prices(given["price"], given["monthly"], now),
        value=asked_value(given["value"]),
        rank=given["rank"],
        header=header(given),
        recorded=given["recorded"],
    )


def submit(opened: Session, command: Command, output: str, done: str) -> None:
    """Write a command about a lease, and show what it came to."""
    answer = opened.ledger.submit(command, now=opened.now)[0]
    waits = [noun for cause, noun in answer.changes if isinstance(noun, Approval) and cause == "asked"]
    if waits:
        _show_asked(opened, opened.ledger.world.approvals[waits[0].id], output, again=answer.again)
        return
    if not answer.changes:
        note("nothing to change: it is so already")
        if isinstance(command, Confirm):
            show_lease(opened, lease_named(opened.ledger.world, command.lease), output, "")
        return
    if answer.again:
        note("this was accepted before; the same answer again")
    leases = [noun for _, noun in answer.changes if isinstance(noun, Lease)]
    gave_way = [noun for cause, noun in answer.changes if cause == "reclaimed" and noun != leases[-1]]
    for lease in leases:
        if lease not in gave_way:
            show_lease(opened, lease, output, done, gave_way=gave_way)
    for _, noun in answer.changes:
        if isinstance(noun, Request | Approval):
            note(f"{kind_of(noun)} {noun.id} is {noun.status}")


def _show_asked(opened: Session, noun: Approval, output: str, *, again: bool) -> None:
    """What waits for somebody else, as it stands by now."""
    if again:
        note("this was asked before; so it stands")
    else:
        note(waiting(noun))
    show_approval(opened, noun, output)


def show_lease(
    opened: Session,
    noun: Any,
    output: str,
    done: str,
    *,
    gave_way: Sequence[Any] = (),
    quoted: bool = False,
    quote: Any = None,
    asks: Sequence[Policy] = (),
) -> None:
    """A lease as it now is, with what else the command changed."""
    assert isinstance(noun, Lease), "a command about a lease changes leases"
    with opened.world() as world:
        shown = row(world, noun, opened.now)
        if quoted:
            shown["computed"]["status"] = "quoted"
        if gave_way:
            shown["computed"]["gave_way"] = [giver(each) for each in gave_way]
        if quote is not None:
            shown["computed"]["quote"] = quote_row(world, noun, quote)
        if asks:
            shown["computed"]["needs_approval"] = needs(asks)
        more = needs_lines(asks) + ("" if quote is None else "\n" + quote_lines(world, noun, quote))
        print_one(shown, output, lambda: (done and f"{done}\n") + lines(shown) + more)
