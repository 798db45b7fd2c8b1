"""Exports: rows a second into Parquet and the memory that takes; and how long the calendar takes beside.

    python -m benchmarks.exporting [--save]

Leases of one block and one price on 2,000 pools, 1 to 90 days each over two years; every table, daily capacity to the
last lease's end among them. A process of its own reads the journal, then exports.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.ledger import NOW, Desk, folder, stock
from benchmarks.machine import machine, save
from neocloud.operations.export_place import place_named
from neocloud.operations.export_tables import TABLES, Source
from neocloud.operations.exporting import days_of, export
from neocloud.operations.ledger import Ledger
from neocloud.rules.deadlines import deadlines
from neocloud.settings import NOTICE_NEAR_DAYS
from neocloud.store import open_journal
from neocloud.timeline import Span
from neocloud.units import DAY_S

SIZES = (1_000, 10_000, 100_000)
POOLS = 2_000
GOAL_LIVE, GOAL_S, GOAL_MB = 100_000, 60, 1_000


def export_rows(sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """Every size."""
    rows = [measure(size) for size in sizes]
    for row in rows:
        print("  ".join(f"{name} {value:,}" for name, value in row.items()))
    return rows


def measure(live: int) -> dict[str, Any]:
    """All figures at one size."""
    with folder() as path:
        with closing(open_journal(f"sqlite:{path}/journal.sqlite", create=True)) as journal:
            stock(journal, Desk(POOLS), live)
        command = [sys.executable, "-m", "benchmarks.exporting", "--in", str(path)]
        said = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True)
        return {"live": live, "pools": POOLS, **json.loads(said.stdout)}


def inside(path: Path) -> dict[str, Any]:
    """In a process of its own: read the journal, look at the calendar, export."""
    with closing(open_journal(f"sqlite:{path}/journal.sqlite")) as journal:
        world = Ledger(journal).world
        before_mb, began_s = _peak_mb(), time.process_time()
        ahead = deadlines(world, Span(NOW, NOW + NOTICE_NEAR_DAYS * DAY_S), NOW)
        calendar_s, began_s = time.process_time() - began_s, time.process_time()
        source = Source(world, journal, world.head, NOW, days_of(world, NOW))
        found = export(source, list(TABLES.values()), place_named(str(path / "export")))
        export_s = time.process_time() - began_s
    rows = sum(table["rows"] for table in found["tables"])
    return {
        "deadlines": len(ahead),
        "calendar_cpu_s": round(calendar_s, 3),
        "rows": rows,
        "export_cpu_s": round(export_s, 2),
        "rows_per_s": round(rows / export_s),
        "files_mb": round(sum(table["bytes"] for table in found["tables"]) / 1e6, 1),
        "read_mb": before_mb,
        "peak_mb": _peak_mb(),
    }


def section(result: dict[str, Any]) -> str:
    """The figures as a part of the page."""
    load = result["machine"]["load"]
    lines = [
        "## Export\n",
        f"{result['date']}, commit {result['commit']}, load {load} at the end. CPU time of every table, daily",
        "capacity of 2,000 pools among them, into a directory; and of the calendar of 90 days. Memory is",
        "the peak of the process with the ledger read, and after the export. Goal: an export of",
        f"{GOAL_LIVE:,} leases in under {GOAL_S} s and {GOAL_MB:,} MB.\n",
        "| live leases | rows | export | rows/s | files | ledger read | peak | deadlines | calendar | goal |",
        "|---:|" + "---:|" * 9,
    ]
    for row in result["rows"]:
        cells = [f"{row['live']:,}", f"{row['rows']:,}", f"{row['export_cpu_s']:.2f} s", f"{row['rows_per_s']:,}"]
        cells += [f"{row['files_mb']:.1f} MB", f"{row['read_mb']:,} MB", f"{row['peak_mb']:,} MB"]
        cells += [f"{row['deadlines']:,}", f"{row['calendar_cpu_s']:.3f} s", _goal(row)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def misses(row: dict[str, Any]) -> bool:
    """Whether an export of the goal's size took too long, or too much memory."""
    return bool(row["export_cpu_s"] >= GOAL_S or row["peak_mb"] >= GOAL_MB)


def _goal(row: dict[str, Any]) -> str:
    return "-" if row["live"] != GOAL_LIVE else "**missed**" if misses(row) else "met"


def _peak_mb() -> int:
    """The most it had in memory; ru_maxrss may be that of whoever started it."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


if __name__ == "__main__":
    if "--in" in sys.argv:
        print(json.dumps(inside(Path(sys.argv[sys.argv.index("--in") + 1]))))
    else:
        print(machine())
        measured = export_rows()
        if "--save" in sys.argv:
            save("exporting", measured)
