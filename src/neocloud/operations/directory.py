"""The data directory: where a ledger's journal is named, and where its snapshots lie."""

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neocloud.errors import Invalid, JournalMissing, JournalReadOnly, NeocloudError
from neocloud.model.commands import Apply
from neocloud.model.terms import Right, Terms
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Snapshots
from neocloud.units import DAY_S, Progress

SETTINGS_FILE = "neocloud.toml"
_SETTINGS = "# Where this ledger's journal is: sqlite:PATH (from here) or postgresql://...\njournal = {}\n"

SHIPPED_TERMS = (
    Terms(
        name="reserved",
        version=1,
        description="Firm to the end: no rights before it.",
    ),
    Terms(
        name="reclaimable-90d",
        version=1,
        description="The operator may take GPUs back, all or part, on 90 days' notice.",
        rights=(Right(holder="operator", kind="reclaim", notice_s=90 * DAY_S, part=True),),
    ),
    Terms(
        name="on-demand",
        version=1,
        description="The tenant may leave at any time, the operator may reclaim after seven days.",
        rights=(
            Right(holder="tenant", kind="terminate", part=True),
            Right(holder="operator", kind="reclaim", notice_s=7 * DAY_S, part=True),
        ),
    ),
    Terms(
        name="spot",
        version=1,
        description="The tenant may leave at any time, the operator may reclaim after two minutes.",
        rights=(
            Right(holder="tenant", kind="terminate", part=True),
            Right(holder="operator", kind="reclaim", notice_s=120, part=True),
        ),
    ),
)
"""The terms that every new ledger starts with (design.md: a tier is a set of rights)."""


def create_directory(path: Path, *, journal: str | None, now: int) -> Ledger:
    """A new ledger in an empty (or new) directory, with the shipped terms.

    Raises Invalid when the directory, or the journal that is named, is in use.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Invalid(f"{path} is in use; name a directory that is empty or does not exist yet")
    is_new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        opened = _new_journal(path, "sqlite:journal.sqlite" if journal is None else journal)
    except (NeocloudError, OSError) as error:
        if is_new:
            shutil.rmtree(path, ignore_errors=True)
        if isinstance(error, OSError):
            raise JournalReadOnly(f"{path} cannot be made: {error.strerror}") from error
        raise
    ledger = Ledger(opened, Snapshots(path / "snapshots", warn=lambda _: None))
    ledger.submit(*(Apply(id=f"shipped:{terms.name}", noun=terms) for terms in SHIPPED_TERMS), now=now)
    return ledger


def _new_journal(path: Path, url: str) -> Journal:
    """A journal without entries, and the settings that name it."""
    opened = open_journal(_absolute(url, path), create=True)
    try:
        if opened.head().seq:
            raise Invalid(f"the journal {opened.url} has entries already; open it by a directory that names it")
        (path / SETTINGS_FILE).write_text(_SETTINGS.format(json.dumps(url)))
        if "@" in url:  # a password may stand before it
            (path / SETTINGS_FILE).chmod(0o600)
    except BaseException:
        opened.close()
        raise
    return opened


def open_directory(path: Path, *, warn: Callable[[str], None], progress: Progress | None = None) -> Ledger:
    """The ledger of a data directory. Raises JournalMissing, or Invalid when its settings are wrong."""
    return Ledger(*open_stores(path, warn=warn), progress)


def open_stores(
    path: Path, *, warn: Callable[[str], None], keeping: Progress | None = None, journal: str | None = None
) -> tuple[Journal, Snapshots]:
    """The journal and the snapshots of a data directory; `keeping` is told how far a snapshot is written.

    With `journal` another one than it names. Raises JournalMissing, or Invalid when its settings are wrong.
    """
    try:
        opened = open_journal(journal_url(path, journal))
    except Invalid as error:
        raise error.at("--journal" if journal is not None else str(path / SETTINGS_FILE)) from None
    return opened, Snapshots(path / "snapshots", warn, keeping)


def journal_url(path: Path, journal: str | None = None) -> str:
    """Where the journal of a data directory is, with its password. Raises JournalMissing, or Invalid."""
    if journal is not None:
        return journal
    url = read_settings(path).get("journal")
    if not isinstance(url, str):
        where = str(path / SETTINGS_FILE)
        raise Invalid("it must say where the journal is: journal = 'sqlite:journal.sqlite'", place=where)
    return _absolute(url, path)


def read_settings(path: Path) -> dict[str, Any]:
    """What the settings of a data directory say. Raises JournalMissing, or Invalid."""
    file = path / SETTINGS_FILE
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise JournalMissing(f"{path} is not a data directory; make one with `neocloud init {path}`") from None
    except (OSError, ValueError) as error:
        raise Invalid(f"its settings cannot be read: {error}", place=str(file)) from None


def _absolute(url: str, path: Path) -> str:
    """A SQLite file is named from the data directory."""
    scheme, _, rest = url.partition(":")
    return f"sqlite:{path / rest}" if scheme == "sqlite" else url
