"""What a customer says and looks at of its leases and options."""

from decimal import Decimal
from typing import Any

import click

from neocloud.cli.asking import at, booking, count
from neocloud.cli.customer_shown import Customer, Row, key_for, row_of, show_one
from neocloud.cli.lease_shown import COLUMNS, amount, columns, lines
from neocloud.cli.option_shown import columns as option_columns
from neocloud.cli.output import print_rows
from neocloud.documents.asked import BookingDocument, ExerciseDocument
from neocloud.errors import Unknown
from neocloud.settings import HOLD_S
from neocloud.units import format_instant, parse_duration

_STANDS = frozenset({"held", "confirmed", "running"})


def list_leases(me: Customer, *, tenant: tuple[str, ...], pool: str | None, everything: bool, output: str) -> None:
    """Its leases, the running ones first."""
    for name in tenant:
        if name != me.tenant:
            raise Unknown("tenant", name, (me.tenant,))
    rows = [row_of(each) for each in me.client.leases.list()]
    rows = [
        row for row in rows if (everything or _takes(row)) and pool in {None, *(b["pool"] for b in row["blocks"])}
    ]
    rows.sort(key=lambda row: (row["computed"]["start"], row["id"]))
    if output != "table":
        print_rows(rows, output, ["id"])
        return
    print_rows([columns(row, me.now) for row in rows], output, COLUMNS, empty="no leases")
    contracts = [row["computed"] for row in rows if row["computed"]["contracted"]]
    for currency in sorted({each["contracted"]["currency"] for each in contracts}):
        contracted, firm = (_total(contracts, name, currency) for name in ("contracted", "firm"))
        click.echo(f"contracted {contracted}, of which {firm} cannot be cancelled")


def show_lease(me: Customer, *, name: str, output: str) -> None:
    """One of its leases."""
    show_one(me.client.leases.get(name), output, lines)


def quote(me: Customer, *, output: str, **given: Any) -> None:
    """Whether it could have this, and at what price."""
    show_one(me.client.leases.quote(_booking(me, given)), output, lines, "It fits. Nothing is booked.")


def hold(me: Customer, *, expires: str | None, output: str, **given: Any) -> None:
    """Take capacity for a while."""
    timed: dict[str, Any] = {"hold_s": HOLD_S}
    if expires is not None and expires.startswith("+"):
        timed = {"hold_s": parse_duration(expires[1:])}
    elif expires is not None:
        timed = {"hold_until_at": at(expires, me.now, "--expires")}
    _book(me, _booking(me, given, **timed), output, "Held.")


def book(me: Customer, *, output: str, **given: Any) -> None:
    """Lease capacity: all of what is asked, or a refusal that says what would fit."""
    _book(me, _booking(me, given), output, "Booked.")


def confirm(me: Customer, *, name: str, output: str) -> None:
    """Turn a hold into a lease."""
    said = me.client.leases.confirm(name, idempotency_key=key_for("confirm", name))
    show_one(said, output, lines, "Confirmed.")


def release(me: Customer, *, name: str, output: str, done: str = "Released.") -> None:
    """Give up a hold."""
    show_one(me.client.leases.release(name, idempotency_key=key_for("release", name)), output, lines, done)


def terminate(
    me: Customer, *, name: str, holder: Any, at_: str | None, gpus: str | None, command_id: str | None, output: str
) -> None:
    """Serve notice under a right of its own."""
    said = me.client.leases.terminate(
        name, by=holder or "tenant", at=_instant(me, at_, "--at"), gpus=None if gpus is None else count(gpus),
        idempotency_key=command_id,
    )  # fmt: skip
    show_one(said, output, lines, "Notice is served.")


def list_options(me: Customer, *, everything: bool, output: str) -> None:
    """Its options, the first to run out first."""
    found = me.client.leases.list() if everything else me.client.leases.options()
    rows = [row for row in map(row_of, found) if row.get("option")]
    rows.sort(key=lambda row: (row["option"]["exercise_by"], row["id"]))
    shown = list(map(option_columns, rows))
    if output == "table":
        print_rows(shown, output, list(shown[0]) if shown else (), empty="no options")
    else:
        print_rows(rows, output, ["id"])


def show_option(me: Customer, *, name: str, output: str) -> None:
    """One of its options."""
    found = me.client.leases.get(name)
    if found.noun.option is None:
        raise Unknown("option", name, ())
    show_one(found, output, lines)


def exercise(
    me: Customer, *, name: str, gpus: str | None, from_: str | None, until: str | None, into: str | None,
    reclaim: bool, force: bool, command_id: str | None, output: str,
) -> None:  # fmt: skip
    """Say yes to an option."""
    said = ExerciseDocument(
        gpus=None if gpus is None else count(gpus), from_=_instant(me, from_, "--from"),
        until=_instant(me, until, "--until"), into=into, reclaim=reclaim, force=force,
    )  # fmt: skip
    show_one(me.client.leases.exercise(name, said, idempotency_key=command_id), output, lines, "Exercised.")


def waive(me: Customer, *, name: str, output: str) -> None:
    """Say no to an option."""
    release(me, name=name, output=output, done="Waived.")


def _booking(me: Customer, given: dict[str, Any], **timed: Any) -> BookingDocument:
    named = given["name"] is not None
    given["tenant"] = given["tenant"] or me.tenant
    return BookingDocument.of(booking(me.now, **timed, **given), named=named)


def _book(me: Customer, document: BookingDocument, output: str, done: str) -> None:
    key = None if document.id is None else key_for("book", document.id)
    show_one(me.client.leases.book(document, idempotency_key=key), output, lines, done)


def _instant(me: Customer, text: str | None, place: str) -> str | None:
    return None if text is None else format_instant(at(text, me.now, place))


def _takes(row: Row) -> bool:
    """Whether it has capacity, and not only a rank for some."""
    status, option = row["computed"]["status"], row.get("option")
    return status in _STANDS and (status != "held" or option is None or bool(option.get("takes")))


def _total(contracts: list[Row], name: str, currency: str) -> str | None:
    found = [each[name] for each in contracts if each["contracted"]["currency"] == currency and each[name]]
    total = sum((Decimal(each["amount"]) for each in found), Decimal(0))
    return amount({"amount": total, "currency": currency})
