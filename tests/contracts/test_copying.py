"""A copy of a journal is the journal: from store to store, interrupted anywhere, and never over another."""

from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from neocloud.errors import Invalid, JournalLocked, JournalTampered
from neocloud.model.entries import EMPTY, Head
from neocloud.operations.copying import Copy, copy_journal, digest_of
from neocloud.operations.journal import verify
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from tests.conftest import Store
from tests.contracts.scene import NOW, answered, book, founded, picture, tenant_batch

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))
PAIRS = [
    pytest.param(
        (source, target), id=f"{source}-{target}", marks=[pytest.mark.postgres] * ("postgresql" in (source, target))
    )
    for source, target in product(("sqlite", "postgresql"), repeat=2)
    if (source, target) != ("postgresql", "postgresql")
]


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Two kinds of store."""
    source, target = request.param
    return source, target


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for every two batches."""
    monkeypatch.setattr("neocloud.operations.copying._PART_BATCHES", 2)


@pytest.fixture
def source(pair: tuple[str, str], new_store: Callable[[str], Store]) -> Ledger:
    """A ledger of eight batches, a hold that ran out among them."""
    ledger = founded(new_store(pair[0]).ledger())
    ledger.submit(book("held", hold_until_at=NOW + 60), book("l0"), now=NOW)
    for i in range(1, 7):
        ledger.submit(book(f"l{i}", 1), now=NOW + 30 * i)
    return ledger


@pytest.fixture
def target(pair: tuple[str, str], new_store: Callable[[str], Store], tmp_path: Path) -> Store:
    """An empty place."""
    if pair[1] == "sqlite":
        return Store(f"sqlite:{tmp_path / 'copy.db'}", new_store("sqlite").open_things)
    return new_store(pair[1])


def is_the_same(source: Ledger, target: Store) -> None:
    """Equal bytes, chain, commands and world."""
    journal = target.journal(create=False)
    assert list(journal.batches()) == list(source.journal.batches())
    assert verify(journal, source.world.head) == source.world.head
    assert picture(target.ledger().world) == picture(source.world)


def test_a_copy_has_the_same_bytes_chain_commands_and_world(source: Ledger, target: Store) -> None:
    head = source.world.head
    assert copy_journal(source.journal, target.journal()) == Copy(head, head.seq, 0)
    is_the_same(source, target)
    assert digest_of(target.journal(), head) == digest_of(source.journal, head) == source.world.digest()
    (again,) = target.ledger().submit(book("l1", 1), now=NOW + 1_000)
    assert answered(again).again, "a retry finds its answer in the copy"


def test_the_same_copy_twice_changes_nothing_and_later_entries_follow(source: Ledger, target: Store) -> None:
    journal = target.journal()
    copy_journal(source.journal, journal)
    assert copy_journal(source.journal, journal) == Copy(source.world.head, 0, 0)
    source.submit(book("later", 1), now=NOW + 1_000)
    assert copy_journal(source.journal, journal).entries == 1
    is_the_same(source, target)


@pytest.mark.parametrize("commits", [0, 1, 2])
def test_a_copy_interrupted_goes_on_where_it_stopped(source: Ledger, target: Store, commits: int) -> None:
    def interrupted(done: int, total: int, left: list[int] = [commits]) -> None:  # noqa: B006
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    journal = target.journal()
    with pytest.raises(KeyboardInterrupt):
        copy_journal(source.journal, journal, interrupted)
    stopped = journal.head()
    link = source.journal.link_at(stopped.seq)
    assert link is not None and link.head == stopped, "it stands between two batches"
    rest = copy_journal(source.journal, journal)
    assert rest.entries == source.world.head.seq - stopped.seq > 0
    is_the_same(source, target)


def test_an_interrupt_within_a_commit_leaves_no_part_of_it(source: Ledger, target: Store) -> None:
    journal = target.journal()
    with pytest.raises(KeyboardInterrupt), journal.turn():
        raise KeyboardInterrupt
    assert journal.head() == EMPTY
    copy_journal(source.journal, journal)
    is_the_same(source, target)


def test_a_place_with_other_entries_is_refused_and_left_as_it_is(source: Ledger, target: Store) -> None:
    journal = target.journal()
    with journal.turn():
        journal.append(tenant_batch(EMPTY, "umbrella"), ["umbrella"], expected=EMPTY)
    before = list(journal.batches())
    with pytest.raises(Invalid, match=r"holds other entries \(1 of them\).*name an empty place"):
        copy_journal(source.journal, journal)
    assert list(journal.batches()) == before


def test_a_copy_that_was_written_to_is_no_copy_any_more(source: Ledger, target: Store) -> None:
    journal = target.journal()
    copy_journal(source.journal, journal)
    target.ledger().submit(book("elsewhere", 1), now=NOW + 1_000)
    with pytest.raises(Invalid, match="and 1 entries more, so it is no copy any more"):
        copy_journal(source.journal, journal)
    source.submit(book("here", 1), now=NOW + 1_000)
    with pytest.raises(Invalid, match="holds other entries"):
        copy_journal(source.journal, journal)


def test_what_is_recorded_meanwhile_is_left_for_the_next_time(source: Ledger, target: Store) -> None:
    began, journal = source.world.head, target.journal()

    def booked(done: int, total: int) -> None:
        source.submit(book(f"meanwhile-{done}", 1), now=NOW + 1_000)

    copied = copy_journal(source.journal, journal, booked)
    assert (copied.head, copied.entries, copied.later > 0) == (began, began.seq, True)
    assert copy_journal(source.journal, journal).entries == copied.later
    is_the_same(source, target)


def test_two_that_copy_to_one_place_do_not_mix(source: Ledger, target: Store) -> None:
    def other(done: int, total: int) -> None:
        copy_journal(source.journal, target.journal())

    with pytest.raises(JournalLocked, match="written to by somebody else as well; run the same again"):
        copy_journal(source.journal, target.journal(), other)
    is_the_same(source, target)


@pytest.mark.parametrize("pair", [each for each in PAIRS if str(each.id).startswith("sqlite-")], indirect=True)
def test_changed_bytes_are_not_copied(source: Ledger, target: Store, pair: tuple[str, str]) -> None:
    batches = list(source.journal.batches())
    place = Store(source.journal.url, target.open_things)
    place.overwrite([*batches[:5], batches[5]._replace(body=batches[5].body.replace(b"8", b"9")), *batches[6:]])
    with pytest.raises(JournalTampered):
        copy_journal(place.journal(), target.journal())
    assert target.journal().head() in {EMPTY, batches[1].head, batches[3].head}


def test_a_head_that_the_journal_does_not_pass_through_has_no_digest(source: Ledger) -> None:
    with pytest.raises(JournalTampered, match="does not pass through"):
        digest_of(source.journal, Head(source.world.head.seq, bytes(32), NOW))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_extended_outside_of_a_turn(kind: str, new_store: Callable[[str], Store]) -> None:
    journal = new_store(kind).journal()
    with pytest.raises(AssertionError, match="turn"):
        journal.extend([(tenant_batch(EMPTY, "acme"), ["acme"])], expected=EMPTY)


def test_an_empty_journal_is_copied_to_an_empty_one(tmp_path: Path) -> None:
    with (
        closing(open_journal(f"sqlite:{tmp_path / 'one'}", create=True)) as one,
        closing(open_journal(f"sqlite:{tmp_path / 'other'}", create=True)) as other,
    ):
        assert copy_journal(one, other) == Copy(EMPTY, 0, 0)
