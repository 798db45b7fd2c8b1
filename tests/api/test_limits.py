"""One caller has its part and no more: 429 tells when to ask again, and that is so; others do not notice."""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from neocloud.api.buckets import Buckets
from neocloud.api.limits import Limits, network
from neocloud.errors import TooOften
from tests.api.desk import Desk, copied, served

SECOND_NS = 10**9


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_ns = SECOND_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def strict(template: Any, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk that answers a customer twice a second after a burst of four; three wrong keys and then one in 4 s."""
    limits = Limits(Buckets(2, 4), Buckets(0.25, 3), 2, clock)
    with served(copied(template[0], tmp_path / "desk"), template[1], limits=limits) as desk:
        yield desk


def statuses(ask: Callable[[], Any], times: int) -> list[int]:
    return [ask().status_code for _ in range(times)]


# ---- a tenant ----


def test_a_tenant_has_one_rate_for_all_its_keys_and_is_told_the_truth_about_when(strict: Desk, clock: Clock) -> None:
    assert statuses(lambda: strict.ask("customer", "GET", "/v1/leases"), 3) == [200] * 3
    assert strict.ask("narrow", "GET", "/v1/leases/acme-run").status_code == 200, "another key of the same tenant"
    no = strict.ask("narrow", "GET", "/v1/leases")
    assert (no.status_code, no.json()["code"], no.headers["retry-after"]) == (429, "service.too_often", "1")
    assert no.headers["content-type"] == "application/problem+json" and "1 s" in no.json()["detail"]
    clock.now_ns += SECOND_NS
    assert strict.ask("customer", "GET", "/v1/leases").status_code == 200
    clock.now_ns += 10 * SECOND_NS
    assert statuses(lambda: strict.ask("customer", "GET", "/v1/leases"), 5) == [200] * 4 + [429]


def test_a_tenant_that_is_turned_away_takes_nothing_from_others_nor_from_itself(strict: Desk, clock: Clock) -> None:
    assert statuses(lambda: strict.ask("customer", "GET", "/v1/me"), 40)[4:] == [429] * 36
    assert strict.ask("globex", "GET", "/v1/leases").status_code == 200
    assert statuses(lambda: strict.ask("operator", "GET", "/v1/leases"), 40) == [200] * 40
    clock.now_ns += SECOND_NS
    assert strict.ask("customer", "GET", "/v1/me").status_code == 200, "36 that were turned away cost nothing"


def test_what_a_customer_may_not_do_counts_as_well(strict: Desk) -> None:
    assert statuses(lambda: strict.ask("customer", "GET", "/v1/keys"), 5) == [403] * 4 + [429]


def test_a_write_that_is_turned_away_is_written_when_it_is_said_again(strict: Desk, clock: Clock) -> None:
    def confirm() -> Any:
        return strict.say("customer", "POST", "/v1/leases/acme-hold/confirm", id="once")

    statuses(lambda: strict.ask("customer", "GET", "/v1/me"), 4)
    before = strict.service.seq
    assert (confirm().status_code, strict.service.seq) == (429, before)
    clock.now_ns += SECOND_NS
    assert confirm().status_code == 200 and confirm().headers["idempotent-replayed"] == "true"


def test_so_many_commands_of_one_tenant_wait_and_others_are_written(
    strict: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, opened = strict.service.shared.ledger, Event()
    submit = ledger.submit_each

    def slowly(*said: Any) -> Any:
        assert opened.wait(20)
        return submit(*said)

    monkeypatch.setattr(ledger, "submit_each", slowly)

    def wish(key: str, tenant: str, name: str) -> Any:
        body = {"id": f"{tenant}-{name}", "tenant": tenant, "pools": [{"pool": "oslo-h100", "gpus": 8, "price": "2"}],
                "from": "+1d", "until": "+9d"}  # fmt: skip
        return strict.say(key, "POST", "/v1/requests", body, id=name)

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(wish, "customer", "acme", f"w{i}") for i in range(2)]
        while sum(strict.service.limits._writes.values()) < 2:
            pass
        no = wish("customer", "acme", "w3")
        waiting.append(pool.submit(wish, "globex", "globex", "w1"))
        opened.set()
        assert [each.result(20).status_code for each in waiting] == [201] * 3
    assert (no.status_code, no.json()["code"]) == (429, "service.too_often")
    assert int(no.headers["retry-after"]) >= 1
    assert wish("customer", "acme", "w4").status_code == 201
    assert not strict.service.limits._writes


# ---- an address ----


@pytest.mark.parametrize("wrong", ["forged", "expired", "revoked", "rotated-out", "wrong-id"])
def test_wrong_keys_are_told_so_only_so_often_and_a_key_that_holds_is_still_answered(
    strict: Desk, clock: Clock, wrong: str
) -> None:
    assert statuses(lambda: strict.ask(wrong, "GET", "/v1/leases"), 3) == [401] * 3
    no = strict.ask(wrong, "GET", "/v1/leases/acme-run")
    assert (no.status_code, no.json()["code"], no.headers["retry-after"]) == (429, "service.too_often", "4")
    assert strict.ask("viewer", "GET", "/v1/leases").status_code == 200
    assert strict.ask("customer", "GET", "/v1/leases").status_code == 200
    assert strict.client.get("/v1/leases").status_code == 401, "who shows nothing guesses nothing"
    clock.now_ns += 4 * SECOND_NS
    assert strict.ask(wrong, "GET", "/v1/leases").status_code == 401


def test_a_password_of_a_calendar_and_a_sessions_cookie_are_keys_as_well(strict: Desk) -> None:
    said = base64.b64encode(b"any:nc_admin_" + b"A" * 43).decode()
    by_password = {"headers": {"Authorization": f"Basic {said}"}}
    by_cookie = {"headers": {"Cookie": "neocloud_key=nc_admin_AAAA"}}
    rubbish = {"headers": {"Authorization": "Basic !"}}
    asked = [strict.client.get("/v1/calendar.ics", **each) for each in (by_password, by_cookie, rubbish)]  # type: ignore[arg-type]
    assert [each.status_code for each in asked] == [401] * 3
    assert strict.client.get("/v1/calendar.ics", **by_password).status_code == 429  # type: ignore[arg-type]
    good = base64.b64encode(f"any:{strict.said['viewer']}".encode()).decode()
    assert strict.client.get("/v1/calendar.ics", headers={"Authorization": f"Basic {good}"}).status_code == 200


def test_who_is_turned_away_is_logged_once_in_a_while_and_no_key_is(
    strict: Desk, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    statuses(lambda: strict.ask("forged", "GET", "/v1/leases"), 30)
    statuses(lambda: strict.ask("customer", "GET", "/v1/leases"), 30)
    lines = [each.getMessage() for each in caplog.records if each.name == "neocloud.api.limits"]
    assert len(lines) == 1 and "keys that do not hold" in lines[0]
    clock.now_ns += 20 * SECOND_NS
    statuses(lambda: strict.ask("customer", "GET", "/v1/leases"), 30)
    assert "tenant acme asks too often" in caplog.text
    assert all(token not in caplog.text for token in strict.said.values() if token)


def test_they_are_counted_by_route(strict: Desk) -> None:
    statuses(lambda: strict.ask("customer", "GET", "/v1/leases"), 7)
    assert strict.service.metrics.requests.counts["GET", "/v1/leases", 429] == 3


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("no:address", "no:address"),
    ],
)
def test_a_caller_cannot_have_a_bucket_for_each_address_of_its_line(address: str, counted: str) -> None:
    assert network(address) == counted


def test_a_flood_of_addresses_is_bounded(clock: Clock) -> None:
    limits = Limits(strangers=Buckets(1, 2, most=50), clock_ns=clock)
    for i in range(2_000):
        with suppress(TooOften):
            limits.wrong_key(f"2001:db8:{i:x}::1")
    assert len(limits._strangers) <= 102
