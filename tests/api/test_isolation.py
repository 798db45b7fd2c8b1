"""Who may do what, route by route; and no customer learns of another, not even that it exists."""

from collections.abc import Iterator
from typing import Any

import pytest

from neocloud.api.app import create_app  # noqa: F401  (it declares the routes)
from neocloud.api.routes import Route
from neocloud.rules.access import ROLES as TABLE
from tests.api.desk import ACME, ANSWERED, GLOBEX, REFUSED, Desk, each

OPEN = {"/healthz", "/readyz", "/v1/sign-in", "/v1/sign-in/callback"}
"""What anybody may ask."""

PERMITTED = [route for route in ANSWERED if route.permission is not None]


def path_of(route: Route, name: str | None = None) -> str:
    """The path of a route to one thing."""
    return route.path.replace("{name}", ACME.get(route.tag, "nothing") if name is None else name)


def harmless(desk: Desk, key: str, route: Route) -> Any:
    """Ask for something that changes nothing, even where it is permitted: what a body must say is missing."""
    body = b"[" if route.body is not None else None
    return desk.ask(key, route.method, path_of(route), body)


def refused(answer: Any) -> bool:
    """Whether the key is not let, whatever it asks."""
    words = ("it lacks", "operator's own people")
    return answer.status_code == 403 and any(each in answer.json()["detail"] for each in words)


def test_only_health_needs_no_permission() -> None:
    assert {route.path for route in ANSWERED if route.permission is None} <= OPEN


@each(PERMITTED)
def test_a_route_is_for_the_roles_that_have_its_permission(looked_at: Desk, route: Route) -> None:
    for role, permitted in TABLE.items():
        answer = harmless(looked_at, role, route)
        assert answer.status_code not in {401, 500}, (role, answer.text)
        assert refused(answer) == (route.permission not in permitted or (route.staff_only and role == "customer"))


@each(PERMITTED)
def test_what_is_no_key_that_holds_opens_nothing(looked_at: Desk, route: Route) -> None:
    answers = {key: harmless(looked_at, key, route) for key in REFUSED}
    assert {answer.status_code for answer in answers.values()} == {401}
    assert len({answer.content for answer in answers.values()}) == 1, "it does not say why"
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers.values())


@each(PERMITTED)
def test_a_key_with_scopes_may_do_no_more_than_they_say(looked_at: Desk, route: Route) -> None:
    narrow, scoped = (harmless(looked_at, key, route) for key in ("narrow", "scoped"))
    assert refused(narrow) == (route.permission not in {"leases.read", "me.read"} or route.staff_only)
    assert refused(scoped) == (route.permission not in {"keys.read", "keys.write", "me.read"})


@each(PERMITTED)
def test_a_one_time_key_makes_a_key_and_nothing_else(looked_at: Desk, route: Route) -> None:
    assert refused(harmless(looked_at, "once", route)) == (route.name != "make_key")


# ---- what is another's is not there ----

CUSTOMERS = [route for route in PERMITTED if route.permission in TABLE["customer"] and not route.staff_only]


def unsaid(text: str, *names: str) -> str:
    for name in names:
        text = text.replace(name, "NAME")
    return text


def check_alike(desk: Desk, one: tuple[Any, ...], other: tuple[Any, ...], *names: str) -> None:
    """What another tenant has and what does not exist are answered with the same bytes, but for their names."""
    answers = [desk.say("customer", *ask, id="ask") for ask in (one, other)]
    assert answers[0].status_code == answers[1].status_code >= 400
    assert unsaid(answers[0].text, *names) == unsaid(answers[1].text, *names)
    headers = [{**each.headers, "content-length": ""} for each in answers]
    assert headers[0] == headers[1]


@each([route for route in CUSTOMERS if route.names])
def test_what_is_anothers_is_answered_as_what_does_not_exist(looked_at: Desk, route: Route) -> None:
    theirs = GLOBEX.get(route.tag, "globex")
    for name in {theirs, theirs.replace("run", "maybe"), theirs.replace("run", "hold")}:
        nothing = "x" * len(name)
        one, other = ((route.method, path_of(route, each), route.example) for each in (name, nothing))
        check_alike(looked_at, one, other, name, nothing)


