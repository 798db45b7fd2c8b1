"""`neocloud login` and `neocloud logout`: the key of a server, kept for its owner."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from neocloud.cli.groups import Command
from neocloud.cli.output import note
from neocloud.errors import Forbidden, Invalid, Unauthenticated

_AT_HOME = frozenset({"localhost", "127.0.0.1", "::1"})


@click.command(cls=Command)
@click.argument("url", metavar="URL")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the key there; -: standard input.",
)
def login(url: str, key_file: Path | None) -> None:
    """Keep a key for a server: asked for without an echo, checked against the server, and readable by you alone.

    What was read from that server before is forgotten. NEOCLOUD_KEY goes before a key that is kept.

    \b
    Examples:
      neocloud login https://ledger.example.com
      neocloud login http://127.0.0.1:8080 --key-file key.txt
    """
    from neocloud.cli.remote import forget_cache, keep_keys, kept_keys, server_url  # noqa: PLC0415

    where = server_url(url)
    if where.startswith("http:") and urlsplit(where).hostname not in _AT_HOME:
        note(f"{where} is plain HTTP: whoever is on the way can read the key; use https:// where that is served")
    keys = kept_keys()
    key = _read(where, key_file)
    about = _checked(where, key)
    keep_keys({**keys, where: key})
    forget_cache(where)
    click.echo(f"the key for {where} is kept; work with it by --server {where} or NEOCLOUD_SERVER={where}")
    if about:
        note(about)


@click.command(cls=Command)
@click.argument("url", metavar="URL")
def logout(url: str) -> None:
    """Forget the key that is kept for a server, and what was read from it. The key itself still holds: revoke it.

    \b
    Example:
      neocloud logout https://ledger.example.com
    """
    from neocloud.cli.remote import forget_cache, keep_keys, kept_keys, server_url  # noqa: PLC0415

    where = server_url(url)
    keys = kept_keys()
    known = keys.pop(where, None)
    forget_cache(where)
    if known is None:
        raise Invalid(f"no key is kept for {where}; kept are those for {', '.join(keys) or 'no server'}")
    keep_keys(keys)
    click.echo(f"the key for {where} is forgotten")


def _read(where: str, file: Path | None) -> str:
    """The key of a file, of standard input where nobody types, or as it is typed."""
    if file is not None and str(file) != "-":
        try:
            key = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"{file} cannot be read: {error}", place="--key-file") from None
    elif file is not None or not sys.stdin.isatty():
        key = sys.stdin.read()
    else:
        key = click.prompt(f"key for {where}", hide_input=True, err=True)
    if not key.strip():
        raise Invalid("no key was given; one is told by `neocloud key create`: nc_ID_SECRET")
    return key.strip()


def _checked(where: str, key: str) -> str:
    """What is to be said of a key that may not read the journal. Raises Unauthenticated where it does not hold."""
    from neocloud.cli.customer import works_with  # noqa: PLC0415
    from neocloud.cli.remote import sender_of, tenant_of  # noqa: PLC0415
    from neocloud.client.journal import RemoteJournal  # noqa: PLC0415

    sender = sender_of(where, key)
    try:
        RemoteJournal(sender).now()
    except Forbidden as error:
        tenant = tenant_of(sender)
        return f"it is a key of {tenant}, a customer, and works with {works_with()}" if tenant else str(error)
    except Unauthenticated:
        raise Unauthenticated(f"{where} does not know this key, or it no longer holds; nothing is kept") from None
    finally:
        sender.close()
    return ""
