"""One ledger shared by many threads: nobody waits for ever, nobody is answered twice, and the end is an end."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from neocloud.errors import NeocloudError, Overloaded
from neocloud.model.commands import Book, Command
from neocloud.model.entries import Author
from neocloud.operations.ledger import Answer, Ledger, Said
from neocloud.operations.sharing import SharedLedger
from neocloud.rules.ledger import decide
from neocloud.store import open_journal
from tests.api.desk import Desk
from tests.contracts.scene import NOW, book, founded, picture

DESK = Author("key:desk", "test")


@contextmanager
def shared(folder: Path, **options: Any) -> Iterator[SharedLedger]:
    """A ledger of its own, shared; closed at the end, however often it was before."""
    ledger = founded(Ledger(open_journal(f"sqlite:{folder / 'journal'}", create=True)))
    sharing = SharedLedger(ledger, lambda: NOW, **options)
    try:
        yield sharing
    finally:
        sharing.close()
        ledger.journal.close()


class Gate:
    """Keeps the thread that writes from beginning until it is opened; says when it has come."""

    def __init__(self, sharing: SharedLedger, monkeypatch: pytest.MonkeyPatch) -> None:
        self.come, self.open = Event(), Event()
        write = sharing.ledger.submit_each

        def wait(said: Sequence[Command | Said], now: int) -> Any:
            self.come.set()
            assert self.open.wait(10)
            return write(said, now)

        monkeypatch.setattr(sharing.ledger, "submit_each", wait)


def said(name: str, **more: Any) -> Said:
    return Said(book(name, **more), DESK)


def came_to(future: "Future[Answer]") -> str:
    """What became of a command, in a word."""
    try:
        return "again" if future.result(10).again else "written"
    except NeocloudError as error:
        return error.code


def test_who_gives_up_waiting_does_not_stop_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer for a future that was cancelled would raise in the only thread that writes."""
    with shared(tmp_path) as sharing:
        gate = Gate(sharing, monkeypatch)
        first = sharing.say(said("a"))
        assert gate.come.wait(10)
        given_up = sharing.say(said("b"))
        assert given_up.cancel() and not first.cancel(), "what is being written cannot be taken back"
        gate.open.set()
        assert [came_to(first), came_to(sharing.say(said("c")))] == ["written", "written"]
        assert set(sharing.ledger.world.leases) == {"a", "c"}, "what nobody waits for is not decided"


def test_too_many_that_wait_are_turned_away_and_the_others_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(tmp_path, most_waiting=2) as sharing:
        gate = Gate(sharing, monkeypatch)
        waiting = [sharing.say(said("a"))]
        assert gate.come.wait(10)
        with pytest.raises(Overloaded):
            for name in "bcd":  # the word that somebody else wrote may wait among them
                waiting.append(sharing.say(said(name, gpus=1)))
        gate.open.set()
        assert {came_to(each) for each in waiting} == {"written"} and len(waiting) >= 2


def test_what_waits_at_the_end_is_written_and_nothing_gets_in_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shared(tmp_path, most_waiting=4) as sharing:
        gate = Gate(sharing, monkeypatch)
        waiting = [sharing.say(said("a", gpus=1))]
        assert gate.come.wait(10)
        with pytest.raises(Overloaded):
            for name in "bcdef":
                waiting.append(sharing.say(said(name, gpus=1)))
        with ThreadPoolExecutor(2) as pool:
            ends = [pool.submit(sharing.close), pool.submit(sharing.close)]
            while not sharing._closing:
                pass
            with pytest.raises(Overloaded):
                sharing.say(said("late"))
            gate.open.set()
            assert [end.result(10) for end in ends] == [None, None]
        assert {came_to(each) for each in waiting} == {"written"} and len(waiting) >= 4


def test_a_mistake_in_one_command_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shared(tmp_path) as sharing:

        def failing(world: Any, command: Any, *more: Any, **also: Any) -> Any:
            if isinstance(command, Book) and command.lease == "b":
                raise ZeroDivisionError
            return decide(world, command, *more, **also)

        monkeypatch.setattr("neocloud.operations.ledger.decide", failing)
        gate = Gate(sharing, monkeypatch)
        first = sharing.say(said("a", gpus=1))
        assert gate.come.wait(10)
        together = [sharing.say(said(name, gpus=1)) for name in "bcd"]
        gate.open.set()
        assert isinstance(together[0].exception(10), ZeroDivisionError)
        assert [came_to(each) for each in (first, *together[1:])] == ["written"] * 3
        again = Ledger(open_journal(f"sqlite:{tmp_path / 'journal'}"))
        assert picture(again.world) == picture(sharing.ledger.world)
        again.journal.close()


def test_a_listener_that_fails_does_not_cost_the_writer_its_answer(tmp_path: Path) -> None:
    def deaf(*told: object) -> None:
        raise RuntimeError

    with shared(tmp_path) as sharing:
        sharing.ledger.told.append(deaf)
        sharing.written.append(deaf)
        assert [came_to(sharing.say(said("a"))) for _ in range(2)] == ["written", "again"]


def test_many_threads_that_read_and_write_see_one_world(tmp_path: Path) -> None:
    def one(number: int) -> str:
        word = came_to(sharing.say(said(f"l{number % 40}", gpus=1)))
        with sharing.world() as world:
            assert len(world.leases) <= 40
        return word

    with shared(tmp_path) as sharing, ThreadPoolExecutor(8) as pool:
        words = list(pool.map(one, range(80)))
    assert sorted(words) == ["again"] * 40 + ["written"] * 40


# ---- keys in use ----


def test_that_a_key_was_used_is_noted_once_a_day_and_costs_nobody_an_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def used() -> list[str]:
        rows = desk.ask("admin", "GET", "/v1/journal?limit=1000").json()["items"]
        return [each["id"] for each in rows if each["cause"] == "used" and each["seq"] > before]

    before = desk.service.seq
    desk.now[0] += 86_400
    say = desk.service.shared.say

    def full(said: Said) -> Any:
        raise Overloaded("full")

    monkeypatch.setattr(desk.service.shared, "say", full)
    assert desk.ask("viewer", "GET", "/v1/sites").status_code == 200
    monkeypatch.setattr(desk.service.shared, "say", say)
    assert [desk.ask("viewer", "GET", "/v1/sites").status_code for _ in range(3)] == [200] * 3
    desk.say("admin", "POST", "/v1/leases/acme-hold/confirm", id="wait")
    assert sorted(used()) == ["admin", "viewer"]


def test_a_use_that_could_not_be_written_is_noted_by_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.now[0] += 86_400
    broken: Future[Answer] = Future()
    broken.set_exception(Overloaded("gone"))
    with monkeypatch.context() as patched:
        patched.setattr(desk.service.shared, "say", lambda said: broken)
        assert desk.ask("viewer", "GET", "/v1/sites").status_code == 200
    assert desk.ask("viewer", "GET", "/v1/sites").status_code == 200
    desk.say("admin", "POST", "/v1/leases/acme-hold/confirm", id="wait")
    assert desk.service.shared.ledger.world.keys["viewer"].used_on_at == desk.now[0]
