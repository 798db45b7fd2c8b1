"""Webhooks, to a receiver on a real socket: in order, at least once, signed; and what happens where it goes wrong."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Store
from tests.contracts.scene import NOW, book
from tests.events.conftest import Keys
from tests.events.receiver import Receiver
from tests.events.serving import InThread, Process, served


def once() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def make(client: httpx.Client, receiver: Receiver, **more: Any) -> str:
    """A webhook that sends leases to the receiver; its id."""
    body = {"url": receiver.url, "kinds": ["lease"], **more}
    answer = client.post("/v1/webhooks", json=body, headers=once())
    assert answer.status_code == 201, answer.text
    receiver.secret = answer.json()["secret"]
    return str(answer.json()["webhook"]["id"])


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline_s = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def booked(store: Store, *names: str) -> list[int]:
    """Leases of acme that another process books, one commit each; their entries."""
    ledger = store.ledger()
    found = []
    for name in names:
        ledger.submit(book(name, 1), now=NOW)
        found.append(ledger.world.head.seq)
    return found


def delivered(service: InThread, name: str) -> int:
    return service.service.shared.ledger.world.webhooks[name].delivered_seq


def failures(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/v1/webhooks/{name}/failures").json()["items"]
    return found


def test_what_happens_is_sent_in_order_signed_and_once(
    service: InThread, admin: httpx.Client, store: Store, receiver: Receiver
) -> None:
    name = make(admin, receiver)
    seqs = booked(store, *(f"l{i}" for i in range(12)))
    receiver.wait(lambda: len(receiver.got) >= 12)
    assert receiver.taken == seqs
    assert all(each.is_signed for each in receiver.got)
    assert [each.message for each in receiver.got] == [f"{name}_{seq}" for seq in seqs]
    body = receiver.got[0].body
    (row,) = admin.get("/v1/journal", params={"after": seqs[0] - 1, "limit": 1}).json()["items"]
    assert body == {"type": "lease.booked", "timestamp": row["recorded"], "data": row}
    until(lambda: delivered(service, name) >= seqs[-1])


def test_what_a_webhook_was_sent_and_that_a_key_was_used_are_told_to_none(
    service: InThread, admin: httpx.Client, acme: httpx.Client, store: Store, receiver: Receiver
) -> None:
    name = make(admin, receiver, kinds=[])
    (seq,) = booked(store, "l1")
    acme.get("/v1/leases")
    until(lambda: delivered(service, name) >= seq)
    time.sleep(0.7)
    seen = service.service.seq
    time.sleep(0.7)
    assert {each.body["type"] for each in receiver.got} == {"webhook.added", "lease.booked"}
    assert service.service.seq == seen, "telling how far it has come is nothing to tell of"


def test_a_customer_is_sent_what_is_its_own_as_it_sees_it(
    service: InThread, acme: httpx.Client, keys: Keys, store: Store, receiver: Receiver
) -> None:
    with service.client(keys.umbrella) as umbrella:
        theirs = make(umbrella, receiver, kinds=[])
        mine = make(acme, receiver, kinds=[])
        booked(store, "l1")
        receiver.wait(lambda: any(each.body["type"] == "lease.booked" for each in receiver.got))
        assert {each.message.rpartition("_")[0] for each in receiver.got if each.body["data"]["id"] == "l1"} == {mine}
        assert "by" not in receiver.got[-1].body["data"]
        assert umbrella.get(f"/v1/webhooks/{mine}").status_code == 404
        assert umbrella.delete(f"/v1/webhooks/{mine}").status_code == 404
        assert [each["id"] for each in umbrella.get("/v1/webhooks").json()["items"]] == [theirs]
        body = {"url": receiver.url, "tenant": "acme"}
        assert umbrella.post("/v1/webhooks", json=body, headers=once()).status_code == 400


def test_a_receiver_that_fails_is_sent_it_again_and_nothing_later_before(
    admin: httpx.Client, store: Store, receiver: Receiver
) -> None:
    receiver.answer = lambda number: 204 if number in {0, 3, 4} else 500
    make(admin, receiver)
    seqs = booked(store, "l1", "l2", "l3")
    receiver.wait(lambda: len(receiver.taken) == 3)
    assert receiver.taken == seqs
    assert [each.seq for each in receiver.got] == [seqs[0], seqs[1], seqs[1], seqs[1], seqs[2]]
    assert len({each.message for each in receiver.got}) == 3, "the same again has the same id"


def test_a_receiver_that_is_gone_and_comes_back_has_missed_nothing(
    admin: httpx.Client, store: Store, receiver: Receiver
) -> None:
    make(admin, receiver)
    receiver.stop()
    seqs = booked(store, "l1", "l2")
    time.sleep(0.2)
    receiver.start()
    receiver.wait(lambda: receiver.taken == seqs)


def test_a_receiver_that_is_gone_for_ever_is_sent_nothing_more_and_it_is_said_why(
    service: InThread, admin: httpx.Client, acme: httpx.Client, store: Store, receiver: Receiver
) -> None:
    name = make(admin, receiver)
    (first,) = booked(store, "l1")
    receiver.wait(lambda: receiver.taken == [first])
    receiver.answer = lambda number: 410
    seqs = booked(store, "l2", "l3")
    until(lambda: not service.service.shared.ledger.world.webhooks[name].stands)
    webhook = service.service.shared.ledger.world.webhooks[name]
    assert webhook.reason == f"it answered 410 Gone to event {seqs[0]}"
    assert (webhook.delivered_seq, [each.status for each in webhook.failures]) == (seqs[0], [410])
    receiver.answer = lambda number: 204
    booked(store, "l4")
    time.sleep(0.5)
    assert [each.seq for each in receiver.got] == [first, seqs[0]], "no second try, and nothing after"
    (row,) = [each for each in admin.get("/v1/journal?after=" + str(seqs[-1])).json()["items"]
              if each["cause"] == "dropped"]  # fmt: skip
    assert (row["id"], row["by"], row["noun"]["reason"]) == (name, "system", webhook.reason)
    other = make(admin, receiver)
    (last,) = booked(store, "l5")
    receiver.wait(lambda: receiver.got[-1].seq == last)
    assert receiver.got[-1].message == f"{other}_{last}", "a new one goes on"


def test_what_is_given_up_is_listed_passed_over_and_sent_again_when_that_is_asked(
    service: InThread, admin: httpx.Client, store: Store, receiver: Receiver
) -> None:
    name = make(admin, receiver)
    receiver.answer = lambda number: 503 if number < 4 else 204
    first, second = booked(store, "l1", "l2")
    receiver.wait(lambda: receiver.taken == [second])
    until(lambda: bool(failures(admin, name)))
    (failure,) = failures(admin, name)
    assert (failure["seq"], failure["tries"], failure["status"]) == (first, 4, 503)
    assert failure["error"] == "it answered 503"
    assert admin.post(f"/v1/webhooks/{name}/retry", headers=once()).json()["computed"]["again"] == 1
    receiver.wait(lambda: receiver.taken == [second, first])
    until(lambda: not service.service.shared.ledger.world.webhooks[name].again)
    assert failures(admin, name) == []


def test_what_fails_again_when_it_is_sent_again_is_listed_again(
    admin: httpx.Client, store: Store, receiver: Receiver
) -> None:
    name = make(admin, receiver)
    receiver.answer = lambda number: 500
    (seq,) = booked(store, "l1")
    until(lambda: bool(failures(admin, name)))
    admin.post(f"/v1/webhooks/{name}/retry", headers=once()).raise_for_status()
    receiver.wait(lambda: len(receiver.got) == 5)
    until(lambda: [(each["seq"], each["tries"]) for each in failures(admin, name)] == [(seq, 1)])


def test_a_slow_receiver_has_not_taken_it_and_hinders_no_other(
    admin: httpx.Client, store: Store, receiver: Receiver
) -> None:
    quick = Receiver()
    quick.start()
    name = make(admin, receiver)
    make(admin, quick)
    receiver.slow_s = 3
    (seq,) = booked(store, "l1")
    quick.wait(lambda: quick.taken == [seq], 5)
    until(lambda: bool(failures(admin, name)))
    (failure,) = failures(admin, name)
    assert (failure["status"], failure["error"]) == (0, "it did not answer within 1 s")
    quick.stop()


def test_no_redirect_is_followed(admin: httpx.Client, store: Store, receiver: Receiver) -> None:
    receiver.answer = lambda number: 307
    name = make(admin, receiver)
    booked(store, "l1")
    until(lambda: bool(failures(admin, name)))
    assert failures(admin, name)[0]["status"] == 307
    assert {each.path for each in receiver.got} == {"/hook"}


def test_what_leads_inside_is_sent_nothing_unless_that_is_allowed(
    store: Store, keys: Keys, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEOCLOUD_WEBHOOK_PRIVATE", "1")
    with served(tmp_path, store.url) as service, service.client(keys.admin) as admin:
        name = make(admin, receiver)
        url = receiver.url.replace("http:", "https:").replace("127.0.0.1", "localhost")
        other = make(admin, receiver, url=url)
    monkeypatch.delenv("NEOCLOUD_WEBHOOK_PRIVATE")
    booked(store, "l1")
    with served(tmp_path, store.url) as service, service.client(keys.admin) as admin:
        until(lambda: bool(failures(admin, name)) and bool(failures(admin, other)))
        assert "not https" in failures(admin, name)[0]["error"]
        assert "not on the public internet" in failures(admin, other)[0]["error"]
        refused = admin.post("/v1/webhooks", json={"url": receiver.url}, headers=once())
        assert (refused.status_code, refused.json()["pointer"]) == (400, "/url")
    assert receiver.got == []


def test_a_secret_is_told_once_and_after_a_rotation_another_signs(
    admin: httpx.Client, store: Store, receiver: Receiver
) -> None:
    said, body = once(), {"url": receiver.url, "kinds": ["lease"], "id": "hook"}
    first, again = (admin.post("/v1/webhooks", json=body, headers=said) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()["secret"]) == (201, 201, None)
    assert first.json()["webhook"] == again.json()["webhook"]
    rotated = admin.post("/v1/webhooks/hook/rotate", headers=once()).json()
    assert rotated["secret"] not in {None, first.json()["secret"]}
    assert rotated["webhook"]["secret_version"] == 2
    receiver.secret = rotated["secret"]
    booked(store, "l1")
    receiver.wait(lambda: len(receiver.got) == 1)
    assert receiver.got[0].is_signed
    text = "".join(str(batch.body) for batch in store.journal().batches())
    assert first.json()["secret"] not in text
    assert rotated["secret"] not in text


def test_a_webhook_that_was_dropped_is_sent_nothing_and_is_not_there(
    admin: httpx.Client, store: Store, receiver: Receiver
) -> None:
    name = make(admin, receiver)
    assert admin.delete(f"/v1/webhooks/{name}").json()["dropped"]
    assert admin.get(f"/v1/webhooks/{name}").status_code == 404
    assert admin.get("/v1/webhooks").json()["items"] == []
    booked(store, "l1")
    time.sleep(0.4)
    assert receiver.got == []


def test_when_the_service_is_killed_nothing_is_lost(
    store: Store, keys: Keys, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEOCLOUD_WEBHOOK_PRIVATE", "1")
    seqs: list[int] = []
    process = Process(tmp_path, store.url)
    with process.client(keys.admin) as admin:
        make(admin, receiver)
    for round_ in range(3):
        seqs += booked(store, *(f"l{round_}-{i}" for i in range(6)))
        receiver.wait(lambda: len(set(receiver.taken)) > 6 * round_)  # noqa: B023
        process.kill()
        process = Process(tmp_path, store.url)
    receiver.wait(lambda: set(receiver.taken) == set(seqs))
    process.stop()
    in_order = list(dict.fromkeys(receiver.taken))
    assert in_order == seqs
    assert all(each.is_signed for each in receiver.got)
    assert len({each.message for each in receiver.got}) == len(seqs), "what came twice says that it did"


def test_after_a_stop_in_good_order_nothing_is_sent_twice(
    store: Store, keys: Keys, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEOCLOUD_WEBHOOK_PRIVATE", "1")
    with served(tmp_path, store.url) as service, service.client(keys.admin) as admin:
        make(admin, receiver)
        seqs = booked(store, "l1", "l2")
        receiver.wait(lambda: receiver.taken == seqs)
    with served(tmp_path, store.url):
        seqs += booked(store, "l3")
        receiver.wait(lambda: len(receiver.got) >= 3)
        time.sleep(0.4)
    assert receiver.taken == seqs


@pytest.mark.postgres
def test_of_two_services_on_a_ledger_one_sends_and_the_other_goes_on_when_it_is_gone(
    new_store: Callable[[str], Store], keys_on: Callable[[Store], Keys], tmp_path: Path, receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("NEOCLOUD_WEBHOOK_PRIVATE", "1")
    monkeypatch.setenv("NEOCLOUD_SERVICE_SECRET", "0123456789abcdef0123456789abcdef")
    store = new_store("postgresql")
    keys = keys_on(store)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    first, second = (Process(folder, store.url) for folder in folders)
    with first.client(keys.admin) as admin:
        make(admin, receiver)
    seqs = booked(store, *(f"l{i}" for i in range(10)))
    receiver.wait(lambda: len(receiver.got) >= 10)
    time.sleep(0.5)
    assert receiver.taken == seqs, "each was sent once"
    first.kill()
    seqs += booked(store, "after-1", "after-2")
    receiver.wait(lambda: set(receiver.taken) == set(seqs))
    second.stop()
    assert len(receiver.got) <= len(seqs) + 10
    assert all(each.is_signed for each in receiver.got)


def test_a_service_with_another_secret_sends_nothing_that_would_not_hold(
    store: Store, keys: Keys, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setenv("NEOCLOUD_WEBHOOK_PRIVATE", "1")
    with served(tmp_path, store.url) as service, service.client(keys.admin) as admin:
        name = make(admin, receiver)
    monkeypatch.setenv("NEOCLOUD_SERVICE_SECRET", "f" * 64)
    with served(tmp_path, store.url) as service, service.client(keys.admin) as admin:
        booked(store, "l1")
        until(lambda: "NEOCLOUD_SERVICE_SECRET" in caplog.text)
        assert receiver.got == []
        receiver.secret = admin.post(f"/v1/webhooks/{name}/rotate", headers=once()).json()["secret"]
        receiver.wait(lambda: len(receiver.got) == 1)
    assert receiver.got[0].is_signed
