"""What every journal keeps: order, proof, one writer at a time. One suite, on real SQLite and real PostgreSQL."""

import subprocess
import sys
import threading
from contextlib import closing
from threading import Semaphore
from time import monotonic

import pytest

from neocloud.errors import HeadMoved, JournalCutShort, JournalLocked, JournalMissing
from neocloud.model.entries import EMPTY, Batch
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from tests.conftest import Store
from tests.contracts.scene import tenant_batch


def append(journal: Journal, *names: str) -> Batch:
    """Append new tenants, each as a command of its own name."""
    with journal.turn():
        batch = tenant_batch(journal.head(), *names)
        journal.append(batch, names, expected=journal.head())
    return batch


def test_a_new_journal_is_empty(store: Store) -> None:
    journal = store.journal()
    assert (journal.head(), list(journal.batches()), journal.batches_of(["acme"])) == (EMPTY, [], [])


def test_where_there_is_no_journal_it_is_missing(store: Store) -> None:
    with pytest.raises(JournalMissing, match="neocloud init"):
        store.journal(create=False)


def test_what_was_appended_is_read_back_by_every_reader(store: Store) -> None:
    journal, reader = store.journal(), store.journal()
    batches = [append(journal, "acme", "umbrella"), append(journal, "initech")]
    assert list(journal.batches()) == list(reader.batches()) == batches
    assert list(reader.batches(after_seq=2)) == batches[1:]
    assert list(reader.batches(after_seq=1)) == batches, "a batch that ends after the entry is read whole"
    assert reader.head() == batches[1].head
    assert list(store.journal(create=False).batches()) == batches, "and after it is opened again"


def test_a_long_journal_is_read_in_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neocloud.store.postgres._PAGE_BATCHES", 3)
    journal = store.journal()
    batches = [append(journal, f"tenant-{i}") for i in range(10)]
    assert list(journal.batches()) == batches
    assert list(journal.batches(after_seq=6)) == batches[6:]


