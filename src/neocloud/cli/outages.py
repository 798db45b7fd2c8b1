"""`neocloud outage open|close`, `curtailment open|close` and `site notice`: GPUs and power that are gone."""

from uuid import uuid4

import click

from neocloud.cli.asking import at, count, megawatts
from neocloud.cli.facts import id_option, reason_option, state, what_if_option
from neocloud.cli.fleet import curtailment, outage, site
from neocloud.cli.output import output_option
from neocloud.cli.session import session
from neocloud.errors import Conflict, Invalid
from neocloud.model.commands import Apply, CloseOutage, Leave, Restore
from neocloud.model.fleet import Curtailment, Outage, Site
from neocloud.rules.asks import pool_named
from neocloud.timeline import FOREVER


@outage.command(name="open")
@click.option("--pool", "pool_id", required=True, metavar="POOL")
@click.option("--gpus", required=True, metavar="N")
@click.option("--from", "from_", default="now", show_default=True, metavar="TIME")
@click.option("--until", metavar="TIME", help="Left out: until it is closed.")
@click.option("--planned", is_flag=True, help="Maintenance: a decision, refused where it does not fit.")
@click.option("--id", "name", metavar="ID", help="[a new one]")
@reason_option
@what_if_option
@output_option()
def open_(
    pool_id: str,
    gpus: str,
    from_: str,
    until: str | None,
    planned: bool,
    name: str | None,
    reason: str,
    what_if: bool,
    output: str,
) -> None:
    """Say that GPUs of a pool are out of order; says at once whom it hits.

    \b
    Examples:
      neocloud outage open --pool h100 --gpus 512 --reason "cooling loop 3"
      neocloud outage open --pool h100 --gpus 64 --planned --from +7d --until +8d
    """
    with session() as opened:
        noun = Outage(
            id=f"outage_{uuid4().hex[:12]}" if name is None else name,
            pool=pool_named(opened.ledger.world, pool_id).id,
            gpus=count(gpus),
            start_at=at(from_, opened.now, "--from"),
            end_at=FOREVER if until is None else at(until, opened.now, "--until"),
            planned=planned,
            reason=reason,
        )
        known = opened.ledger.world.outages.get(noun.id)
        if known is not None and known != noun:
            raise Conflict(f"outage {noun.id} exists already; choose another id, or change it by `neocloud apply`")
        state(
            opened, Apply(id=f"outage:{noun.id}:{uuid4().hex}", noun=noun), Outage, noun.id, output, what_if=what_if
        )


@outage.command()
@click.argument("name", metavar="ID")
@click.option("--at", "at_", metavar="TIME", default="now", show_default=True)
@what_if_option
@output_option()
def close(name: str, at_: str, what_if: bool, output: str) -> None:
    """Say that the GPUs of an outage are back.

    \b
    Example:
      neocloud outage close outage_1 --at 2026-10-01T06:00:00Z
    """
    with session() as opened:
        end_at = None if at_ == "now" else at(at_, opened.now, "--at")
        fact = CloseOutage(id=f"close:{name}:{uuid4().hex}", outage=name, at=end_at)
        state(opened, fact, Outage, name, output, what_if=what_if)


@site.command()
@click.argument("name", metavar="SITE")
@click.option("--leave", metavar="TIME", help="By when the site must be left.")
@click.option("--withdrawn", is_flag=True, help="The notice is withdrawn.")
@what_if_option
@id_option
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
        state(opened, fact, Site, name, output, what_if=what_if)


@curtailment.command(name="open")
@click.option("--site", "site_id", required=True, metavar="SITE")
@click.option("--most-mw", required=True, metavar="MW", help="What the site may draw at the most.")
@click.option("--from", "from_", default="now", show_default=True, metavar="TIME")
@click.option("--until", required=True, metavar="TIME")
@click.option("--shed", metavar="NAME,...", help="Leases, tenants or pools that give power up first, in this order.")
@click.option("--id", "name", metavar="ID", help="[a new one]")
@reason_option
@what_if_option
@output_option()
def open_curtailment(
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
      neocloud curtailment open --site reno --most-mw 1.5 --until +4h --shed research --reason heat
    """
    with session() as opened:
        noun = Curtailment(
            id=f"curtailment_{uuid4().hex[:12]}" if name is None else name,
            site=site_id,
            most_watts=megawatts(most_mw, "--most-mw"),
            start_at=at(from_, opened.now, "--from"),
            end_at=at(until, opened.now, "--until"),
            shed=tuple(name.strip() for name in shed.split(",") if name.strip()) if shed else (),
            reason=reason,
        )
        known = opened.ledger.world.curtailments.get(noun.id)
        if known is not None and known != noun:
            raise Conflict(
                f"curtailment {noun.id} exists already; choose another id, or change it by `neocloud apply`"
            )
        fact = Apply(id=f"curtailment:{noun.id}:{uuid4().hex}", noun=noun)
        state(opened, fact, Curtailment, noun.id, output, what_if=what_if)


@curtailment.command(name="close")
@click.argument("name", metavar="ID")
@click.option("--at", "at_", metavar="TIME", default="now", show_default=True)
@what_if_option
@output_option()
def close_curtailment(name: str, at_: str, what_if: bool, output: str) -> None:
    """Say that a curtailment is over.

    \b
    Example:
      neocloud curtailment close heat-1 --at 2026-10-01T18:00:00Z
    """
    with session() as opened:
        end_at = None if at_ == "now" else at(at_, opened.now, "--at")
        fact = Restore(id=f"restore:{name}:{uuid4().hex}", curtailment=name, at=end_at)
        state(opened, fact, Curtailment, name, output, what_if=what_if)
