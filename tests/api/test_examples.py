"""The example of every operation works on the desk, and is answered as it was: golden, renewed by NEOCLOUD_GOLDEN."""

import json
import os
import re
from pathlib import Path
from typing import Any

from neocloud.api.described import described
from neocloud.api.routes import Route
from tests.api.desk import ANSWERED, Desk, each

GOLDEN = Path(__file__).parents[1] / "golden" / "api"
RENEW = os.environ.get("NEOCLOUD_GOLDEN") == "renew"

NAMES = {
    "sites": "oslo", "pools": "oslo-h100", "deliveries": "wave-2", "outages": "outage-1", "curtailments": "heat",
    "tenants": "acme", "terms": "reserved", "forecasts": "startups", "list-prices": "oslo-h100:reserved",
    "requests": "acme-want", "leases": "acme-run", "keys": "viewer",
    "policies": "big", "approvals": "book-acme-big",
}  # fmt: skip
"""What is there of each kind."""

APART = {
    "confirm": "acme-hold", "release": "acme-hold", "exercise": "acme-maybe", "apply_terms": "flexible",
    "split": "wave-2", "reclaim": "acme-run",
}  # fmt: skip
"""Operations that are about another one."""

QUERIES = {"look_back": "?since=2027-01-01"}
ELSEWHERE = {"calendar_feed", "withdraw_approval", "sign_in", "signed_in", "sign_out", "metrics"}
ELSEWHERE |= {"make_webhook", "show_webhook", "rotate_webhook", "retry_webhook", "drop_webhook", "list_failures"}
ELSEWHERE |= {"say_commands", "price_set_file", "bring_price_set_file"}
"""What has tests of its own."""

ASKED = [route for route in ANSWERED if route.name not in ELSEWHERE]

SAYS_MORE: dict[str, Any] = {"terminate": {"by": "tenant"}}
"""What staff says that a customer leaves out."""


@each(ASKED)
def test_the_example_of_an_operation_is_answered_as_it_was(desk: Desk, route: Route) -> None:
    name = APART.get(route.name, NAMES.get(route.tag, ""))
    if route.name == "show_price_set":
        name = next(iter(desk.service.shared.ledger.world.price_sets))
    body = None if route.body is None else {**(route.example or {}), **SAYS_MORE.get(route.name, {})}
    headers = {"Idempotency_Key": "example"} if route.writes else {}
    answer = desk.ask(
        "admin", route.method, route.path.replace("{name}", name) + QUERIES.get(route.name, ""), body, **headers
    )
    assert answer.status_code == route.status or (route.method == "PUT" and answer.status_code == 201), answer.text
    kept = {
        "status": answer.status_code,
        "headers": sorted(set(answer.headers) - {"content-length", "content-type"}),
        "content-type": answer.headers["content-type"],
        "body": settled(answer.json()),
    }
    text = json.dumps(kept, indent=1, ensure_ascii=False) + "\n"
    if RENEW:
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / f"{route.name}.json").write_text(text, "utf-8")
    assert text == (GOLDEN / f"{route.name}.json").read_text("utf-8"), "to accept the change: NEOCLOUD_GOLDEN=renew"


def settled(value: Any, name: str = "") -> Any:
    """An answer without what differs each time: secrets, ids and digests that are drawn or follow from those."""
    match value:
        case dict():
            return {each: settled(inner, each) for each, inner in value.items()}
        case list():
            return [settled(inner, name) for inner in value]
        case str() if name in {"token", "body", "chain", "head"}:
            return f"<{name}>"
        case str():
            drawn = r"\b[0-9a-f]{64}\b|(?<=digest )[0-9a-f]{12}"
            return re.sub(drawn, "<digest>", re.sub(r"^[0-9a-f]{10}$", "<id>", value))
        case _:
            return value


def test_every_golden_answer_is_of_an_operation() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {route.name for route in ASKED}


def test_every_operation_that_reads_a_body_has_an_example() -> None:
    document = described()
    for route in ANSWERED:
        if route.body is not None:
            said = document["paths"][route.path][route.method.lower()]["requestBody"]["content"]["application/json"]
            assert "example" in said, route.name


def test_the_page_of_docs_shows_every_operation(looked_at: Desk) -> None:
    page = looked_at.ask("nobody", "GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "style-src" in page.headers["content-security-policy"]
    for route in ANSWERED:
        assert f"<code>{route.path}</code>" in page.text
    assert not re.search("(src|href|url)[=(]['\"]?https?:", page.text), "nothing comes from elsewhere"
