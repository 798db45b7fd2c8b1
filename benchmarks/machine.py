"""What a result needs beside its figures: the machine, the date and the commit."""

import json
import os
import platform
import sqlite3
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """The processor, its cores, and the versions that matter."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "unknown")
    return {
        "cpu": cpu.partition(":")[2].strip(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": round(os.getloadavg()[0], 1),
        "loop_ns": _loop_ns(),
    }


def _loop_ns() -> int:
    """What one turn of a plain loop takes, the least of five tries: how fast this processor is at this moment.

    On the machines we had it went from 59 to 186 ns within minutes, and every figure with it.
    """
    turns, tries = 1_000_000, []
    for _ in range(5):
        began, total = time.perf_counter(), 0
        for i in range(turns):
            total += i
        tries.append(time.perf_counter() - began)
    return round(min(tries) * 10**9 / turns)


def commit() -> str:
    """The commit measured; with a plus if the tree has changes."""
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    dirty = subprocess.run(["git", "status", "--porcelain", "src"], capture_output=True, text=True, check=False)
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "")


def save(name: str, rows: list[dict[str, Any]], **more: Any) -> None:
    """Write results (and `more` about them) where `docs/benchmarks.md` is made from."""
    RESULTS.mkdir(exist_ok=True)
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    result = {"name": name, "date": date, "commit": commit(), "machine": machine(), **more, "rows": rows}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