def bodies() -> Iterator[tuple[str, Any, Any]]:
    """Bodies that name what is another's, and the same of what does not exist: where, the one, the other."""
    blocks = [{"pool": "oslo-h100", "gpus": 8, "until": "+9d"}]
    lease: dict[str, Any] = {"tenant": "acme", "terms": "reserved", "blocks": blocks}
    for path in ("/v1/leases", "/v1/quotes"):
        for field, theirs in (("tenant", "globex"), ("request", "globex-want"), ("id", "globex-run"),
                              ("terms", "secretive"), ("terms", "secretive@1"), ("prefer", ["hidden-l40"]),
                              ("option", {"kind": "burst", "exercise_by": "+9d", "of": "globex-run"})):  # fmt: skip
            nothing = {"kind": "burst", "exercise_by": "+9d", "of": "nothing-xx"} if field == "option" else None
            yield (
                path,
                lease | {field: theirs},
                lease | {field: nothing or ["xx"] if field == "prefer" else nothing or "xx"},
            )
        places: tuple[dict[str, str], ...] = ({"pool": "hidden-l40"}, {"site": "tulsa", "gpus": "all"})
        for where in places:
            nowhere = {name: "xx" if name != "gpus" else "all" for name in where}
            yield path, lease | {"blocks": [blocks[0] | where]}, lease | {"blocks": [blocks[0] | nowhere]}
    wish: dict[str, Any] = {
        "id": "acme-x", "tenant": "acme", "pools": [{"pool": "oslo-h100", "gpus": 8, "price": "2"}], "from": "+1d",
        "until": "+9d",
    }  # fmt: skip
    for field, theirs in (
        ("tenant", "globex"),
        ("id", "globex-want"),
        ("terms", "secretive"),
        ("forecast", "startups"),
    ):
        yield "/v1/requests", wish | {field: theirs}, wish | {field: "xx"}
    hidden, none = ([{"pool": pool, "gpus": 8, "price": "2"}] for pool in ("hidden-l40", "xx"))
    yield "/v1/requests", wish | {"pools": hidden}, wish | {"pools": none}


@pytest.mark.parametrize(("path", "theirs", "nothing"), list(bodies()))
def test_a_body_that_names_what_is_anothers_is_answered_as_of_nothing(
    looked_at: Desk, path: str, theirs: Any, nothing: Any
) -> None:
    names = ("globex-want", "globex-run", "secretive@1", "secretive", "hidden-l40", "globex", "tulsa", "xx")
    check_alike(looked_at, ("POST", path, theirs), ("POST", path, nothing), *names)


@pytest.mark.parametrize(
    ("path", "theirs", "nothing"),
    [
        ("/v1/leases?tenant={}", "globex", "xxxxxx"),
        ("/v1/requests?tenant={}", "globex", "xxxxxx"),
        ("/v1/capacity?pool={}", "hidden-l40", "xxxxxxxxxx"),
        ("/v1/capacity?site={}", "tulsa", "xxxxx"),
        ("/v1/calendar?tenant={}", "globex", "xxxxxx"),
        ("/v1/calendar?site={}", "oslo", "xxxx"),
        ("/v1/calendar.ics?tenant={}", "globex", "xxxxxx"),
    ],
)
def test_a_question_about_another_is_answered_as_about_nobody(
    looked_at: Desk, path: str, theirs: str, nothing: str
) -> None:
    one, other = (looked_at.ask("customer", "GET", path.format(name)) for name in (theirs, nothing))
    assert one.status_code == other.status_code
    assert unsaid(one.text, theirs, nothing) == unsaid(other.text, theirs, nothing)


@each(CUSTOMERS)
def test_no_answer_to_a_customer_says_what_is_anothers(desk: Desk, route: Route) -> None:
    """`Desk.ask` looks into each: names, prices and values of others, and what only the operator sees."""
    for name in (ACME.get(route.tag), "acme-hold", "acme-maybe", "acme-wish", None):
        answer = desk.say("customer", route.method, path_of(route, name), route.example, id=f"ask-{name}")
        assert answer.status_code < 500


