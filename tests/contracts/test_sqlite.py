"""What can go wrong with a file: it is cut, it is something else, it may not be written, the disk is full."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from neocloud.errors import JournalCutShort, JournalFull, NeocloudError
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.sqlite import SqliteJournal
from tests.conftest import Store, unprivileged_user
from tests.contracts.scene import NOW, book, founded, picture

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A closed journal of the fleet and forty leases, all of it in the one file."""
    path = tmp_path / "journal.db"
    with closing(open_journal(f"sqlite:{path}", create=True)) as journal:
        ledger = founded(Ledger(journal))
        for i in range(40):
            ledger.submit(book(f"l{i}", 1), now=NOW)
    assert not path.with_name("journal.db-wal").exists()
    return path


def opened(path: Path) -> None:
    """Open the ledger and book on it."""
    with closing(open_journal(f"sqlite:{path}")) as journal:
        Ledger(journal).submit(book("one-more"), now=NOW)


def test_a_file_truncated_anywhere_is_said_to_be_cut_short(file: Path) -> None:
    sound = file.read_bytes()
    for kept in [0, 1, 50, *range(512, len(sound) - 4096, 1024)]:
        for left in file.parent.iterdir():
            left.unlink()
        file.write_bytes(sound[:kept])
        with pytest.raises(JournalCutShort, match="damaged or cut short"):
            opened(file)


@pytest.mark.parametrize("content", [b"dear diary, " * 1_000, b"SQLite format 3\0" + bytes(5_000)])
def test_a_file_that_is_no_journal_is_said_to_be_damaged(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(JournalCutShort, match="damaged or cut short"):
        opened(file)


def test_another_programs_database_is_not_taken_for_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(JournalCutShort, match="no such table"):
        opened(path)


def test_every_page_that_is_overwritten_is_found(file: Path) -> None:
    """Found, or without consequence: never is another world read from a damaged file without a word."""
    sound = file.read_bytes()
    with closing(open_journal(f"sqlite:{file}")) as journal:
        expected = picture(Ledger(journal).world)
    found = 0
    for start in range(0, len(sound), 4096):
        file.write_bytes(sound[:start] + b"\x5a" * 4096 + sound[start + 4096 :])
        try:
            with closing(open_journal(f"sqlite:{file}")) as journal:
                assert picture(Ledger(journal).world) == expected
        except NeocloudError as error:
            assert error.code in {"journal.cut_short", "journal.tampered"}
            found += 1
    assert found >= 3


def test_a_full_disk_writes_nothing_and_says_so(new_store: Callable[[str], Store]) -> None:
    store = new_store("sqlite")
    ledger = founded(store.ledger())
    assert isinstance(ledger.journal, SqliteJournal)
    before, batches = picture(ledger.world), list(ledger.journal.batches())
    database = ledger.journal._db
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalFull, match="nothing was written"):
        ledger.submit(*(book(f"l{i}", 1) for i in range(60)), now=NOW)
    assert picture(ledger.world) == before
    assert list(ledger.journal.batches()) == list(store.journal().batches()) == batches
    database.execute("PRAGMA max_page_count = 100000")
    ledger.submit(*(book(f"l{i}", 1) for i in range(60)), now=NOW)
    assert picture(ledger.world) == picture(store.ledger().world)


def test_only_while_nobody_else_has_written_is_the_end_known_without_asking(
    new_store: Callable[[str], Store],
) -> None:
    store = new_store("sqlite")
    ledger, other = founded(store.ledger()), store.ledger()
    asked: list[str] = []
    assert isinstance(ledger.journal, SqliteJournal)
    ledger.journal._db.set_trace_callback(asked.append)
    for name, by, reads in (("l1", ledger, 0), ("l2", ledger, 0), ("l3", other, 0), ("l4", ledger, 2)):
        asked.clear()
        by.submit(book(name), now=NOW)
        assert sum("ORDER BY last_seq" in query for query in asked) == reads, asked
    assert picture(ledger.world) == picture(store.ledger().world)


@pytest.fixture
def reachable_file(file: Path) -> Iterator[Path]:
    """The journal where another user can get at it."""
    with tempfile.TemporaryDirectory(prefix="neocloud-") as folder:
        Path(folder).chmod(0o755)
        copy = Path(folder) / "journal.db"
        shutil.copy(file, copy)
        yield copy
        Path(folder).chmod(0o755)


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o755), (0o444, 0o777), (0o666, 0o555)])
def test_a_file_that_may_not_be_written_is_read_only(reachable_file: Path, file_mode: int, folder_mode: int) -> None:
    reachable_file.chmod(file_mode)
    reachable_file.parent.chmod(folder_mode)
    before = reachable_file.read_bytes()
    command = [sys.executable, "-m", "tests.contracts.booker", f"sqlite:{reachable_file}", "x", "1"]
    command += [unprivileged_user() or ""]
    said = subprocess.run(command, cwd=ROOT, input="go\n", capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1].startswith("journal.read_only"), said.stdout + said.stderr
    assert "!" not in said.stdout
    assert reachable_file.read_bytes() == before
