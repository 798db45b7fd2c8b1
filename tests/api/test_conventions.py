"""What holds on every route: retries, forms, pages, places of mistakes, limits, headers, and our own failures."""

import logging
from pathlib import Path
from typing import Any

import pytest

from neocloud.api import guards
from neocloud.api.guards import Guards
from neocloud.errors import Overloaded, Unknown
from neocloud.model.entries import decode
from neocloud.rules.ledger import decide
from neocloud.settings import MOST_BODY_BYTES
from tests.api.desk import ANSWERED, Desk, copied, served

BLOCK = {"pool": "oslo-h100", "gpus": 8, "from": "+2d", "until": "+9d"}
BOOKING: dict[str, Any] = {"tenant": "acme", "blocks": [BLOCK], "prices": [{"per": "gpu_hour", "amount": "2.35"}]}
WISH: dict[str, Any] = {"id": "acme-7", "tenant": "acme", "pools": [{"pool": "oslo-h100", "gpus": 8, "price": "2"}],
                        "from": "+1d", "until": "+9d"}  # fmt: skip
SITE: dict[str, Any] = {"id": "bergen", "power_mw": 3}

# ---- the same again ----


@pytest.mark.parametrize(
    ("method", "path", "body", "other"),
    [
        ("POST", "/v1/leases", BOOKING, BOOKING | {"id": "other"}),
        ("POST", "/v1/requests", WISH, WISH | {"until": "+10d"}),
        ("POST", "/v1/leases/acme-hold/confirm", None, None),
        ("PATCH", "/v1/leases/acme-firm", {"gpus": 72}, {"gpus": 80}),
        ("POST", "/v1/deliveries/wave-2/slip", {"by": "9d"}, {"by": "10d"}),
        ("PUT", "/v1/sites/bergen", SITE, SITE | {"power_mw": 4}),
    ],
)
def test_the_same_again_is_answered_again_and_anything_else_is_a_conflict(
    desk: Desk, method: str, path: str, body: Any, other: Any
) -> None:
    first = desk.say("admin", method, path, body, id="key-1")
    assert first.status_code < 300, first.text
    again = desk.say("admin", method, path, body, id="key-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["idempotent-replayed"] == "true" and "idempotent-replayed" not in first.headers
    assert again.headers["journal-seq"] == first.headers["journal-seq"], "nothing was written"
    assert {again.headers.get(name) == first.headers.get(name) for name in ("etag", "location")} == {True}
    if other is not None:
        assert desk.say("admin", method, path, other, id="key-1").json()["code"] == "command.conflict"
    elsewhere = desk.say("admin", "POST", "/v1/leases/acme-run/terminate", {"by": "tenant"}, id="key-1")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "command.conflict")


def test_the_order_of_fields_and_blanks_are_not_other_content(desk: Desk) -> None:
    assert (
        desk.say("admin", "PATCH", "/v1/leases/acme-firm", b'{"gpus": 72, "rank": null}', id="a").status_code == 200
    )
    again = desk.say("admin", "PATCH", "/v1/leases/acme-firm", b'{ "rank":null,"gpus":72 }', id="a")
    assert again.headers["idempotent-replayed"] == "true"


def test_it_is_answered_again_after_a_restart_and_when_prices_have_changed(template: Any, tmp_path: Path) -> None:
    directory = copied(template[0], tmp_path / "desk")
    booking = {"tenant": "acme", "blocks": [BLOCK]}
    with served(directory, template[1]) as desk:
        first = desk.say("customer", "POST", "/v1/leases", booking, id="a")
        dearer = {"pool": "oslo-h100", "terms": "reserved", "price": "9.99"}
        assert desk.ask("admin", "PUT", "/v1/list-prices/oslo-h100:reserved", dearer).status_code == 200
    with served(directory, template[1]) as desk:
        again = desk.say("customer", "POST", "/v1/leases", booking, id="a")
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["idempotent-replayed"] == "true"


