"""What leases come to in money: contracted, and what of it nobody can cancel. Computed, never typed."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from msgspec.structs import replace

from neocloud.model.leases import Block, Lease, Price
from neocloud.model.world import World
from neocloud.rules.rights import firm_until
from neocloud.timeline import BEGINNING, FOREVER, Span
from neocloud.units import HOUR_S, Money, first_of_month, next_month

ALL_TIME = Span(BEGINNING, FOREVER)


def months(within: Span) -> Iterator[tuple[Span, int]]:
    """The calendar months (UTC) that a span touches, each cut to it, with the month's full length in seconds."""
    start_at = within.start_at
    while start_at < within.end_at:
        month_at, next_at = first_of_month(start_at), next_month(start_at)
        yield Span(start_at, min(next_at, within.end_at)), next_at - month_at
        start_at = next_at


def gpu_seconds(lease: Lease, within: Span, pool: str | None = None) -> int:
    """GPU-seconds of a lease inside a span, of all pools or of one."""
    found = 0
    for block in lease.blocks:
        if (pool is None or block.pool == pool) and (span := block.span.meets(within)):
            found += block.gpus * (span.end_at - span.start_at)
    return found


def contracted(lease: Lease, within: Span = ALL_TIME) -> Money | None:
    """What a lease's prices come to inside a span; None without prices. Exact to the nano-unit."""
    amounts = [_charged(lease, price, span) for price in lease.prices if (span := _span(price).meets(within))]
    return total(amounts) or (Money(lease.prices[0].amount.currency, 0) if lease.prices else None)


def firm(world: World, lease: Lease, now: int) -> Money | None:
    """What of the contracted money from `now` on nobody can cancel any more. A hold is not firm."""
    until_at = now if lease.status == "held" else firm_until(world, lease, now)
    return contracted(lease, Span(now, max(now, until_at)))


def worth(lease: Lease, gpu_s: int) -> Money | None:
    """What so many GPU-seconds of an inside lease are judged to be worth; None without a value. Never cash."""
    return None if lease.value is None else lease.value.per_gpu_hour.share(gpu_s, HOUR_S)


def loss(before: Lease, after: Lease, from_at: int) -> tuple[Money | None, Money | None]:
    """What a change of a lease loses from an instant on: (money, internal value), None where it has neither."""
    within = Span(from_at, FOREVER)
    gone_s = gpu_seconds(before, within) - (gpu_seconds(after, within) if after.live else 0)
    paid = contracted(before, within)
    if paid is None:
        return None, worth(before, gone_s)
    still = (contracted(after, within) if after.live else None) or Money(paid.currency, 0)
    return Money(paid.currency, paid.nanos - still.nanos), None


def in_proportion(lease: Lease, blocks: tuple[Block, ...], from_at: int) -> tuple[Price, ...]:
    """The prices of a lease that keeps only some blocks: from an instant on, flat months fall with the GPU-hours.

    They begin and end with what is kept.
    """
    kept, prices = replace(lease, blocks=blocks), []
    for each in lease.prices:
        span = _span(each).meets(kept.life)
        if span is None:
            continue
        price = replace(each, start_at=span.start_at, end_at=span.end_at)
        later = Span(from_at, FOREVER).meets(span)
        before_s = gpu_seconds(lease, later) if later else 0
        if later is None or price.per == "gpu_hour" or not before_s:
            prices.append(price)
            continue
        if price.start_at < from_at:
            prices.append(replace(price, end_at=from_at))
        amount = price.amount.share(gpu_seconds(kept, later), before_s)
        prices.append(replace(price, amount=amount, start_at=later.start_at))
    return tuple(prices)


def total(amounts: Iterable[Money | None]) -> Money | None:
    """The sum of amounts in one currency; None if there are none."""
    found = [amount for amount in amounts if amount is not None]
    if len(found) == 1:
        return found[0]
    sums = by_currency(found)
    assert len(sums) < 2, "money of two currencies does not add up"
    return sums[0] if sums else None


def by_currency(amounts: Iterable[Money | None]) -> list[Money]:
    """The sums of amounts, one for each currency."""
    sums: dict[str, int] = {}
    for amount in amounts:
        if amount is not None:
            sums[amount.currency] = sums.get(amount.currency, 0) + amount.nanos
    return [Money(currency, sums[currency]) for currency in sorted(sums)]


class Totals(NamedTuple):
    """Money over several leases in one currency: headline, what of it lies ahead, what of that is firm."""

    contracted: Money
    ahead: Money
    firm: Money


def totals(world: World, leases: Iterable[Lease], now: int) -> list[Totals]:
    """Contracted revenue of leases, and what of it cannot be cancelled: one row a currency."""
    rows: dict[str, Totals] = {}
    for lease in leases:
        headline, ahead = contracted(lease), contracted(lease, Span(now, FOREVER))
        held_fast = firm(world, lease, now)
        if headline is not None and ahead is not None and held_fast is not None:
            zero = Money(headline.currency, 0)
            sofar = rows.get(headline.currency, Totals(zero, zero, zero))
            rows[headline.currency] = Totals(sofar.contracted + headline, sofar.ahead + ahead, sofar.firm + held_fast)
    return [rows[currency] for currency in sorted(rows)]


def apportioned(lease: Lease, within: Span = ALL_TIME) -> dict[str, Money]:
    """The contracted money by pool: per GPU-hour as it falls; flat months by the GPU-hours in each month.

    A month without any is shared as the whole lease is, so that nothing is lost.
    """
    result: dict[str, Money] = {}
    for pool in sorted({block.pool for block in lease.blocks}):
        shares = [
            _pool_share(lease, price, span, pool) for price in lease.prices if (span := _span(price).meets(within))
        ]
        amount = total(shares)
        if amount is not None:
            result[pool] = amount
    return result


def _span(price: Price) -> Span:
    return Span(price.start_at, price.end_at)


def _charged(lease: Lease, price: Price, within: Span) -> Money:
    if price.per == "gpu_hour":
        return price.amount.share(gpu_seconds(lease, within), HOUR_S)
    parts = sum(Fraction(span.end_at - span.start_at, month_s) for span, month_s in months(within))
    whole = Fraction(parts)
    return price.amount.share(whole.numerator, whole.denominator)


def _pool_share(lease: Lease, price: Price, within: Span, pool: str) -> Money:
    if price.per == "gpu_hour":
        return price.amount.share(gpu_seconds(lease, within, pool), HOUR_S)
    share = Fraction(0)
    for span, month_s in months(within):
        used_in = span if gpu_seconds(lease, span) else ALL_TIME
        part = Fraction(gpu_seconds(lease, used_in, pool), gpu_seconds(lease, used_in))
        share += Fraction(span.end_at - span.start_at, month_s) * part
    return price.amount.share(share.numerator, share.denominator)
