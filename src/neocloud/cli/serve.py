"""`neocloud serve`: the API over HTTP."""

import logging
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neocloud.cli.output import note
from neocloud.cli.places import data_directory
from neocloud.cli.session import Bar
from neocloud.errors import Invalid, Unavailable
from neocloud.model.entries import Author
from neocloud.operations.directory import journal_url, open_stores
from neocloud.operations.keys import new_key
from neocloud.operations.ledger import Ledger
from neocloud.rules.access import Permission
from neocloud.settings import FIRST_KEY_S, GRACE_S, KEEP_ALIVE_S, SERVE_HOST, SERVE_PORT

if TYPE_CHECKING:
    from neocloud.api.service import Service

FILE = click.Path(path_type=Path)


@click.command()
@click.option("--host", default=SERVE_HOST, show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--port", default=SERVE_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--journal", metavar="URL", help="Another journal than the data directory's: postgresql://HOST/DB.")
@click.option("--tls-cert", type=FILE, metavar="FILE", help="A certificate (PEM), to serve HTTPS with --tls-key.")
@click.option("--tls-key", type=FILE, metavar="FILE", help="Its private key.")
@click.option("--behind-proxy", metavar="ADDRESS", help="Believe this proxy what it says of who asks.")
@click.option("--metrics-open", is_flag=True, help="Show /metrics without a key: where only Prometheus can come.")
def serve(host: str, port: int, journal: str | None, tls_cert: Path | None, tls_key: Path | None,
          behind_proxy: str | None, metrics_open: bool) -> None:  # fmt: skip
    """Serve the ledger over HTTP: the API under /v1, its docs at /docs. As many processes as wanted on PostgreSQL.

    A ledger without keys gets a one-time key for its first admin, told here. Ctrl-C stops it: what has begun is
    finished first.

    \b
    Examples:
      neocloud serve
      neocloud serve --host 0.0.0.0 --port 8443 --tls-cert cert.pem --tls-key key.pem
    """
    try:
        import uvicorn  # noqa: PLC0415

        from neocloud.api.app import create_app  # noqa: PLC0415
        from neocloud.api.oidc import Provider, sign_in_settings  # noqa: PLC0415
        from neocloud.api.protocol import Bounded  # noqa: PLC0415
        from neocloud.api.server import run  # noqa: PLC0415
        from neocloud.api.service import Service  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise Unavailable(f"{error.name} is not installed; pip install 'neocloud[server]' brings it") from None
    if (tls_cert is None) != (tls_key is None):
        raise Invalid("--tls-cert and --tls-key go together")
    for option, file in (("--tls-cert", tls_cert), ("--tls-key", tls_key)):
        if file is not None and not file.is_file():
            raise Invalid(f"there is no file {file}", place=option)
    directory = data_directory(click.get_current_context().obj)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stores = open_stores(directory, warn=note, journal=journal)
    ledger = Ledger(*stores, Bar("reading the journal"))
    open_to_all: frozenset[Permission] = frozenset({"metrics.read"} if metrics_open else ())
    said = sign_in_settings(directory, os.environ.get("NEOCLOUD_SIGN_IN_SECRET"))
    provider = None if said is None else Provider(said)
    service = Service(ledger, journal_url(directory, journal), directory, _clock, provider, open_to_all)
    config = uvicorn.Config(
        create_app(service), host=host, port=port, loop="uvloop", http=Bounded, ws="none", lifespan="on",
        access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        proxy_headers=behind_proxy is not None, forwarded_allow_ips=behind_proxy, ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
    )  # fmt: skip
    listening = _listen(host, port)
    where = f"{'http' if tls_cert is None else 'https'}://{host}:{listening.getsockname()[1]}"
    _tell_first_key(service, where)
    note(f"serving {ledger.journal.url} at {where}, docs at {where}/docs")
    run(config, service, listening)


def _tell_first_key(service: "Service", where: str) -> None:
    """Where no key was ever made: a one-time key for the first admin, told on stderr."""
    from neocloud.operations.ledger import Said  # noqa: PLC0415

    if service.shared.ledger.world.keys:
        return
    made = new_key("admin", note="the first admin's", expires_at=service.now + FIRST_KEY_S, once=True, name="first")
    answer = service.shared.say(Said(made.command, Author("system"), None, "first")).result()
    if not answer.again:
        note(f"no key was made yet; within a day, this one-time key makes the first admin's:\n  {made.token}")
        ask = f"curl -X POST {where}/v1/keys -H 'Authorization: Bearer {made.token}' -H 'Idempotency-Key: first'"
        note(f'  {ask} \\\n    --json \'{{"role": "admin"}}\'')


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises Unavailable where it cannot."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Unavailable(f"{host}:{port} cannot be listened at: {error.strerror or error}") from None


def _clock() -> int:
    return int(time.time())
