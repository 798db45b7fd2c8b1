"""What can go wrong with a server: the line goes dead, before a commit or behind it, or in between."""

import selectors
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from neocloud.errors import HeadMoved, JournalReadOnly, JournalUnreachable
from neocloud.model.entries import EMPTY
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.postgres import PostgresJournal
from tests.conftest import Store
from tests.contracts.scene import NOW, available_gpus, book, broken_law, built_anew, founded, picture, tenant_batch

pytestmark = pytest.mark.postgres


class Line:
    """A line to the server that breaks when it is told to: at the next COMMIT, before or after it happens."""

    def __init__(self, url: str, folder: str) -> None:
        where = conninfo_to_dict(url)
        host, port = str(where.get("host", "localhost")), str(where.get("port", 5432))
        self._server = (host, int(port)) if not host.startswith("/") else f"{host}/.s.PGSQL.{port}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{folder}/.s.PGSQL.5432")
        self._listener.listen()
        user = urlsplit(url).netloc.rpartition("@")[0]
        self.url = urlsplit(url)._replace(netloc=f"{user}@{quote(folder, safe='')}:5432").geturl()
        self.orders: list[str] = []
        """When to break: 'before' or 'after' the next COMMIT, each once."""
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._carry, args=(client,)))
                self._threads[-1].start()

    def _carry(self, client: socket.socket) -> None:
        family = socket.AF_UNIX if isinstance(self._server, str) else socket.AF_INET
        with client, socket.socket(family) as server, selectors.DefaultSelector() as either, suppress(OSError):
            server.connect(self._server)
            either.register(client, selectors.EVENT_READ, server)
            either.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in either.select():
                    assert isinstance(key.fileobj, socket.socket)
                    content = key.fileobj.recv(65_536)
                    if not content or (b"COMMIT\0" in content and self._breaks(server, content)):
                        return
                    key.data.sendall(content)

    def _breaks(self, server: socket.socket, commit: bytes) -> bool:
        if not self.orders:
            return False
        if self.orders.pop() == "after":
            server.sendall(commit)
            assert server.recv(65_536), "the server has answered, and nobody will hear it"
        return True

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def server(new_store: Callable[[str], Store]) -> Store:
    """A store on PostgreSQL, with the fleet on it."""
    store = new_store("postgresql")
    founded(store.ledger())
    return store


@pytest.fixture
def line(server: Store) -> Iterator[Line]:
    with tempfile.TemporaryDirectory(prefix="neocloud-") as folder, closing(Line(server.url, folder)) as line:
        yield line


def backend(ledger: Ledger) -> int:
    """The process that serves a ledger's connection."""
    assert isinstance(ledger.journal, PostgresJournal)
    return ledger.journal._db.info.backend_pid


