"""The world's fault is told in one sentence with exit code 1, and what was there before is there after."""

import io
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from neocloud.cli.main import main
from neocloud.store import sqlite
from tests.cli.conftest import NOW, Desk, Said, run
from tests.conftest import unprivileged_user

BOOK = ("lease", "book", "--tenant", "acme", "--pool", "h100", "--gpus", "8", "--until", "+30d", "--price", "2")


def journal_of(desk: Desk) -> Path:
    return desk.directory / "journal.sqlite"


def world_fault(said: Said, words: str) -> None:
    """One sentence, exit code 1, no answer."""
    assert words in said.err, said
    assert said.err.startswith("neocloud: ") and "Traceback" not in said.err
    assert (said.code, said.out) == (1, "")


# ---- the data directory ----


def test_a_directory_without_a_ledger_says_how_to_make_one(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "nowhere"):
        world_fault(Desk(directory)("lease", "list"), "is not a data directory; make one with `neocloud init")


def test_a_file_is_not_a_data_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    world_fault(Desk(tmp_path / "file")("lease", "list"), "is not a data directory")
    assert run("init", str(tmp_path / "file")).code == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("", "it must say where the journal is"),
        ("journal = 7\n", "it must say where the journal is"),
        ("journal = 'nonsense'\n", "'nonsense' is not a journal"),
        ("journal = \n", "its settings cannot be read"),
        ("\x00", "its settings cannot be read"),
    ],
)
def test_wrong_settings_are_told_with_their_file(desk: Desk, settings: str, words: str) -> None:
    (desk.directory / "neocloud.toml").write_text(settings)
    said = desk("lease", "list")
    assert said.code == 2 and words in said.err and "neocloud.toml" in said.err, said


def test_a_missing_journal_is_not_made_anew(desk: Desk) -> None:
    journal_of(desk).unlink()
    world_fault(desk(*BOOK), "there is no journal at")
    assert not journal_of(desk).exists()


# ---- the journal's file ----


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.5, 0.9])
def test_a_journal_cut_short_is_noticed(desk: Desk, ratio: float) -> None:
    file = journal_of(desk)
    whole = file.stat().st_size
    os.truncate(file, int(whole * ratio))
    for words in (("lease", "list"), ("journal", "verify"), BOOK):
        said = desk(*words)
        world_fault(said, "restore it from a copy")
        assert "damaged or cut short" in said.err or "its hash chain does not hold" in said.err
    assert file.stat().st_size == int(whole * ratio)


def test_a_file_that_is_no_journal_is_noticed(desk: Desk) -> None:
    journal_of(desk).write_bytes(b"not a database at all, whatever its name says" * 100)
    world_fault(desk("lease", "list"), "damaged or cut short")


def test_an_entry_that_was_changed_is_noticed(desk: Desk) -> None:
    with closing(sqlite3.connect(journal_of(desk))) as file, file:
        file.execute("UPDATE batches SET body = CAST(replace(CAST(body AS TEXT), '256', '264') AS BLOB)")
    for words in (("lease", "list"), ("journal", "verify"), BOOK):
        world_fault(desk(*words), "its hash chain does not hold there")


def test_a_cut_tail_is_noticed_by_a_noted_head(desk: Desk) -> None:
    noted = desk.state()[0]
    with closing(sqlite3.connect(journal_of(desk))) as file, file:
        file.execute("DELETE FROM batches WHERE last_seq = (SELECT max(last_seq) FROM batches)")
    assert "a cut tail cannot be excluded" in desk.done("journal", "verify")
    world_fault(desk("journal", "verify", "--head", noted), "was noted")


def test_a_newer_journal_is_neither_read_wrongly_nor_written(desk: Desk) -> None:
    with closing(sqlite3.connect(journal_of(desk))) as file, file:
        seq, recorded_at, body, chain = file.execute(
            "SELECT last_seq, recorded_at, body, chain FROM batches ORDER BY last_seq DESC LIMIT 1"
        ).fetchone()
        entry = msgspec.json.decode(body.split(b"\n")[-1]) | {"version": 99, "seq": seq + 1, "noun": {"type": "moon"}}
        newer = msgspec.json.encode(entry)
        link = sha256(chain + newer).digest()
        file.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?)", (seq + 1, seq + 1, recorded_at, newer, link))
    for words in (("lease", "list"), BOOK):
        world_fault(desk(*words), "entries of version 99")


