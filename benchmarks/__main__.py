"""`make bench`: run every benchmark, and write its results and their table.

`python -m benchmarks --quick` runs the smallest size only, and writes nothing. With `--million` looking back is
measured on a million entries as well: 4 GB of disk, 2 GB of memory.
"""

import sys

from benchmarks.ledger import sqlite_rows
from benchmarks.machine import save
from benchmarks.postgres import postgres_rows
from benchmarks.table import write_table
from benchmarks.travel import MILLION, travel_rows

SIZES = (1_000, 10_000, 100_000)


def main() -> None:
    """Run them."""
    quick = "--quick" in sys.argv
    sizes = SIZES[:1] if quick else SIZES
    ledger, postgres = sqlite_rows(sizes), postgres_rows(sizes)
    travel = travel_rows(sizes[1:] or sizes, million=MILLION in sys.argv)
    if not quick:
        save("ledger", ledger)
        save("ledger-postgres", postgres)
        save("travel", travel)
        write_table()


if __name__ == "__main__":
    main()
