"""`make bench`: run every benchmark, and write its results and their table.

`python -m benchmarks --quick` runs the smallest size only, and writes nothing; `--million` adds a million live
leases on SQLite, and looks back on a million entries: some minutes, 4 GB of disk and 3 GB of memory.
"""

import sys

from benchmarks import peers
from benchmarks.backtest import backtest_rows
from benchmarks.desk import desk_rows
from benchmarks.exporting import export_rows
from benchmarks.importing import import_rows
from benchmarks.ledger import sqlite_rows
from benchmarks.machine import save
from benchmarks.planning import planning_rows
from benchmarks.postgres import postgres_rows
from benchmarks.service_events import SIZES as LISTENERS
from benchmarks.service_events import event_rows
from benchmarks.table import write_table
from benchmarks.travel import travel_rows

SIZES = (1_000, 10_000, 100_000)
MILLION = 1_000_000


def main() -> None:
    """Run them."""
    quick = "--quick" in sys.argv
    sizes = SIZES[:1] if quick else SIZES
    more = (MILLION,) if "--million" in sys.argv else ()
    ledger, postgres = sqlite_rows((*sizes, *more)), postgres_rows(sizes)
    travel = travel_rows(sizes[1:] or sizes, million=bool(more))
    replayed, weighed = backtest_rows(quick=quick), planning_rows(quick=quick)
    told = event_rows(LISTENERS[:1] if quick else LISTENERS)
    exported = export_rows(sizes)
    imported, slips = import_rows(sizes), desk_rows(sizes if quick else (*sizes, *more))
    if not quick:
        save("backtest", replayed)
        save("desk", slips)
        save("exporting", exported)
        save("importing", imported)
        save("ledger", ledger)
        save("ledger-postgres", postgres)
        save("planning", weighed)
        save("service-events", told)
        save("travel", travel)
        write_table()
        peers.main()


if __name__ == "__main__":
    main()
