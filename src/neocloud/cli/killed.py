"""A command that is killed with SIGKILL in the middle of its commit: everything is written, nothing is committed.

The demo runs it as a process of its own, `python -m neocloud.cli.killed COMMAND ...`, to show that a ledger does
not mind: what was not acknowledged has not happened.
"""

import os
import signal
import sys

from neocloud.cli.main import main
from neocloud.store.sqlite import SqliteJournal


def _die(journal: SqliteJournal) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    SqliteJournal._commit = _die  # type: ignore[assignment, method-assign]
    sys.exit(main())
