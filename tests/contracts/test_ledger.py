"""What the ledger keeps on every journal: one answer to a command, and a world that is the fold of the journal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from neocloud.errors import (
    Conflict,
    HeadMoved,
    JournalCutShort,
    JournalLocked,
    JournalNewer,
    JournalTampered,
    JournalUnreachable,
    NotAllowed,
    Oversold,
)
from neocloud.model.commands import Confirm
from neocloud.model.entries import Batch, Head, decode
from neocloud.operations.ledger import Ledger
from neocloud.settings import RETRIES
from neocloud.store.journal import CommitUnknownError, Journal
from tests.conftest import Store
from tests.contracts.scene import (
    DAY,
    NOW,
    answered,
    apply,
    available_gpus,
    book,
    broken_law,
    built_anew,
    founded,
    picture,
    request,
)

# ---- one command, one answer ----


def test_the_same_command_gets_the_same_answer(store: Store) -> None:
    ledger = founded(store.ledger())
    (first,) = ledger.submit(book("l1"), now=NOW)
    (again,) = ledger.submit(book("l1"), now=NOW + 60)
    (elsewhere,) = store.ledger().submit(book("l1"), now=NOW + 60)
    assert (first.again, again.again, elsewhere.again) == (False, True, True)
    assert first.changes == again.changes == elsewhere.changes
    assert available_gpus(ledger.world) == 56, "it was booked once"


def test_the_same_id_with_other_content_is_a_conflict(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l1", 8), now=NOW)
    with pytest.raises(Conflict, match="book-l1"):
        ledger.submit(book("l1", 16), now=NOW)
    assert available_gpus(ledger.world) == 56


def test_a_command_said_twice_in_one_breath_is_accepted_once(store: Store) -> None:
    ledger = founded(store.ledger())
    first, again, other = ledger.submit_each([book("l1"), book("l1"), book("l1", 16)], now=NOW)
    assert answered(again).again and answered(again).changes == answered(first).changes
    assert isinstance(other, Conflict)
    assert available_gpus(ledger.world) == 56


def test_a_refusal_is_not_remembered_and_may_be_tried_again(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("big", 64, hold_until_at=NOW + 60), now=NOW)
    with pytest.raises(Oversold):
        ledger.submit(book("l1"), now=NOW)
    (answer,) = ledger.submit(book("l1"), now=NOW + 60)
    assert not answer.again


# ---- batches ----


def test_many_commands_are_one_commit(store: Store) -> None:
    ledger = founded(store.ledger())
    before = ledger.world.head.seq
    answers = ledger.submit_each([book(f"l{i}", 16) for i in range(6)], now=NOW)
    assert [isinstance(answer, Oversold) for answer in answers] == [False] * 4 + [True] * 2
    (batch,) = ledger.journal.batches(before)
    assert [entry.command for entry in decode(batch)] == [f"book-l{i}" for i in range(4)]
    assert picture(ledger.world) == picture(store.ledger().world)


def test_all_together_or_none(store: Store) -> None:
    ledger = founded(store.ledger())
    before = picture(ledger.world)
    with pytest.raises(Oversold):
        ledger.submit(book("l1"), book("l2", 64), now=NOW)
    assert picture(ledger.world) == before == picture(store.ledger().world)


def test_nothing_is_written_when_nothing_changes(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l1"), now=NOW)
    head = ledger.world.head
    (answer,) = ledger.submit(Confirm(id="confirm-l1", lease="l1"), now=NOW)
    assert (answer.changes, ledger.journal.head()) == ((), head)
    assert ledger.submit(now=NOW) == []


def test_a_preview_changes_nothing(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l1", hold_until_at=NOW + 60), now=NOW)
    before = picture(ledger.world)
    first, last = ledger.preview(book("l2", 60), book("l3", 4), now=NOW + 60)
    assert [change.cause for change in first + last] == ["booked", "booked"]
    with pytest.raises(Oversold):
        ledger.preview(book("l2", 60), book("l3", 8), now=NOW + 60)
    assert picture(ledger.world) == before == picture(store.ledger().world)


# ---- time ----


def test_a_hold_that_ran_out_is_written_down_by_the_next_decision_that_sees_it(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l1", 64, hold_until_at=NOW + 60), now=NOW)
    before = picture(ledger.world)
    with pytest.raises(Oversold):
        ledger.submit(book("l2", 64), now=NOW + 59)
    with ledger.at(NOW + 60) as world:
        assert (available_gpus(world), world.leases["l1"].status) == (64, "expired")
    assert picture(ledger.world) == before, "a look changes nothing"
    ledger.submit(book("l2", 64), now=NOW + 60)
    (batch,) = ledger.journal.batches(before.head.seq)
    assert [(entry.cause, entry.noun.id) for entry in decode(batch)] == [("expired", "l1"), ("booked", "l2")]
    with pytest.raises(NotAllowed):
        ledger.submit(Confirm(id="confirm-l1", lease="l1"), now=NOW + 60)


def test_recorded_time_never_goes_back(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l1"), now=NOW + 100)
    store.ledger().submit(book("l2"), now=NOW + 40)
    ledger.submit(book("l3"), now=NOW + 70)
    recorded = [entry.recorded_at for batch in ledger.journal.batches() for entry in decode(batch)]
    assert recorded == sorted(recorded)
    assert recorded[-3:] == [NOW + 100] * 3


# ---- memory ----


def test_leases_read_from_the_journal_share_what_they_say_alike(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neocloud.model.nouns.MANY_LEASES", 0)
    ledger = founded(store.ledger())
    ledger.submit(book("l1"), book("l2", 16), now=NOW)
    one, other = (store.ledger().world for _ in range(2))
    first, second = one.leases["l1"], one.leases["l2"]
    assert first.tenant is second.tenant and first.terms is second.terms
    assert first.blocks[0].pool is second.blocks[0].pool
    assert first.prices[0].amount is second.prices[0].amount
    assert picture(one) == picture(other) == picture(ledger.world)


# ---- several writers ----


def test_ledgers_on_one_journal_become_the_same_world(store: Store) -> None:
    one = founded(store.ledger())
    other = store.ledger()
    one.submit(book("l1"), now=NOW)
    other.submit(book("l2"), now=NOW)
    one.submit(book("l3"), now=NOW)
    assert other.catch_up() == 1
    assert picture(one.world) == picture(other.world) == built_anew(one.world) == picture(store.ledger().world)
    assert (one.races, other.races) == (1, 1)


@contextmanager
def deciding_on_an_old_view(ledger: Ledger, look: Callable[[], None]) -> Iterator[None]:
    """The ledger's next turn does not see what others wrote; `look` is called before it tries again."""
    real, calls = ledger.journal.batches, iter(range(1_000))

    def batches(after_seq: int = 0) -> Iterator[Batch]:
        if next(calls) == 0:
            return iter(())
        look()
        return real(after_seq)

    with patch.object(ledger.journal, "batches", batches):
        yield


