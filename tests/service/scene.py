"""What tests of served processes share: a small neocloud to serve, and clients that never give up."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

from benchmarks.service.served import ROOT, new_key

from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from tests.contracts.scene import fleet

NOW_AT = 1_767_225_600


def data_directory(folder: Path, journal: str | None = None, gpus: int = 64) -> str:
    """A new data directory with the fleet of the contracts; the token of an admin's key."""
    options = [] if journal is None else ["--journal", journal]
    command = [sys.executable, "-m", "neocloud", "init", *options, str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with closing(open_journal(journal_of(folder, journal))) as opened:
        Ledger(opened).submit(*fleet(gpus), now=NOW_AT)
    return new_key(folder, "--role", "admin")


def journal_of(folder: Path, journal: str | None = None) -> str:
    """Where its journal is."""
    return journal or f"sqlite:{folder}/journal.sqlite"
