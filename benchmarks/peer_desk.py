"""Our side of every comparison with a peer: a pool of 8-GPU hosts in a data directory, durable on SQLite.

`python -m benchmarks.peer_desk FOLDER NUMBER` books so many and says so after each answer, to be killed by then.
"""

import multiprocessing
import multiprocessing.dummy
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ledger import NOW, folder
from neocloud.errors import Oversold
from neocloud.model.commands import Apply, Ask, Book, PriceAsk
from neocloud.model.fleet import Pool, PowerStep, Site
from neocloud.model.tenants import Tenant
from neocloud.operations.directory import create_directory, open_directory
from neocloud.operations.ledger import Ledger
from neocloud.units import DAY_S, Money

GPUS = 8
PRICE = PriceAsk(per="gpu_hour", amount=Money("USD", 2_350_000_000))


def desk(path: Path, hosts: int) -> Ledger:
    """A new ledger of one pool of so many hosts."""
    ledger = create_directory(path, journal=None, now=NOW)
    pool = Pool(
        id="hosts", site="hall", gpu="H100", it_watts_per_gpu=1280, installed_gpus=GPUS * hosts, sell_unit_gpus=GPUS
    )
    nouns = (Site(id="hall", power=(PowerStep(watts=10**9),)), pool, Tenant(id="acme", kind="customer"))
    ledger.submit(*(Apply(id=f"fleet-{noun.id}", noun=noun) for noun in nouns), now=NOW)
    return ledger


def booking(name: str, day: int, hosts: int = 1) -> Book:
    """So many hosts for the day that is so many days from now."""
    start_at = NOW + day * DAY_S
    ask = Ask(pool="hosts", gpus=GPUS * hosts, start_at=start_at, end_at=start_at + DAY_S)
    return Book(id=f"book-{name}", lease=name, tenant="acme", terms="reserved", asks=(ask,), prices=(PRICE,))


def spent(work: Callable[[], object]) -> dict[str, float]:
    """What it takes of the clock and of this process's CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def run(command: Sequence[str | Path], env: dict[str, str] | None = None) -> tuple[int, str, dict[str, float]]:
    """A process to its end: its exit code, what it printed, and what it took of the clock and of CPU."""
    began = time.perf_counter()
    both = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert both.stdout
    with both.stdout:
        printed = both.stdout.read()
    _, status, used = os.wait4(both.pid, 0)
    both.returncode = os.waitstatus_to_exitcode(status)
    took = {"wall_s": time.perf_counter() - began, "cpu_s": used.ru_utime + used.ru_stime}
    return both.returncode, printed.strip(), took


def middle(figures: Sequence[dict[str, float]], key: str, ratio: float = 0.5) -> float:
    """The median, or another quantile, of one figure."""
    ordered = sorted(each[key] for each in figures)
    return ordered[min(len(ordered) - 1, int(len(ordered) * ratio))]


def race(kind: str, trials: int) -> dict[str, int]:
    """Two writers ask for the one host on the same day, day after day; what the journal then holds."""
    kit: Any = multiprocessing.dummy if kind == "threads" else multiprocessing.get_context("spawn")
    with folder() as path:
        desk(path / "desk", 1).journal.close()
        barrier = kit.Barrier(2)
        writers = [kit.Process(target=write, args=(path / "desk", name, barrier, trials)) for name in ("a", "b")]
        for each in writers:
            each.start()
        for each in writers:
            each.join()
        ledger = reopened(path / "desk")
        days = Counter((each.start_at - NOW) // DAY_S for each in ledger.world.leases.values())
        ledger.journal.close()
    counts = [days[day] for day in range(1, trials + 1)]
    return {"trials": trials, "two": counts.count(2), "one": counts.count(1), "none": counts.count(0)}


def write(path: Path, name: str, barrier: Any, trials: int) -> None:
    """One of the two writers, with a ledger of its own on the same journal."""
    ledger = reopened(path)
    for day in range(1, trials + 1):
        barrier.wait()
        try:
            ledger.submit(booking(f"{name}-{day}", day), now=NOW)
        except Oversold:
            continue
    ledger.journal.close()


def reopened(path: Path) -> Ledger:
    """The ledger of a data directory."""
    return open_directory(path, warn=print)


def killed(trials: int, number: int) -> dict[str, int]:
    """A process that has answered so many bookings is killed at once: how many of them are in the journal."""
    lost = 0
    for _ in range(trials):
        with folder() as path:
            desk(path / "desk", 1).journal.close()
            command = [sys.executable, "-m", "benchmarks.peer_desk", str(path / "desk"), str(number)]
            writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert writer.stdout
            with writer.stdout:
                answered = [writer.stdout.readline().strip() for _ in range(number)]
                writer.send_signal(signal.SIGKILL)
            writer.wait()
            ledger = reopened(path / "desk")
            lost += sum(name not in ledger.world.leases for name in answered)
            ledger.journal.close()
    return {"trials": trials, "answered": trials * number, "lost": lost}


def main() -> None:
    """Book, say so, and wait to be killed."""
    ledger = reopened(Path(sys.argv[1]))
    for day in range(1, int(sys.argv[2]) + 1):
        ledger.submit(booking(f"lease-{day}", day), now=NOW)
        print(f"lease-{day}", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
