"""What is asked about all of the ledger, approvals, webhooks and commands: by both clients, of a real server."""

from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from neocloud.client import Waits
from neocloud.documents.fleet import OutageDocument
from neocloud.documents.leases import OptionDocument
from neocloud.documents.plans import PlanDocument
from neocloud.documents.policies import PolicyDocument, WhenDocument
from neocloud.documents.prices import ListPriceDocument
from neocloud.documents.terms import TermsDocument
from neocloud.documents.webhooks import NewWebhookDocument
from neocloud.errors import Invalid, NotAllowed, Oversold, Unknown
from neocloud.model.commands import Release
from tests.client.conftest import Served
from tests.client.opening import Opening, booking

BIG = PolicyDocument(id="big", when=WhenDocument(gpus_above=8), then="ask", reason="a big promise")


def test_who_asks(client: Any) -> None:
    me = client.me()
    assert (me.noun.id, me.noun.role) == ("admin", "admin") and "leases.write" in me.computed["permissions"]


def test_what_is_short_what_is_due_and_what_is_wrong(client: Any) -> None:
    assert list(client.at_risk()) == [] == list(client.audit())
    client.outages.apply(OutageDocument(id="o", pool="h100", gpus=1000, from_="now", until="2026-06-09"))
    assert {each.lease for each in client.at_risk(site="reno")} == {"acme-1", "research-1"}
    [hit, *_] = client.at_risk(lease="acme-1")
    assert hit.short_gpus and hit.from_ == "2026-06-05T00:00:00Z"
    with pytest.raises(Unknown):
        list(client.at_risk(site="nowhere"))
    ends = list(client.calendar(within="3650d", tenants=["acme"], sites=["reno"], kinds=["end"]))
    assert {each.noun_id for each in ends} == {"acme-1"}
    feed = client.calendar_ics(within="3650d", tenants=["acme"], kinds=["end"])
    assert feed.startswith("BEGIN:VCALENDAR") and feed.count("BEGIN:VEVENT") >= len(ends)


def test_what_has_changed(client: Any) -> None:
    since = client.journal.head().now
    client.leases.book(booking("deal"))
    found = client.review(since=since)
    assert [each["id"] for each in found.changes if each["kind"] == "lease"][-1] == "deal"
    assert found.totals["booked"] >= 1 and client.review(since=since, until="+1d").until


def test_keep_or_sell(client: Any) -> None:
    with pytest.raises(Invalid, match="no price set"):
        list(client.opportunity_costs())
    made = client.plan(PlanDocument(futures=2, admit=True))
    assert made.costs and made.price_set
    assert {each.id for each in client.opportunity_costs(pools=["h100"])} == {"h100"}
    content = client.price_sets.file(made.price_set)
    assert sha256(content).hexdigest() == made.price_set
    client.price_sets.bring(made.price_set, content)
    assert client.leases.quote(booking("deal")).computed["quote"]["price_set"] == made.price_set


def test_options_terms_and_list_prices(client: Any) -> None:
    client.leases.book(booking("ramp", option=OptionDocument(kind="ramp", exercise_by="2026-06-20")))
    assert [each.noun.id for each in client.leases.options(page_items=1)] == ["ramp"]
    priced = client.list_prices.apply(ListPriceDocument(pool="h100", terms="reserved", price=Decimal("2.9")))
    assert client.list_prices.get("h100:reserved").noun == priced.noun
    assert client.terms.apply(TermsDocument(name="plain", description="No rights.")).noun.name == "plain"


def test_a_second_person_answers(client: Any, opening: Opening, served: Served) -> None:
    client.policies.apply(BIG)
    assert [each.noun.id for each in client.policies.list()] == ["big"]
    names = []
    with opening(served.url, served.key("sales")) as sales:
        for name in ("one", "two", "three"):
            with pytest.raises(Waits, match="until somebody else approves it") as caught:
                sales.leases.book(booking(name))
            assert caught.value.about == name
            names.append(caught.value.approval)
        with pytest.raises(NotAllowed):
            sales.approvals.approve(names[0])
        assert sales.approvals.withdraw(names[2]).computed["status"] == "withdrawn"
    assert client.approvals.approve(names[0], note="yes").computed["status"] == "approved"
    assert client.approvals.decline(names[1], note="dear").computed["status"] == "declined"
    assert client.leases.get("one").computed["status"] == "confirmed"
    assert len(list(client.approvals.list())) == 3


def test_webhooks_are_made_rotated_and_dropped(client: Any) -> None:
    made = client.webhooks.make(NewWebhookDocument(id="w", url="https://example.com/hooks", kinds=["lease"]))
    assert made.secret and client.webhooks.get("w").noun == made.webhook
    assert client.webhooks.rotate("w").secret != made.secret
    assert client.webhooks.retry("w").computed["failed"] == 0 == len(list(client.webhooks.failures("w")))
    assert client.webhooks.drop("w").noun.dropped
    assert list(client.webhooks.list()) == []


def test_the_journal_as_it_is_stored_and_commands_as_they_are(client: Any) -> None:
    client.leases.hold(booking("deal"), idempotency_key="h")
    [batch] = client.journal.batches(commands=["api::h"])
    assert next(iter(client.journal.batches(after=batch.last_seq - 1, page_items=1))) == batch
    release = Release(id="r", lease="deal")
    [said] = client.journal.say([release]).answers
    assert (said.command, said.changes[-1].cause, said.changes[-1].noun.status) == ("r", "released", "released")
    assert client.journal.say([release], together=False).answers[0].again
    [no] = client.journal.say([Release(id="x", lease="nobody")], together=False).answers
    assert no.problem and no.problem["code"] == "input.unknown"


def test_what_does_not_fit_is_still_refused_with_offers(client: Any) -> None:
    with pytest.raises(Oversold) as caught:
        client.leases.quote(booking("big", blocks=[{"pool": "h100", "gpus": 6400, "until": "2026-07-01"}]))
    assert caught.value.facts["offers"]