def test_customers_choose_the_same_key_without_meeting(desk: Desk) -> None:
    answers = [desk.say(key, "POST", "/v1/leases", {"tenant": tenant, "blocks": [BLOCK]}, id="1")
               for key, tenant in (("customer", "acme"), ("globex", "globex"))]  # fmt: skip
    answers.append(desk.say("operator", "POST", "/v1/leases", BOOKING, id="1"))
    answers.append(desk.say("operator", "POST", "/v1/leases", BOOKING, id="acme:1"))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 4


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 201, "\xe9"])
def test_a_command_without_a_plain_key_is_told_to_send_one(looked_at: Desk, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency_Key": key}
    if key == "\xe9":
        raw = [(b"authorization", f"Bearer {looked_at.said['admin']}".encode()), (b"idempotency-key", b"\xe9")]
        answer = looked_at.client.post("/v1/leases/acme-hold/confirm", headers=raw)
    else:
        answer = looked_at.ask("admin", "POST", "/v1/leases/acme-hold/confirm", **headers)
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/Idempotency-Key")


# ---- one form of a thing ----


def test_a_form_that_is_known_is_not_sent_again(looked_at: Desk) -> None:
    tag = looked_at.ask("viewer", "GET", "/v1/leases/acme-run").headers["etag"]
    for said in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        known = looked_at.ask("viewer", "GET", "/v1/leases/acme-run", If_None_Match=said)
        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    assert looked_at.ask("viewer", "GET", "/v1/leases/acme-run", If_None_Match='"x"').status_code == 200


def test_a_command_is_meant_of_the_form_that_was_read(desk: Desk) -> None:
    tag = desk.ask("admin", "GET", "/v1/leases/acme-firm").headers["etag"]
    amended = desk.say("admin", "PATCH", "/v1/leases/acme-firm", {"gpus": 72}, id="a", If_Match=tag)
    assert amended.status_code == 200 and amended.headers["etag"] != tag
    late = desk.say("admin", "PATCH", "/v1/leases/acme-firm", {"gpus": 80}, id="b", If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "command.changed")
    again = desk.say("admin", "PATCH", "/v1/leases/acme-firm", {"gpus": 72}, id="a", If_Match=tag)
    assert again.status_code == 200, "a retry is answered as before"
    for path, body in (("leases/acme-hold/release", None), ("requests/acme-want/withdraw", None),
                       ("requests/acme-wish/decline", {"reason": "no"}), ("deliveries/wave-2/slip", {"by": "1d"}),
                       ("leases/acme-run/terminate", {"by": "tenant"}), ("keys/viewer/revoke", None)):  # fmt: skip
        assert desk.say("admin", "POST", f"/v1/{path}", body, id=path, If_Match='"old"').status_code == 412, path
    assert desk.say("admin", "POST", "/v1/leases/acme-hold/release", id="c", If_Match="no tag").status_code == 400


def test_what_is_put_is_made_only_where_there_is_none(desk: Desk) -> None:
    def put(body: Any, **headers: str) -> Any:
        return desk.ask("admin", "PUT", "/v1/sites/bergen", body, **headers)

    assert put(SITE, If_Match='"x"').status_code == 412
    made = put(SITE, If_None_Match="*")
    assert made.status_code == 201
    assert put(SITE | {"power_mw": 4}, If_None_Match="*").status_code == 412
    assert put(SITE, If_None_Match=made.headers["etag"]).status_code == 200, "it is for GET to say 304"
    assert put(SITE | {"power_mw": 4}, If_Match=made.headers["etag"]).status_code == 200
    assert put(SITE | {"id": "oslo"}).json()["pointer"] == "/id"


def test_terms_are_put_by_name_and_shown_by_name_in_their_newest_version(desk: Desk) -> None:
    body = {"name": "reserved", "payment_days": 60}
    put = desk.ask("admin", "PUT", "/v1/terms/reserved", body)
    assert (put.status_code, put.json()["id"], put.json()["payment_days"]) == (200, "reserved@2", 60)
    assert desk.ask("viewer", "GET", "/v1/terms/reserved").json() == put.json()
    assert desk.ask("viewer", "GET", "/v1/terms/reserved@1").json()["id"] == "reserved@1"
    assert desk.ask("admin", "PUT", "/v1/terms/reserved", body, If_Match=put.headers["etag"]).status_code == 200


# ---- what is known ----


def test_an_answer_knows_at_least_the_entry_that_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seq = int(desk.say("admin", "POST", "/v1/leases", BOOKING, id="a").headers["journal-seq"])
    assert desk.ask("admin", "GET", "/v1/leases", If_Known=str(seq)).json()["journal_seq"] >= seq
    monkeypatch.setattr("neocloud.api.service.KNOWN_WAIT_S", 0.05)
    behind = desk.ask("admin", "GET", "/v1/leases", If_Known=str(seq + 1))
    assert (behind.status_code, behind.json()["code"], behind.headers["retry-after"]) == (503, "service.behind", "1")
    assert desk.ask("admin", "GET", "/v1/leases", If_Known="soon").status_code == 400
    assert desk.ask("nobody", "GET", "/healthz", If_Known=str(seq + 1)).status_code == 200, (
        "who may not ask waits for nothing"
    )


def test_an_entry_of_another_process_is_waited_for(template: Any, tmp_path: Path) -> None:
    directory = copied(template[0], tmp_path / "desk")
    with served(directory, template[1]) as one, served(directory, template[1]) as other:
        booked = one.say("admin", "POST", "/v1/leases", BOOKING, id="a")
        seen = other.ask("admin", "GET", booked.headers["location"], If_Known=booked.headers["journal-seq"])
        assert (seen.status_code, seen.json()) == (200, booked.json())


# ---- pages ----


def test_pages_show_all_of_it_once_also_while_more_comes(desk: Desk) -> None:
    every = [each["id"] for each in desk.ask("admin", "GET", "/v1/leases").json()["items"]]
    found: list[str] = []
    cursor: Any = ""
    pages = 0
    while cursor is not None:
        page = desk.ask("admin", "GET", f"/v1/leases?limit=3&cursor={cursor}").json()
        found += [each["id"] for each in page["items"]]
        cursor, pages = page["next"], pages + 1
        desk.say("admin", "POST", "/v1/leases", BOOKING | {"id": f"aaa-{pages}"}, id=f"{pages}")
    assert found == every and pages == 3
    assert desk.ask("admin", "GET", "/v1/leases?limit=0").status_code == 400
    assert desk.ask("admin", "GET", "/v1/leases?limit=2&limit=3").status_code == 400
    assert desk.ask("admin", "GET", "/v1/leases?cursor=%FF").status_code in {200, 400}


def test_the_journal_is_walked_to_its_end_by_entry_and_by_batch(looked_at: Desk) -> None:
    for path, last in (("/v1/journal", "seq"), ("/v1/journal/batches", "last_seq")):
        found: list[int] = []
        after: int | None = 0
        while after is not None:
            page = looked_at.ask("viewer", "GET", f"{path}?after={after}&limit=7").json()
            found += [each[last] for each in page["items"]]
            after = page["next"]
        assert found == sorted(set(found)) and found[-1] == page["journal_seq"]


def test_a_listing_is_of_the_tenant_and_status_that_are_asked_for(looked_at: Desk) -> None:
    def names(query: str) -> list[str]:
        return [each["id"] for each in looked_at.ask("viewer", "GET", f"/v1/leases?{query}").json()["items"]]

    assert names("tenant=globex&status=held") == ["globex-hold", "globex-maybe"]
    assert names("status=confirmed&tenant=research") == ["research-run"]


# ---- what is said wrongly ----


@pytest.mark.parametrize(
    ("body", "status", "pointer", "words"),
    [
        (BOOKING | {"colour": "red"}, 400, None, "colour"),
        (BOOKING | {"blocks": []}, 400, "/blocks", ""),
        (BOOKING | {"blocks": [BLOCK | {"gpus": "many"}]}, 400, "/blocks/0/gpus", ""),
        (BOOKING | {"blocks": [BLOCK, BLOCK | {"until": "soon"}]}, 400, "/blocks/1/until", "soon"),
        (BOOKING | {"prices": [{"per": "gpu_hour", "amount": "NaN"}]}, 400, "/prices/0/amount", "plain number"),
        (BOOKING | {"prices": [{"per": "gpu_hour", "amount": "1e999999"}]}, 400, "/prices/0/amount", ""),
        (BOOKING | {"tenant": 7}, 400, "/tenant", "text"),
        ([], 400, None, ""),
        (b"", 400, None, "JSON"),
        (b"{", 400, None, "JSON"),
        (b'{"tenant": "\xff"}', 400, None, ""),
        (b"[" * 40 + b"]" * 40, 400, None, "32 levels"),
        (b'{"x": "' + b"[" * 40 + b'"}', 400, None, "x"),
        (b'"' + b"x" * MOST_BODY_BYTES + b'"', 413, None, "1,048,576"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    looked_at: Desk, body: Any, status: int, pointer: str | None, words: str
) -> None:
    answer = looked_at.say("admin", "POST", "/v1/leases", body, id="x")
    said = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, said.get("pointer"), said["status"]) == (status, pointer, status), answer.text
    assert words in said["detail"]
    assert said["type"] == f"urn:neocloud:problem:{said['code']}" and "\n" not in said["title"]


def test_a_body_is_json_and_only_where_one_is_read(looked_at: Desk) -> None:
    form = looked_at.say(
        "admin", "POST", "/v1/leases", b"a=b", id="x", Content_Type="application/x-www-form-urlencoded"
    )
    assert (form.status_code, form.json()["code"]) == (415, "http.content_type")
    for body in (b"{", b"rubbish", {"a": 1}):
        said = looked_at.say("admin", "POST", "/v1/leases/acme-run/confirm", body, id="x")
        assert (said.status_code, said.json()["code"]) == (400, "input.invalid"), said.text


def test_a_parameter_that_is_not_there_is_told(looked_at: Desk) -> None:
    answer = looked_at.ask("viewer", "GET", "/v1/leases?colour=red")
    assert (answer.status_code, "colour" in answer.json()["detail"]) == (400, True)


# ---- paths and methods ----


def test_a_path_says_which_methods_it_has(looked_at: Desk) -> None:
    for path, methods in (("/v1/sites/oslo", "GET, HEAD, OPTIONS, PUT"), ("/v1/leases", "GET, HEAD, OPTIONS, POST"),
                          ("/healthz", "GET, HEAD, OPTIONS"), ("/openapi.json", "GET, HEAD, OPTIONS")):  # fmt: skip
        wrong = looked_at.ask("nobody", "DELETE", path)
        assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "http.method", methods)
        asked = looked_at.ask("nobody", "OPTIONS", path)
        assert (asked.status_code, asked.headers["allow"], asked.content) == (204, methods, b"")
    assert looked_at.ask("nobody", "OPTIONS", "/v1/nothing").status_code == 404


def test_a_head_is_a_get_without_its_body(looked_at: Desk) -> None:
    for path in ("/v1/leases/acme-run", "/v1/leases", "/healthz", "/openapi.json"):
        get, head = (looked_at.ask("viewer", method, path) for method in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/leases/", "/v1/nothing", "/v1/leases/a/b/c", "/v1/sites/%2e%2e%2fx"]
)
def test_a_path_that_is_not_there_is_told_so_and_leads_nowhere_else(looked_at: Desk, path: str) -> None:
    answer = looked_at.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "http.not_found")


