"""A snapshot is a shorter way to start, and never the truth: one that is wrong is passed over, and said to be."""

from pathlib import Path

import pytest

from neocloud.errors import JournalCutShort
from neocloud.store.snapshots import Snapshots
from tests.conftest import Store
from tests.contracts.scene import NOW, book, founded, picture


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def snapshots(tmp_path: Path, warnings: list[str]) -> Snapshots:
    return Snapshots(tmp_path / "snapshots", warnings.append)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot is kept for every entry."""
    monkeypatch.setattr("neocloud.operations.ledger.SNAPSHOT_EVERY_ENTRIES", 1)


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "snapshots").iterdir())


def test_a_world_from_a_snapshot_is_the_same_world(store: Store, snapshots: Snapshots, warnings: list[str]) -> None:
    ledger = founded(store.ledger(snapshots))
    ledger.submit(book("l1"), book("l2", hold_until_at=NOW + 60), now=NOW)
    assert snapshots.newest_seq() == 7
    assert picture(snapshots.load(ledger.journal)) == picture(ledger.world) == picture(store.ledger().world)
    store.ledger().submit(book("l3"), now=NOW)
    ledger.catch_up()
    started = store.ledger(snapshots)
    assert picture(started.world) == picture(ledger.world), "what came after the snapshot is folded onto it"
    started.submit(book("l4"), now=NOW + 60)
    assert started.world.leases["l2"].status == "expired", "holds still run out"
    assert warnings == []


def test_only_the_newest_two_are_kept(store: Store, snapshots: Snapshots, tmp_path: Path) -> None:
    ledger = founded(store.ledger(snapshots))
    for name in ("l1", "l2", "l3"):
        ledger.submit(book(name), now=NOW)
    assert [path.name for path in files(tmp_path)] == ["000000000000007.snapshot", "000000000000008.snapshot"]


def test_a_snapshot_damaged_anywhere_is_passed_over_with_a_warning(
    store: Store, snapshots: Snapshots, warnings: list[str], tmp_path: Path
) -> None:
    ledger = founded(store.ledger(snapshots))
    (path,) = files(tmp_path)
    sound, expected = path.read_bytes(), picture(ledger.world)
    assert picture(snapshots.load(ledger.journal)) == expected
    for place in range(len(sound)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        assert snapshots.load(ledger.journal).head.seq == 0, f"byte {place} was changed, and nobody noticed"
    assert len(warnings) == len(sound)
    for length in (0, 1, len(sound) // 2, len(sound) - 1):
        path.write_bytes(sound[:length])
        assert snapshots.load(ledger.journal).head.seq == 0
    assert picture(store.ledger(snapshots).world) == expected, "the journal is the truth"
    assert all("is ignored" in warning for warning in warnings)


def test_where_the_newest_is_damaged_the_one_before_serves(
    store: Store, snapshots: Snapshots, warnings: list[str], tmp_path: Path
) -> None:
    ledger = founded(store.ledger(snapshots))
    ledger.submit(book("l1"), now=NOW)
    files(tmp_path)[-1].write_bytes(b"torn")
    assert snapshots.load(ledger.journal).head.seq == 5
    assert len(warnings) == 1
    assert picture(store.ledger(snapshots).world) == picture(ledger.world)


def test_a_snapshot_that_was_never_finished_is_not_looked_at(
    store: Store, snapshots: Snapshots, warnings: list[str], tmp_path: Path
) -> None:
    ledger = founded(store.ledger(snapshots))
    (path,) = files(tmp_path)
    path.rename(path.with_suffix(".unfinished"))
    assert picture(store.ledger(snapshots).world) == picture(ledger.world)
    assert warnings == []


def test_a_snapshot_of_another_journal_is_passed_over_with_a_warning(
    store: Store, snapshots: Snapshots, warnings: list[str], tmp_path: Path
) -> None:
    other = founded(Store(f"sqlite:{tmp_path / 'other.db'}", store.open_things).ledger(snapshots), gpus=32)
    assert snapshots.newest_seq() == other.world.head.seq
    founded(store.ledger())
    ledger = store.ledger(snapshots)
    assert ledger.world.pools["h100"].installed_gpus == 64
    assert len(warnings) == 1 and "another journal" in warnings[0]


def test_a_journal_that_ends_before_its_snapshot_is_cut_short(store: Store, snapshots: Snapshots) -> None:
    ledger = founded(store.ledger(snapshots))
    ledger.submit(book("l1"), now=NOW)
    store.overwrite(list(ledger.journal.batches())[:1])
    with pytest.raises(JournalCutShort, match="ends at entry 5, but snapshot 000000000000006"):
        store.ledger(snapshots)


def test_a_snapshot_that_cannot_be_kept_takes_nothing_back(
    store: Store, snapshots: Snapshots, warnings: list[str], tmp_path: Path
) -> None:
    (tmp_path / "snapshots").write_text("a file where the folder should be")
    ledger = founded(store.ledger(snapshots))
    (answer,) = ledger.submit(book("l1"), now=NOW)
    assert answer.noun.id == "l1"
    assert len(warnings) == 2 and "snapshot" in warnings[0]
    assert picture(ledger.world) == picture(store.ledger().world)
