"""What a customer looks at: what is free, what is due, the terms and prices that are for sale, its requests."""

from typing import Any

import click

from neocloud.cli.asking import at
from neocloud.cli.calendar import COLUMNS as CALENDAR
from neocloud.cli.calendar import dated
from neocloud.cli.capacity import chart_columns
from neocloud.cli.chart import chart, instants
from neocloud.cli.customer_shown import Customer, Row, key_for, row_of, show_one
from neocloud.cli.fleet import flat, terms_columns
from neocloud.cli.output import fields, note, print_rows
from neocloud.cli.prices import price_columns
from neocloud.cli.request import of_options, wanted
from neocloud.cli.request_shown import COLUMNS as REQUESTS
from neocloud.cli.request_shown import columns, lines
from neocloud.model.checks import check_span
from neocloud.operations.capacity import Stretch
from neocloud.timeline import FOREVER, Span
from neocloud.units import DAY_S, format_instant, parse_instant

_CAPACITY = ("id", "from", "until", "unit", "available")


def capacity(
    me: Customer, *, pool: tuple[str, ...], site: tuple[str, ...], from_: str, until: str | None, output: str
) -> None:
    """What is free of the pools that are for sale."""
    start_at = at(from_, me.now, "--from")
    end_at = min(FOREVER - 1, start_at + 365 * DAY_S) if until is None else at(until, me.now, "--until")
    check_span(start_at, end_at, "--until")
    span = {"from_": format_instant(start_at), "until": format_instant(end_at)}
    rows = [row_of(each) for each in me.client.capacity(pools=pool, sites=site, **span)]
    if output == "chart":
        pools = dict.fromkeys(row["id"] for row in rows)
        pictures = (
            _picture(each, [row for row in rows if row["id"] == each], Span(start_at, end_at)) for each in pools
        )
        click.echo("\n\n".join(pictures) or "no pools yet")
    else:
        print_rows(rows, output, _CAPACITY, empty="no pools yet")


def calendar(
    me: Customer, *, within: str, tenant: tuple[str, ...], site: tuple[str, ...], kind: tuple[str, ...], output: str
) -> None:
    """What must be done by a day, and what happens on one, with what is its own."""
    said: dict[str, Any] = {"within": within, "tenants": tenant, "sites": site, "kinds": kind}
    if output == "ics":
        click.echo(me.client.calendar_ics(**said).encode(), nl=False)
        return
    rows = [row_of(each) for each in me.client.calendar(**said)]
    if output == "table":
        print_rows([dated(row) for row in rows], output, CALENDAR, empty=f"nothing is due within {within}")
    else:
        print_rows(rows, output, ("id",))


def list_terms(me: Customer, *, output: str) -> None:
    """The terms that are for sale, and those of its leases."""
    rows = [row_of(each) for each in me.client.terms.list()]
    _print_columns(rows, output, list(map(terms_columns, rows)), "there is no terms yet")


def show_terms(me: Customer, *, name: str, output: str) -> None:
    """One version of terms; of a name alone the newest."""
    show_one(me.client.terms.get(name), output, lambda row: fields(flat(row)))


def list_prices(me: Customer, *, output: str) -> None:
    """The price book."""
    rows = [row_of(each) for each in me.client.list_prices.list()]
    _print_columns(rows, output, list(map(price_columns, rows)), "there is no list price yet")


def show_price(me: Customer, *, name: str, output: str) -> None:
    """One list price."""
    show_one(me.client.list_prices.get(name), output, lambda row: fields(flat(row)))


def list_requests(me: Customer, *, everything: bool, output: str) -> None:
    """Its requests, the first to start first."""
    rows = [row_of(each) for each in me.client.requests.list(status=None if everything else "open")]
    rows.sort(key=lambda row: (row["from"], row["id"]))
    print_rows(list(map(columns, rows)) if output == "table" else rows, output,
               REQUESTS if output == "table" else ("id",), empty="no requests")  # fmt: skip


def show_request(me: Customer, *, name: str, output: str) -> None:
    """One of its requests, and what became of it."""
    show_one(me.client.requests.get(name), output, lines)


def make(me: Customer, *, name: str, output: str, **given: Any) -> None:
    """It wants something, and is not promised it yet."""
    wish = wanted(name, me.now, {**given, "tenant": given["tenant"] or me.tenant})
    with of_options():
        said = me.client.requests.make(wish, idempotency_key=key_for("request", name))
    show_one(said, output, lines, "Asked for.")


def withdraw(me: Customer, *, name: str, output: str) -> None:
    """It no longer wants what it asked for."""
    said = me.client.requests.withdraw(name, idempotency_key=key_for("withdraw", name))
    if said.again:
        note("it was said before; nothing has changed")
    show_one(said, output, lines, "Withdrawn.")


def _print_columns(rows: list[Row], output: str, shown: list[Row], empty: str) -> None:
    if output == "table":
        print_rows(shown, output, list(shown[0]) if shown else (), empty=empty)
    else:
        print_rows(rows, output, ["id"])


def _picture(pool: str, rows: list[Row], within: Span) -> str:
    """What is free of a pool over time."""
    found = [_stretch(row) for row in rows]
    columns = [next(each for each in found if each.start_at <= instant < each.end_at)
               for instant in instants(within, chart_columns())]  # fmt: skip
    return chart(f"pool {pool}: free GPUs", columns, within, tenants=(), scale=1)


def _stretch(row: Row) -> Stretch:
    start_at, end_at = (parse_instant(row[name], now=0) for name in ("from", "until"))
    free = row["available"]
    return Stretch(start_at, end_at, supply=free, demand=0, powered=free, held={})