def terminate(server: Store, pid: int) -> None:
    """End a server process, and wait until it is gone."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        assert connection.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,)).fetchone() == (True,)


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_when_the_line_breaks_in_the_commit_the_outcome_is_read_back(server: Store, line: Line, breaks: str) -> None:
    with closing(open_journal(line.url)) as journal:
        ledger = Ledger(journal)
        line.orders.append(breaks)
        (answer,) = ledger.submit(book("l1"), now=NOW)
        assert line.orders == [], "the line held"
        assert not answer.again
        assert len(list(journal.batches(5))) == 1
        assert picture(ledger.world) == built_anew(ledger.world) == picture(server.ledger().world)


def test_a_commit_that_did_not_happen_loses_to_who_came_meanwhile(server: Store, line: Line) -> None:
    with closing(open_journal(line.url)) as journal:
        ledger, other = Ledger(journal), server.ledger()
        for round_ in range(10):
            line.orders.append("before")
            mine, theirs = (book(f"{who}-{round_}", 8) for who in ("mine", "theirs"))
            thread = threading.Thread(target=other.submit_each, args=([theirs], NOW))
            thread.start()
            ledger.submit_each([mine], now=NOW)
            thread.join(10)
        ledger.catch_up()
        assert available_gpus(ledger.world) == 0
        assert broken_law(ledger.world) == []
        assert picture(ledger.world) == picture(server.ledger().world)


def test_a_connection_that_died_between_two_turns_is_made_anew(server: Store) -> None:
    ledger = server.ledger()
    terminate(server, backend(ledger))
    with pytest.raises(JournalUnreachable):
        ledger.submit(book("l1"), now=NOW)
    (answer,) = ledger.submit(book("l1"), now=NOW)
    assert not answer.again
    assert picture(ledger.world) == picture(server.ledger().world)


def test_a_connection_that_dies_in_a_turn_gives_it_back_and_writes_nothing(server: Store) -> None:
    ledger, other = server.ledger(), server.ledger()
    before, pid = picture(ledger.world), backend(ledger)
    head = ledger.journal.head()
    with pytest.raises(JournalUnreachable), ledger.journal.turn():
        terminate(server, pid)
        ledger.journal.append(tenant_batch(head, "initech"), ["initech"], expected=head)
    other.submit(book("l1"), now=NOW)
    ledger.submit(book("l2"), now=NOW)
    assert before.head == head
    assert picture(ledger.world) == picture(server.ledger().world)


def test_who_may_only_read_is_told(server: Store) -> None:
    separator = "&" if "?" in server.url else "?"
    url = f"{server.url}{separator}options={quote('-c default_transaction_read_only=on')}"
    with closing(open_journal(url)) as journal:
        ledger = Ledger(journal)
        before = picture(ledger.world)
        with pytest.raises(JournalReadOnly):
            ledger.submit(book("l1"), now=NOW)
        assert picture(ledger.world) == before == picture(server.ledger().world)


def test_a_database_that_is_not_there_is_unreachable(server: Store) -> None:
    with pytest.raises(JournalUnreachable, match="does not exist"):
        open_journal(f"{server.url}_nowhere")


def test_the_password_is_not_shown(server: Store) -> None:
    with closing(open_journal(server.url.replace("@", ":secret@", 1))) as journal:
        assert "secret" not in journal.url


def test_creating_twice_changes_nothing(server: Store) -> None:
    assert server.journal(create=True).head() == server.journal(create=False).head() != EMPTY


def test_two_places_of_one_server_do_not_wait_for_each_other(server: Store) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA apart")
    separator = "&" if "?" in server.url else "?"
    url = f"{server.url}{separator}options={quote('-c search_path=apart')}"
    with closing(open_journal(url, create=True)) as apart, server.journal().turn(), apart.turn():
        assert apart.head() == EMPTY
        with pytest.raises(HeadMoved):
            apart.append(tenant_batch(EMPTY, "a", "b"), ["a", "a"], expected=EMPTY)


def test_a_watch_that_broke_looks_by_itself_until_it_hears_again(new_store: Callable[[str], Store]) -> None:
    """Who listens is cut off by the server; nothing that is appended meanwhile, or later, goes unheard of."""
    store = new_store("postgresql")
    writer, reader = store.journal(), store.journal()
    told = threading.Semaphore(0)
    end = reader.watch(told.release)
    assert told.acquire(timeout=10)
    for name in ("acme", "umbrella", "initech"):
        with psycopg.connect(store.url, autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
            )
        with writer.turn():
            writer.append(tenant_batch(writer.head(), name), [name], expected=writer.head())
        assert told.acquire(timeout=10)
    end()


def test_what_a_journal_appends_itself_is_no_news_to_it(new_store: Callable[[str], Store]) -> None:
    store = new_store("postgresql")
    journal, other = store.journal(), store.journal()
    told = threading.Semaphore(0)
    end = journal.watch(told.release)
    assert told.acquire(timeout=10)
    with journal.turn():
        journal.append(tenant_batch(EMPTY, "acme"), ["acme"], expected=EMPTY)
    assert not told.acquire(timeout=0.3)
    with other.turn():
        other.append(tenant_batch(other.head(), "umbrella"), ["umbrella"], expected=other.head())
    assert told.acquire(timeout=10)
    end()
