"""What a webhook may become, and whom an event is told: once encoded, to all of one audience."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from neocloud.api.entry_rows import entry_row
from neocloud.api.feed import Feed, Listener
from neocloud.errors import Changed, Conflict, Invalid, NotAllowed, Overloaded, Unknown
from neocloud.model.commands import ChangeWebhook, Command, DropWebhook, MakeWebhook, WebhookDelivered
from neocloud.model.entries import Entry
from neocloud.model.keys import Key
from neocloud.model.webhooks import Failure, Webhook
from neocloud.operations.ledger import Ledger
from neocloud.operations.sharing import SharedLedger
from neocloud.rules.webhooks import tenant_of
from tests.conftest import Store
from tests.contracts.scene import NOW, apply, book, founded, request

HOOK = Webhook(id="hook", url="https://example.com/", digest="0" * 64)


@pytest.fixture
def ledger(store: Store) -> Ledger:
    """A ledger with a fleet and a webhook."""
    made = founded(store.ledger())
    made.submit(MakeWebhook(id="make", webhook=HOOK), now=NOW)
    return made


def say(ledger: Ledger, command: Command) -> Webhook:
    ledger.submit(command, now=NOW)
    return ledger.world.webhooks["hook"]


def progress(seq: int, *failed: int, retried: Sequence[int] = ()) -> WebhookDelivered:
    found = tuple(Failure(seq=each, at=NOW, tries=3) for each in failed)
    name = f"progress-{seq}-{failed}-{retried}"
    return WebhookDelivered(id=name, webhook="hook", seq=seq, failed=found, retried=tuple(retried))


def test_a_webhook_begins_with_what_comes_after_it(ledger: Ledger) -> None:
    assert ledger.world.webhooks["hook"].delivered_seq == ledger.world.head.seq - 1


def test_how_far_it_has_come_never_goes_back(ledger: Ledger) -> None:
    assert say(ledger, progress(40)).delivered_seq == 40
    seq = ledger.world.head.seq
    assert say(ledger, progress(39)).delivered_seq == 40
    assert ledger.world.head.seq == seq, "what is known is not written again"


def test_what_failed_is_kept_once_up_to_a_number_and_is_sent_again_when_asked(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neocloud.rules.webhooks.WEBHOOK_FAILURES_KEPT", 3)
    say(ledger, progress(11, 10, 11))
    assert [each.seq for each in say(ledger, progress(13, 11, 12, 13)).failures] == [11, 12, 13]
    again = say(ledger, ChangeWebhook(id="again", webhook="hook", to="retried"))
    assert (again.again, again.failures) == ((11, 12, 13), ())
    after = say(ledger, progress(13, 12, retried=(11, 12)))
    assert (after.again, [each.seq for each in after.failures]) == ((13,), [12])
    assert say(ledger, progress(13, retried=(13,))).again == ()


def test_what_cannot_be_meant_of_a_webhook_is_said(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Conflict, match="made before"):
        say(ledger, MakeWebhook(id="twice", webhook=HOOK))
    with pytest.raises(Invalid, match="is no kind of events"):
        say(ledger, MakeWebhook(id="kind", webhook=replace(HOOK, id="other", kinds=("leases",))))
    with pytest.raises(Unknown, match="tenant"):
        say(ledger, MakeWebhook(id="whose", webhook=replace(HOOK, id="other", tenant="nobody")))
    with pytest.raises(Changed, match="rotated meanwhile"):
        say(ledger, ChangeWebhook(id="late", webhook="hook", to="rotated", secret_version=3, digest="1" * 64))
    monkeypatch.setattr("neocloud.rules.webhooks.MOST_WEBHOOKS", 1)
    with pytest.raises(NotAllowed, match="drop one of them"):
        say(ledger, MakeWebhook(id="many", webhook=replace(HOOK, id="other")))
    assert not say(ledger, DropWebhook(id="drop", webhook="hook")).stands
    with pytest.raises(NotAllowed, match="was dropped"):
        say(ledger, ChangeWebhook(id="gone", webhook="hook", to="retried"))


def test_neither_digest_nor_secret_is_in_a_row(ledger: Ledger) -> None:
    entry = Entry(seq=1, recorded_at=NOW, command="c", content="", cause="added", noun=HOOK)
    assert "digest" not in entry_row(entry)["noun"]


def test_keys_are_nobodys_to_be_told_of() -> None:
    assert tenant_of(Key(id="k", role="customer", digest="0" * 64, tenant="acme")) == ""


def test_an_event_is_encoded_once_for_all_of_an_audience(ledger: Ledger) -> None:
    staff = Key(id="a", role="admin", digest="0" * 64)
    customers = [Key(id=name, role="customer", digest="0" * 64, tenant=name) for name in ("acme", "umbrella")]

    async def listen() -> list[Listener]:
        shared = SharedLedger(ledger, lambda: NOW)

        async def read(after: int, limit: int) -> list[Entry]:
            raise AssertionError("all of it is in memory")

        feed = Feed(shared, read)
        ledger.told.append(feed.told)
        feed.start()
        found = [Listener(key, frozenset(), 0) for key in (staff, staff, customers[0], customers[0], customers[1])]
        for listener in found:
            feed.join(listener)
            feed.tell(listener)
        await asyncio.to_thread(ledger.submit, apply(request("wish")), book("l1"), now=NOW)
        await asyncio.sleep(0)
        feed.close()
        with pytest.raises(Overloaded):
            feed.join(found[0])
        shared.close()
        return found

    first, second, mine, too, theirs = asyncio.run(listen())
    assert [len(each.queue) for each in (first, second, mine, too, theirs)] == [2, 2, 2, 2, 0]
    for one, other in ((first, second), (mine, too)):
        assert all(a is b for a, b in zip(one.queue, other.queue, strict=True))
    assert b'"by"' in first.queue[0]
    assert b'"by"' not in mine.queue[0]
