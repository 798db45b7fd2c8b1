"""`make bench`: run every benchmark, and write its results and their table.

`python -m benchmarks --quick` runs the smallest size only, and writes nothing.
"""

import sys

from benchmarks import peers
from benchmarks.ledger import sqlite_rows
from benchmarks.machine import save
from benchmarks.postgres import postgres_rows
from benchmarks.table import write_table

SIZES = (1_000, 10_000, 100_000)


def main() -> None:
    """Run them."""
    quick = "--quick" in sys.argv
    sizes = SIZES[:1] if quick else SIZES
    ledger, postgres = sqlite_rows(sizes), postgres_rows(sizes)
    if not quick:
        save("ledger", ledger)
        save("ledger-postgres", postgres)
        write_table()
        peers.main()


if __name__ == "__main__":
    main()
