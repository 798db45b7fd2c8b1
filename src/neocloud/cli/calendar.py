"""`neocloud calendar` and `calendar remind`: what must be done by a day, and what will happen on one."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from neocloud.cli.asking import Decorator, together
from neocloud.cli.groups import Group
from neocloud.cli.output import counted, note, output_option, print_rows
from neocloud.cli.session import Session, session
from neocloud.cli.travel import travel_options
from neocloud.documents.deadlines import deadline_row
from neocloud.errors import Invalid, Unknown
from neocloud.model.world import World
from neocloud.rules.deadlines import KINDS, MUST, Deadline, deadlines, narrowed
from neocloud.rules.proposal import tenant_named
from neocloud.settings import NOTICE_NEAR_DAYS, NOTICE_SOON_DAYS
from neocloud.timeline import FOREVER, Span
from neocloud.units import format_last, parse_duration, parse_instant

COLUMNS = ("at", "in_days", "far", "kind", "sentence")

_narrow_options: Decorator = together(
    click.option("--tenant", multiple=True, metavar="T", help="Only of this tenant; repeat it for more."),
    click.option("--site", multiple=True, metavar="S", help="Only at this site; repeat it for more."),
    click.option("--kind", multiple=True, type=click.Choice(KINDS), help="Only of this kind; repeat it for more."),
)


def _within_option(days: int) -> Decorator:
    return click.option("--within", default=f"{days}d", show_default=True, metavar="DURATION", help="How far ahead.")


@click.group(cls=Group, invoke_without_command=True)
@_within_option(NOTICE_NEAR_DAYS)
@_narrow_options
@travel_options
@output_option("ics")
@click.pass_context
def calendar(context: click.Context, /, output: str, **said: Any) -> None:
    """What must be done by a day, and what will happen on one: the deadlines ahead, the soonest first.

    Last days for notice, and to exercise options and confirm holds; deliveries; leases that start and end; sites to
    be left, curtailments, maintenance. --output ics is for calendars: read again, it moves its events.

    \b
    Examples:
      neocloud calendar
      neocloud calendar --within 365d --kind notice --output ics > notices.ics
      neocloud calendar --tenant anthropic --site colossus-2 --output json
    """
    if context.invoked_subcommand is not None:
        given = [context.get_parameter_source(each.name or "") for each in context.command.params]
        if click.core.ParameterSource.COMMANDLINE in given:
            raise Invalid(f"options go behind it: neocloud calendar {context.invoked_subcommand} --help lists them")
        return
    with session() as opened, opened.world() as world:
        _, found = _ahead(world, opened, **said)
        if output == "ics":
            click.echo(_ics(opened, world, found), nl=False)
        elif output == "table":
            print_rows(
                [dated(deadline_row(each)) for each in found],
                output,
                COLUMNS,
                empty=f"nothing is due within {said['within']}",
            )
        else:
            print_rows([deadline_row(each) for each in found], output, ("id",))


@calendar.command()
@_within_option(NOTICE_SOON_DAYS)
@_narrow_options
@click.option("--to", "file", metavar="FILE|-", help="Write it there (.eml), instead of sending it.")
@click.option("--smtp", metavar="HOST:PORT", envvar="NEOCLOUD_SMTP", help="Send it by this mail server.")
@click.option("--mail-to", multiple=True, metavar="ADDRESS", help="To whom; repeat it for more.")
@click.option("--mail-from", metavar="ADDRESS", help="From whom.")
@click.option("--webhook", "webhooks", multiple=True, metavar="ID", help="Post it there, signed; repeat it for more.")
@travel_options
def remind(
    file: str | None,
    smtp: str | None,
    mail_to: tuple[str, ...],
    mail_from: str | None,
    webhooks: tuple[str, ...],
    **said: Any,
) -> None:
    """The deadlines ahead as an e-mail message, written to a file or sent, or as an event to webhooks: nightly.

    The server's user and password are read from NEOCLOUD_SMTP_USER and NEOCLOUD_SMTP_PASSWORD alone; STARTTLS is
    used where it is offered, and without TLS no password is sent. A webhook is tried for about a minute.

    \b
    Examples:
      neocloud calendar remind --to -
      neocloud calendar remind --smtp mail.example.com:587 --mail-to desk@example.com --mail-from nc@example.com
      neocloud calendar remind --within 30d --webhook desk-chat
    """
    from neocloud.cli.digest import post, webhooks_named  # noqa: PLC0415
    from neocloud.operations.reminder import NOBODY, address, reminder  # noqa: PLC0415

    is_mailed = bool(smtp and mail_to and mail_from)
    if file is None and not is_mailed and (not webhooks or mail_to or mail_from):
        raise Invalid(
            "say where it is to go: --to FILE (or -), or --smtp HOST:PORT, --mail-to and --mail-from, or --webhook ID"
        )
    for place, some in (("--mail-to", mail_to), ("--mail-from", [mail_from] if mail_from else [])):
        _checked(place, address, some)
    with session() as opened, opened.world() as world:
        within, found = _ahead(world, opened, **said)
        told = webhooks_named(world, webhooks)
    message = reminder(found, within, sender=mail_from or NOBODY, to=mail_to)
    if file is not None:
        _write(Path(file), message.as_bytes())
    elif smtp is not None and is_mailed:
        _send(message, smtp)
        note(f"sent to {', '.join(mail_to)}: {counted(len(found), 'deadline')}")
    if told:
        post(told, found, within)


def dated(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a deadline with the day that people say: the last one, of what must be done by it."""
    return {**row, "at": format_last(parse_instant(row["at"], now=0))} if row["kind"] in MUST else row


