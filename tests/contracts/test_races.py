"""Eight processes race for one pool until it is sold out. It is sold exactly full, and never oversold."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from neocloud.operations.ledger import Ledger
from tests.conftest import Store
from tests.contracts.scene import available_gpus, broken_law, built_anew, founded, picture

PROCESSES = 8
GPUS = 1_200
LEAST_RACES = 100
ROOT = Path(__file__).parents[2]


@contextmanager
def booker(store: Store, name: str) -> Iterator[subprocess.Popen[str]]:
    """A process that leases one GPU after the other; it is ready, and waits for a line."""
    command = [sys.executable, "-m", "tests.contracts.booker", store.url, name, "1"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def raced(store: Store) -> list[list[str]]:
    """What each process said: they start together when all are ready."""
    with ExitStack() as running:
        processes = [running.enter_context(booker(store, f"p{i}")) for i in range(PROCESSES)]
        for process in processes:
            assert process.stdout and process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=120)[0].splitlines() for process in processes]
        assert [process.returncode for process in processes] == [0] * PROCESSES
    return said


def test_eight_processes_sell_one_pool_exactly_out(store: Store) -> None:
    founded(store.ledger(), GPUS)
    said = raced(store)
    acknowledged = [line.removeprefix("! ") for lines in said for line in lines if line.startswith("! ")]
    world = Ledger(store.journal()).world
    assert len(acknowledged) == len(set(acknowledged)) == GPUS
    assert set(acknowledged) == set(world.leases)
    assert available_gpus(world) == 0, "the pool is not sold exactly full"
    assert broken_law(world) == []
    assert picture(world) == built_anew(world)
    assert all(any(line.startswith("! ") for line in lines) for lines in said), "not all took part"
    races = sum(int(lines[-1].removeprefix("races ")) for lines in said)
    assert races >= LEAST_RACES, f"only {races} races: this proves little"
