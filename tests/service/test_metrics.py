"""What the service says of itself to Prometheus: true, without names of tenants, and as its page says."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from benchmarks.service.served import Answer, Served, new_key, serving
from prometheus_client.parser import text_string_to_metric_families

from tests.docs.test_docs import rows
from tests.service.scene import data_directory

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A served ledger on which acme holds a part of the pool, and the token of an admin."""
    folder = tmp_path_factory.mktemp("metrics") / "desk"
    token = data_directory(folder)
    with serving(Served(folder)) as (process,):
        booked = book(process, token, "first", 40)
        assert (booked.status, book(process, token, "first", 40).status) == (201, 201)
        assert book(process, token, "second", 40).status == 409
        assert process.ask("GET", "/v1/nothing", token).status == 404
        assert process.ask("GET", "/v1/leases/unknown", token).status == 404
        yield process, token


def book(process: Served, token: str, key: str, gpus: int) -> Answer:
    """Lease GPUs for a day in 2030 to acme."""
    block = {"pool": "h100", "gpus": gpus, "from": "now", "until": "+1d"}
    price = {"per": "gpu_hour", "amount": "2.50"}
    body = {"tenant": "acme", "terms": "on-demand", "blocks": [block], "prices": [price]}
    return process.ask("POST", "/v1/leases", token, body, {"Idempotency-Key": key})


def samples(process: Served, token: str) -> Samples:
    """All that is said, by name and labels."""
    answer = process.ask("GET", "/metrics", token)
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.body.decode())
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def of(found: Samples, name: str, **labels: str) -> float:
    """One of them."""
    return found[f"neocloud_{name}", frozenset(labels.items())]


def test_what_was_asked_and_decided_is_counted(desk: tuple[Served, str]) -> None:
    found = samples(*desk)
    book_route = {"method": "POST", "route": "/v1/leases"}
    assert of(found, "http_requests_total", **book_route, status="201") == 2
    assert of(found, "http_requests_total", **book_route, status="409") == 1
    assert of(found, "http_requests_total", method="GET", route="/v1/leases/{name}", status="404") == 1
    assert of(found, "http_requests_total", method="other", route="other", status="404") == 1
    assert of(found, "http_request_duration_seconds_count", route="/v1/leases") == 3
    assert of(found, "http_requests_running") == 1, "this very one"
    outcomes = {each: of(found, "commands_total", outcome=each) for each in ("repeated", "refused", "failed")}
    assert outcomes == {"repeated": 1, "refused": 1, "failed": 0}
    assert of(found, "commands_per_commit_sum") == sum(
        value for (name, _), value in found.items() if name == "neocloud_commands_total"
    )


def test_the_world_is_shown_in_gauges(desk: tuple[Served, str]) -> None:
    found = samples(*desk)
    gpus = {each: of(found, "pool_gpus", pool="h100", state=each) for each in ("sellable", "leased", "available")}
    assert gpus == {"sellable": 64, "leased": 40, "available": 24}
    assert of(found, "site_watts", site="reno", state="leased") == 40_000
    assert of(found, "shortfall_gpus", pool="h100") == of(found, "shortfall_watts", site="reno") == 0
    assert of(found, "leases", status="confirmed") == 1
    assert of(found, "ledger_up") == 1
    assert 0 <= of(found, "journal_follow_lag_seconds") < 30
    assert ("neocloud_price_set_age_seconds", frozenset()) not in found, "no prices are there"


def test_no_tenant_and_no_stranger_s_path_is_named(desk: tuple[Served, str]) -> None:
    process, token = desk
    text = process.ask("GET", "/metrics", token).body.decode()
    assert "acme" not in text and "research" not in text and "/v1/nothing" not in text


def test_only_who_may_sees_them_unless_they_are_open(desk: tuple[Served, str], tmp_path: Path) -> None:
    process, _ = desk
    assert process.ask("GET", "/metrics", "").status == 401
    narrow = new_key(process.folder, "--role", "viewer", "--scope", "metrics.read")
    deadline_s = monotonic() + 10
    while process.ask("GET", "/metrics", narrow).status == 401 and monotonic() < deadline_s:
        sleep(0.05)  # the process that serves has not read yet that another one made a key
    answers = [
        process.ask("GET", path, narrow, headers={"If-Known": "0"}).status for path in ("/metrics", "/v1/leases")
    ]
    assert answers == [200, 403]
    with serving(Served(process.folder, "--metrics-open", log=tmp_path / "log")) as (open_to_all,):
        assert open_to_all.ask("GET", "/metrics", "").status == 200
        assert open_to_all.ask("GET", "/v1/leases", "").status == 401


def test_the_page_of_operations_names_every_metric_and_no_other(desk: tuple[Served, str]) -> None:
    process, token = desk
    text = process.ask("GET", "/metrics", token).body.decode()
    said = set(re.findall(r"^# TYPE (neocloud_\w+)", text, re.MULTILINE))
    written = {
        row[0].strip("`").partition("{")[0] for row in rows("operations.md") if row[0].startswith("`neocloud_")
    }
    assert written == said
