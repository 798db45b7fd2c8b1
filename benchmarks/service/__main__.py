"""`python -m benchmarks.service [--quick] [--save] [--soak SECONDS]`: the service, and which goals it met.

Needs wrk. PostgreSQL is measured where it is installed.
"""

import sys
from timeit import timeit
from typing import Any

import psycopg

from benchmarks.ledger import folder
from benchmarks.machine import machine, save
from benchmarks.postgres import server
from benchmarks.service.load import CLIENTS, has_wrk
from benchmarks.service.measuring import (
    BARE,
    BOOKING,
    Target,
    bare,
    desk,
    in_turn,
    measured,
    reads,
    resident_mb,
    soaked,
)
from benchmarks.service.served import Served, serving
from benchmarks.table import write_table
from neocloud.api.counted import Requests

SIZES = (1_000, 10_000, 100_000)
Row = dict[str, Any]


def service_rows(
    sizes: tuple[int, ...] = SIZES, *, seconds: float = 3, rounds: int = 3, soak_s: float = 60
) -> list[Row]:
    """All figures; none where wrk is not installed."""
    if not has_wrk():
        print("wrk is not installed: the service is not measured")
        return []
    rows = [_said(read_row(live, seconds, rounds)) for live in sizes]
    rows += [_said(booking_row("sqlite", None, seconds, rounds))]
    with server() as url:
        if url is not None:
            with psycopg.connect(url, autocommit=True) as db:
                db.execute("DROP TABLE IF EXISTS neocloud_batches, neocloud_commands")
            rows.append(_said(booking_row("postgresql", url, seconds, rounds)))
    rows.append(_said(soak_row(soak_s)))
    rows.append(_said({"part": "counting", "note_us": _note_us()}))
    return rows


def read_row(live: int, seconds: float, rounds: int) -> Row:
    """Reads at one size of the ledger, beside the bare route in the same minutes; then each at half of its load."""
    with folder() as path, bare() as (port, pid):
        token = desk(path / "desk", live)
        with serving(Served(path / "desk")) as (served,):
            targets = {name: Target(port, pid, token, wanted) for name, wanted in BARE.items()}
            targets |= {name: Target(served.port, served.pid, token, wanted) for name, wanted in reads(live).items()}
            found = in_turn(targets, seconds, rounds)
            for name in reads(live):
                half = measured(targets[name], seconds, per_s=found[name]["per_s"] / 2)
                found[name] |= {"half_per_s": half["per_s"], "half_p99_ms": half["p99_ms"]}
    return {"part": "reads", "live": live, **_flat(found)}


def booking_row(store: str, url: str | None, seconds: float, rounds: int) -> Row:
    """Durable bookings over HTTP by 32 clients, and at half of that load."""
    with folder() as path:
        token = desk(path / "desk", 1_000, url)
        with serving(Served(path / "desk")) as (served,):
            target = Target(served.port, served.pid, token, BOOKING)
            found = in_turn({"book": target}, seconds, rounds)
            half = measured(target, seconds, per_s=found["book"]["per_s"] / 2)
            found["book"] |= {"half_per_s": half["per_s"], "half_p99_ms": half["p99_ms"]}
    return {"part": "bookings", "store": store, "clients": CLIENTS, **_flat(found)}


def soak_row(seconds: float) -> Row:
    """Memory over a while of bookings and reads, and that of a process which has only read the same ledger."""
    with folder() as path:
        token = desk(path / "desk", 2_000)
        with serving(Served(path / "desk")) as (served,):
            found = soaked(served, token, seconds)
        with serving(Served(path / "desk")) as (fresh,):
            return {"part": "soak", "seconds": seconds, **found, "fresh_mb": resident_mb(fresh.pid)}


def _note_us() -> float:
    """What it takes to count one request (microseconds)."""
    counted, times = Requests(), 100_000
    return 1e6 * timeit(lambda: counted.note("GET", "/v1/leases/{name}", 200, 0.0021), number=times) / times


def _flat(found: dict[str, Row]) -> Row:
    return {f"{name}_{key}": value for name, row in found.items() for key, value in row.items()}


def _said(row: Row) -> Row:
    print({key: round(value, 2) if isinstance(value, float) else value for key, value in row.items()}, flush=True)
    return row


def main() -> None:
    """Run them."""
    words = sys.argv[1:]
    soak_s = float(words[words.index("--soak") + 1]) if "--soak" in words else 60.0
    before = machine()
    quick = "--quick" in words
    rows = service_rows(SIZES[:1], seconds=1, rounds=1, soak_s=4) if quick else service_rows(soak_s=soak_s)
    if "--save" in words and rows:
        save("service", rows, load_before=before["load"])
        write_table()


if __name__ == "__main__":
    main()
