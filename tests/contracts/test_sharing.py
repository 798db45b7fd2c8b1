"""One ledger for many who ask at once: nobody waits for a snapshot, and what others wrote is there soon."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from neocloud.errors import Oversold
from neocloud.operations.ledger import Answer, Said
from neocloud.operations.sharing import SharedLedger
from neocloud.store.snapshots import Snapshots
from tests.conftest import Store
from tests.contracts.scene import NOW, book, founded, picture

WAIT_S = 20
NEVER_S = 3_600.0


@contextmanager
def shared(store: Store, snapshots: Snapshots | None = None) -> Iterator[SharedLedger]:
    """A ledger that follows others only when it is told to."""
    found = SharedLedger(store.ledger(snapshots), lambda: NOW, follow_every_s=NEVER_S)
    try:
        yield found
    finally:
        found.close()


def said(ledger: SharedLedger, lease: str) -> Answer:
    """A booking of one GPU, and its answer."""
    return ledger.say(Said(book(lease, 1), ledger.ledger.author)).result(WAIT_S)


def test_while_a_snapshot_is_written_others_read_and_write(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded(store.ledger())
    monkeypatch.setattr("neocloud.store.snapshots.SNAPSHOT_EVERY_ENTRIES", 6)
    begun, go_on = Event(), Event()

    def written(done: int, total: int) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)

    snapshots = Snapshots(tmp_path / "snapshots", pytest.fail, written)
    with shared(store, snapshots) as ledger:
        said(ledger, "l1")
        assert begun.wait(WAIT_S), "a snapshot is due"
        assert said(ledger, "l2").noun.id == "l2"
        with ledger.world() as world:
            assert set(world.leases) == {"l1", "l2"}
        go_on.set()
    assert snapshots.load(store.journal(), 6).head.seq == 6
    assert set(snapshots.load(store.journal(), 6).leases) == {"l1"}, "it is of the entry that it says"
    assert picture(store.ledger(Snapshots(tmp_path / "snapshots", pytest.fail)).world) == picture(
        store.ledger().world
    )


def test_a_ledger_hears_of_what_another_wrote(store: Store) -> None:
    founded(store.ledger())
    with shared(store) as one, shared(store) as other:
        heard = Event()
        other.ledger.told.append(lambda entries: heard.set() if entries[-1].noun.id == "l1" else None)
        said(one, "l1")
        assert heard.wait(WAIT_S)
        with other.world() as world:
            assert "l1" in world.leases


def test_a_group_is_told_of_with_what_each_command_came_to(new_store: Callable[[str], Store]) -> None:
    store = new_store("sqlite")
    founded(store.ledger(), 1)
    with shared(store) as ledger:
        told: list[tuple[list[str], bool]] = []
        ledger.written.append(lambda group, s: told.append(([type(each).__name__ for each in group], s >= 0)))
        said(ledger, "l1")
        with pytest.raises(Oversold):
            said(ledger, "l2")
    assert told == [(["Answer"], True), (["Oversold"], True)]
