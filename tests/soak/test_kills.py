"""Kill -9 in mid-commit, again and again: what was acknowledged is there, and the law holds.

What a process has said is in a pipe that we hold, so it outlives the process: an acknowledgement that
was said before the kill is noted outside of what was killed.
"""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neocloud.operations.journal import verify
from neocloud.operations.ledger import Ledger
from tests.conftest import Store
from tests.contracts.scene import broken_law, built_anew, founded, picture

GPUS = 4
SLOTS = 400
KILLS = {"sqlite": 200, "postgresql": 50}
ROOT = Path(__file__).parents[2]


def killed(store: Store, name: str, chance: random.Random) -> tuple[list[str], str | None]:
    """A process that books until it is killed: what was acknowledged, and what it was writing then."""
    command = [sys.executable, "-m", "tests.contracts.booker", store.url, name, str(SLOTS)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        said, commit_s = [], 0.001
        for _ in range(chance.randrange(2, 8)):
            said.append(process.stdout.readline())
            began_s = time.perf_counter()
            said.append(process.stdout.readline())
            commit_s = time.perf_counter() - began_s
        said.append(process.stdout.readline())
        time.sleep(chance.uniform(0, commit_s))  # so that it hits anywhere in the commit that has begun
        process.kill()
        said += process.stdout.readlines()
    acknowledged = [line[2:].strip() for line in said if line.startswith("! ")]
    return acknowledged, said[-1][2:].strip() if said[-1].startswith("? ") else None


@pytest.mark.soak
def test_what_was_acknowledged_outlives_kill_9(store: Store, request: pytest.FixtureRequest) -> None:
    founded(store.ledger(), GPUS)
    kind = store.url.partition(":")[0]
    chance, acknowledged = random.Random(9), set[str]()
    outcomes = {"written": 0, "not written": 0, "between two commits": 0}
    for i in range(KILLS[kind]):
        noted, in_flight = killed(store, f"k{i}", chance)
        acknowledged.update(noted)
        journal = store.journal()
        world = Ledger(journal).world
        assert acknowledged <= set(world.leases), f"kill {i}: lost {sorted(acknowledged - set(world.leases))}"
        assert len(set(world.leases) - acknowledged) <= i + 1, "more than what was in flight was written"
        assert verify(journal, world.head) == world.head
        assert broken_law(world) == []
        assert picture(world) == built_anew(world)
        journal.close()
        missing = "between two commits" if in_flight is None else "not written"
        outcomes["written" if in_flight in world.leases else missing] += 1
    assert outcomes["written"] + outcomes["not written"] > KILLS[kind] // 2, "too few were hit in mid-commit"
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
        kills = f"{KILLS[kind]} kills on {kind}"
        sys.stdout.write(f"\n{kills}: {len(acknowledged):,} leases acknowledged, none lost; in flight: {told}\n")
