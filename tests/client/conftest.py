"""What tests of the client share: a ledger that is served for real, on a port of this machine, at a clock of ours."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from neocloud.api.app import create_app
from neocloud.api.service import Service
from neocloud.client import Client
from neocloud.model.entries import Author
from neocloud.operations.directory import journal_url, open_stores
from neocloud.operations.keys import new_key
from neocloud.operations.ledger import Ledger, Said
from neocloud.units import parse_instant
from tests.cli.conftest import HERE, NOW, Desk, _small, desk, plain_surroundings, run
from tests.cli.conftest import Said as Printed
from tests.client.opening import Opening, awaited

__all__ = ["HERE", "NOW", "Desk", "Printed", "Served", "_small", "desk", "plain_surroundings", "run", "serving"]


class Served:
    """A ledger that is served: its URL, keys by role, and its clock."""

    url: str
    service: Service

    def __init__(self, at: int) -> None:
        self.at = at
        self.keys: dict[str, str] = {}

    def key(self, name: str, tenant: str = "", role: str = "", scopes: Sequence[str] = ()) -> str:
        """A key, made when first asked for: of the role that it is named by, or another."""
        if name not in self.keys:
            made = new_key(role or name, tenant=tenant, scopes=scopes, name=name)  # type: ignore[arg-type]
            self.service.shared.say(Said(made.command, Author("test"))).result()
            self.keys[name] = made.token
        return self.keys[name]


@contextmanager
def serving(directory: Path, now: str = NOW, **options: object) -> Iterator[Served]:
    """A data directory served on a free port, at a clock that stands still."""
    ledger = Ledger(*open_stores(directory, warn=print))
    found = Served(parse_instant(now, now=0))
    found.service = service = Service(ledger, journal_url(directory), directory, lambda: found.at)
    config = uvicorn.Config(create_app(service), log_config=None, access_log=False, lifespan="on", **options)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    scheme = "https" if "ssl_certfile" in options else "http"
    try:
        found.url = f"{scheme}://127.0.0.1:{port}"
        yield found
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and caches of a test are its own, and no proxy stands in between."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("NEOCLOUD_SERVER", "NEOCLOUD_KEY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy",
                 "https_proxy", "all_proxy", "SSL_CERT_FILE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def served(desk: Desk) -> Iterator[Served]:
    """The small desk, served."""
    with serving(desk.directory) as found:
        yield found


@pytest.fixture(params=[Client, awaited], ids=["sync", "async"])
def opening(request: pytest.FixtureRequest) -> Opening:
    """Opens a client of each kind, in turn."""
    found: Opening = request.param
    return found


@pytest.fixture
def client(opening: Opening, served: Served) -> Iterator[Any]:
    with opening(served.url, served.key("admin"), tries=2, pause_s=0.01) as found:
        yield found
