"""The journal in PostgreSQL, for several processes on one ledger.

The writer's turn is an advisory lock that ends with its transaction, so a process that dies gives
it back. A transaction reads at READ COMMITTED: the lock, not the isolation level, keeps writers apart.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import reduce
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import errors as pg

from neocloud.errors import (
    HeadMoved,
    JournalFull,
    JournalLocked,
    JournalMissing,
    JournalReadOnly,
    JournalUnreachable,
    Unavailable,
)
from neocloud.model.entries import EMPTY, Batch, Head
from neocloud.settings import FOLLOW_EVERY_S, WRITER_WAIT_S
from neocloud.store.journal import CommitUnknownError, Link, check_head
from neocloud.store.watching import Looks, watched

_SCHEMA = """
CREATE TABLE IF NOT EXISTS neocloud_batches (
    last_seq bigint PRIMARY KEY,
    first_seq bigint NOT NULL,
    recorded_at bigint NOT NULL,
    body bytea NOT NULL,
    chain bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS neocloud_commands (
    command text PRIMARY KEY,
    last_seq bigint NOT NULL
);
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('neocloud journal'), hashtext(current_schema()))"
_CLAIM = "SELECT pg_try_advisory_lock(hashtext('neocloud ' || %s), hashtext(current_schema()))"
_HEAD = "SELECT last_seq, chain, recorded_at FROM neocloud_batches ORDER BY last_seq DESC LIMIT 1"
_BATCHES = "SELECT last_seq, first_seq, recorded_at, body, chain FROM neocloud_batches"
_LINK = """
SELECT first_seq, last_seq, chain, recorded_at FROM neocloud_batches WHERE last_seq >= %s ORDER BY last_seq LIMIT 1
"""
_APPEND = """
WITH batch AS (INSERT INTO neocloud_batches VALUES (%b, %b, %b, %b, %b) RETURNING last_seq)
INSERT INTO neocloud_commands SELECT command, last_seq FROM batch, unnest(%b::text[]) AS command
"""
_PAGE_BATCHES = 2_000
_CHANNEL = "neocloud_journal"