def test_a_customer_lists_its_own_and_all_of_its_own(looked_at: Desk) -> None:
    def names(path: str, key: str = "customer") -> list[str]:
        return [each["id"] for each in looked_at.ask(key, "GET", path).json()["items"]]

    assert names("/v1/leases") == ["acme-firm", "acme-hold", "acme-maybe", "acme-run"]
    assert names("/v1/requests") == ["acme-want", "acme-wish"]
    assert names("/v1/terms") == ["on-demand@1", "reserved@1"]
    assert names("/v1/capacity") == ["oslo-h100"] * len(names("/v1/capacity"))
    due = looked_at.ask("customer", "GET", "/v1/calendar?within=3650d").json()["items"]
    assert {(each["noun"], each["tenant"], *each["sites"]) for each in due} == {("lease", "acme")}
    assert {each["noun_id"] for each in due} == {"acme-firm", "acme-hold", "acme-maybe", "acme-run"}
    assert names("/v1/leases", "globex") == ["globex-hold", "globex-maybe", "globex-run"]
    assert names("/v1/terms", "globex") == ["on-demand@1", "reserved@1", "secretive@1"]


# ---- a customer asks for what it may ----

HUGE = {"tenant": "acme", "blocks": [{"pool": "oslo-h100", "gpus": 4096, "from": "+2d", "until": "+30d"}]}


def test_what_does_not_fit_tells_a_customer_what_would_and_not_who_is_in_the_way(desk: Desk) -> None:
    answer = desk.say("customer", "POST", "/v1/leases", HUGE, id="huge")
    assert (answer.status_code, answer.json()["code"]) == (409, "lease.oversold")
    assert {block["pool"] for offer in answer.json()["offers"] for block in offer["blocks"]} == {"oslo-h100"}
    operators = desk.say(
        "operator", "POST", "/v1/leases", HUGE | {"prices": [{"per": "gpu_hour", "amount": 9}]}, id="o"
    )
    assert "globex" in operators.text
    assert operators.json()["shortages"][0]["holders"]


def test_a_right_of_first_refusal_of_another_is_not_told(desk: Desk) -> None:
    """What is free is globex's to refuse first: to acme it does not fit, and no more is said."""
    blocks = [{"pool": "oslo-h100", "gpus": 2000, "from": "+1d", "until": "+101d"}]
    option = {"kind": "first_refusal", "exercise_by": "+50d"}
    body = {"id": "globex-first", "tenant": "globex", "blocks": blocks, "option": option,
            "prices": [{"per": "gpu_hour", "amount": "2.87654"}]}  # fmt: skip
    granted = desk.say("operator", "POST", "/v1/leases", body, id="grant")
    assert granted.status_code == 201, granted.text
    small = {"tenant": "acme", "blocks": [{"pool": "oslo-h100", "gpus": 2000, "from": "+2d", "until": "+30d"}]}
    answer = desk.say("customer", "POST", "/v1/leases", small, id="small")
    assert (answer.status_code, answer.json()["code"]) == (409, "lease.oversold"), answer.text
    assert "refusal" not in answer.text
    staff = desk.say("sales", "POST", "/v1/leases", small | {"prices": [{"per": "gpu_hour", "amount": 3}]}, id="s")
    assert staff.json()["code"] == "lease.first_refusal"


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({}, None, None),
        ({"prices": [{"per": "gpu_hour", "amount": "2.35"}]}, None, None),
        ({"hold_for": "7d"}, None, None),
        ({"id": "acme-new.1"}, None, None),
        ({"request": "acme-want"}, None, None),
        ({"id": "new"}, "input.invalid", "/id"),
        ({"id": "acme-2-new"}, "input.invalid", "/id"),
        ({"tenant": "globex"}, "input.invalid", "/tenant"),
        ({"reclaim": True}, "input.invalid", "/reclaim"),
        ({"rank": 1}, "input.invalid", "/rank"),
        ({"protected": True}, "input.invalid", "/protected"),
        ({"recorded": "so it was"}, "input.invalid", "/recorded"),
        ({"prices": [{"per": "gpu_hour", "amount": "2.34"}]}, "lease.not_allowed", None),
        ({"prices": [{"per": "month", "amount": "99999"}]}, "lease.not_allowed", None),
        ({"prices": [{"per": "gpu_hour", "amount": "9", "currency": "EUR"}]}, "lease.not_allowed", None),
        ({"prices": [{"per": "gpu_hour", "amount": "9", "from": "+8d"}]}, "input.invalid", "/prices/0/from"),
        ({"hold_for": "8d"}, "lease.not_allowed", None),
        ({"hold_until": "+8d"}, "lease.not_allowed", None),
        ({"terms": "spot"}, "lease.not_allowed", None),
    ],
)
def test_a_customer_books_for_itself_at_list_price_or_more(
    desk: Desk, more: dict[str, Any], code: str | None, pointer: str | None
) -> None:
    block = {"pool": "oslo-h100", "gpus": 8, "from": "+2d", "until": "+9d"}
    answer = desk.say("customer", "POST", "/v1/leases", {"tenant": "acme", "blocks": [block], **more}, id="x")
    said = answer.json()
    if code is None:
        assert answer.status_code == 201, answer.text
        assert said["prices"][0]["amount"] == "2.35"
    else:
        assert (said["code"], said.get("pointer")) == (code, pointer), answer.text


