"""What waits for a second person stands in the journal of every store, and is decided in one commit."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from neocloud.errors import Conflict, NotAllowed, NotEligible, Oversold
from neocloud.model.approvals import Approval
from neocloud.model.commands import Approve, WithdrawApproval
from neocloud.model.entries import EMPTY, NOBODY, Author, read
from neocloud.model.policies import GpusAbove, Policy, Unscreened
from neocloud.operations.audit import audit
from neocloud.operations.ledger import Ledger, Said
from neocloud.store.snapshots import Picture, Snapshots
from tests.conftest import Store
from tests.contracts.scene import NOW, answered, apply, available_gpus, book, built_anew, founded, picture

ADA, GRACE = Author("key:ada", "192.0.2.7"), Author("person:grace", "192.0.2.8")
BIG = Policy(id="big", when=GpusAbove(gpus=16), then="ask", reason="two people look at what is large")


def governed(ledger: Ledger) -> Ledger:
    """The fleet, with a policy about what is large."""
    founded(ledger).submit(apply(BIG), now=NOW)
    return ledger


def test_what_is_asked_is_answered_alike_for_ever_and_done_with_its_approval(store: Store) -> None:
    ledger = governed(store.ledger())
    asking, approve = Said(book("l1", 24), ADA), Said(Approve(id="yes", approval="book-l1", note="fine"), GRACE)
    first, small = ledger.submit_each([asking, book("l2")], now=NOW)
    ((cause, approval),) = answered(first).changes
    assert cause == "asked"
    assert isinstance(approval, Approval)
    assert [cause for cause, _ in answered(small).changes] == ["booked"]
    assert available_gpus(ledger.world) == 56
    (done,) = ledger.submit_each([approve], now=NOW + 60)
    assert [cause for cause, _ in answered(done).changes] == ["approved", "booked"]
    assert available_gpus(ledger.world) == 32
    for said, answer in ((asking, first), (approve, done)):
        (again,) = ledger.submit_each([said], now=NOW + 120)
        assert answered(again) == replace_again(answered(answer))
    (other,) = ledger.submit_each([Said(book("l1", 32), ADA)], now=NOW)
    assert isinstance(other, Conflict)
    assert picture(store.ledger().world) == picture(ledger.world) == built_anew(ledger.world)
    entries = [entry for some, _ in read(EMPTY, ledger.journal.batches()) for entry in some]
    assert {entry.by for entry in entries if entry.command == "yes"} == {GRACE.by}
    assert len({entry.recorded_at for entry in entries if entry.command == "yes"}) == 1


def replace_again(answer: object) -> object:
    """The same answer, given again."""
    return type(answer)(answer.command, answer.changes, again=True)  # type: ignore[attr-defined, call-arg]


def test_what_no_longer_fits_waits_on_and_nothing_is_written(store: Store) -> None:
    ledger = governed(store.ledger())
    ledger.submit_each([Said(book("l1", 60), ADA), *(book(f"s{i}") for i in range(4))], now=NOW)
    before = picture(ledger.world)
    (refused,) = ledger.submit_each([Said(Approve(id="yes", approval="book-l1"), GRACE)], now=NOW)
    assert isinstance(refused, Oversold)
    assert picture(ledger.world) == before == picture(store.ledger().world)
    assert ledger.world.approvals["book-l1"].status == "asked"


def test_nobody_neither_asks_nor_answers_and_who_asked_does_not_approve(store: Store) -> None:
    ledger = governed(store.ledger())
    said = [
        Said(book("l1", 24), NOBODY),
        Said(book("l2", 24), ADA),
        Said(Approve(id="yes", approval="book-l2"), ADA),
        Said(Approve(id="yes", approval="book-l2"), NOBODY),
        Said(WithdrawApproval(id="no", approval="book-l2"), GRACE),
    ]
    first, asked, *answers = ledger.submit_each(said, now=NOW)
    assert isinstance(first, NotAllowed)
    assert answered(asked).changes[0][0] == "asked"
    assert all(isinstance(answer, NotAllowed) for answer in answers)


def test_a_preview_shows_what_would_be_done_once_it_is_approved_or_what_would_wait(store: Store) -> None:
    ledger = governed(store.ledger())
    ledger.author = ADA
    before = picture(ledger.world)
    (done,), (waits,) = (
        ledger.preview(book("l1", 24), now=NOW),
        ledger.preview(book("l1", 24), now=NOW, approved=False),
    )
    assert [change.cause for change in (*done, *waits)] == ["booked", "asked"]
    assert ledger.asked_for(book("l1", 24), NOW) == [BIG]
    assert ledger.asked_for(book("l1", 8), NOW) == []
    assert picture(ledger.world) == before


def test_policies_and_approvals_come_back_from_a_snapshot(store: Store, tmp_path: Path) -> None:
    ledger = governed(store.ledger())
    ledger.submit_each([Said(book("l1", 24), ADA)], now=NOW)
    Snapshots(tmp_path, pytest.fail).save(Picture.of(ledger.world))
    loaded = Snapshots(tmp_path, pytest.fail).load(ledger.journal)
    assert picture(loaded) == picture(ledger.world)
    assert loaded.approvals == ledger.world.approvals


def test_the_audit_names_what_stands_and_could_not_be_booked_now(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l1"), now=NOW)
    screen = Policy(id="screen", when=Unscreened(), then="refuse", reason="we know whom we serve")
    ledger.submit(apply(screen), now=NOW)
    (refused,) = ledger.submit_each([book("l2")], now=NOW)
    assert isinstance(refused, NotEligible)
    assert refused.facts == {"tenant": "acme", "policies": ["screen"], "instead": refused.facts["instead"]}
    (found,) = [each for each in audit(ledger.world, NOW).findings if each.code == "audit.not_eligible"]
    assert found.about == "lease l1"
    assert "policy screen" in found.sentence
    acme = replace(ledger.world.tenants["acme"], screened_until_at=NOW + 10)
    ledger.submit(replace(apply(acme), id="screened"), now=NOW)
    assert [each for each in audit(ledger.world, NOW).findings if each.code == "audit.not_eligible"] == []