def _checked(place: str, check: Any, texts: Sequence[str]) -> None:
    try:
        for text in texts:
            check(text)
    except Invalid as error:
        raise error.at(place) from None


def _write(file: Path, content: bytes) -> None:
    if str(file) == "-":
        click.echo(content, nl=False)
        return
    with click.open_file(str(file), "wb", atomic=True) as out:
        out.write(content)


def _send(message: Any, smtp: str) -> None:
    """By a mail server; who signs in stands in the environment alone, where no list of processes shows it."""
    from neocloud.operations.mailing import send, server_named  # noqa: PLC0415

    user, password = (os.environ.get(f"NEOCLOUD_SMTP_{name}", "") for name in ("USER", "PASSWORD"))
    try:
        server = server_named(smtp, user=user, password=password)
    except Invalid as error:
        raise error.at("--smtp") from None
    send(message, server)


def _ahead(
    world: World,
    opened: Session,
    *,
    within: str,
    tenant: Sequence[str],
    site: Sequence[str],
    kind: Sequence[str],
) -> tuple[Span, list[Deadline]]:
    """How far is looked, and what is found there."""
    ahead = _span(within, opened.now)
    tenants = {tenant_named(world, name).id for name in tenant}
    for name in site:
        if name not in world.sites:
            raise Unknown("site", name, world.sites)
    return ahead, narrowed(deadlines(world, ahead, opened.now), tenants=tenants, sites=site, kinds=kind)


def _span(within: str, now: int) -> Span:
    try:
        length_s = parse_duration(within)
    except Invalid as error:
        raise error.at("--within") from None
    if not length_s:
        raise Invalid("nothing lies within no time at all; write a duration such as 90d", place="--within")
    return Span(now, min(now + length_s, FOREVER))


def _ics(opened: Session, world: World, found: list[Deadline]) -> bytes:
    from neocloud.operations.ics import calendar_text  # noqa: PLC0415

    first = opened.ledger.journal.link_at(1)
    ledger = first.head.chain.hex()[:16] if first else "empty"
    return calendar_text(found, now=opened.now, ledger=ledger, revision=world.head.seq).encode()
