"""The client on a ledger that is really served: every operation, waited for and awaited, by one suite."""

from decimal import Decimal
from typing import Any

import pytest

from neocloud.client import Shown
from neocloud.documents.asked import AmendmentDocument, ExerciseDocument
from neocloud.documents.facts import ArrivalDocument, SlipDocument, SplitDocument
from neocloud.documents.fleet import CurtailmentDocument, OutageDocument, SiteDocument
from neocloud.documents.keys import NewKeyDocument
from neocloud.documents.leases import BlockDocument, LeaseDocument, OptionDocument
from neocloud.documents.requests import RequestDocument, WayDocument
from neocloud.documents.terms import TenantDocument
from neocloud.errors import (
    Changed,
    Conflict,
    Forbidden,
    Invalid,
    NotAllowed,
    Oversold,
    ServiceUnreachable,
    Unauthenticated,
    Unknown,
)
from tests.client.conftest import Served
from tests.client.opening import BLOCK, Opening, booking


def test_what_is_listed_comes_from_all_pages_and_is_typed(client: Any) -> None:
    assert [each.noun.id for each in client.pools.list(page_items=1)] == ["gb200", "h100"]
    [terms, *_] = client.terms.list()
    assert terms.noun.id == "on-demand@1"
    assert [each.noun.id for each in client.leases.list(tenant="research")] == ["research-1"]
    for group in (client.sites, client.deliveries, client.outages, client.curtailments, client.tenants,
                  client.forecasts, client.list_prices, client.price_sets, client.requests, client.keys):  # fmt: skip
        assert all(isinstance(each, Shown) for each in group.list())


def test_one_has_its_form_what_is_computed_and_what_it_knows(client: Any) -> None:
    found = client.leases.get("acme-1")
    assert isinstance(found.noun, LeaseDocument)
    assert found.computed["status"] == "running"
    assert found.etag.startswith('"') and found.journal_seq == client.seen_seq > 0
    with pytest.raises(Unknown, match="did you mean 'acme-1'"):
        client.leases.get("acme-l")


def test_what_is_shown_can_be_applied_and_a_stale_form_is_changed(client: Any) -> None:
    seen = client.tenants.get("acme")
    named = TenantDocument(id="acme", kind="customer", name="Acme", legal_entity="Acme Inc.")
    now = client.tenants.apply(named, if_match=seen.etag)
    assert now.noun.name == "Acme" and now.etag != seen.etag
    with pytest.raises(Changed) as caught:
        client.tenants.apply(seen.noun, if_match=seen.etag)
    assert caught.value.facts["name"] == "acme"
    assert client.sites.apply(client.sites.get("reno").noun).noun.id == "reno"
    assert client.sites.apply(SiteDocument(id="oslo", power_mw=Decimal(3))).noun.id == "oslo"


def test_a_lease_lives_and_ends(client: Any) -> None:
    assert client.leases.quote(booking("deal")).computed["status"] == "quoted"
    held = client.leases.hold(booking("deal"), hold_for="2d")
    assert held.computed["status"] == "held"
    assert client.leases.confirm("deal").computed["status"] == "confirmed"
    grown = client.leases.amend("deal", AmendmentDocument(gpus=128))
    assert grown.computed["gpus"] == 128
    with pytest.raises(NotAllowed):
        client.leases.terminate("deal", by="tenant")
    spot = client.leases.book(booking("spot-1", terms="spot"))
    assert client.leases.reclaim("spot-1", gpus=8).etag != spot.etag
    assert client.leases.terminate("spot-1", by="tenant").noun.id == "spot-1"
    client.leases.hold(booking("gone"))
    assert client.leases.release("gone").computed["status"] == "released"
    option = OptionDocument(kind="ramp", exercise_by="2026-06-20T00:00:00Z")
    client.leases.book(booking("ramp", option=option))
    assert client.leases.exercise("ramp", ExerciseDocument()).noun.id.startswith("ramp")


def test_a_refusal_is_the_class_that_it_was_with_its_facts(client: Any) -> None:
    with pytest.raises(Oversold, match="is short by") as caught:
        client.leases.book(booking("big", blocks=[BlockDocument(pool="h100", gpus=6400, until="2026-07-01")]))
    assert caught.value.facts["offers"] and caught.value.facts["shortages"]
    with pytest.raises(Invalid) as wrong:
        client.leases.book(booking("odd", blocks=[BLOCK, BlockDocument(pool="h100", gpus=7, until="2026-07-01")]))
    assert wrong.value.place == "blocks[1].gpus" and "not a multiple of 8" in wrong.value.sentence


