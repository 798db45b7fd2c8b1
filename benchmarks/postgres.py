"""The same desk on PostgreSQL: durable bookings in batches and one by one.

Uses NEOCLOUD_TEST_PG (a connection URL to an empty database), or starts the system's PostgreSQL for the occasion.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.ledger import measure


def postgres_rows(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Every size with 2,000 pools, and the largest with one; none where PostgreSQL is not installed."""
    rows = []
    with server() as url:
        if url is None:
            print("PostgreSQL is not installed: nothing measured on it")
            return []
        for pools, live in [(2_000, size) for size in sizes] + [(1, sizes[-1])]:
            with psycopg.connect(url, autocommit=True) as db:
                db.execute("DROP TABLE IF EXISTS neocloud_batches, neocloud_commands")
            rows.append(measure(live, pools, lambda _: url))
            print("postgresql", {name: round(value, 3) for name, value in rows[-1].items()})
    return rows


@contextmanager
def server() -> Iterator[str | None]:
    """A PostgreSQL to measure on, with its own defaults (fsync and synchronous_commit on)."""
    if url := os.environ.get("NEOCLOUD_TEST_PG"):
        yield url
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        yield None
        return
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp())
    if user:
        shutil.chown(folder, user)
    programs, data = found[-1].parent, folder / "data"
    _run([programs / "initdb", "-D", data, "-A", "trust", "-U", "neocloud", "--no-sync"], user)
    options = f"-c listen_addresses='' -k {folder}"
    _run([programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], user)
    try:
        yield f"postgresql://neocloud@/postgres?host={folder}"
    finally:
        _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], user)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str | Path], user: str | None) -> None:
    subprocess.run([str(each) for each in command], user=user, check=True, stdout=subprocess.DEVNULL, cwd="/tmp")
