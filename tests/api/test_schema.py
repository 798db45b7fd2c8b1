"""What is said at random, by the schema and against it, is answered as the schema says; and nothing ever fails."""

from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from msgspec.structs import fields as struct_fields
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks, not_a_server_error

from neocloud.api.app import create_app
from neocloud.api.described import described
from neocloud.api.routes import Route
from neocloud.api.service import Service
from neocloud.operations.directory import journal_url, open_stores
from neocloud.operations.ledger import Ledger
from neocloud.rules.access import ROLES as TABLE
from tests.api.desk import ANSWERED, FOREIGN, NOW, OPERATORS, copied, each, fields, unlimited

EXAMPLES = 8
"""Of each operation so many by the schema and against it, and as many of what is there."""

LONG = 200

load_all_checks()
GENUINE = [
    not_a_server_error,
    *CHECKS.get_by_names([
        "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance", "negative_data_rejection",
    ]),
]  # fmt: skip

NAMES = {
    "sites": ["oslo", "tulsa"],
    "pools": ["oslo-h100", "hidden-l40"],
    "deliveries": ["wave-1", "wave-2"],
    "outages": ["outage-1"],
    "curtailments": ["heat"],
    "tenants": ["acme", "globex", "research"],
    "terms": ["reserved", "on-demand", "secretive@1"],
    "forecasts": ["startups"],
    "list-prices": ["oslo-h100:reserved"],
    "requests": ["acme-want", "globex-want", "acme-wish"],
    "leases": ["acme-run", "acme-firm", "acme-hold", "acme-maybe", "globex-run", "research-run"],
    "keys": ["viewer", "expired", "revoked"],
    "policies": ["big"],
    "approvals": ["book-acme-big"],
}
"""Things that are there, as paths name them."""

FIELDS: dict[str, list[Any]] = {
    "pool": ["oslo-h100", "oslo-h100", "hidden-l40"],
    "site": ["oslo", "tulsa"],
    "tenant": ["acme", "acme", "globex", "research"],
    "terms": ["reserved", "on-demand", "spot"],
    "request": ["acme-want", "globex-want"],
    "of": ["acme-run", "globex-run", ""],
    "gpus": [1, 8, 64, 512, 4096, 10**9],
    "from": ["now", "+1d", "2027-02-01", "+30d"],
    "until": ["+2d", "2027-05-01T00:00:00Z", "+90d", "max"],
    "at": ["now", "+1d", "+20d"],
    "per": ["gpu_hour", "month"],
    "amount": ["2.35", 3, "0", "-1", "1e30", "NaN"],
    "price": ["2.35", 3, "Infinity", "0.0000000001"],
    "currency": ["USD"],
    "hold_for": ["1d", "5000d"],
    "exercise_by": ["+9d"],
    "mw": [1, "0.5", "sNaN", "1e-9"],
    "power_mw": [14, "Infinity", [{"mw": 3}, {"from": "+9d", "mw": 2}]],
    "pue": ["1.1", "NaN", "9e999"],
}
"""What makes sense in fields of these names, or nearly does."""


@pytest.fixture(scope="module", params=["admin", "customer"])
def key(request: pytest.FixtureRequest) -> str:
    """Whose key it is; the desks of both are apart, so that what an admin gives away is no leak."""
    return str(request.param)


