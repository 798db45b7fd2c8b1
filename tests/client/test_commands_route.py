"""POST /v1/commands: each command needs the permission of its own route, and all are written or none."""

from typing import Any, get_args

import msgspec
import pytest

from neocloud.api.commands import APPLYING, NEEDS, check_allowed, check_bounds
from neocloud.client.asks import Ask, Heard, body_of, path
from neocloud.client.ledger import RemoteLedger
from neocloud.client.sending import Sender
from neocloud.client.trying import Patience
from neocloud.errors import Conflict, Forbidden, Invalid, JournalReadOnly, NeocloudError, Oversold
from neocloud.model.commands import Apply, Book, Command, KeyUsed, PriceAsk, Release
from neocloud.model.commands import Ask as Wanted
from neocloud.model.entries import NOBODY, Noun, link
from neocloud.model.keys import Key, Role
from neocloud.model.leases import Lease
from neocloud.operations.ledger import Answer, Said
from neocloud.rules.access import EVERYTHING
from neocloud.units import Money
from tests.client.conftest import Served

DAY_S = 86_400
KEY = {"type": "key", "id": "k", "role": "admin", "digest": "0" * 64}
BARE = {
    "id": "c", "lease": "l", "option": "o", "request": "r", "delivery": "d", "outage": "o", "curtailment": "c",
    "site": "s", "key": "k", "tenant": "t", "terms": "t", "asks": [{}], "holder": "tenant", "into": "i", "gpus": 8,
    "day_at": 0,
}  # fmt: skip
SAID: dict[str, dict[str, Any]] = {
    "Book": {"option": None, "request": None}, "Amend": {}, "Decline": {"judgement": {"at": 0, "journal_seq": 0}},
    "AcceptPut": {"judgement": {"at": 0, "journal_seq": 0}},
    "Admit": {"price_set": {"type": "price_set", "id": "0" * 64, "journal_seq": 0, "made_at": 0, "until_at": 1,
                            "futures": 1, "seed": 0, "scenario": ""}},
    "MakeKey": {"key": KEY},
    "Approve": {"approval": "a"}, "DeclineApproval": {"approval": "a"}, "WithdrawApproval": {"approval": "a"},
    "MakeWebhook": {"webhook": {"type": "webhook", "id": "w", "url": "https://example.com/", "digest": "0" * 64}},
    "ChangeWebhook": {"webhook": "w", "to": "rotated"}, "DropWebhook": {"webhook": "w"},
    "WebhookDelivered": {"webhook": "w", "seq": 1},
    "Record": {"book": {"type": "book", "id": "b", "lease": "l", "tenant": "t", "terms": "t", "asks": [{}]}},
}  # fmt: skip


def sender(served: Served, role: str = "operator", **more: Any) -> Sender:
    return Sender(served.url, served.key(role, **more), Patience(tries=1))


def book(served: Served, name: str, gpus: int = 64) -> Book:
    at = served.at + DAY_S
    price = PriceAsk(per="gpu_hour", amount=Money.of(2))  # type: ignore[arg-type]
    asks = (Wanted(pool="h100", gpus=gpus, start_at=at, end_at=at + DAY_S),)
    return Book(id=f"book:{name}", lease=name, tenant="acme", terms="reserved", asks=asks, prices=(price,))


def test_every_command_and_every_noun_is_in_the_table() -> None:
    assert set(NEEDS) == set(get_args(Command))
    assert set(APPLYING) == set(get_args(Noun))
    assert {each for each in (*NEEDS.values(), *APPLYING.values()) if each} <= EVERYTHING


@pytest.mark.parametrize("kind", [kind for kind in NEEDS if kind is not Apply], ids=lambda kind: kind.__name__)
def test_a_command_is_for_who_has_its_permission(kind: type[Any]) -> None:
    command = msgspec.convert({"type": kind.__struct_config__.tag, **BARE, **SAID.get(kind.__name__, {})}, kind)
    needed = NEEDS[kind]
    for role in get_args(Role):
        key = Key(id="k", role=role, digest="0" * 64, tenant="t" if role == "customer" else "")
        if needed is not None and (role == "admin" or needed in _roles()[role]):
            check_allowed(key, command)
        else:
            with pytest.raises(Forbidden):
                check_allowed(key, command)


def _roles() -> Any:
    from neocloud.rules.access import ROLES  # noqa: PLC0415

    return ROLES