def test_a_customer_does_not_learn_who_has_the_lease_that_its_option_was_of(desk: Desk) -> None:
    option = {"kind": "renewal", "exercise_by": "+50d", "of": "acme-firm"}
    renewal = {"id": "acme-on", "tenant": "acme", "blocks": [{"gpus": 64, "pool": "oslo-h100", "until": "+130d"}],
               "option": option, "prices": [{"per": "gpu_hour", "amount": "2.35"}]}  # fmt: skip
    assert desk.say("sales", "POST", "/v1/leases", renewal, id="grant").status_code == 201
    moved = desk.say("sales", "PATCH", "/v1/leases/acme-firm", {"tenant": "globex"}, id="transfer")
    assert moved.status_code == 200, moved.text
    assert desk.say("customer", "POST", "/v1/leases/acme-on/exercise", {}, id="yes").status_code == 409


def test_a_customers_name_does_not_try_those_of_a_tenant_whose_name_begins_like_its_own(desk: Desk) -> None:
    assert desk.ask("admin", "PUT", "/v1/tenants/acme-2", {"id": "acme-2", "kind": "customer"}).status_code == 201
    for name in ("acme-2-run", "acme-2-none"):
        body = {"id": name, "tenant": "acme", "blocks": [{"pool": "oslo-h100", "gpus": 8, "until": "+9d"}]}
        assert desk.say("customer", "POST", "/v1/leases", body, id=name).json()["pointer"] == "/id"


def test_a_request_that_the_operator_named_like_a_customers_stays_another_tenants(desk: Desk) -> None:
    wish = {"id": "acme-9", "tenant": "globex", "pools": [{"pool": "oslo-h100", "gpus": 8, "price": "2.66666"}],
            "from": "+1d", "until": "+9d"}  # fmt: skip
    assert desk.say("sales", "POST", "/v1/requests", wish, id="a").status_code == 201
    mine = wish | {"tenant": "acme", "pools": [{"pool": "oslo-h100", "gpus": 8, "price": "2"}]}
    assert desk.say("customer", "POST", "/v1/requests", mine, id="b").status_code == 409
    assert desk.ask("sales", "GET", "/v1/requests/acme-9").json()["tenant"] == "globex"


def test_nobody_hands_on_what_it_may_not_do_itself(desk: Desk) -> None:
    assert desk.say("scoped", "POST", "/v1/keys", {"role": "admin"}, id="a").status_code == 403
    assert desk.say("scoped", "POST", "/v1/keys/admin/rotate", {}, id="b").status_code == 403
    narrow = {"role": "admin", "scopes": ["keys.read"]}
    assert desk.say("scoped", "POST", "/v1/keys", narrow, id="c").status_code == 201


def test_the_one_time_key_makes_one_admin_and_no_other(template: Any, desk: Desk) -> None:
    for body in ({"role": "viewer"}, {"role": "customer", "tenant": "acme"}):
        assert desk.say("once", "POST", "/v1/keys", body, id="v").status_code == 403
    assert desk.say("once", "POST", "/v1/keys", {"role": "admin"}, id="a").status_code == 201
    assert desk.say("once", "POST", "/v1/keys", {"role": "admin"}, id="b").status_code == 401