SECURE = {"x-content-type-options", "referrer-policy", "x-frame-options", "content-security-policy",
          "cross-origin-resource-policy"}  # fmt: skip


def test_every_answer_has_what_browsers_need_to_know(looked_at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [("nobody", "GET", path) for path in ("/healthz", "/docs", "/openapi.json", "/nothing", "/v1/leases")]
    asked += [("nobody", "DELETE", "/healthz"), ("nobody", "OPTIONS", "/healthz"), ("admin", "GET", "/v1/leases")]
    asked.append(("viewer", "GET", "/v1/keys"))
    answers = [looked_at.ask(*each) for each in asked]
    monkeypatch.setattr("neocloud.api.nouns.listing", planted)
    answers.append(looked_at.ask("admin", "GET", "/v1/leases"))
    assert {answer.status_code for answer in answers} == {200, 204, 401, 403, 404, 405, 500}
    for answer in answers:
        assert set(answer.headers) >= SECURE, answer.url
        if answer.url.path.startswith("/v1/"):
            assert answer.headers["cache-control"] == "no-store"


# ---- what goes wrong here ----


def planted(*_: Any) -> Any:
    raise ZeroDivisionError("a planted failure with acme-secret in it")


def test_a_mistake_of_ours_is_logged_and_told_without_a_word_about_how(
    looked_at: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("neocloud.api.nouns.listing", planted)
    answer = looked_at.ask("customer", "GET", "/v1/leases")
    assert (answer.status_code, answer.json()["code"]) == (500, "service.failed")
    assert "planted" not in answer.text and "Traceback" not in answer.text
    assert "planted failure" in caplog.text and "Traceback" in caplog.text
    assert looked_at.said["customer"] not in caplog.text
    monkeypatch.undo()
    assert looked_at.ask("customer", "GET", "/v1/leases").status_code == 200


def test_one_who_fails_does_not_take_others_along(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(world: Any, command: Any, *more: Any, **also: Any) -> Any:
        return planted() if "boom" in command.id else decide(world, command, *more, **also)

    monkeypatch.setattr("neocloud.operations.ledger.decide", failing)
    assert desk.say("admin", "POST", "/v1/leases/acme-hold/confirm", id="boom").status_code == 500
    assert desk.ask("nobody", "GET", "/readyz").status_code == 503
    assert desk.say("admin", "POST", "/v1/leases/acme-hold/confirm", id="fine").status_code == 200
    assert desk.ask("nobody", "GET", "/readyz").status_code == 200


def test_a_body_that_comes_slowly_is_not_waited_for(looked_at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "BODY_TIMEOUT_S", 0.05)
    answer = asgi(looked_at, "POST", "/v1/leases", more=True)
    assert (answer["status"], b"http.too_slow" in answer["body"]) == (408, True)


def test_a_body_that_breaks_off_is_no_body(looked_at: Desk) -> None:
    assert asgi(looked_at, "POST", "/v1/leases", broken=True)["status"] == 400


def test_what_takes_too_long_is_given_up_and_the_ledger_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command may have been written, or not: the same again says so. Its thread must live on."""
    import time  # noqa: PLC0415

    take = desk.service.shared.ledger.submit_each

    def slow(*arguments: Any) -> Any:
        time.sleep(0.3)
        return take(*arguments)

    monkeypatch.setattr(desk.service.shared.ledger, "submit_each", slow)
    app = Guards(desk.client.app, timeout_s=0.1)
    answers = [asgi(desk, "POST", "/v1/leases/acme-hold/confirm", app=app, empty=True) for _ in range(2)]
    assert {answer["status"] for answer in answers} == {503}
    monkeypatch.undo()
    again = desk.say("admin", "POST", "/v1/leases/acme-hold/confirm", id="x")
    assert (again.status_code, again.json()["computed"]["status"]) == (200, "confirmed")


def test_a_name_that_is_not_there_is_told_its_neighbours_of_many() -> None:
    """Never compared with all of 100,000, which took seconds."""
    known = [f"lease-{number:06}" for number in range(100_000)]
    assert Unknown("lease", "lease-0421x", known).facts["nearest"][0].startswith("lease-042")


def test_capacity_is_kept_for_a_minute_and_no_longer_than_a_hold_holds(desk: Desk) -> None:
    """A hold that runs out within the minute is gone at that very second."""
    booking = {"id": "short", "tenant": "acme", "hold_for": "65s", "prices": [{"per": "gpu_hour", "amount": "1"}],
               "blocks": [{"pool": "hidden-l40", "gpus": 64, "until": "+1d"}]}  # fmt: skip
    assert desk.say("admin", "POST", "/v1/leases", booking, id="short").status_code == 201

    def now_held() -> tuple[int, str]:
        row = desk.ask("admin", "GET", "/v1/capacity?pool=hidden-l40").json()["items"][0]
        return row["held_by"].get("acme", 0), row["from"]

    assert now_held() == (64, "2027-01-04T00:00:00Z")
    desk.now[0] += 61
    assert now_held() == (64, "2027-01-04T00:01:00Z")
    desk.now[0] += 3
    assert now_held() == (64, "2027-01-04T00:01:00Z")
    desk.now[0] += 1
    assert now_held() == (0, "2027-01-04T00:01:00Z")


def test_more_at_once_than_can_be_answered_are_turned_away(looked_at: Desk) -> None:
    crowded = Guards(looked_at.client.app, most=0)
    answer = asgi(looked_at, "GET", "/v1/leases", app=crowded)
    assert (answer["status"], answer["headers"][b"retry-after"]) == (503, b"1")
    assert {name.decode() for name in answer["headers"]} >= SECURE


def test_a_full_queue_is_told_with_when_to_ask_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(said: Any) -> Any:
        raise Overloaded("1,000 commands wait for their turn already; try again")

    monkeypatch.setattr(desk.service.shared, "say", full)
    for key in ("admin", "customer"):
        answer = desk.say(key, "POST", "/v1/leases/acme-hold/confirm", id="x")
        assert (answer.status_code, answer.json()["code"]) == (503, "service.overloaded")
        assert answer.headers["retry-after"] == "1"


def asgi(
    desk: Desk,
    method: str,
    path: str,
    *,
    app: Any = None,
    more: bool = False,
    broken: bool = False,
    empty: bool = False,
) -> dict[str, Any]:
    """Ask at the ASGI interface, where a body may be slow or break off."""
    import anyio  # noqa: PLC0415

    headers = {"authorization": f"Bearer {desk.said['admin']}", "content-type": "application/json",
               "idempotency-key": "x"}  # fmt: skip
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
             "root_path": "", "scheme": "http", "http_version": "1.1", "client": ("test", 1), "server": ("test", 80),
             "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}  # fmt: skip
    said: dict[str, Any] = {"body": b""}
    first = [{"type": "http.request", "body": b"" if empty else b"{", "more_body": more or broken}]

    async def receive() -> Any:
        if first:
            return first.pop()
        if broken:
            return {"type": "http.disconnect"}
        return await anyio.sleep_forever()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            said.update(status=message["status"], headers=dict(message["headers"]))
        else:
            said["body"] += message.get("body", b"")

    async def run() -> None:
        await (app or desk.client.app)(scope, receive, send)

    portal = desk.client.portal
    assert portal is not None
    portal.call(run)
    return said


# ---- secrets ----


def test_a_secret_is_in_the_answer_that_makes_it_and_nowhere_else(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"role": "customer", "tenant": "acme", "id": "new"}
    made = desk.say("admin", "POST", "/v1/keys", body, id="k")
    rotated = desk.say("admin", "POST", "/v1/keys/new/rotate", {}, id="r")
    again = desk.say("admin", "POST", "/v1/keys", body, id="k")
    assert (made.status_code, again.status_code, again.json()["token"]) == (201, 201, None)
    tokens = [made.json()["token"], rotated.json()["token"]]
    for path in (route.path for route in ANSWERED if route.method == "GET" and not route.names):
        text = desk.ask("admin", "GET", path).text
        assert all(token not in text and token[-20:] not in text for token in tokens), path
        assert '"digest"' not in text
    stored = [line for batch in desk.service.shared.ledger.journal.batches() for line in (batch.body, decode(batch))]
    secrets = [token.split("_", 2)[2] for token in [*tokens, *filter(None, desk.said.values())]]
    for secret in secrets:
        assert all(secret not in str(each) for each in stored)
        assert secret not in caplog.text


def test_a_key_that_is_rotated_holds_for_a_while_and_one_that_is_revoked_no_more(desk: Desk) -> None:
    token = desk.say("admin", "POST", "/v1/keys", {"role": "viewer", "id": "k"}, id="k").json()["token"]
    mine = {**desk.said, "mine": token}
    desk.said = mine
    made = desk.client.post("/v1/keys/k/rotate", json={"hold_old_for": "1h"}, headers={
        "Authorization": f"Bearer {mine['admin']}", "Idempotency-Key": "r"}).json()  # fmt: skip
    assert desk.ask("mine", "GET", "/v1/sites").status_code == 200
    desk.now[0] += 3_600
    assert desk.ask("mine", "GET", "/v1/sites").status_code == 401
    desk.said = {**mine, "mine": made["token"]}
    assert desk.ask("mine", "GET", "/v1/sites").status_code == 200
    assert desk.say("admin", "POST", f"/v1/keys/{made['key']['id']}/revoke", id="v").status_code == 200
    assert desk.ask("mine", "GET", "/v1/sites").status_code == 401