@pytest.mark.parametrize(("taken", "fits"), [(32, True), (64, False)])
def test_a_lost_race_is_taken_back_and_decided_again(store: Store, taken: int, fits: bool) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l0", 8, hold_until_at=NOW + 60), now=NOW)
    other = store.ledger()
    other.submit(book("theirs", taken), now=NOW + 60)
    before, seen = picture(ledger.world), []
    with deciding_on_an_old_view(ledger, lambda: seen.append(picture(ledger.world))):
        (answer,) = ledger.submit_each([book("ours", 16)], now=NOW + 60)
    assert seen[0] == before, "the decision that lost left something behind"
    assert isinstance(answer, Oversold) == (not fits)
    assert ledger.races == 2, "the lost append, and what was waited for"
    other.catch_up()
    assert picture(ledger.world) == picture(other.world) == built_anew(ledger.world)
    assert broken_law(ledger.world) == []


def test_whoever_always_loses_is_told(store: Store) -> None:
    ledger = founded(store.ledger())
    before, tries = picture(ledger.world), []

    def append(batch: Batch, commands: Sequence[str], *, expected: Head) -> None:
        tries.append(batch)
        raise HeadMoved("another was first")

    with patch.object(ledger.journal, "append", append), pytest.raises(JournalLocked, match="other writers"):
        ledger.submit(book("l1"), now=NOW)
    assert len(tries) == RETRIES
    assert picture(ledger.world) == before == picture(store.ledger().world)


# ---- a commit whose outcome is unknown ----


