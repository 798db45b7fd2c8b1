"""Streams of events, over real sockets: from now on or from an earlier entry, each to whom it is of."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from neocloud.model.commands import Amend
from neocloud.operations.ledger import Answer
from neocloud.units import HOUR_S
from tests.conftest import Store
from tests.contracts.scene import DAY, NOW, apply, book, founded, request
from tests.events.conftest import Keys
from tests.events.serving import InThread, key_for, listening, served

TENANT = {"kind": "customer"}


def put_tenant(client: httpx.Client, name: str) -> int:
    """A new tenant, and the entry that says so."""
    answer = client.put(f"/v1/tenants/{name}", json={"id": name, "kind": "customer"})
    assert answer.status_code == 201, answer.text
    return int(answer.headers["journal-seq"])


def test_an_event_is_an_entry_with_its_number_and_its_cause(admin: httpx.Client) -> None:
    with listening(admin) as stream:
        seq = put_tenant(admin, "initech")
        event = stream.next()
        while event and event["event"] != "tenant.added":
            event = stream.next()
    assert event is not None
    assert event["id"] == str(seq)
    (row,) = admin.get("/v1/journal", params={"after": seq - 1, "limit": 1}).json()["items"]
    assert event["data"] == row


@pytest.mark.parametrize("how", ["Last-Event-ID", "after"])
def test_whoever_comes_back_is_sent_what_was_missed_and_then_what_comes(admin: httpx.Client, how: str) -> None:
    path, headers = ("/v1/events?after=3", {}) if how == "after" else ("/v1/events", {how: "3"})
    with listening(admin, path, **headers) as stream:
        missed = stream.take(5)
        seq = put_tenant(admin, "initech")
        while (event := stream.next()) and event["id"] != str(seq):
            missed.append(event)
    assert [int(each["id"]) for each in missed] == list(range(4, 4 + len(missed)))


def test_what_is_no_longer_in_memory_comes_from_the_journal_without_a_gap(
    service: InThread, admin: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neocloud.api.events.EVENTS_PAGE", 3)
    for i in range(20):
        put_tenant(admin, f"t{i}")
    feed = service.service.feed
    feed._kept.maxlen or pytest.fail("what is kept is bounded")
    while len(feed._kept) > 5:
        feed._kept.popleft()
    last = service.service.seq
    with listening(admin, "/v1/events?after=0") as stream:
        found = stream.take(last)
        put_tenant(admin, "one-more")
        found.append(stream.next() or {})
    assert [int(each["id"]) for each in found] == list(range(1, last + 2))


def test_only_the_kinds_that_were_asked_for_are_sent(admin: httpx.Client) -> None:
    with listening(admin, "/v1/events?after=0&kind=pool&kind=site") as stream:
        assert [each["event"] for each in stream.take(2)] == ["site.added", "pool.added"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/v1/events?kind=leases", {}), ("/v1/events?after=x", {}), ("/v1/events", {"Last-Event-ID": "-1"})],
)
def test_what_cannot_be_meant_is_said(admin: httpx.Client, path: str, headers: dict[str, str]) -> None:
    answer = admin.get(path, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "input.invalid"


def test_without_a_key_there_is_no_stream(service: InThread) -> None:
    with service.client("nc_nobody_x") as client:
        assert client.get("/v1/events").status_code == 401


def test_a_customer_is_sent_what_is_its_own_and_no_more(
    store: Store, service: InThread, keys: Keys, acme: httpx.Client
) -> None:
    other = store.ledger()
    other.submit(apply(request("acme-wish")), book("l1"), now=NOW)
    with service.client(keys.umbrella) as umbrella, listening(umbrella, "/v1/events?after=0") as theirs:
        with listening(acme, "/v1/events?after=0") as stream:
            found = stream.take(3)
            other.submit(book("l2"), now=NOW)
            found += stream.take(1)
        assert [each["event"] for each in theirs.take(1)] == ["tenant.added"]
    assert [each["event"] for each in found] == ["tenant.added", "request.received", "lease.booked", "lease.booked"]
    assert [each["data"]["id"] for each in found] == ["acme", "acme-wish", "l1", "l2"]
    for event in found:
        assert set(event["data"]) == {"seq", "recorded", "cause", "kind", "id", "command", "noun"}
        assert event["data"]["command"] == "", "what the operator said is not shown"
    assert found[2]["data"]["noun"] == acme.get("/v1/leases/l1").json()


def test_who_loses_a_lease_by_transfer_is_told_that_and_not_to_whom(
    service: InThread, admin: httpx.Client, acme: httpx.Client, keys: Keys, store: Store
) -> None:
    ledger = store.ledger()

    def amend(name: str, lease: str, at: int, **more: Any) -> None:
        ledger.submit(Amend(id=name, lease=lease, at=at, **more), now=at)

    ledger.submit(book("l1"), book("l2"), book("l3"), now=NOW)
    after = ledger.world.head.seq
    amend("whole", "l1", NOW, tenant="umbrella")
    amend("later", "l1", NOW, gpus=4)
    amend("rest", "l1", DAY[0] + HOUR_S, tenant="acme", successor="l1-back")
    amend("begun", "l2", DAY[0] + HOUR_S, tenant="umbrella", successor="l2-rest")
    amend("last", "l3", DAY[0] + HOUR_S, gpus=4)

    def told(client: httpx.Client, number: int) -> list[tuple[str, str, str]]:
        with listening(client, f"/v1/events?kind=lease&after={after}") as stream:
            found = stream.take(number)
        assert all(each["data"]["noun"] or "umbrella" not in str(each) for each in found)
        return [(each["event"], each["data"]["id"], each["data"]["noun"].get("tenant", "")) for each in found]

    assert told(acme, 4) == [
        ("lease.transferred", "l1", ""),
        ("lease.transferred", "l1-back", "acme"),
        ("lease.transferred", "l2", "acme"),
        ("lease.amended", "l3", "acme"),
    ]
    with service.client(keys.umbrella) as umbrella:
        assert told(umbrella, 4) == [
            ("lease.transferred", "l1", "umbrella"),
            ("lease.amended", "l1", "umbrella"),
            ("lease.transferred", "l1", "umbrella"),
            ("lease.transferred", "l2-rest", "umbrella"),
        ]
        assert "acme" not in umbrella.get("/v1/leases").text, "nor is it told from whom"


def test_what_others_wrote_is_an_event_here(store: Store, admin: httpx.Client) -> None:
    other = store.ledger()
    with listening(admin, "/v1/events?kind=lease") as stream:
        answers = other.submit_each([book("l1"), book("l2")], now=NOW)
        assert all(isinstance(each, Answer) for each in answers)
        assert [each["data"]["id"] for each in stream.take(2)] == ["l1", "l2"]


def test_a_stream_without_events_shows_that_it_lives(admin: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neocloud.api.events.HEARTBEAT_S", 0.05)
    with listening(admin, "/v1/events?kind=outage") as stream:
        assert [stream.beat(), stream.beat()] == [":", ":"]


def test_when_the_service_stops_streams_end_at_once(service: InThread, admin: httpx.Client) -> None:
    with listening(admin, "/v1/events?kind=outage") as stream:
        assert service.stop() < 5
        assert stream.next() is None


def test_more_listeners_than_there_may_be_are_turned_away(
    service: InThread, admin: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neocloud.api.feed.MOST_LISTENERS", 2)
    with listening(admin), listening(admin):
        answer = admin.get("/v1/events")
        assert answer.status_code == 503
        assert answer.json()["code"] == "service.overloaded"
        assert answer.headers["retry-after"]
        assert admin.get("/v1/journal/head").status_code == 200, "others are answered all the same"
    deadline_s = time.monotonic() + 10
    while service.service.feed.listening:
        assert time.monotonic() < deadline_s, "who left is still counted"
        time.sleep(0.02)
    with listening(admin) as stream:
        assert stream.answer.status_code == 200


def test_a_stream_ends_with_the_key_that_it_was_opened_by(
    admin: httpx.Client, acme: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neocloud.api.events.HEARTBEAT_S", 0.05)
    with listening(acme) as stream:
        admin.post("/v1/keys/customer-acme/revoke", headers={"Idempotency-Key": "r"}).raise_for_status()
        assert stream.next() is None


def test_a_listener_that_is_too_slow_goes_on_by_its_last_id(
    service: InThread, admin: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neocloud.api.feed.LISTENER_QUEUE", 5)
    notes = "x" * 500_000
    with listening(admin) as stream:
        for i in range(30):
            body = {"id": f"t{i}", "kind": "customer", "name": notes}
            assert admin.put(f"/v1/tenants/t{i}", json=body).status_code == 201
        found = []
        while event := stream.next():
            found.append(int(event["id"]))
    last = service.service.seq
    assert 0 < len(found) < 30
    assert found == list(range(found[0], found[0] + len(found)))
    with listening(admin, **{"Last-Event-ID": str(found[-1])}) as stream:
        rest = stream.take(last - found[-1])
    assert [int(each["id"]) for each in rest] == list(range(found[-1] + 1, last + 1))


def test_each_entry_of_two_services_on_a_ledger_is_told_once(store: Store, tmp_path: Path) -> None:
    token, names = key_for(founded(store.ledger()), "admin"), [f"t{i}" for i in range(10)]
    with ExitStack() as running:
        both = [running.enter_context(served(tmp_path, store.url)) for _ in range(2)]
        first, second = (running.enter_context(each.client(token)) for each in both)
        stream = running.enter_context(listening(first, "/v1/events?kind=tenant"))
        for i, name in enumerate(names):
            put_tenant((first, second)[i % 2], name)
        assert [each["data"]["id"] for each in stream.take(len(names))] == names