def test_the_same_key_gives_the_same_answer_and_another_body_is_a_conflict(client: Any) -> None:
    first = client.leases.book(booking("deal"), idempotency_key="once")
    again = client.leases.book(booking("deal"), idempotency_key="once")
    assert (first.again, again.again) == (False, True) and first.noun == again.noun
    with pytest.raises(Conflict):
        client.leases.book(booking("other"), idempotency_key="once")


def test_requests_are_made_declined_and_withdrawn(client: Any) -> None:
    way = WayDocument(pool="h100", gpus=64, price="2.4")  # type: ignore[arg-type]
    wish = RequestDocument(id="w", tenant="acme", pools=[way], from_="2026-11-01", until="2027-01-01")
    assert client.requests.make(wish).computed["status"] == "open"
    assert client.requests.decline("w", reason="dear").computed["status"] == "declined"
    with pytest.raises(Invalid, match="declined already"):
        client.requests.withdraw("w")


def test_facts_are_said(client: Any) -> None:
    assert client.deliveries.slip("wave-1", SlipDocument(by="10d")).noun.p50 == "2026-09-25T00:00:00Z"
    assert client.deliveries.split("wave-1", SplitDocument(into="wave-2", gpus=256)).noun.gpus == 256
    assert client.deliveries.arrive("wave-1", ArrivalDocument(stage="delivered")).computed["state"] == "delivered"
    outage = OutageDocument(id="o", pool="h100", gpus=8, from_="2026-06-01", until="2026-06-09")
    assert client.outages.apply(outage).computed["open"]
    assert not client.outages.close("o", at="2026-06-04T00:00:00Z").computed["open"]
    heat = CurtailmentDocument(id="c", site="reno", most_mw=Decimal(1), from_="2026-06-01", until="2026-06-09")
    assert client.curtailments.apply(heat).computed["open"]
    assert not client.curtailments.restore("c").computed["open"]
    assert client.sites.leave("reno", at="2030-01-01T00:00:00Z").noun.id == "reno"


def test_capacity_journal_and_health(client: Any) -> None:
    rows = list(client.capacity(pools=["h100"], until="2026-07-01"))
    assert rows[0].available == 619 and rows[0].held_by == {"acme": 256, "research": 128}
    assert list(client.capacity(sites=["reno"]))
    entries = list(client.journal.entries(page_items=3))
    assert [each.seq for each in entries] == list(range(1, len(entries) + 1))
    assert client.journal.entries(after=len(entries) - 1) and client.journal.head().seq == entries[-1].seq
    assert client.health().status == "ok"


def test_keys_are_made_rotated_and_revoked(client: Any, opening: Opening, served: Served) -> None:
    made = client.keys.make(NewKeyDocument(role="viewer"))
    with opening(served.url, made.token) as viewer:
        assert list(viewer.pools.list())
        with pytest.raises(Forbidden) as caught:
            viewer.leases.confirm("acme-1")
    assert caught.value.facts == {"permission": "leases.write"}
    assert client.keys.rotate(made.key.id).token
    client.keys.revoke(made.key.id)
    with opening(served.url, made.token) as viewer, pytest.raises(Unauthenticated):
        viewer.pools.get("h100")


def test_a_client_reads_what_it_wrote(client: Any) -> None:
    before = client.seen_seq
    booked = client.leases.book(booking("deal"))
    assert client.seen_seq == booked.journal_seq > before
    assert client.leases.get("deal").journal_seq >= booked.journal_seq


def test_a_server_that_is_away_is_one_sentence(opening: Opening) -> None:
    with opening("http://127.0.0.1:9", "nc_a_b", tries=2, pause_s=0.01) as away:
        with pytest.raises(ServiceUnreachable, match="cannot be reached"):
            away.pools.get("h100")
        with pytest.raises(ServiceUnreachable, match="the same Idempotency-Key, mine") as caught:
            away.leases.confirm("l", idempotency_key="mine")
    assert caught.value.facts == {"idempotency_key": "mine"}


@pytest.mark.parametrize(
    "url", ["", "desk", "ftp://desk", "https://", "https://a:b@desk", "http://desk:99999", "http://desk?x"]
)
def test_a_url_that_cannot_be_is_said_so(opening: Opening, url: str) -> None:
    with pytest.raises(Invalid, match="is not the URL of a server"):
        opening(url, "k").__enter__()
