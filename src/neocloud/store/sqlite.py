"""The journal in one SQLite file: write-ahead log, synchronous FULL, so that a commit is on disk."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

from neocloud.errors import (
    HeadMoved,
    JournalCutShort,
    JournalFull,
    JournalLocked,
    JournalMissing,
    JournalReadOnly,
    JournalUnreachable,
    Unavailable,
)
from neocloud.model.entries import EMPTY, Batch, Head
from neocloud.settings import FOLLOW_EVERY_S, WRITER_WAIT_S
from neocloud.store.journal import Link, check_head
from neocloud.store.watching import Looks, watched

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    last_seq INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    chain BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS commands (
    command TEXT PRIMARY KEY,
    last_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
_HEAD = "SELECT last_seq, chain, recorded_at FROM batches ORDER BY last_seq DESC LIMIT 1"
_BATCHES = "SELECT last_seq, first_seq, recorded_at, body, chain FROM batches"
_LINK = "SELECT first_seq, last_seq, chain, recorded_at FROM batches WHERE last_seq >= ? ORDER BY last_seq LIMIT 1"
_MOST_VARIABLES = 500
_CHECKPOINT_PAGES = 8_000  # 32 MB of log between checkpoints: fewer of them, each of the same cost
_ASK_AGAIN_MS = 5
"""A busy file is asked again this soon, until WRITER_WAIT_S have gone.

