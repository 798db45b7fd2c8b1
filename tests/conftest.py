"""What tests share: a real PostgreSQL, and a fresh store of each kind for every test."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
import pytest

from neocloud.model.entries import Batch
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Snapshots

# ---- a browser ----


@pytest.fixture(scope="session")
def browser() -> str:
    """A Chromium, if there is one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("there is no Chromium here to look at the page with")
    return found


# ---- a PostgreSQL server ----


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server: NEOCLOUD_TEST_PG, or one started here and stopped at the end."""
    if given := os.environ.get("NEOCLOUD_TEST_PG"):
        yield given
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[4]))
    if not found:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("there is no PostgreSQL here; install it, or name a server in NEOCLOUD_TEST_PG")
    with _server(found[-1].parent) as url:
        yield url


@contextmanager
def _server(programs: Path) -> Iterator[str]:
    """A private server on a Unix socket. Its folder has a short name: the path of a socket is short."""
    with tempfile.TemporaryDirectory(prefix="neocloud-") as folder:
        user = unprivileged_user()
        if user is not None:
            shutil.chown(folder, user)

        def call(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", f"{folder}/data", *arguments]
            subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

        call("initdb", "--no-sync", "--auth=trust", "--username=neocloud", "--encoding=UTF8", "--no-locale")
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        call("pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", options)
        try:
            yield f"postgresql://neocloud@{quote(folder, safe='')}/postgres"
        finally:
            call("pg_ctl", "stop", "-m", "immediate")


def unprivileged_user() -> str | None:
    """Whom to be where root may not or should not; None for who we are already."""
    if os.geteuid() != 0:
        return None
    import pwd  # noqa: PLC0415  (not on every system)

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture
def postgres_url(postgresql: str) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    name = f"neocloud_{uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        yield urlsplit(postgresql)._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


# ---- a place for one journal ----


class Store:
    """A place for one journal: opened any number of times, and written to behind its back."""

    def __init__(self, url: str, open_things: ExitStack) -> None:
        self.url = url
        self.open_things = open_things

    def journal(self, *, create: bool = True) -> Journal:
        """The journal, opened once more; closed at the end of the test."""
        return self.open_things.enter_context(closing(open_journal(self.url, create=create)))

    def ledger(self, snapshots: Snapshots | None = None) -> Ledger:
        """A ledger of its own on the journal."""
        return Ledger(self.journal(), snapshots)

    def overwrite(self, batches: Sequence[Batch]) -> None:
        """Put other bytes where the journal's are, as somebody with the password could."""
        if self.url.startswith("sqlite:"):
            with closing(sqlite3.connect(self.url.partition(":")[2])) as file, file:
                file.execute("DELETE FROM batches")
                file.executemany("INSERT INTO batches VALUES (?, ?, ?, ?, ?)", batches)
        else:
            with psycopg.connect(self.url) as server, server.cursor() as cursor:
                cursor.execute("DELETE FROM neocloud_batches")
                cursor.executemany("INSERT INTO neocloud_batches VALUES (%s, %s, %s, %s, %s)", batches)


@pytest.fixture
def new_store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Store]]:
    """Makes a store of a kind: 'sqlite' or 'postgresql'."""
    with ExitStack() as open_things:

        def make(kind: str) -> Store:
            if kind == "sqlite":
                return Store(f"sqlite:{tmp_path / 'journal.db'}", open_things)
            return Store(request.getfixturevalue("postgres_url"), open_things)

        yield make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, new_store: Callable[[str], Store]) -> Store:
    """A fresh store, of each kind in turn."""
    return new_store(request.param)
