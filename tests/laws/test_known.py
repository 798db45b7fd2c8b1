"""Known at: the world of any head is the fold of the entries up to it, from whatever snapshot it starts."""

import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.errors import Invalid
from neocloud.model.commands import Apply
from neocloud.model.entries import EMPTY, Head, Noun, read
from neocloud.model.world import World
from neocloud.operations.known import fold, head_at, head_of, last_head
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.snapshots import Snapshots
from neocloud.units import HOUR_S
from tests.laws.histories import Moment, fleets, histories, settled, stable
from tests.laws.test_fold import picture

few = settings(stable, max_examples=25)


@contextmanager
def kept(fleet: list[Noun], history: list[Moment], every: int) -> Iterator[tuple[Ledger, Snapshots]]:
    """A history on a real journal, with a snapshot for every so many entries."""
    with tempfile.TemporaryDirectory() as folder, closing(open_journal(f"sqlite:{folder}/j", create=True)) as journal:
        snapshots, now = Snapshots(Path(folder) / "snapshots", pytest.fail), HOUR_S
        with patch("neocloud.store.snapshots.SNAPSHOT_EVERY_ENTRIES", every):
            ledger = Ledger(journal, snapshots)
            ledger.submit(*(Apply(id=f"fleet-{i}", noun=noun) for i, noun in enumerate(fleet)), now=now)
            for i, (later, said) in enumerate(history):
                now += later * HOUR_S
                ledger.submit_each([replace(settled(ledger.world, said), id=f"command-{i}")], now)
        yield ledger, snapshots


def prefixes(ledger: Ledger) -> list[tuple[Head, World]]:
    """Every head of a journal, and the world folded from the first entry up to it."""
    found, nouns = [], []
    for entries, head in read(EMPTY, ledger.journal.batches()):
        nouns += [entry.noun for entry in entries]
        found.append((head, World(list(nouns), head)))
    return found


@given(fleets(), histories(10), st.sampled_from((1, 3, 10**9)))
@few
def test_known_at_any_head_is_the_world_folded_from_the_entries_up_to_it(
    fleet: list[Noun], history: list[Moment], every: int
) -> None:
    with kept(fleet, history, every) as (ledger, snapshots):
        for head, world in prefixes(ledger):
            for beside in (snapshots, None):
                known = fold(ledger.journal, beside, until=head)
                assert (known.head, known.digest()) == (head, world.digest())
            assert picture(known) == picture(world)


@given(fleets(), histories(10), st.sampled_from((1, 10**9)))
@few
def test_known_at_the_head_is_the_world(fleet: list[Noun], history: list[Moment], every: int) -> None:
    with kept(fleet, history, every) as (ledger, snapshots):
        head = ledger.world.head
        assert head_of(ledger.journal, head.seq) == head_at(ledger.journal, head.recorded_at) == head
        known = Ledger(ledger.journal, snapshots, until=head).world
        assert known.digest() == ledger.world.digest()
        assert picture(known) == picture(ledger.world)


@given(fleets(), histories(10))
@few
def test_every_number_is_a_head_or_is_refused_with_those_that_would_work(
    fleet: list[Noun], history: list[Moment]
) -> None:
    with kept(fleet, history, 10**9) as (ledger, _):
        heads = {head.seq: head for head, _ in prefixes(ledger)}
        for seq in range(-1, ledger.world.head.seq + 3):
            if seq in heads:
                assert head_of(ledger.journal, seq) == heads[seq]
                continue
            with pytest.raises(Invalid) as refused:
                head_of(ledger.journal, seq)
            if 1 <= seq <= ledger.world.head.seq:
                offered = str(refused.value).rpartition("say ")[2].split(" or ")
                around = [max([0, *(n for n in heads if n < seq)]), min(n for n in heads if n > seq)]
                assert [int(number) for number in offered] == [number for number in around if number]


@given(fleets(), histories(10))
@few
def test_known_at_a_time_is_all_that_was_recorded_by_then(fleet: list[Noun], history: list[Moment]) -> None:
    with kept(fleet, history, 10**9) as (ledger, _):
        heads = [head for head, _ in prefixes(ledger)]
        times = [head.recorded_at for head in heads]
        for instant in range(min(times), max(times) + 2 * HOUR_S, HOUR_S // 2):
            assert head_at(ledger.journal, instant) == heads[bisect_right(times, instant) - 1]
        with pytest.raises(Invalid, match="nothing was known"):
            head_at(ledger.journal, min(times) - 1)
        assert last_head(ledger.journal, lambda recorded_at: False) == EMPTY


def test_what_was_known_is_not_written_to(tmp_path: Path) -> None:
    with kept([], [], 10**9) as (ledger, _):
        with pytest.raises(Invalid, match="no entries yet"):
            head_of(ledger.journal, 1)
        with pytest.raises(Invalid, match="no entries yet"):
            head_at(ledger.journal, HOUR_S)
        known = Ledger(ledger.journal, until=EMPTY)
        with pytest.raises(AssertionError, match="is not written to"):
            known.submit(now=HOUR_S)