class PostgresJournal:
    """See `Journal`."""

    def __init__(self, url: str, *, create: bool = False) -> None:
        self._conninfo = url
        self._db = self._connect()
        try:
            self._create() if create else self._find()
        except BaseException:
            self._db.close()
            raise

    def _connect(self) -> psycopg.Connection:
        with self._errors():
            connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=10)
            connection.execute(f"SET lock_timeout = '{WRITER_WAIT_S}s'")
            return connection

    def _create(self) -> None:
        with self._errors(), self._db.transaction():
            self._db.execute(_LOCK)
            self._db.execute(_SCHEMA)

    def _find(self) -> None:
        with self._errors():
            found = self._db.execute("SELECT to_regclass('neocloud_batches')").fetchone()
        if found == (None,):
            raise JournalMissing(f"there is no journal at {self.url}; make one with `neocloud init`")

    @property
    def _pid(self) -> int:
        """Who the server takes us for; 0 while the connection is broken."""
        return 0 if self._db.closed else self._db.info.backend_pid

    @property
    def url(self) -> str:
        """Where it is, without the password."""
        parts = urlsplit(self._conninfo)
        at = parts.netloc.rpartition("@")[2]
        return f"postgresql://{at}{parts.path}"

    def head(self) -> Head:
        """Its end; EMPTY for a journal without entries."""
        with self._errors():
            row = self._reading().execute(_HEAD).fetchone()
        return Head(*row) if row else EMPTY

    def batches(self, after_seq: int = 0) -> Iterator[Batch]:
        """The batches that end after entry `after_seq`, in order, a page at a time."""
        query = f"{_BATCHES} WHERE last_seq > %s ORDER BY last_seq LIMIT {_PAGE_BATCHES}"
        while True:
            with self._errors():
                page = self._reading().execute(query, (after_seq,), binary=True).fetchall()
            yield from map(Batch._make, page)
            if len(page) < _PAGE_BATCHES:
                return
            after_seq = page[-1][0]

    def link_at(self, seq: int) -> Link | None:
        """The batch that holds entry `seq`, without its body; None where the journal ends before."""
        with self._errors():
            row = self._reading().execute(_LINK, (seq,)).fetchone()
        return Link(row[0], Head(*row[1:])) if row else None

    def batches_of(self, commands: Sequence[str]) -> list[Batch]:
        """The batches that hold what these commands wrote, in order."""
        wanted = "SELECT last_seq FROM neocloud_commands WHERE command = ANY(%s)"
        query = f"{_BATCHES} WHERE last_seq IN ({wanted}) ORDER BY last_seq"
        with self._errors():
            return list(map(Batch._make, self._reading().execute(query, (list(commands),), binary=True)))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The writer's turn: an advisory lock held until the transaction ends."""
        with self._errors():
            self._reading().execute("BEGIN")
        try:
            with self._errors():
                self._db.execute(_LOCK)
            yield
        finally:
            if not self._db.closed and self._db.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                with self._errors():
                    self._db.execute("ROLLBACK")

    def append(self, batch: Batch, commands: Sequence[str], *, expected: Head) -> None:
        """Write a batch durably, within a turn, if the journal still ends at `expected`."""
        status = self._db.info.transaction_status
        assert status == psycopg.pq.TransactionStatus.INTRANS, "append needs the writer's turn"
        with self._errors():
            check_head(self.head(), expected)
            self._db.execute(_APPEND, [*batch, list(commands)])
        self._commit()

    def extend(self, batches: Sequence[tuple[Batch, Sequence[str]]], *, expected: Head) -> None:
        """Write batches of another journal in one commit, within a turn."""
        status = self._db.info.transaction_status
        assert status == psycopg.pq.TransactionStatus.INTRANS, "extend needs the writer's turn"
        with self._errors(), self._db.cursor() as cursor:
            check_head(self.head(), expected)
            with cursor.copy("COPY neocloud_batches FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int8", "int8", "int8", "bytea", "bytea"])
                for batch, _ in batches:
                    copy.write_row(batch)
            with cursor.copy("COPY neocloud_commands FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["text", "int8"])
                for batch, commands in batches:
                    for command in commands:
                        copy.write_row((command, batch.last_seq))
        self._commit()

    def _commit(self) -> None:
        try:
            self._db.execute(f"NOTIFY {_CHANNEL}; COMMIT")  # in one message; whoever listens hears of commits only
        except psycopg.OperationalError as error:
            raise CommitUnknownError(str(error)) from error

    def watch(self, moved: Callable[[], None]) -> Callable[[], None]:
        """Have `moved` called when the server says that another connection has appended."""
        return watched(self._notices, moved)

    def _notices(self) -> Looks:
        """Listen, by a connection of its own; what this journal has appended itself is no news."""
        with self._errors(), closing(self._connect()) as listening:
            listening.execute(f"LISTEN {_CHANNEL}")
            yield True  # whatever came before somebody listened
            while True:
                notices = listening.notifies(timeout=FOLLOW_EVERY_S, stop_after=1)
                yield any(each.pid != self._pid for each in notices)

    def claim(self, work: str) -> bool:
        """Be the one process that does some work: an advisory lock that ends with the connection."""
        with self._errors():
            row = self._reading().execute(_CLAIM, (work,)).fetchone()
        return row == (True,)

    def close(self) -> None:
        """Let go of the connection."""
        self._db.close()

    def _reading(self) -> psycopg.Connection:
        """The connection; a new one if the old one broke outside of a turn."""
        if self._db.closed:
            self._db = self._connect()
        return self._db

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except pg.UniqueViolation as error:
            raise HeadMoved(f"another writer appended first ({error})") from error
        except psycopg.Error as error:
            raise self._said_plainly(error) from error

    def _said_plainly(self, error: psycopg.Error) -> Unavailable:
        match error:
            case pg.LockNotAvailable():
                return JournalLocked(
                    f"another process has kept {self.url} locked for {WRITER_WAIT_S} s; try again when it is done"
                )
            case pg.ReadOnlySqlTransaction() | pg.InsufficientPrivilege():
                return JournalReadOnly(f"{self.url} cannot be written: {_first_line(error)}")
            case pg.DiskFull():
                return JournalFull(f"the disk of {self.url} is full; nothing was written")
            case _:
                return JournalUnreachable(f"{self.url} cannot be reached: {self._without_password(error)}")

    def _without_password(self, error: psycopg.Error) -> str:
        """What went wrong; a URL that cannot be read is repeated by libpq, the password with it."""
        parts = urlsplit(self._conninfo)
        secrets = [parts.password or "", *parse_qs(parts.query).get("password", [])]
        return reduce(
            lambda text, secret: text.replace(secret, "***") if secret else text, secrets, _first_line(error)
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