@contextmanager
def broken_off(journal: Journal, *, happened: bool) -> Iterator[list[Batch]]:
    """The next commit breaks off, after it happened or before; the one after that does not."""
    real = journal.append
    broken: list[Batch] = []

    def append(batch: Batch, commands: Sequence[str], *, expected: Head) -> None:
        if happened or broken:
            real(batch, commands, expected=expected)
        if not broken:
            broken.append(batch)
            raise CommitUnknownError("the line went dead")

    with patch.object(journal, "append", append):
        yield broken


@pytest.mark.parametrize("happened", [True, False])
def test_an_unknown_commit_is_read_back_before_anyone_is_answered(store: Store, happened: bool) -> None:
    ledger = founded(store.ledger())
    with broken_off(ledger.journal, happened=happened) as broken:
        (answer,) = ledger.submit(book("l1"), now=NOW)
    assert len(broken) == 1 and not answer.again
    assert [batch.head for batch in ledger.journal.batches(5)] == [ledger.world.head]
    assert available_gpus(ledger.world) == 56, "it was booked once"
    assert picture(ledger.world) == built_anew(ledger.world) == picture(store.ledger().world)


def test_another_writers_batch_is_not_taken_for_the_one_in_doubt(store: Store) -> None:
    ledger, other = founded(store.ledger()), store.ledger()
    turns, turn = iter(range(100)), ledger.journal.turn

    def turn_after_theirs() -> AbstractContextManager[None]:
        if next(turns) == 1:
            other.submit(book("theirs", 64), now=NOW)
        return turn()

    with (
        broken_off(ledger.journal, happened=False),
        patch.object(ledger.journal, "turn", turn_after_theirs),
        pytest.raises(Oversold),
    ):
        ledger.submit(book("ours", 64), now=NOW)
    assert picture(ledger.world) == picture(other.world) == built_anew(ledger.world)


@pytest.mark.parametrize("happened", [True, False])
def test_what_cannot_be_read_back_is_not_answered(store: Store, happened: bool) -> None:
    ledger = founded(store.ledger())
    before, turns, turn = picture(ledger.world), iter([True, False]), ledger.journal.turn

    def first_turn_only() -> object:
        if next(turns):
            return turn()
        raise JournalUnreachable("the line is dead")

    with (
        broken_off(ledger.journal, happened=happened),
        patch.object(ledger.journal, "turn", first_turn_only),
        pytest.raises(JournalUnreachable, match="ask again with the same id"),
    ):
        ledger.submit(book("l1"), now=NOW)
    assert picture(ledger.world) == before, "what is not known to be written is not shown"
    (answer,) = ledger.submit(book("l1"), now=NOW)
    assert answer.again is happened
    assert available_gpus(ledger.world) == 56, "it was booked once"


def test_an_interrupted_append_is_taken_back(store: Store) -> None:
    ledger = founded(store.ledger())
    before = picture(ledger.world)
    with patch.object(ledger.journal, "append", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        ledger.submit(book("l1"), now=NOW)
    assert picture(ledger.world) == before == picture(store.ledger().world)
    ledger.submit(book("l1"), now=NOW)


# ---- a journal that is not what it was ----


def three_leases(store: Store) -> list[Batch]:
    """The fleet in one batch, and three leases in one each."""
    ledger = founded(store.ledger())
    for name in ("l1", "l2", "l3"):
        ledger.submit(book(name), now=NOW)
    return list(ledger.journal.batches())


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_changed_byte_is_found_and_its_entry_named(store: Store, place: int) -> None:
    batches = three_leases(store)
    torn = batches[place]
    batches[place] = torn._replace(body=torn.body.replace(b"acme", b"acne"))
    store.overwrite(batches)
    with pytest.raises(JournalTampered, match=f"entry {torn.first_seq}:") as caught:
        store.ledger()
    assert caught.value.facts["seq"] == torn.first_seq


def test_a_removed_batch_is_found(store: Store) -> None:
    batches = three_leases(store)
    store.overwrite(batches[:1] + batches[2:])
    with pytest.raises(JournalTampered, match="entry 6:"):
        store.ledger()


def test_a_changed_byte_is_found_by_whoever_catches_up_and_nothing_is_written(store: Store) -> None:
    follower = store.ledger()
    batches = three_leases(store)
    batches[-1] = batches[-1]._replace(body=batches[-1].body.replace(b"acme", b"acne"))
    store.overwrite(batches)
    with pytest.raises(JournalTampered):
        follower.submit(book("l4"), now=NOW)
    assert list(follower.journal.batches()) == batches
    assert follower.world.head == batches[-2].head, "up to there it holds"
    assert picture(follower.world) == built_anew(follower.world)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([(b'"version":4', b'"version":5')], id="of the same shape"),
        pytest.param([(b'"version":4', b'"version":5,"mood":"good"')], id="with a new field"),
        pytest.param([(b'"version":4', b'"version":5'), (b'"lease"', b'"chip"')], id="with a new noun"),
        pytest.param([(b'"version":4', b'"version":5'), (b'"booked"', b'"dreamt"')], id="with a new cause"),
    ],
)
def test_an_entry_of_a_newer_version_stops_reading_and_writing(
    store: Store, changes: list[tuple[bytes, bytes]]
) -> None:
    *batches, last = three_leases(store)
    store.overwrite(batches)
    follower = store.ledger()
    body = last.body
    for old, new in changes:
        assert old in body
        body = body.replace(old, new, 1)
    batches.append(last._replace(body=body, chain=sha256(batches[-1].chain + body).digest()))
    store.overwrite(batches)
    with pytest.raises(JournalNewer, match="version 5 from 8 on"):
        store.ledger()
    with pytest.raises(JournalNewer):
        follower.submit(book("l4"), now=NOW)
    assert list(follower.journal.batches()) == batches, "nothing was written"


