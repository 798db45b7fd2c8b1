"""The journal in PostgreSQL, for several processes on one ledger.

The writer's turn is an advisory lock that ends with its transaction, so a process that dies gives
it back. A transaction reads at READ COMMITTED: the lock, not the isolation level, keeps writers apart.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

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
from neocloud.model.entries import EMPTY, Head, Row
from neocloud.settings import WRITER_WAIT_S
from neocloud.store.journal import CommitUnknownError, check_head

_SCHEMA = """
CREATE TABLE IF NOT EXISTS neocloud_entries (
    seq bigint PRIMARY KEY,
    recorded_at bigint NOT NULL,
    command text NOT NULL,
    body bytea NOT NULL,
    chain bytea NOT NULL
);
CREATE INDEX IF NOT EXISTS neocloud_entries_by_command ON neocloud_entries (command);
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('neocloud journal'), hashtext(current_schema()))"
_HEAD = "SELECT seq, chain, recorded_at FROM neocloud_entries ORDER BY seq DESC LIMIT 1"
_ROWS = "SELECT seq, recorded_at, command, body, chain FROM neocloud_entries"
_APPEND = """
INSERT INTO neocloud_entries
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::bytea[], %b::bytea[])
"""
_PAGE_ROWS = 10_000


class PostgresJournal:
    """See `Journal`."""

    def __init__(self, url: str, *, create: bool = False) -> None:
        self._conninfo = url
        self._db = self._connect()
        with self._errors():
            if create:
                with self._db.transaction():
                    self._db.execute(_LOCK)
                    self._db.execute(_SCHEMA)
            elif self._db.execute("SELECT to_regclass('neocloud_entries')").fetchone() == (None,):
                raise JournalMissing(f"there is no journal at {self.url}; make one with `neocloud init`")

    def _connect(self) -> psycopg.Connection:
        with self._errors():
            connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=10)
            connection.execute(f"SET lock_timeout = '{WRITER_WAIT_S}s'")
            return connection

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

    def rows(self, after_seq: int = 0, up_to_seq: int | None = None) -> Iterator[Row]:
        """The rows after `after_seq`, in order, a page at a time."""
        last = up_to_seq or 1 << 62
        while True:
            with self._errors():
                page = (
                    self._reading()
                    .execute(
                        f"{_ROWS} WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT {_PAGE_ROWS}",
                        (after_seq, last),
                        binary=True,
                    )
                    .fetchall()
                )
            yield from map(Row._make, page)
            if len(page) < _PAGE_ROWS:
                return
            after_seq = page[-1][0]

    def command_rows(self, commands: Sequence[str]) -> list[Row]:
        """The rows that these commands wrote, in order."""
        with self._errors():
            found = self._reading().execute(
                f"{_ROWS} WHERE command = ANY(%s) ORDER BY seq", (list(commands),), binary=True
            )
            return [Row._make(row) for row in found.fetchall()]

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The writer's turn: an advisory lock held until the transaction ends."""
        with self._errors():
            self._reading().execute("BEGIN")
            self._db.execute(_LOCK)
        try:
            yield
        finally:
            if not self._db.closed and self._db.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                with self._errors():
                    self._db.execute("ROLLBACK")

    def append(self, rows: Sequence[Row], *, expected: Head) -> None:
        """Write rows durably, within a turn, if the journal still ends at `expected`."""
        status = self._db.info.transaction_status
        assert status == psycopg.pq.TransactionStatus.INTRANS, "append needs the writer's turn"
        with self._errors():
            check_head(self.head(), expected)
            self._db.execute(_APPEND, [list(column) for column in zip(*rows, strict=True)])
        try:
            self._db.execute("COMMIT")
        except psycopg.OperationalError as error:
            raise CommitUnknownError(str(error)) from error

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
                return JournalUnreachable(f"{self.url} cannot be reached: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
