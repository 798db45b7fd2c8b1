"""Contracts, inside allocations and months of a sheet as leases that were promised elsewhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from neocloud.model.commands import Ask, Book, PriceAsk
from neocloud.model.leases import Header, InternalValue
from neocloud.model.terms import Right, Terms
from neocloud.operations.import_names import Fleet, Unplaced, plain_id, slug
from neocloud.settings import IMPORTED_RANK, MOST_GPUS, MOST_MONEY
from neocloud.sheets.columns import Amount, Length
from neocloud.sheets.currencies import currency_in
from neocloud.sheets.dates import Period
from neocloud.sheets.mapping import Ends
from neocloud.timeline import FOREVER
from neocloud.units import DAY_S, Money, format_instant

Fields = Mapping[str, Any]
_NANO = Decimal("1e-9")
_DAYS_IN_A_MONTH = 30


class Draft(NamedTuple):
    """A lease as one row (or, of a ramp, several) say it."""

    rows: tuple[int, ...]
    lease: str
    tenant: str
    name: str
    inside: bool
    asks: tuple[Ask, ...]
    prices: tuple[PriceAsk, ...]
    terms: Terms
    rank: int | None = None
    value: InternalValue | None = None
    number: str = ""
    column: int | None = None

    def book(self, recorded: str) -> Book:
        """As a booking says it."""
        return Book(
            id=f"book:{self.lease}",
            lease=self.lease,
            tenant=self.tenant,
            terms=self.terms.name,
            asks=self.asks,
            prices=self.prices,
            rank=self.rank,
            value=self.value,
            header=Header(order_form=self.number) if self.number else None,
            recorded=recorded,
        )


def contract(row: int, fields: Fields, fleet: Fleet, ends: Ends, titles: Sequence[str]) -> Draft:
    """The lease of a row of contracts. Raises Unplaced."""
    pool, name = fleet.pool(fields, titles), str(fields["customer"])
    ask = _ask(fields, pool, ends)
    price = fields.get("price")
    amount: Amount | None = price if isinstance(price, Amount) else None
    currency = _currency(fields, amount)
    tenant = slug(name, "customer")
    number = str(fields.get("number") or "")
    start = format_instant(ask.start_at or 0)
    return Draft(
        rows=(row,),
        lease=plain_id(number, "number") if number else f"{tenant}-{pool}-{start}"[:100],
        tenant=tenant,
        name=name,
        inside=False,
        asks=(ask,),
        prices=() if amount is None else (_price(amount, currency, ask.gpus or 0),),
        terms=terms_for(fields.get("notice"), currency),
        number=number,
    )


def inside(row: int, fields: Fields, fleet: Fleet, ends: Ends, titles: Sequence[str]) -> Draft:
    """The lease of a row of inside allocations. Raises Unplaced."""
    pool, name = fleet.pool(fields, titles), str(fields["team"])
    ask, tenant, rank = _ask(fields, pool, ends), slug(name, "team"), fields.get("rank")
    value = fields.get("value")
    if rank is not None and not 1 <= rank <= 1_000_000:
        raise Unplaced(f"a rank of {rank} cannot be; 1 is served first", "rank")
    worth = None
    if isinstance(value, Amount) and rank is None:
        worth = InternalValue(per_gpu_hour=_money(value, value.currency or "USD", "value"))
    return Draft(
        rows=(row,),
        lease=f"{tenant}-{pool}-{format_instant(ask.start_at or 0)}"[:100],
        tenant=tenant,
        name=name,
        inside=True,
        asks=(ask,),
        prices=(),
        terms=terms_for(None, "USD"),
        rank=IMPORTED_RANK if rank is None and worth is None else rank,
        value=worth,
    )


def by_month(row: int, fields: Fields, fleet: Fleet, titles: Sequence[str], insiders: Iterable[str]) -> Draft:
    """The lease of a customer in a table by month: a block for every stretch of equal months. Raises Unplaced."""
    name, under = str(fields["customer"]), str(fields["under"])
    said = {key: fields[key] for key in ("site", "sku", "pool") if fields.get(key)}
    pool = _pool_under(fleet, said, name, under, titles)
    tenant = slug(name, "customer")
    asks = tuple(_stretches(fields["months"], pool))
    is_inside = tenant in set(insiders)
    price = fields.get("price")
    currency = _currency(fields, price if isinstance(price, Amount) else None)
    number = str(fields.get("number") or "")
    return Draft(
        rows=tuple(sorted({r for _, _, r, _ in fields["months"]})) or (row,),
        lease=plain_id(number, "number") if number else f"{tenant}-{pool}"[:100],
        tenant=tenant,
        name=name,
        inside=is_inside,
        asks=asks,
        prices=(_price(price, currency, asks[0].gpus or 0),) if isinstance(price, Amount) and not is_inside else (),
        terms=terms_for(None, currency),
        rank=IMPORTED_RANK if is_inside else None,
        number=number,
        column=fields.get("column"),
    )


def _pool_under(fleet: Fleet, said: Fields, name: str, under: str, titles: Sequence[str]) -> str:
    if said or not under:
        return fleet.pool(said, titles)
    for fields in ({"pool": under}, {"sku": under}, {"site": under}):
        try:
            return fleet.pool(fields)
        except Unplaced:
            continue
    return fleet.pool({}, [under, name, *titles])


def _stretches(months: Sequence[tuple[Period, int, int, int]], pool: str) -> Iterator[Ask]:
    """Months of equally many GPUs, one after the other, as one block."""
    ordered = sorted(months)
    seen: set[int] = set()
    steps: list[tuple[int, int, int]] = []
    for period, gpus, row, _ in ordered:
        if period.start_at in seen:
            raise Unplaced(
                f"{format_instant(period.start_at)[:7]} is given twice, the second time in row {row}", None
            )
        seen.add(period.start_at)
        if steps and steps[-1][1] == period.start_at and steps[-1][2] == gpus:
            steps[-1] = (steps[-1][0], period.end_at, gpus)
        else:
            steps.append((period.start_at, period.end_at, gpus))
    for start_at, end_at, gpus in steps:
        _check_gpus(gpus)
        yield Ask(pool=pool, gpus=gpus, start_at=start_at, end_at=end_at)


def _ask(fields: Fields, pool: str, ends: Ends) -> Ask:
    start: Period = fields["start"]
    _check_gpus(fields["gpus"])
    end_at = _end_at(start.start_at, fields.get("end"), fields.get("term"), ends)
    if end_at <= start.start_at:
        raise Unplaced(f"it ends {format_instant(end_at)}, and starts {format_instant(start.start_at)}", "end")
    return Ask(pool=pool, gpus=fields["gpus"], start_at=start.start_at, end_at=end_at)


def _check_gpus(gpus: int) -> None:
    if not 0 < gpus <= MOST_GPUS:
        raise Unplaced(f"{gpus:,} GPUs cannot be; from 1 to {MOST_GPUS:,} can", "gpus")


def _end_at(start_at: int, end: Period | None, term: Length | None, ends: Ends) -> int:
    if end is None:
        assert term is not None, "a table of contracts needs an end or a term"
        return _after(start_at, term)
    a_day = end.end_at - end.start_at == DAY_S
    return end.start_at if a_day and ends == "day-after" else end.end_at


def _after(start_at: int, term: Length) -> int:
    """The instant a term after another: calendar months, then days."""
    start = datetime.fromtimestamp(start_at, UTC)
    years, month = divmod(start.year * 12 + start.month - 1 + term.months, 12)
    for day in range(start.day, 27, -1):
        try:
            at = start.replace(year=years, month=month + 1, day=day)
            break
        except ValueError:
            continue
    else:
        if not 1 <= years <= 9_998:
            raise Unplaced("the term is too long", "term")
        at = start.replace(year=years, month=month + 1)
    return min(int(at.timestamp()) + term.days * DAY_S, FOREVER)


def _currency(fields: Fields, amount: Amount | None) -> str:
    said = str(fields.get("currency") or "").strip().upper()
    column = currency_in(said) or (said if len(said) == 3 and said.isalpha() else "")
    if said and not column:
        raise Unplaced(f"{said!r} is no currency; write USD or EUR", "currency")
    cell = amount.currency if amount else ""
    if column and cell and column != cell:
        raise Unplaced(f"the price is in {cell}, and the currency column says {column}", "price")
    return cell or column or "USD"


def _price(amount: Amount, currency: str, gpus: int) -> PriceAsk:
    if amount.per == "gpu_month":
        whole = Amount(amount.number * gpus, amount.currency, "month")
        return PriceAsk(per="month", amount=_money(whole, currency, "price"))
    return PriceAsk(per="month" if amount.per == "month" else "gpu_hour", amount=_money(amount, currency, "price"))


def _money(amount: Amount, currency: str, field: str) -> Money:
    """To the nano-unit: a price that a formula came to has more digits than anybody agreed on."""
    if not 0 <= amount.number <= MOST_MONEY:
        raise Unplaced(f"an amount of {amount.number:f} {currency} cannot be", field)
    return Money.of(amount.number.quantize(_NANO, ROUND_HALF_EVEN), currency)


def terms_for(notice: Length | None, currency: str) -> Terms:
    """The terms of a contract: firm to the end, or the customer may leave on a notice."""
    days = 0 if notice is None else notice.days + notice.months * _DAYS_IN_A_MONTH
    name = f"notice-{days}d" if days else "reserved"
    if currency != "USD":
        name += f"-{currency.lower()}"
    if not days:
        return Terms(name=name, version=1, currency=currency, description="Firm to the end: no rights before it.")
    return Terms(
        name=name,
        version=1,
        currency=currency,
        rights=(Right(holder="tenant", kind="terminate", notice_s=days * DAY_S),),
        description=f"The tenant may leave on {days} days' notice.",
    )


class Twice(NamedTuple):
    """Rows that say the same number: joined into one lease, or left out with why."""

    kept: list[Draft]
    left: list[tuple[Draft, str]]
    joined: int


def joined(drafts: Sequence[Draft]) -> Twice:
    """Rows of one number as one lease, if they are a ramp: one customer, and blocks beside or after each other."""
    kept: list[Draft] = []
    left: list[tuple[Draft, str]] = []
    ramps = 0
    for _, group in groupby(sorted(drafts, key=_by_name), key=lambda draft: draft.lease.lower()):
        first: list[Draft] = []
        for each in group:
            twin = next((other for other in first if _equal(each, other)), None)
            if twin is None:
                first.append(each)
            else:
                left.append((each, f"{each.lease} says the same in row {twin.rows[0]}, and is used there"))
        if len(first) == 1 or _is_ramp(first):
            kept.append(first[0] if len(first) == 1 else _ramp(first))
            ramps += len(first) > 1
        else:
            rows = " and ".join(str(each.rows[0]) for each in first)
            left += [
                (each, f"{each.lease} is given twice, in rows {rows}, and they contradict each other")
                for each in first
            ]
    return Twice(kept, left, ramps)


def _by_name(draft: Draft) -> tuple[str, tuple[int, ...]]:
    return draft.lease.lower(), draft.rows


def _equal(one: Draft, other: Draft) -> bool:
    return one._replace(rows=(), column=None) == other._replace(rows=(), column=None)


def _is_ramp(drafts: Sequence[Draft]) -> bool:
    said = {(draft.tenant, draft.terms.id, draft.rank, draft.value) for draft in drafts}
    if len(said) > 1:
        return False
    blocks = sorted((ask.pool or "", ask.start_at or 0, ask.end_at or 0) for d in drafts for ask in d.asks)
    apart = all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(blocks))
    prices = {d.prices for d in drafts}
    starts = {d.asks[0].start_at for d in drafts}
    return apart and (len(prices) == 1 or (len(starts) == len(drafts) and all(len(d.prices) == 1 for d in drafts)))


def _ramp(drafts: Sequence[Draft]) -> Draft:
    ordered = sorted(drafts, key=lambda draft: (draft.asks[0].start_at or 0, draft.asks[0].pool or ""))
    asks = tuple(ask for draft in ordered for ask in draft.asks)
    rows = tuple(sorted(row for draft in ordered for row in draft.rows))
    if len({draft.prices for draft in ordered}) == 1:
        return ordered[0]._replace(rows=rows, asks=asks)
    prices: list[PriceAsk] = []
    for draft in ordered:
        for price in draft.prices:
            start_at = draft.asks[0].start_at if prices else None
            prices.append(PriceAsk(per=price.per, amount=price.amount, start_at=start_at))
    return ordered[0]._replace(rows=rows, asks=asks, prices=tuple(prices))