@pytest.fixture(scope="module")
def app(key: str, template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The app on a desk of its own; schemathesis keeps an app for ever, so that its end is not left to it."""
    directory: Path = copied(template[0], tmp_path_factory.mktemp("fuzzed") / "desk")
    ledger = Ledger(*open_stores(directory, warn=print))
    service = Service(ledger, journal_url(directory), directory, lambda: NOW, limits=unlimited())
    inner = create_app(service)

    async def passed_on(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await inner(scope, receive, send)

    with closing(service):
        yield passed_on


def at_once(document: dict[str, Any]) -> dict[str, Any]:
    """The document without If-Known, which waits for entries that never come."""
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["parameters"] = [one for one in operation["parameters"] if one["name"] != "If-Known"]
    return document


def knowing(document: dict[str, Any]) -> dict[str, Any]:
    """The document with, in each field that FIELDS knows, what is there."""
    found = deepcopy(document)
    for schema in found["components"]["schemas"].values():
        for name, values in FIELDS.items():
            if name in schema.get("properties", {}):
                schema["properties"][name] = {"enum": values}
        schema.pop("additionalProperties", None)
        if "properties" in schema:
            schema["additionalProperties"] = False
            schema["properties"].pop("computed", None)
    return found


@cache
def schemas(key: str) -> tuple[Any, Any]:
    """The document as schemathesis reads it, for one app: as it is, and knowing."""
    document = at_once(described())
    return schemathesis.openapi.from_dict(document), schemathesis.openapi.from_dict(knowing(document))


def asked(app: Any, said: dict[str, str], route: Route, key: str, *, examples: int, number: int = 0) -> None:
    """Ask one operation so often as the schema has it and has it not, and as often of things that are there."""
    genuine, knows = schemas(key)
    genuine.app = knows.app = app
    operation = genuine[route.path][route.method]
    headers = {"Authorization": f"Bearer {said[key]}"}
    # In a query, one value and a list of one look the same: what is meant to be wrong may be right.
    lists = any("list" in str(each.type) for each in struct_fields(route.query))
    checks = [check for check in GENUINE if not (lists and check.__name__ == "negative_data_rejection")]
    most = min(examples, SLOW.get(route.name, examples))
    often = settings(max_examples=most, phases=[Phase.generate], deadline=None, database=None, print_blob=False,
                     suppress_health_check=list(HealthCheck))  # fmt: skip
    names = NAMES.get(route.tag, ["nothing"]) if route.names else [""]
    aimed = [{"path_parameters": {"name": name}} if name else {} for name in names]

    @seed(number)
    @often
    @given(case=st.one_of(*(operation.as_strategy(mode) for mode in GenerationMode)))
    def at_random(case: Any) -> None:
        answer = case.call_and_validate(headers=headers, checks=checks)
        check_customer(key, answer, case)

    @seed(number)
    @often
    @given(case=st.one_of(*(knows[route.path][route.method].as_strategy(**aim) for aim in aimed)))
    def knowingly(case: Any) -> None:
        answer = case.call(headers=headers)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        assert str(answer.status_code) in operation.definition.raw["responses"], (answer.status_code, answer.text)
        operation.validate_response(answer)
        check_customer(key, answer, case)

    at_random()
    knowingly()


def check_customer(key: str, answer: Any, case: Any) -> None:
    """Whatever a customer says, it learns nothing of others."""
    if key == "customer" and answer.status_code < 300 and "json" in str(answer.headers.get("content-type")):
        leaked = [
            word for word in FOREIGN if word in answer.text and word not in f"{case.body}{case.path_parameters}"
        ]
        assert not leaked, answer.text
        assert not fields(answer.json()) & OPERATORS, answer.text


SLOW = {"make_plan": 2}
"""Of what takes a second or more, fewer."""

CUSTOMERS = [
    route
    for route in ANSWERED
    if route.permission is None or (route.permission in TABLE["customer"] and not route.staff_only)
]


@each(ANSWERED)
def test_what_is_said_at_random_is_answered_as_the_schema_says(
    app: Any, template: Any, key: str, route: Route
) -> None:
    if key == "customer" and route not in CUSTOMERS:
        return  # it is refused, and test_isolation sees to that
    if route.body_type != "application/json":
        return  # a file, which tests/client brings
    asked(app, template[1], route, key, examples=EXAMPLES)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(3))
def test_long_after_it_still_is(app: Any, template: Any, key: str, number: int) -> None:
    for route in CUSTOMERS if key == "customer" else ANSWERED:
        asked(app, template[1], route, key, examples=LONG, number=number)


# ---- the description itself ----


def test_the_description_refers_to_what_it_has() -> None:
    document = described()
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    names = {route.name for route in ANSWERED}
    assert len(names) == len(ANSWERED), "an operation id is one operation's"
