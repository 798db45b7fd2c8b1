"""Several real processes serve one ledger, and are killed: nothing is oversold, lost, or done twice."""

import random
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from benchmarks.service.served import Served, serving

from neocloud.operations.journal import verify
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from tests.conftest import Store
from tests.contracts.scene import broken_law, built_anew, picture
from tests.service.clients import Market
from tests.service.scene import data_directory, journal_of

CLIENTS = 8
GPUS = 2
SLOTS = 400


def killed_again_and_again(processes: list[Served], seconds: float) -> int:
    """Every second one of the processes is killed, whatever it does, and started again. How often that was."""
    chance, kills, deadline = random.Random(4), 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(1)
        victim = chance.choice(processes)
        victim.kill()
        victim.start()
        kills += 1
    return kills


def seen(process: Served, token: str, seq: str) -> list[object]:
    """All that one process shows of the ledger: its head, and every noun as it was written."""
    items: list[object] = [process.ask("GET", "/v1/journal/head", token, headers={"If-Known": seq}).json["head"]]
    for name in ("sites", "pools", "tenants", "terms", "keys", "leases"):
        cursor: str | None = ""
        while cursor is not None:
            after = f"&cursor={cursor}" if cursor else ""
            page = process.ask("GET", f"/v1/{name}?limit=1000{after}", token, headers={"If-Known": seq}).json
            items += [{**each, "computed": None} for each in page["items"]]
            cursor = page["next"]
    return items


def sold(processes: list[Served], folder: Path, journal: str | None, seconds: float, token: str) -> str:
    """Let clients book while processes are killed, and audit what came of it; what to tell of it."""
    with serving(*processes):
        market = Market(processes, token, SLOTS)
        clients = [Thread(target=market.client, args=(f"c{i}",)) for i in range(CLIENTS)]
        for each in clients:
            each.start()
        kills = killed_again_and_again(processes, seconds)
        market.ended.set()
        for each in clients:
            each.join(120)
            assert not each.is_alive(), "a client is still waiting"
        assert market.wrong == []
        for process in processes:
            wait_until_up(process, token)
        with closing(open_journal(journal_of(folder, journal))) as opened:
            seq = str(opened.head().seq)
            everything = [seen(each, token, seq) for each in processes]
            audited(opened, market)
    assert all(each == everything[0] for each in everything), "processes show different worlds"
    assert market.again > 0
    return (
        f"{len(processes)} processes, {kills} kills: {len(market.promised)} leases promised, {len(market.refused)} "
        f"refused, {market.retries} tries more, {market.replayed} answered by what had been written before a kill"
    )


def audited(journal: Journal, market: Market) -> None:
    """What was promised is there once, nothing else is, and the law holds."""
    world = Ledger(journal).world
    leases = list(market.promised.values())
    assert len(leases) == len(set(leases)), "two keys were answered with one lease"
    assert set(world.leases) == set(leases), "a promised lease is lost, or one is there that nobody was promised"
    assert broken_law(world) == []
    assert picture(world) == built_anew(world)
    assert verify(journal, world.head) == world.head
    assert len(leases) > 20


def wait_until_up(process: Served, token: str) -> None:
    """Until it answers that it is ready."""
    deadline = time.monotonic() + 60
    while True:
        try:
            if process.ask("GET", "/readyz", token).status == 200:
                return
        except OSError:
            pass
        assert time.monotonic() < deadline, process.log
        time.sleep(0.05)


def told(request: pytest.FixtureRequest, text: str) -> None:
    """Say it, whatever is captured."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stdout.write(f"\n{text}\n")


def processes_on(folder: Path, number: int) -> list[Served]:
    """So many processes on one data directory, each with a log of its own."""
    return [Served(folder, log=folder.parent / f"process-{i}.log") for i in range(number)]


@pytest.mark.postgres
def test_four_processes_on_postgresql_killed_every_second_keep_every_promise(
    new_store: Callable[[str], Store], tmp_path: Path
) -> None:
    store = new_store("postgresql")
    token = data_directory(tmp_path / "desk", store.url, GPUS)
    sold(processes_on(tmp_path / "desk", 4), tmp_path / "desk", store.url, 15, token)


def test_two_processes_on_sqlite_killed_in_turn_keep_every_promise(tmp_path: Path) -> None:
    token = data_directory(tmp_path / "desk", None, GPUS)
    sold(processes_on(tmp_path / "desk", 2), tmp_path / "desk", None, 8, token)


@pytest.mark.soak
@pytest.mark.postgres
def test_four_processes_on_postgresql_keep_every_promise_for_minutes(
    new_store: Callable[[str], Store], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store = new_store("postgresql")
    token = data_directory(tmp_path / "desk", store.url, GPUS)
    told(request, sold(processes_on(tmp_path / "desk", 4), tmp_path / "desk", store.url, 300, token))


@pytest.mark.postgres
def test_what_one_process_wrote_the_other_shows_at_once_to_who_says_that_it_is_known(
    new_store: Callable[[str], Store], tmp_path: Path
) -> None:
    store = new_store("postgresql")
    token = data_directory(tmp_path / "desk", store.url)
    with serving(*processes_on(tmp_path / "desk", 2)) as (one, other):
        for i in range(20):
            put = one.ask("PUT", f"/v1/tenants/t{i}", token, {"id": f"t{i}", "kind": "customer"})
            assert put.status == 201, put
            known = {"If-Known": put.headers["journal-seq"]}
            began_s = time.monotonic()
            assert other.ask("GET", f"/v1/tenants/t{i}", token, headers=known).status == 200
            assert time.monotonic() - began_s < 2, "it was only looked for when it is looked for anyway"
        assert other.ask("GET", "/v1/tenants/t1", token, headers={"If-Known": "999999"}).status == 503