@pytest.mark.parametrize("version", [b"1", b"2", b"3"])
def test_entries_of_older_versions_are_read_as_they_are(store: Store, version: bytes) -> None:
    batches, chain = three_leases(store), bytes(32)
    known = store.ledger().world.digest()
    older = []
    for batch in batches:
        body = batch.body.replace(b'"version":4', b'"version":' + version)
        assert body != batch.body
        chain = sha256(chain + body).digest()
        older.append(batch._replace(body=body, chain=chain))
    store.overwrite(older)
    assert store.ledger().world.digest() == known


def test_a_ledger_whose_journal_lost_its_end_stops(store: Store) -> None:
    ledger, kept = store.ledger(), 1
    batches = three_leases(store)
    ledger.catch_up()
    store.overwrite(batches[:kept])
    before = picture(ledger.world)
    with pytest.raises(JournalCutShort, match="ended at entry 8"):
        ledger.submit(book("l4"), now=NOW)
    assert list(ledger.journal.batches()) == batches[:kept]
    assert picture(ledger.world) == before


# ---- a request and the lease that accepts it ----


def test_a_request_and_the_lease_that_accepts_it_are_written_in_one_batch_or_not_at_all(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(apply(request("r1")), apply(request("r2", gpus=65)), now=NOW)
    with pytest.raises(Oversold):
        ledger.submit(replace(book("l2", 65), request="r2"), now=NOW)
    (answer,) = ledger.submit(command := replace(book("l1"), request="r1"), now=NOW)
    assert [(cause, noun.id) for cause, noun in answer.changes] == [("accepted", "r1"), ("booked", "l1")]
    assert {name: each.status for name, each in ledger.world.requests.items()} == {"r1": "accepted", "r2": "open"}
    fresh = store.ledger()
    assert picture(fresh.world) == picture(ledger.world) == built_anew(fresh.world)
    (again,) = fresh.submit(command, now=NOW + 60)
    assert (again.again, again.changes) == (True, answer.changes)
    with pytest.raises(NotAllowed, match="accepted by lease l1 already"):
        fresh.submit(replace(book("l3"), request="r1"), now=NOW + 60)


# ---- one ledger, any store ----


@pytest.mark.postgres
def test_the_same_commands_make_the_same_journal_on_every_store(new_store: Callable[[str], Store]) -> None:
    one, other = (founded(new_store(kind).ledger()) for kind in ("sqlite", "postgresql"))
    for ledger in (one, other):
        ledger.submit_each([book(f"l{i}", 8 + i) for i in range(8)], now=NOW)
        wanted = replace(book("answer", 1, (DAY[1] + 60, DAY[1] + 120)), request="r1")
        ledger.submit(apply(request("r1")), wanted, now=NOW)
        ledger.submit(book("held", 1, hold_until_at=NOW + 60), now=NOW + 10)
        ledger.submit(book("late", 1, (DAY[1], DAY[1] + 60)), now=NOW + 90)
    assert list(one.journal.batches()) == list(other.journal.batches())
    assert picture(one.world) == picture(other.world)
