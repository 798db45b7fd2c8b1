"""A process that books: `python -m tests.contracts.booker URL NAME SLOTS [USER]`.

It waits for a line, then leases one GPU after the other in a random one of SLOTS hours until all of
them are sold out. It says `? LEASE` before it appends, then `! LEASE` when that is acknowledged, and
at the end `races N`, or what kept it from working. What it has said stays said when it is killed.
"""

import os
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from unittest.mock import patch

from neocloud.errors import NeocloudError, Oversold
from neocloud.model.entries import Batch, Head
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from neocloud.units import HOUR_S
from tests.contracts.scene import DAY, NOW, book


def main(url: str, name: str, slots: str, user: str = "") -> None:
    if user:
        become(user)
    try:
        with closing(open_journal(url)) as journal:
            ledger = Ledger(journal)
            say("ready")
            sys.stdin.readline()
            with telling(journal):
                sell_out(ledger, name, list(range(int(slots))))
            say(f"races {ledger.races}")
    except NeocloudError as error:
        say(f"{error.code} {error}")


def become(user: str) -> None:
    """Here, and not before this program is started and loaded: it may lie where only we can read."""
    import pwd  # noqa: PLC0415  (not on every system)

    import neocloud.store.sqlite  # noqa: F401, PLC0415

    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def sell_out(ledger: Ledger, name: str, open_slots: list[int]) -> None:
    chance, tries = random.Random(name), 0
    while open_slots:
        slot, tries = chance.choice(open_slots), tries + 1
        lease, start_at = f"{name}-{tries}", DAY[0] + slot * HOUR_S
        try:
            ledger.submit(book(lease, 1, (start_at, start_at + HOUR_S)), now=NOW)
        except Oversold:
            open_slots.remove(slot)
        else:
            say(f"! {lease}")


@contextmanager
def telling(journal: Journal) -> Iterator[None]:
    """Say what is about to be appended."""
    append = journal.append

    def told(batch: Batch, commands: Sequence[str], *, expected: Head) -> None:
        say(f"? {commands[0].removeprefix('book-')}")
        append(batch, commands, expected=expected)

    with patch.object(journal, "append", told):
        yield


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
