"""A second person: what is asked over HTTP waits, and somebody else answers. And the calendar that calendars read."""

from base64 import b64encode
from typing import Any

from tests.api.desk import Desk

BIG: dict[str, Any] = {
    "tenant": "acme",
    "blocks": [{"pool": "oslo-h100", "gpus": 2_016, "from": "2027-02-01T00:00:00Z", "until": "2027-05-01T00:00:00Z"}],
    "prices": [{"per": "gpu_hour", "amount": "2.35"}],
}


def test_a_booking_that_a_policy_keeps_back_waits_for_somebody_else(desk: Desk) -> None:
    asked = desk.ask("sales", "POST", "/v1/leases", BIG, Idempotency_Key="b1")
    assert asked.status_code == 202
    name = asked.json()["approval"]
    assert asked.headers["location"] == f"/v1/approvals/{name.replace(':', '%3A')}"
    assert desk.ask("sales", "POST", "/v1/leases", BIG, Idempotency_Key="b1").status_code == 202, "a retry waits too"
    own = desk.ask("sales", "POST", f"/v1/approvals/{name}/approve", {}, Idempotency_Key="a1")
    assert (own.status_code, own.json()["code"]) == (409, "lease.not_allowed")
    done = desk.ask("operator", "POST", f"/v1/approvals/{name}/approve", {"note": "yes"}, Idempotency_Key="a2")
    assert done.status_code == 200
    assert (done.json()["computed"]["status"], done.json()["answered_by"]) == ("approved", "key:operator")
    lease = desk.ask("viewer", "GET", done.headers["content-location"]).json()
    assert lease["blocks"][0]["gpus"] == 2_016


def test_an_approval_can_be_reached_whatever_the_idempotency_key_was(desk: Desk) -> None:
    for i, said in enumerate(("deals/2027/7", "deals-2027-7", "/", "..", "a?b#c%2F&d", "a%2Fb")):
        asked = desk.ask("sales", "POST", "/v1/leases", {**BIG, "id": f"deal-{i}"}, Idempotency_Key=said)
        assert asked.status_code == 202, asked.text
        again = desk.ask("sales", "POST", "/v1/leases", {**BIG, "id": f"deal-{i}"}, Idempotency_Key=said)
        assert (again.status_code, again.json()) == (202, asked.json())
        where = asked.headers["location"]
        shown = desk.ask("viewer", "GET", where)
        assert (shown.status_code, shown.json()["id"]) == (200, asked.json()["approval"]), said
        done = desk.ask("operator", "POST", f"{where}/decline", {"note": "no"}, Idempotency_Key=f"d/{i}")
        assert (done.status_code, done.json()["computed"]["status"]) == (200, "declined")
        other = desk.ask("sales", "POST", "/v1/leases", {**BIG, "id": "other"}, Idempotency_Key=said)
        assert (other.status_code, other.json()["code"]) == (409, "command.conflict")
    names = [each["id"] for each in desk.ask("viewer", "GET", "/v1/approvals").json()["items"]]
    assert len(names) == len(set(names)) == 7 and not any("/" in name for name in names)


def test_what_no_longer_fits_when_it_is_approved_is_refused_and_still_asked(desk: Desk) -> None:
    asked = [desk.ask("sales", "POST", "/v1/leases", BIG, Idempotency_Key=f"b{i}").json()["approval"] for i in (1, 2)]
    answers = [
        desk.ask("operator", "POST", f"/v1/approvals/{name}/approve", {}, Idempotency_Key=f"a-{i}")
        for i, name in enumerate(asked)
    ]
    assert [each.status_code for each in answers] == [200, 409]
    assert answers[1].json()["code"] == "lease.oversold"
    assert answers[1].json()["offers"]
    left = f"/v1/approvals/{asked[1]}"
    assert desk.ask("viewer", "GET", left).json()["computed"]["status"] == "asked"
    taken_back = desk.ask("sales", "POST", f"{left}/withdraw", {"note": "too late"}, Idempotency_Key="w1")
    assert taken_back.json()["computed"]["status"] == "withdrawn"


def test_a_customer_is_told_that_it_waits_and_no_more(desk: Desk) -> None:
    asked = desk.ask("customer", "POST", "/v1/leases", BIG, Idempotency_Key="b1")
    assert (asked.status_code, set(asked.json())) == (202, {"approval", "status", "about"})
    assert desk.ask("customer", "GET", f"/v1/approvals/{asked.json()['approval']}").status_code == 403


def test_a_customer_that_is_not_eligible_is_told_so_without_the_reason(desk: Desk) -> None:
    policy = {"id": "screened", "when": {"unscreened": True}, "then": "refuse", "reason": "globex complained"}
    assert desk.ask("admin", "PUT", "/v1/policies/screened", policy).status_code == 201
    small = {**BIG, "blocks": [{**BIG["blocks"][0], "gpus": 8}]}
    for path in ("/v1/quotes", "/v1/leases"):
        answer = desk.ask("customer", "POST", path, small, Idempotency_Key=path)
        assert (answer.status_code, answer.json()["code"]) == (409, "tenant.not_eligible")
        assert "account manager" in answer.json()["detail"]
    assert "globex complained" in desk.ask("sales", "POST", "/v1/quotes", small).json()["detail"]


def test_a_calendar_reads_the_feed_with_a_key_for_a_password(desk: Desk) -> None:
    said = b64encode(f"calendar:{desk.said['viewer']}".encode()).decode()
    answer = desk.client.get("/v1/calendar.ics?within=120d", headers={"Authorization": f"Basic {said}"})
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    rows = desk.ask("viewer", "GET", "/v1/calendar?within=120d").json()["items"]
    assert answer.text.count("BEGIN:VEVENT") == len(rows) > 0
    assert all(f"UID:{row['id']}@" in answer.text.replace("\r\n ", "") for row in rows)
    assert desk.client.get("/v1/calendar.ics", headers={"Authorization": "Basic !"}).status_code == 401
