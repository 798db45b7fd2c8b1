"""`neocloud calendar remind --webhook`: the digest reaches a real receiver, signed as other events are."""

import json
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest

from neocloud.api import digest
from neocloud.api.courier import Pace
from tests.cli.conftest import Desk
from tests.events.receiver import Receiver

REMIND = ("calendar", "remind", "--within", "100d")
QUICK = Pace(timeout_s=2, first_retry_s=0.01, tries=3)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Somebody who listens on this machine, which webhooks may lead to here."""
    monkeypatch.setenv("NEOCLOUD_WEBHOOK_PRIVATE", "1")
    monkeypatch.delenv("NEOCLOUD_SERVICE_SECRET", raising=False)
    monkeypatch.setattr(digest, "PACE", QUICK)
    found = Receiver()
    found.start()
    yield found
    found.stop()


@pytest.fixture
def hooked(desk: Desk, receiver: Receiver) -> Desk:
    """The desk with a webhook that leads there."""
    receiver.secret = create(desk, receiver, "--id", "chat", "--kind", "lease")["secret"]
    return desk


def create(desk: Desk, receiver: Receiver, *words: str) -> Any:
    return json.loads(desk.done("webhook", "create", "--url", receiver.url, *words, "-o", "json"))


def test_a_digest_is_the_deadlines_and_their_text_signed(hooked: Desk, receiver: Receiver) -> None:
    said = hooked(*REMIND, "--webhook", "chat")
    assert (said.code, said.out, said.err) == (0, "", "sent to webhook chat: 5 deadlines\n")
    [got] = receiver.got
    assert got.is_signed and got.body["type"] == "deadlines.digest" and got.message.startswith("chat_digest_")
    data = got.body["data"]
    rows = json.loads(hooked.done("calendar", "--within", "100d", "-o", "json"))
    assert [each["id"] for each in data["deadlines"]] == [each["id"] for each in rows]
    assert all("T" in each["at"] and each["sentence"] in data["text"] for each in data["deadlines"])
    assert (data["from"], data["until"]) == ("2026-06-05T00:00:00Z", "2026-09-13T00:00:00Z")


def test_it_says_what_the_message_says_and_goes_beside_it(hooked: Desk, receiver: Receiver) -> None:
    said = hooked(*REMIND, "--to", "-", "--webhook", "chat", "--kind", "delivery")
    message: Any = message_from_bytes(said.out.encode(), policy=policy.default)
    [got] = receiver.got
    assert got.body["data"]["subject"] == message["Subject"]
    assert got.body["data"]["text"] == message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_the_same_digest_has_the_same_id_and_another_another(hooked: Desk, receiver: Receiver) -> None:
    for words in ((), (), ("--kind", "notice")):
        hooked.done(*REMIND, "--webhook", "chat", *words)
    first, second, third = (each.message for each in receiver.got)
    assert first == second != third
    assert receiver.got[2].body["data"]["deadlines"] == []


def test_what_fails_is_tried_again_and_then_told(hooked: Desk, receiver: Receiver) -> None:
    receiver.answer = lambda number: 503 if number < 2 else 204
    assert hooked(*REMIND, "--webhook", "chat").code == 0
    assert len({each.message for each in receiver.got}) == 1 and len(receiver.got) == 3
    assert all(each.is_signed for each in receiver.got)
    receiver.answer = lambda number: 500
    said = hooked(*REMIND, "--webhook", "chat")
    assert (said.code, len(receiver.got)) == (1, 6)
    assert "webhook chat did not take the digest, tried 3 times: it answered 500" in said.err


def test_one_that_fails_keeps_no_other_from_its_digest(hooked: Desk, receiver: Receiver) -> None:
    made = json.loads(hooked.done("webhook", "create", "--url", "http://127.0.0.1:9/", "--id", "gone", "-o", "json"))
    assert made["secret"]
    said = hooked(*REMIND, "--webhook", "gone", "--webhook", "chat")
    assert said.code == 1 and len(receiver.got) == 1
    assert "sent to webhook chat" in said.err and "webhook gone did not take" in said.err


def test_after_a_rotation_the_new_secret_signs(hooked: Desk, receiver: Receiver) -> None:
    receiver.secret = json.loads(hooked.done("webhook", "rotate", "chat", "-o", "json"))["secret"]
    hooked.done(*REMIND, "--webhook", "chat")
    assert receiver.got[0].is_signed


def test_a_webhook_that_is_not_the_operators_or_not_ours_is_refused(
    hooked: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(hooked, receiver, "--id", "theirs", "--tenant", "acme")
    hooked.done("webhook", "drop", "chat")
    create(hooked, receiver, "--id", "other")
    monkeypatch.setenv("NEOCLOUD_SERVICE_SECRET", "x" * 40)
    for name, words in (
        ("theirs", "theirs is acme's"),
        ("chat", "was dropped"),
        ("chap", "did you mean 'chat'"),
        ("other", "has a secret of another service's"),
    ):
        said = hooked(*REMIND, "--webhook", name)
        assert said.code == 2 and words in said.err, said.err
    assert receiver.got == []
