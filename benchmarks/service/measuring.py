"""Figures of a served process under load: answers a second, how long they took, and the processor time of each."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.ledger import Desk, stock
from benchmarks.service.load import Wanted, load
from benchmarks.service.served import ROOT, Served, new_key
from neocloud.store import open_journal

POOLS = 200
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
Row = dict[str, Any]

BODY = json.dumps(
    {
        "tenant": "t1",
        "terms": "reserved",
        "blocks": [{"pool": "p{n}", "gpus": 8, "from": "2027-02-01T00:00:00Z", "until": "2027-05-01T00:00:00Z"}],
        "prices": [{"per": "gpu_hour", "amount": "2.35"}],
    }
)
"""A booking of one block, in one pool after the other."""

BOOKING = Wanted("POST", "/v1/leases", BODY, POOLS - 1)
BARE = {
    "bare": Wanted("POST", "/bare", BODY.replace('"from"', '"from_"'), POOLS - 1),
    "bare_get": Wanted("GET", "/bare"),
}


def reads(live: int) -> dict[str, Wanted]:
    """What is read of a ledger with so many leases: one pool or lease after the other."""
    return {
        "capacity": Wanted("GET", "/v1/capacity?pool=p{n}", "", POOLS - 1),
        "lease": Wanted("GET", "/v1/leases/lease-{n}", "", live - 2),
        "quote": Wanted("POST", "/v1/quotes", BODY, POOLS - 1),
    }


class Target(NamedTuple):
    """Whom is asked for what."""

    port: int
    pid: int
    token: str
    wanted: Wanted


def desk(folder: Path, live: int, journal: str | None = None) -> str:
    """A data directory with a made-up ledger of so many leases; the token of an admin's key."""
    options = [] if journal is None else ["--journal", journal]
    command = [sys.executable, "-m", "neocloud", "init", *options, str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with closing(open_journal(journal or f"sqlite:{folder}/journal.sqlite")) as opened:
        stock(opened, Desk(POOLS), live)
    return new_key(folder, "--role", "admin")


@contextmanager
def bare() -> Iterator[tuple[int, int]]:
    """The bare route in a process of its own: its port and process."""
    command = [sys.executable, "-m", "benchmarks.service.bare"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.terminate()


def measured(target: Target, seconds: float, *, per_s: float = 0) -> Row:
    """One run of load, once what another run has left behind is answered."""
    with closing(http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)) as last:
        last.request("GET", "/healthz")
        last.getresponse().read()
    before_s = cpu_s(target.pid)
    found = load(target.port, target.token, target.wanted, seconds=seconds, per_s=per_s)
    used_s = cpu_s(target.pid) - before_s
    return {**found._asdict(), "cpu_us": 1e6 * used_s / max(1, found.answers)}


def in_turn(targets: Mapping[str, Target], seconds: float, rounds: int) -> dict[str, Row]:
    """Each one after the other, several times over, as the machine is not the same for long: the medians."""
    rows: dict[str, list[Row]] = {name: [] for name in targets}
    for _ in range(rounds):
        for name, target in targets.items():
            rows[name].append(measured(target, seconds))
    return {name: {key: median(row[key] for row in found) for key in found[0]} for name, found in rows.items()}


def cpu_s(pid: int) -> float:
    """The processor time that a process has used (seconds)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS_PER_S


def resident_mb(pid: int) -> float:
    """What a process has in memory (MB)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def soaked(served: Served, token: str, seconds: float, watch: Callable[[float], None] = lambda _: None) -> Row:
    """Bookings and reads for a while: memory before, in the middle and after, and how many entries came."""
    target = Target(served.port, served.pid, token, BOOKING)
    marks = []
    for _ in range(3):
        marks.append((resident_mb(served.pid), _entries(served, token)))
        if len(marks) < 3:
            measured(target, seconds / 4)
            for wanted in list(reads(2_000).values())[:2]:
                measured(target._replace(wanted=wanted), seconds / 8)
            watch(marks[-1][0])
    (first, _), (middle, at), (last, end) = marks
    return {"first_mb": first, "middle_mb": middle, "last_mb": last, "entries": end - at,
            "bytes_per_entry": 2**20 * (last - middle) / max(1, end - at)}  # fmt: skip


def _entries(served: Served, token: str) -> int:
    return int(served.ask("GET", "/v1/journal/head", token).json["seq"])
