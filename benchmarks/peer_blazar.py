"""OpenStack Blazar from PyPI, in an environment made for the run, and our ledger: lease by lease in turn."""

import json
import os
import subprocess
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.ledger import NOW, folder
from benchmarks.peer_desk import booking, desk, middle, race, run, spent
from neocloud.operations.ledger import Ledger

WANTED = "blazar==18.0.0"
HOSTS, LEASES, LIVE_PER_HOST, TRIALS = (10, 20, 50, 100), 11, 3, 20
PROGRAM = Path(__file__).parent / "inside_blazar.py"


def blazar_rows() -> list[dict[str, Any]] | str:
    """A row for each number of hosts and each kind of race; or why Blazar cannot be had."""
    with folder() as path:
        venv.create(path / "venv", with_pip=True)
        pip = path / "venv" / "bin" / "pip"
        code, printed, _ = run([pip, "install", "--quiet", "--disable-pip-version-check", WANTED])
        if code:
            return f"{WANTED} cannot be installed: {printed.splitlines()[-1] if printed else code}"
        python = path / "venv" / "bin" / "python"
        rows = [_lease_row(python, hosts) for hosts in HOSTS]
        return rows + [_race_row(python, kind) for kind in ("threads", "processes")]


def _lease_row(python: Path, hosts: int) -> dict[str, Any]:
    with folder() as path, _manager(python, path / "blazar.db", hosts) as (name, theirs):
        ledger = desk(path / "desk", hosts)
        live = [booking(f"live-{day}-{i}", 500 + day) for i in range(hosts) for day in range(LIVE_PER_HOST)]
        ledger.submit(*live, now=NOW)
        pairs = [(_ask(theirs, day), spent(partial(_book, ledger, day))) for day in range(1, LEASES + 1)]
        ledger.journal.close()
    their, our = (list(side) for side in zip(*pairs[1:], strict=True))  # the first of each warms up
    row: dict[str, Any] = {"peer": name, "hosts": hosts, "live": len(live), "leases": len(their)}
    row["statements"] = int(middle(their, "statements"))
    for key in ("cpu_s", "wall_s"):
        row |= {f"their_{key}": middle(their, key), f"our_{key}": middle(our, key)}
    row["load"] = round(os.getloadavg()[0], 1)
    print("blazar", row)
    return row


def _book(ledger: Ledger, day: int) -> None:
    ledger.submit(booking(f"lease-{day}", day), now=NOW)


@contextmanager
def _manager(python: Path, database: Path, hosts: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that books in Blazar, and what it calls itself, when its fleet is there."""
    command = _command(python, database, "lease", hosts, LIVE_PER_HOST)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdout.readline().strip(), process
        process.stdin.close()


def _ask(process: subprocess.Popen[str], day: int) -> dict[str, float]:
    assert process.stdin
    assert process.stdout
    print(day, file=process.stdin, flush=True)
    answer: dict[str, float] = json.loads(process.stdout.readline())
    return answer


def _race_row(python: Path, kind: str) -> dict[str, Any]:
    with folder() as path:
        command = _command(python, path / "blazar.db", "race", kind, TRIALS)
        theirs = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return {"peer": WANTED, "race": kind, "theirs": json.loads(theirs.stdout), "ours": race(kind, TRIALS)}


def _command(python: Path, database: Path, verb: str, *words: object) -> Sequence[str]:
    return [str(each) for each in (python, "-W", "ignore", "-P", PROGRAM, database, verb, *words)]
