"""A snapshot is a shorter way to start, and never the truth: one that is wrong is passed over, and said to be."""

from itertools import pairwise
from pathlib import Path

import pytest

from neocloud.errors import JournalCutShort
from neocloud.settings import SNAPSHOTS_KEPT
from neocloud.store.snapshots import Snapshots, is_due, surplus
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
    monkeypatch.setattr("neocloud.store.snapshots.SNAPSHOT_EVERY_ENTRIES", 1)
    monkeypatch.setattr("neocloud.store.snapshots.SNAPSHOT_EVERY_PART", 10**6)


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


def test_the_newest_are_kept_and_older_ones_spread_over_the_journal(
    store: Store, snapshots: Snapshots, tmp_path: Path
) -> None:
    ledger = founded(store.ledger(snapshots))
    for i in range(SNAPSHOTS_KEPT + 4):
        ledger.submit(book(f"l{i}", 1), now=NOW)
    kept = [int(path.stem) for path in files(tmp_path)]
    assert len(kept) == SNAPSHOTS_KEPT
    assert kept[-2:] == [ledger.world.head.seq - 1, ledger.world.head.seq]
    assert max(after - before for before, after in pairwise([0, *kept])) <= 5


@pytest.mark.parametrize("kept", [2, 3, 7, 12])
def test_however_long_the_journal_no_gap_between_snapshots_is_wide(kept: int) -> None:
    seqs: list[int] = []
    for seq in range(1, 400):
        seqs.append(seq)
        for gone in surplus(seqs, kept):
            seqs.remove(gone)
        assert seqs[-2:] == [seq - 1, seq][-len(seqs) :]
        assert len(seqs) <= kept
        assert max(after - before for before, after in pairwise([0, *seqs])) <= max(1, 2 * seq / (kept - 1))


def test_snapshots_grow_rarer_as_the_journal_grows_so_that_they_cost_an_entry_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("neocloud.store.snapshots.SNAPSHOT_EVERY_ENTRIES", 50)
    monkeypatch.setattr("neocloud.store.snapshots.SNAPSHOT_EVERY_PART", 10)
    assert [seq for seq in (49, 50) if is_due(seq, 0)] == [50]
    assert [seq for seq in (1_099, 1_100) if is_due(seq, 1_000)] == [1_100]


def test_looking_back_starts_from_the_nearest_snapshot_before(store: Store, snapshots: Snapshots) -> None:
    ledger = founded(store.ledger(snapshots))
    ledger.submit(book("l1"), now=NOW)
    ledger.submit(book("l2"), now=NOW)
    assert [snapshots.load(ledger.journal, seq).head.seq for seq in (8, 7, 6, 5, 4)] == [7, 7, 6, 5, 0]


def test_a_file_with_another_name_is_no_snapshot(
    store: Store, snapshots: Snapshots, warnings: list[str], tmp_path: Path
) -> None:
    ledger = founded(store.ledger(snapshots))
    ledger.submit(book("l1"), now=NOW)
    (tmp_path / "snapshots" / "notes.snapshot").write_text("not one")
    files(tmp_path)[0].rename(tmp_path / "snapshots" / "000000000000002.snapshot")
    assert snapshots.newest_seq() == 6
    assert snapshots.load(ledger.journal, 5).head.seq == 0
    assert len(warnings) == 1 and "its name says 2" in warnings[0]


def test_keeping_and_reading_a_snapshot_say_how_far_they_are(store: Store, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    snapshots = Snapshots(tmp_path / "snapshots", print, lambda done, total: said.append((done, total)))
    ledger = founded(store.ledger(snapshots))
    assert said == [(5, 5)]
    snapshots.load(ledger.journal, progress=lambda done, total: said.append((done, total)))
    assert said[1:] == [(5, 5)]


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
