"""Who said it, and from where, stands in the journal; what was meant of an older form is not done."""

from neocloud.errors import Changed
from neocloud.model.entries import EMPTY, Author, noun_digest, read
from neocloud.model.leases import Lease
from neocloud.operations.ledger import Answer, Said
from tests.conftest import Store
from tests.contracts.scene import NOW, book, founded

ADA = Author("person:ada", "192.0.2.7")


def test_each_entry_says_who_said_it_and_from_where(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit_each([Said(book("l1"), ADA), book("l2")], now=NOW)
    entries = [entry for entries, _ in read(EMPTY, ledger.journal.batches()) for entry in entries]
    said = {entry.command: (entry.by, entry.origin) for entry in entries}
    assert said["book-l1"] == ADA
    assert said["book-l2"] == ("", "")


def test_a_command_meant_of_an_older_form_is_not_done(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l1"), now=NOW)
    seen = noun_digest(ledger.world.leases["l1"])
    meant = [Said(book(name), ADA, (Lease, "l1", digest)) for name, digest in (("l2", seen), ("l3", "0" * 16))]
    done, stale = ledger.submit_each(meant, now=NOW)
    assert isinstance(done, Answer)
    assert isinstance(stale, Changed)
    assert "l3" not in ledger.world.leases


def test_a_retry_is_answered_though_its_noun_has_changed_since(store: Store) -> None:
    ledger = founded(store.ledger())
    said = Said(book("l1"), ADA, (Lease, "l1", ""))
    ledger.submit_each([said], now=NOW)
    (again,) = ledger.submit_each([said], now=NOW)
    assert isinstance(again, Answer)
    assert again.again


def test_whoever_listens_is_told_of_what_is_on_disk(store: Store) -> None:
    ledger, other = founded(store.ledger()), store.ledger()
    told: list[str] = []
    ledger.told.append(lambda entries: told.extend(entry.command for entry in entries))
    other.submit(book("l1"), now=NOW)
    ledger.submit_each([book("l2"), Said(book("l3"), ADA, (Lease, "l2", "another form"))], now=NOW)
    assert told == ["book-l1", "book-l2"]