def test_all_are_written_or_none(served: Served) -> None:
    ledger = RemoteLedger(sender(served))
    before = ledger.world.head.seq
    with pytest.raises(Oversold) as caught:
        ledger.submit(book(served, "one"), book(served, "two", 6400), now=0)
    assert caught.value.facts["offers"]
    ledger.catch_up()
    assert "one" not in ledger.world.leases
    one, two = ledger.submit(book(served, "one"), book(served, "two"), now=0)
    assert isinstance(one.noun, Lease) and one.noun == ledger.world.leases["one"]
    assert [cause for cause, _ in two.changes] == ["booked"]
    assert ledger.world.head.seq >= before + 2
    assert [each.again for each in ledger.submit(book(served, "one"), now=0)] == [True]
    with pytest.raises(Conflict):
        ledger.submit(book(served, "one", 128), now=0)
    ledger.journal.close()


def test_each_by_itself(served: Served) -> None:
    ledger = RemoteLedger(sender(served))
    said = Said(book(served, "one"), NOBODY)
    one, two, three = ledger.submit_each([said, book(served, "two", 6400), Release(id="r", lease="one")], now=0)
    assert isinstance(one, Answer) and isinstance(two, Oversold) and isinstance(three, NeocloudError)
    assert ledger.answered(said.command) == Answer(one.command, one.changes, again=True)
    with pytest.raises(JournalReadOnly, match="written to by commands"):
        ledger.journal.turn()
    with pytest.raises(JournalReadOnly):
        ledger.journal.append(link(ledger.world.head, [_entry(ledger)]), [], expected=ledger.world.head)
    ledger.journal.close()


def _entry(ledger: RemoteLedger) -> Any:
    from neocloud.model.entries import decode  # noqa: PLC0415

    [*_, last] = decode(next(ledger.journal.batches()))
    return msgspec.structs.replace(last, seq=ledger.world.head.seq + 1, recorded_at=ledger.world.head.recorded_at)


def say(served: Served, content: Any, role: str = "admin", **more: Any) -> Any:
    speaks = sender(served, role, **more)
    try:
        return speaks.send(Ask(method="POST", path=path("commands"), read=_bare, body=body_of(content)))
    finally:
        speaks.close()


def _bare(heard: Heard) -> Any:
    return msgspec.json.decode(heard.content)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"type": "nonsense", "id": "x"}, "Invalid value|none of the choices|nonsense"),
        ({"type": "release", "id": "x"}, "'lease' is missing"),
        ({"type": "apply", "id": "x", "noun": KEY}, "nobody says key"),
        ({"type": "key_used", "id": "x", "key": "k", "day_at": 0}, "nobody says key_used so"),
        ({"type": "slip", "id": "x", "delivery": "wave-1", "p50_at": -5}, "p50_at: -5 cannot be here"),
        ({"type": "slip", "id": "x", "delivery": "wave-1", "by_s": 10**30}, "cannot be here|out of range"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_one_sentence(served: Served, command: Any, words: str) -> None:
    with pytest.raises((Invalid, Forbidden), match=words):
        say(served, {"commands": [command]})


def test_the_door_is_for_who_follows_the_journal(served: Served) -> None:
    for role, tenant, lacks in (("viewer", "", "leases.write"), ("finance", "", "leases.write"),
                                ("customer", "acme", "journal.read")):  # fmt: skip
        with pytest.raises(Forbidden, match=f"lacks {lacks}"):
            say(served, {"commands": [{"type": "release", "id": "x", "lease": "acme-1"}]}, role, tenant=tenant)
    with pytest.raises(Forbidden, match=r"lacks keys\.write"):
        say(served, {"commands": [{"type": "revoke_key", "id": "x", "key": "admin"}]}, "operator")
    with pytest.raises(Invalid, match="length"):
        say(served, {"commands": []})


def test_nobody_hands_on_by_a_command_what_it_may_not_do_itself(served: Served) -> None:
    keys = served.key("keys", role="admin", scopes=["journal.read", "keys.write"])
    speaks = Sender(served.url, keys, Patience(tries=1))
    ask = Ask(method="POST", path=path("commands"), read=_bare,
              body=body_of({"commands": [{"type": "make_key", "id": "x", "key": KEY}]}))  # fmt: skip
    with pytest.raises(Forbidden, match="cannot give what it lacks"):
        speaks.send(ask)
    speaks.close()


def test_bounds_are_of_every_number() -> None:
    check_bounds(KeyUsed(id="x", key="k", day_at=0), "commands[0]")
    with pytest.raises(Invalid, match=r"commands\[0\]\.day_at"):
        check_bounds(KeyUsed(id="x", key="k", day_at=-1), "commands[0]")