def test_batches_are_found_by_what_commanded_them(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neocloud.store.sqlite._MOST_VARIABLES", 2)
    journal = store.journal()
    first, second, third = append(journal, "a", "b"), append(journal, "c"), append(journal, "d")
    assert journal.batches_of(["b"]) == [first]
    assert journal.batches_of(["d", "x", "a", "b", "y"]) == [first, third]
    assert journal.batches_of(["a", "b", "c", "d"]) == [first, second, third]


def test_the_batch_of_an_entry_is_found_without_its_body(store: Store) -> None:
    journal = store.journal()
    assert journal.link_at(1) is None
    first, second = append(journal, "acme", "umbrella"), append(journal, "initech")
    assert [journal.link_at(seq) for seq in (1, 2)] == [(1, first.head)] * 2
    assert journal.link_at(3) == (3, second.head)
    assert journal.link_at(4) is None


def test_a_batch_decided_on_an_old_head_is_refused_and_leaves_nothing(store: Store) -> None:
    journal = store.journal()
    first = append(journal, "acme")
    late = tenant_batch(EMPTY, "umbrella", "initech")
    with pytest.raises(HeadMoved), journal.turn():
        journal.append(late, ["umbrella"], expected=EMPTY)
    assert list(journal.batches()) == [first]
    assert journal.batches_of(["umbrella"]) == []
    append(journal, "umbrella")


def test_a_command_is_accepted_once(store: Store) -> None:
    journal = store.journal()
    first = append(journal, "acme")
    with pytest.raises(HeadMoved):
        append(journal, "umbrella", "acme")
    assert list(journal.batches()) == [first]
    assert journal.batches_of(["umbrella"]) == []
    append(journal, "umbrella")


def test_a_journal_that_lost_its_end_is_cut_short(store: Store) -> None:
    journal = store.journal()
    first, second = append(journal, "acme"), append(journal, "umbrella")
    store.overwrite([first])
    with pytest.raises(JournalCutShort), journal.turn():
        journal.append(tenant_batch(second.head, "initech"), ["initech"], expected=second.head)
    assert list(journal.batches()) == [first]


def test_nothing_is_appended_outside_of_a_turn(store: Store) -> None:
    journal = store.journal()
    with pytest.raises(AssertionError, match="turn"):
        journal.append(tenant_batch(EMPTY, "acme"), ["acme"], expected=EMPTY)
    append(journal, "acme")
    with pytest.raises(AssertionError, match="turn"):
        journal.append(tenant_batch(journal.head(), "umbrella"), ["umbrella"], expected=journal.head())


def test_a_second_writer_waits_for_its_turn(store: Store) -> None:
    one, other = store.journal(), store.journal()
    asking, inside, order = threading.Event(), threading.Event(), []

    def second() -> None:
        asking.set()
        with other.turn():
            inside.set()
            order.append("second began")
        append(other, "umbrella")

    thread = threading.Thread(target=second)
    with one.turn():
        thread.start()
        assert asking.wait(10)
        assert not inside.wait(0.2), "both have the turn"
        order.append("first appends")
        one.append(tenant_batch(EMPTY, "acme"), ["acme"], expected=EMPTY)
    thread.join(10)
    assert order == ["first appends", "second began"]
    assert one.head().seq == 2


def test_nobody_sees_a_batch_before_it_is_written(store: Store) -> None:
    writer, reader = store.journal(), store.journal()
    with writer.turn():
        assert reader.head() == EMPTY, "readers do not wait for a turn"
    append(writer, "acme")
    assert reader.head().seq == 1


def test_the_turn_is_given_back_when_something_goes_wrong(store: Store) -> None:
    one, other = store.journal(), store.journal()
    with pytest.raises(ZeroDivisionError), one.turn():
        raise ZeroDivisionError
    append(other, "acme")
    append(one, "umbrella")


def test_a_turn_in_which_nothing_was_appended_is_given_back(store: Store) -> None:
    one, other = store.journal(), store.journal()
    with one.turn():
        pass
    append(other, "acme")


def test_a_writer_that_waited_in_vain_says_so_and_may_try_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neocloud.store.sqlite.WRITER_WAIT_S", 0.1)
    monkeypatch.setattr("neocloud.store.postgres.WRITER_WAIT_S", 0.1)
    one, other = store.journal(), store.journal()
    with one.turn(), pytest.raises(JournalLocked, match="locked"), other.turn():
        pass
    assert other.head() == EMPTY
    append(other, "acme")


# ---- watching ----


def test_who_watches_is_told_when_another_connection_appends(store: Store) -> None:
    writer, reader = store.journal(), store.journal()
    told = Semaphore(0)
    end = reader.watch(told.release)
    assert told.acquire(timeout=10), "what came before is looked for as well"
    for name in ("acme", "umbrella"):
        append(writer, name)
        assert told.acquire(timeout=10)
    end()


def test_a_watch_that_has_ended_tells_nothing(store: Store) -> None:
    writer, reader = store.journal(), store.journal()
    told = Semaphore(0)
    end = reader.watch(told.release)
    assert told.acquire(timeout=10)
    end()
    while told.acquire(blocking=False):
        pass
    append(writer, "acme")
    assert not told.acquire(timeout=0.3)


def test_a_watch_does_not_keep_a_writer_from_its_turn(store: Store) -> None:
    journal = store.journal()
    end = journal.watch(lambda: None)
    append(journal, "acme")
    end()
    assert journal.head().seq == 1


def test_one_of_many_does_some_work_until_it_lets_go(store: Store) -> None:
    store.journal()
    first, second = (open_journal(store.url) for _ in range(2))
    with closing(second):
        with closing(first):
            assert [first.claim("webhooks"), second.claim("webhooks"), first.claim("webhooks")] == [True, False, True]
            assert second.claim("something else")
        deadline_s = monotonic() + 10
        while not second.claim("webhooks"):  # a server lets go a moment after its client has left
            assert monotonic() < deadline_s


def test_whoever_has_a_claim_hinders_no_writer(store: Store) -> None:
    journal, other = store.journal(), store.journal()
    assert other.claim("webhooks")
    append(journal, "acme")
    append(other, "umbrella")
    assert journal.head().seq == 2


def test_who_is_killed_has_no_claim_any_more(store: Store) -> None:
    journal = store.journal()
    program = (
        "import sys; from neocloud.store import open_journal; journal = open_journal(sys.argv[1]);"
        "print(journal.claim('webhooks'), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, store.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert not journal.claim("webhooks")
        process.kill()
    deadline_s = monotonic() + 10
    while not journal.claim("webhooks"):
        assert monotonic() < deadline_s
