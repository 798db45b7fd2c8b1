"""`POST /v1/manifests`: what `neocloud apply -f` does, over HTTP; all of it or nothing, and each by who may."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from neocloud.api.manifests import _MANIFEST
from neocloud.client import Client
from neocloud.documents.fleet import SiteDocument
from neocloud.documents.manifest import Manifest
from tests.api.desk import Desk

URL = "/v1/manifests"
YAML = b"""
sites:
  - {id: bergen, power_mw: 6.5}
pools:
  - {id: bergen-h200, site: bergen, gpu: H200, it_watts_per_gpu: 1300, installed_gpus: 1024}
"""


def manifest(**more: Any) -> Any:
    return {**deepcopy(_MANIFEST), **more}


def rows(answer: Any) -> list[tuple[str, str, str]]:
    assert answer.status_code == 200, answer.text
    return [(each["change"], each["kind"], each["id"]) for each in answer.json()["changes"]]


ALL = [("add", "site", "bergen"), ("add", "pool", "bergen-h200"), ("add", "tenant", "initech"),
       ("add", "lease", "initech-run")]  # fmt: skip


def test_a_manifest_is_applied_at_once_and_twice_changes_nothing(desk: Desk) -> None:
    before = desk.service.seq
    assert rows(desk.say("admin", "POST", URL, manifest(), id="a")) == ALL
    assert desk.ask("admin", "GET", "/v1/leases/initech-run").json()["tenant"] == "initech"
    batches = list(desk.service.shared.ledger.journal.batches(before))
    assert max(each.last_seq - each.first_seq + 1 for each in batches) == len(ALL), "all in one commit"
    assert rows(desk.say("admin", "POST", URL, manifest(), id="b")) == []


def test_the_same_again_is_answered_as_before_and_changes_nothing(desk: Desk) -> None:
    first = desk.say("admin", "POST", URL, manifest(), id="a")
    other = {"id": "bergen", "power_mw": 7}
    assert desk.ask("admin", "PUT", "/v1/sites/bergen", other).status_code == 200
    again = desk.say("admin", "POST", URL, manifest(), id="a")
    assert rows(again) == rows(first) == ALL
    assert again.headers["idempotent-replayed"] == "true" and "idempotent-replayed" not in first.headers
    assert desk.ask("admin", "GET", "/v1/sites/bergen").json()["power_mw"] == "7", "it was not changed back"
    assert desk.say("admin", "POST", URL, manifest(leases=[]), id="a").status_code == 409


def test_a_manifest_of_leases_alone_is_known_again_too(desk: Desk) -> None:
    lease = {"id": "acme-more", "tenant": "acme", "prices": [{"per": "gpu_hour", "amount": "2.35"}],
             "blocks": [{"pool": "oslo-h100", "gpus": 8, "from": "+1d", "until": "+9d"}]}  # fmt: skip
    first = desk.say("admin", "POST", URL, {"leases": [lease]}, id="a")
    assert rows(first) == [("add", "lease", "acme-more")]
    desk.now[0] += 3_600
    again = desk.say("admin", "POST", URL, {"leases": [lease]}, id="a")
    assert again.json()["changes"] == first.json()["changes"]


def test_a_dry_run_shows_it_and_changes_nothing(desk: Desk) -> None:
    desk.ask("admin", "GET", "/v1/me")
    answer = desk.ask("admin", "POST", f"{URL}?dry_run=true", manifest())  # and needs no Idempotency-Key
    assert rows(answer) == ALL and answer.json()["dry_run"] is True
    assert desk.ask("admin", "GET", "/v1/sites/bergen").status_code == 404
    changed = desk.ask("admin", "POST", f"{URL}?dry_run=true", {"sites": [{"id": "oslo", "power_mw": 15}]})
    [row] = changed.json()["changes"]
    assert row["change"] == "change" and "power_mw" in row["what"]


def test_yaml_says_the_same(desk: Desk) -> None:
    answer = desk.say("admin", "POST", URL, YAML, id="a", Content_Type="application/yaml; charset=utf-8")
    assert rows(answer) == ALL[:2]
    assert desk.ask("admin", "GET", "/v1/sites/bergen").json()["power_mw"] == "6.5"
    body = {"sites": [{"id": "bergen", "power_mw": 6.5}]}
    assert rows(desk.say("admin", "POST", URL, body, id="b")) == []
    assert desk.say("admin", "POST", URL, b"a: [", id="c", Content_Type="text/yaml").status_code == 400
    assert desk.say("admin", "POST", URL, b"a: \xff", id="c", Content_Type="text/yaml").status_code == 400
    assert desk.say("admin", "POST", URL, YAML, id="c", Content_Type="text/plain").status_code == 415
    assert desk.ask("admin", "PUT", "/v1/sites/oslo", b"id: oslo", Content_Type="text/yaml").status_code == 415


def block(**more: Any) -> Any:
    return {"pool": "bergen-h200", "from": "+1d", "until": "+9d", **more}


def broken(kind: str, **field: Any) -> Any:
    said = manifest()
    said[kind][0] |= field
    return said


@pytest.mark.parametrize(
    ("said", "status", "pointer"),
    [
        (broken("pools", gpu=7), 400, "/pools/0/gpu"),
        (broken("pools", site="nowhere"), 404, "/pools/0"),
        (broken("leases", tenant="nobody"), 404, "/leases/0"),
        (broken("leases", blocks=[block(gpus=8, until="never")]), 400, "/leases/0/blocks/0"),
        (broken("leases", blocks=[block(gpus=4096)]), 409, "/leases/0"),
        (manifest(sites=[{"id": "a", "power_mw": 1}, {"id": "a", "power_mw": 2}]), 400, "/sites/1"),
        (manifest(sites=[{"id": "a", "power_mw": 1}, {"id": "b", "power_mw": "sNaN"}]), 400, "/sites/1"),
        (manifest(nothing=[]), 400, ""),
    ],
)
def test_a_no_names_the_place_and_nothing_changes(desk: Desk, said: Any, status: int, pointer: str) -> None:
    for query in ("", "?dry_run=true"):
        answer = desk.say("admin", "POST", URL + query, said, id="a")
        assert answer.status_code == status, answer.text
        assert answer.json().get("pointer", "").startswith(pointer), answer.text
    assert desk.ask("admin", "GET", "/v1/pools/bergen-h200").status_code == 404


def test_a_lease_that_is_there_with_something_else_is_amended_elsewhere(desk: Desk) -> None:
    desk.say("admin", "POST", URL, manifest(), id="a")
    answer = desk.say("admin", "POST", URL, broken("leases", rank=None, prices=[]), id="b")
    assert answer.status_code == 400 and answer.json()["pointer"] == "/leases/0"
    grown = desk.say("admin", "PATCH", "/v1/leases/initech-run", {"gpus": 1024, "at": "2027-03-01"}, id="grow")
    assert grown.status_code == 200
    assert rows(desk.say("admin", "POST", URL, manifest(), id="c")) == [], "as it was booked, and grew later"


@pytest.mark.parametrize(
    ("key", "kinds", "lacks"),
    [
        ("operator", ("sites", "pools"), None),
        ("operator", ("tenants",), "tenants.write"),
        ("sales", ("tenants",), None),
        ("sales", ("sites",), "fleet.write"),
        ("viewer", ("tenants",), "tenants.write"),
        ("finance", ("leases",), "leases.write"),
    ],
)
def test_each_document_needs_what_its_kind_needs(desk: Desk, key: str, kinds: Any, lacks: str | None) -> None:
    said = {kind: _MANIFEST[kind] for kind in kinds}
    for query in ("?dry_run=true", ""):
        answer = desk.say(key, "POST", URL + query, said, id="a")
        assert answer.status_code == (200 if lacks is None else 403)
        assert lacks is None or answer.json()["permission"] == lacks


def test_customers_bring_no_manifests(desk: Desk) -> None:
    assert desk.say("customer", "POST", URL, {}, id="a").status_code == 403


def test_what_a_second_person_must_approve_is_asked(desk: Desk) -> None:
    lease = {
        "id": "big-1",
        "tenant": "acme",
        "prices": [{"per": "gpu_hour", "amount": "2.35"}],
        "blocks": [{"pool": "oslo-h100", "gpus": 2008, "from": "2028-02-01", "until": "2028-03-01"}],
    }
    said = manifest(leases=[lease])
    assert rows(desk.say("admin", "POST", URL, said, id="a"))[-1] == ("ask", "lease", "big-1")
    assert rows(desk.say("admin", "POST", URL, said, id="a"))[-1] == ("ask", "lease", "big-1")
    assert rows(desk.say("admin", "POST", URL, said, id="b")) == [], "it waits, and is not asked about again"
    assert desk.ask("admin", "GET", "/v1/approvals/book:big-1").json()["computed"]["status"] == "asked"


def test_the_client_applies_one(desk: Desk) -> None:
    with Client("http://desk", desk.said["admin"], transport=desk.client._transport) as client:
        said = Manifest(sites=[SiteDocument(id="bergen", power_mw=Decimal(6))])
        assert client.manifests.apply(said, dry_run=True).dry_run
        found = client.manifests.apply(said)
        assert [(each.change, each.id) for each in found.changes] == [("add", "bergen")]
        assert client.sites.get("bergen").noun.id == "bergen"