SQLite left to itself sleeps longer and longer, up to 0.1 s: of eight busy writers, five came too late for all
of 800 turns. Said once when the file is opened: saying it twice a turn was 20 us of 480.
"""


class SqliteJournal:
    """See `Journal`."""

    def __init__(self, path: str, *, create: bool = False) -> None:
        self._path = Path(path)
        self._claims: dict[str, int] = {}  # work, and the locked file that says that it is ours
        if not create and not self._path.exists():
            raise JournalMissing(f"there is no journal at {path}; make one with `neocloud init DIR`")
        with self._errors():
            uri = f"{self._path.absolute().as_uri()}?{'mode=rwc' if create else self._mode()}"
            self._db = sqlite3.connect(
                uri, uri=True, timeout=WRITER_WAIT_S, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            if create:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.executescript(_SCHEMA)
            self._db.execute(f"PRAGMA busy_timeout = {_ASK_AGAIN_MS}")
        self._end, self._end_version = EMPTY, -1  # the end as last seen in a turn, and the file's version then

    def _mode(self) -> str:
        """How to open it: to be written where that is allowed, else to be read.

        A reader of a log takes part in its bookkeeping, which it cannot where it may not write. Without a
        log nobody is writing, and the file can be read as it lies.
        """
        if os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK):
            return "mode=rw"
        log = self._path.with_name(f"{self._path.name}-wal")
        return "mode=ro" if log.exists() else "mode=ro&immutable=1"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"sqlite:{self._path}"

    def head(self) -> Head:
        """Its end; EMPTY for a journal without entries."""
        with self._errors():
            row = self._ask(_HEAD).fetchone()
        return Head(*row) if row else EMPTY

    def batches(self, after_seq: int = 0) -> Iterator[Batch]:
        """The batches that end after entry `after_seq`, in order."""
        if self._db.in_transaction and after_seq >= self._end.seq:
            return  # in a turn the end is known
        with self._errors():
            for row in self._ask(f"{_BATCHES} WHERE last_seq > ? ORDER BY last_seq", (after_seq,)):
                yield self._batch(row)

    def link_at(self, seq: int) -> Link | None:
        """The batch that holds entry `seq`, without its body; None where the journal ends before."""
        with self._errors():
            row = self._db.execute(_LINK, (seq,)).fetchone()
        if row is not None and tuple(map(type, row)) != (int, int, bytes, int):
            raise self._damaged("a batch is not there")
        return Link(row[0], Head(*row[1:])) if row else None

    def batches_of(self, commands: Sequence[str]) -> list[Batch]:
        """The batches that hold what these commands wrote, in order."""
        found: set[int] = set()
        with self._errors():
            for i in range(0, len(commands), _MOST_VARIABLES):
                some = commands[i : i + _MOST_VARIABLES]
                marks = ",".join("?" * len(some))
                rows = self._ask(f"SELECT last_seq FROM commands WHERE command IN ({marks})", some)
                found.update(seq for (seq,) in rows)
            query = f"{_BATCHES} WHERE last_seq = ?"
            return [self._batch(self._ask(query, (seq,)).fetchone()) for seq in sorted(found)]

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The writer's turn: SQLite's own write lock."""
        with self._errors():
            self._ask("BEGIN IMMEDIATE")
        try:
            self._find_end()
            yield
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _find_end(self) -> None:
        """Where the journal ends, for as long as the turn lasts.

        `data_version` changes when, and only when, another connection has written. If none has, the end is
        where we left it, and neither catching up nor appending has to ask: two statements less, 16 us.
        """
        with self._errors():
            (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version != self._end_version:
            self._end, self._end_version = self.head(), version

    def append(self, batch: Batch, commands: Sequence[str], *, expected: Head) -> None:
        """Write a batch durably, within a turn, if the journal still ends at `expected`."""
        assert self._db.in_transaction, "append needs the writer's turn"
        check_head(self._end, expected)
        version, self._end_version = self._end_version, -1  # not known, until the commit is done
        with self._errors():
            self._db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?)", batch)
            rows = [(command, batch.last_seq) for command in commands]
            self._db.executemany("INSERT INTO commands VALUES (?, ?)", rows)
            self._commit()
        self._end, self._end_version = batch.head, version

    def _ask(self, query: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run a statement; where the file is busy, again every few milliseconds until WRITER_WAIT_S have gone."""
        deadline: float | None = None
        while True:
            try:
                return self._db.execute(query, values)
            except sqlite3.OperationalError as error:
                deadline = deadline or monotonic() + WRITER_WAIT_S
                if not _busy(error) or monotonic() > deadline:
                    raise

    def extend(self, batches: Sequence[tuple[Batch, Sequence[str]]], *, expected: Head) -> None:
        """Write batches of another journal in one commit, within a turn."""
        assert self._db.in_transaction, "extend needs the writer's turn"
        rows = [(command, batch.last_seq) for batch, commands in batches for command in commands]
        with self._errors():
            check_head(self.head(), expected)
            self._db.executemany("INSERT INTO batches VALUES (?, ?, ?, ?, ?)", [batch for batch, _ in batches])
            self._db.executemany("INSERT INTO commands VALUES (?, ?)", rows)
            self._commit()

    def _commit(self) -> None:
        """The instant at which what was written is there, for everybody and for good."""
        self._db.execute("COMMIT")

    def watch(self, moved: Callable[[], None]) -> Callable[[], None]:
        """Have `moved` called when the file has another `data_version`, looked for every FOLLOW_EVERY_S."""
        return watched(self._versions, moved)

    def _versions(self) -> Looks:
        with self._errors(), closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            before = None
            while True:
                (version,) = db.execute("PRAGMA data_version").fetchone()
                yield version != before
                before = version
                sleep(FOLLOW_EVERY_S)

    def claim(self, work: str) -> bool:
        """Be the one process that does some work: a locked file beside the journal, let go of by whoever dies."""
        if work not in self._claims:
            path = self._path.with_name(f"{self._path.name}-{work}.lock")
            try:
                file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise JournalReadOnly(f"{path} cannot be written: {error.strerror}") from error
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            self._claims[work] = file
        return True

    def close(self) -> None:
        """Let go of the file."""
        while self._claims:
            os.close(self._claims.popitem()[1])
        self._db.close()

    def _batch(self, row: tuple[object, ...] | None) -> Batch:
        """A row as a batch. Out of a file that was cut, SQLite may read rows of nothing, or no row."""
        if row is None or tuple(map(type, row)) != (int, int, int, bytes, bytes):
            raise self._damaged("a batch is not there")
        return Batch._make(row)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError as error:
            raise HeadMoved(f"another writer appended first ({error})") from error
        except sqlite3.Error as error:
            raise self._said_plainly(error) from error

    def _said_plainly(self, error: sqlite3.Error) -> Unavailable:
        name = _name(error)
        if _busy(error):
            return JournalLocked(
                f"another process has kept {self._path} locked for {WRITER_WAIT_S} s; try again when it is done"
            )
        if name.startswith("SQLITE_READONLY"):
            return JournalReadOnly(f"{self._path} cannot be written; check its permissions and its folder's")
        if name.startswith("SQLITE_FULL"):
            return JournalFull(f"the disk that holds {self._path} is full; nothing was written")
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
            return self._damaged(error)
        return JournalUnreachable(f"{self._path} cannot be used: {error}")

    def _damaged(self, why: object) -> JournalCutShort:
        return JournalCutShort(
            f"{self._path} is damaged or cut short ({why}); restore it from a copy, "
            "and check that with `neocloud journal verify --head SEQ:CHAIN`"
        )


def _busy(error: sqlite3.Error) -> bool:
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "") or ""