def test_a_locked_journal_is_said_to_be_locked_and_can_be_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "WRITER_WAIT_S", 0.05)
    before = desk.state()
    with closing(sqlite3.connect(journal_of(desk), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        world_fault(desk(*BOOK), "another process has kept")
        assert "acme-1" in desk.done("lease", "list")
        other.execute("ROLLBACK")
    assert desk.state() == before
    desk.done(*BOOK)


def test_on_a_full_disk_nothing_is_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.state()

    def connect(*arguments: object, **options: object) -> sqlite3.Connection:
        """A connection whose file may not grow by a page: what a full disk is to SQLite."""
        connection = real_connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    real_connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    with monkeypatch.context() as full:
        full.setattr(sqlite3, "connect", connect)
        papers = ("--order-form", "x" * 20_000)
        world_fault(desk(*BOOK, *papers), "is full; nothing was written")
    assert desk.state() == before
    desk.done(*BOOK, *papers)


# ---- permissions ----


@pytest.fixture
def kept_from_writing(desk: Desk) -> Iterator[Desk]:
    """The desk in a place that others may read, and nobody may write."""
    with tempfile.TemporaryDirectory(prefix="neocloud-") as folder:
        place = Path(folder) / "desk"
        shutil.copytree(desk.directory, place)
        Path(folder).chmod(0o755)
        for file in place.iterdir():
            file.chmod(0o444)
        place.chmod(0o555)
        yield Desk(place)
        place.chmod(0o755)


def as_nobody(desk: Desk, *words: str) -> Said:
    """Run a command in a child without root's rights; the modules it needs are loaded by the parent."""
    import neocloud.cli.fleet  # noqa: PLC0415
    import neocloud.cli.lease  # noqa: PLC0415

    assert neocloud.cli.lease
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            os._exit(_in_child(desk, words, out.fileno(), err.fileno()))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0), err.seek(0)
        return Said(code, out.read().decode(), err.read().decode())


def _in_child(desk: Desk, words: tuple[str, ...], out: int, err: int) -> int:
    try:
        if user := unprivileged_user():
            import pwd  # noqa: PLC0415

            os.setgid(pwd.getpwnam(user).pw_gid)
            os.setuid(pwd.getpwnam(user).pw_uid)
        streams = [
            io.TextIOWrapper(io.FileIO(fd, "w", closefd=False), "utf-8", write_through=True) for fd in (out, err)
        ]
        with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            return main(["--data", str(desk.directory), "--now", NOW, *words])
    except BaseException as error:
        os.write(err, repr(error).encode())
        return 99


def test_a_journal_that_may_only_be_read_is_read(kept_from_writing: Desk) -> None:
    desk = kept_from_writing
    for words in (("lease", "list"), ("capacity",), ("audit",), ("journal", "verify"), ("journal", "show")):
        said = as_nobody(desk, *words)
        assert said.code == 0, (words, said)
    assert sorted(file.name for file in desk.directory.iterdir()) == ["journal.sqlite", "neocloud.toml"]


def test_a_journal_that_may_only_be_read_is_not_written(kept_from_writing: Desk) -> None:
    desk = kept_from_writing
    before = journal_of(desk).read_bytes()
    world_fault(as_nobody(desk, *BOOK), "cannot be written; check its permissions and its folder's")
    assert journal_of(desk).read_bytes() == before


def test_a_ledger_is_not_made_where_nothing_may_be_written(kept_from_writing: Desk) -> None:
    said = as_nobody(kept_from_writing, "init", str(kept_from_writing.directory / "new"))
    world_fault(said, "cannot be made: Permission denied")


def test_an_export_that_cannot_be_written_is_told_by_its_name(desk: Desk, tmp_path: Path) -> None:
    said = desk("journal", "export", str(tmp_path / "nowhere" / "x.jsonl"))
    world_fault(said, "nowhere")


# ---- PostgreSQL ----


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://desk:secret@localhost:1/desk",
        "postgresql://desk:secret@localhost:port/desk",
        "postgresql://desk:se%cret@localhost:1/desk",
        "postgresql://localhost:1/desk?user=desk&password=secret",
        "postgresql://desk:secret@nowhere.invalid/desk",
        "postgresql://desk:secret@localhost:1/desk?nonsense=1",
    ],
)
def test_a_server_that_cannot_be_reached_is_told_without_the_password(url: str, tmp_path: Path) -> None:
    said = run("--now", NOW, "init", "--journal", url, str(tmp_path / "desk"))
    world_fault(said, "cannot be reached")
    assert "cret" not in said.err and not (tmp_path / "desk").exists()


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_named(postgres_url: str, tmp_path: Path) -> None:
    said = run("--now", NOW, "init", "--journal", f"{postgres_url}_not", str(tmp_path / "desk"))
    world_fault(said, "does not exist")


@pytest.mark.postgres
def test_a_used_database_is_not_made_into_another_ledger(postgres_url: str, tmp_path: Path) -> None:
    assert run("--now", NOW, "init", "--journal", postgres_url, str(tmp_path / "desk")).code == 0
    said = run("--now", NOW, "init", "--journal", postgres_url, str(tmp_path / "other"))
    assert said.code == 2 and "has entries already" in said.err and not (tmp_path / "other").exists()
    assert Desk(tmp_path / "desk").done("journal", "verify").startswith("the chain holds over 4 entries")
