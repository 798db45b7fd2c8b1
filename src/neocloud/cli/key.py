"""`neocloud key create|rotate|revoke|list|show`: who may use the API, and in which role."""

from typing import Any, get_args
from uuid import uuid4

import click
from msgspec.structs import replace

from neocloud.cli.asking import at
from neocloud.cli.fleet import flat, listing
from neocloud.cli.output import fields, note, output_option, print_one
from neocloud.cli.session import Session, session
from neocloud.documents.document import duration, shown
from neocloud.documents.shown import row
from neocloud.model.commands import RevokeKey
from neocloud.model.keys import Key, Role
from neocloud.model.world import World
from neocloud.operations.keys import NewKey, new_key, rotated
from neocloud.rules.keys import key_named
from neocloud.settings import KEY_ROTATION_S
from neocloud.units import format_duration


def _columns(world: World, key: Key, now: int) -> dict[str, Any]:
    return {
        "id": key.id,
        "role": key.role,
        "tenant": key.tenant,
        "holds": key.holds(now),
        "expires": shown(key.expires_at),
        "last_used": shown(key.used_on_at),
        "note": key.note,
    }


key = listing("key", Key, "Who may use the API, and in which role: keys, of which only a digest is kept.", _columns)


@key.command()
@click.option("--role", type=click.Choice(get_args(Role)), required=True, help="What its holder may do.")
@click.option("--tenant", default="", metavar="T", help="Of a customer's key: whose.")
@click.option("--scope", multiple=True, metavar="PERMISSION", help="Only this of what its role may; repeat it.")
@click.option("--expires", metavar="TIME", help="From when on it no longer holds.")
@click.option("--note", "text", default="", metavar="TEXT", help="What it is for.")
@click.option("--id", "name", metavar="ID", help="The key's id [one is made].")
@output_option()
def create(
    role: Role, tenant: str, scope: tuple[str, ...], expires: str | None, text: str, name: str | None, output: str
) -> None:
    """Make a key. It is told here, and never again.

    \b
    Examples:
      neocloud key create --role admin --note "the first admin's"
      neocloud key create --role customer --tenant acme --scope leases.read --expires +365d
    """
    with session() as opened:
        until_at = None if expires is None else at(expires, opened.now, "--expires")
        made = new_key(role, tenant=tenant, scopes=scope, note=text, expires_at=until_at, name=name)
        _make(opened, made, output)


@key.command()
@click.argument("name", metavar="KEY")
@click.option(
    "--hold-old", default=format_duration(KEY_ROTATION_S), show_default=True, metavar="TIME",
    help="How long the old key still holds.",
)  # fmt: skip
@output_option()
def rotate(name: str, hold_old: str, output: str) -> None:
    """Make a key in the place of another, which still holds for a while.

    \b
    Example:
      neocloud key rotate 6f1c09b2aa --hold-old 7d
    """
    with session() as opened:
        old = key_named(opened.ledger.world, name)
        _make(opened, rotated(old, now=opened.now, hold_old_s=duration(hold_old, "--hold-old")), output)


@key.command()
@click.argument("name", metavar="KEY")
@output_option()
def revoke(name: str, output: str) -> None:
    """Take a key back: it is of no use from now on.

    \b
    Example:
      neocloud key revoke 6f1c09b2aa
    """
    with session() as opened:
        opened.ledger.submit(RevokeKey(id=f"revoke:{name}:{uuid4().hex}", key=name), now=opened.now)
        _show(opened, name, output)


def _make(opened: Session, made: NewKey, output: str) -> None:
    opened.ledger.submit(replace(made.command, id=f"{made.command.id}:{uuid4().hex}"), now=opened.now)
    _show(opened, made.command.key.id, output, token=made.token)
    note("this is told now, and never again: only a digest is kept")


def _show(opened: Session, name: str, output: str, **more: Any) -> None:
    with opened.world() as world:
        found = row(world, key_named(world, name), opened.now) | more
    print_one(found, output, lambda: fields(flat(found)))
