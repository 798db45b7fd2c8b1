"""A server that misbehaves: the same is asked again under one key, within bounds, and nothing is done twice."""

from collections.abc import Iterator
from typing import Any

import pytest

from neocloud.client.asks import Heard
from neocloud.client.trying import Patience, Tries, asked_for
from neocloud.errors import Overloaded, Refused, ServiceUnreachable, Unavailable
from tests.client.conftest import Served
from tests.client.faults import Between, between, busy, done_and_dropped, dropped, said
from tests.client.opening import Opening, booking


@pytest.fixture
def odd(served: Served) -> Iterator[Between]:
    """A misbehaving server before the real one."""
    with between(served.url) as found:
        yield found


@pytest.fixture
def client(opening: Opening, odd: Between, served: Served) -> Iterator[Any]:
    with opening(odd.url, served.key("admin"), tries=4, pause_s=0.01) as found:
        yield found


@pytest.mark.parametrize("fault", [busy(503), busy(429), busy(502), busy(504), dropped, done_and_dropped])
def test_a_booking_is_asked_for_again_and_booked_once(client: Any, odd: Between, served: Served, fault: Any) -> None:
    before = served.service.seq
    odd.faults = [fault, fault]
    booked = client.leases.book(booking("deal"))
    assert booked.noun.id == "deal" and len(odd.seen) == 3
    assert len(set(odd.keys())) == 1 and odd.keys()[0]
    assert booked.again == (fault is done_and_dropped)
    entries = [each for each in client.journal.entries(after=before) if each.kind == "lease"]
    assert [each.cause for each in entries] == ["booked"]


def test_two_calls_have_two_keys(client: Any, odd: Between) -> None:
    client.leases.book(booking("one"))
    client.leases.book(booking("two"))
    assert len(set(odd.keys())) == 2


def test_tries_are_bounded_and_the_last_answer_is_what_is_raised(client: Any, odd: Between) -> None:
    problem = b'{"type":"x","title":"x","status":503,"detail":"too much","code":"service.overloaded"}'
    odd.faults = [said(503, problem, "application/problem+json", **{"Retry-After": "0"})] * 9
    with pytest.raises(Overloaded, match="too much"):
        client.pools.get("h100")
    assert len(odd.seen) == 4
    odd.faults, odd.seen = [dropped] * 9, []
    with pytest.raises(ServiceUnreachable, match="not known whether it was done") as caught:
        client.leases.book(booking("deal"))
    assert caught.value.facts["idempotency_key"] == odd.keys()[0] and len(odd.seen) == 4


def test_what_is_wrong_is_not_asked_again(client: Any, odd: Between) -> None:
    odd.faults = [said(400, b"{}", "text/plain"), said(500, b"oh", "text/plain")]
    for _ in range(2):
        with pytest.raises(Unavailable, match="does not answer as neocloud does"):
            client.pools.get("h100")
    assert len(odd.seen) == 2


@pytest.mark.parametrize(("status", "kind"), [(409, Refused), (422, Refused), (500, Unavailable)])
def test_a_code_that_is_not_known_stays_and_is_of_the_kind_of_its_status(
    client: Any, odd: Between, status: int, kind: type[Exception]
) -> None:
    odd.faults = [said(status, b'{"detail":"no","code":"new.code","more":1}', "application/problem+json")]
    with pytest.raises(kind) as caught:
        client.pools.get("h100")
    assert (caught.value.code, caught.value.facts) == ("new.code", {"more": 1})  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "media_type", "words"),
    [
        (b"<html>", "text/html", "does not answer as neocloud does"),
        (b"not json", "application/problem+json", "does not answer as neocloud does"),
        (b"{}", "application/problem+json", "does not answer as neocloud does"),
    ],
)
def test_an_answer_of_something_else_is_one_sentence(
    client: Any, odd: Between, content: bytes, media_type: str, words: str
) -> None:
    odd.faults = [said(404, content, media_type)]
    with pytest.raises(Unavailable, match=words):
        client.pools.get("h100")


def test_an_answer_of_another_version_is_one_sentence(client: Any, odd: Between) -> None:
    odd.faults = [said(200, b'{"id": 7}', "application/json")]
    with pytest.raises(Unavailable, match="install the version that the server has"):
        client.pools.get("h100")
    odd.faults = [said(302, b"", "text/html", Location="https://sign-in.example")]
    with pytest.raises(Unavailable, match="HTTP 302 to https://sign-in"):
        client.pools.get("h100")


def test_pauses_grow_have_chance_in_them_and_heed_what_was_asked_for() -> None:
    tries = Tries(Patience(tries=5, within_s=100, pause_s=1), clock=lambda: 0.0)
    pauses = [tries.pause() for _ in range(5)]
    assert all(
        low <= (pause or 0) <= high for pause, low, high in zip(pauses, (0.5, 1, 2, 4), (1, 2, 4, 8), strict=False)
    )
    assert pauses[4] is None
    assert Tries(Patience(tries=2, within_s=100, pause_s=1), clock=lambda: 0.0).pause(30) == 30
    assert Tries(Patience(tries=2, within_s=10, pause_s=1), clock=lambda: 0.0).pause(30) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3", 3.0), ("", None), ("soon", None), ("-1", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("9e9", None)],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert asked_for(Heard(503, {"retry-after": text}, b"")) == seconds
