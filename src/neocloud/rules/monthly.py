"""What a lease comes to in each calendar month (UTC); the months add up to what is contracted, to the nano-unit."""

from fractions import Fraction
from itertools import accumulate, pairwise
from typing import NamedTuple

from neocloud.model.leases import Lease, Price
from neocloud.rules.revenue import gpu_seconds, months
from neocloud.timeline import Span
from neocloud.units import HOUR_S, Money, first_of_month


class Month(NamedTuple):
    """A calendar month by its first second: the money contracted in it (None without prices), and GPU-seconds."""

    at: int
    contracted: Money | None
    gpu_seconds: int


def monthly(lease: Lease) -> list[Month]:
    """A row for each calendar month from the first in which a lease has GPUs, or a price, to the last.

    A month's money is the difference of what had come in by its end and by its start, each rounded once: so nothing
    is lost or gained by rounding every month.
    """
    cuts = list(months(_whole(lease)))
    parts = [gpu_seconds(lease, cut) for cut, _ in cuts]
    sums = [_charged(lease, price, cuts) for price in lease.prices]
    amounts: list[Money | None] = [None] * len(cuts)
    if sums:
        currency = lease.prices[0].amount.currency
        amounts = [Money(currency, sum(each)) for each in zip(*sums, strict=True)]
    starts = [first_of_month(cut.start_at) for cut, _ in cuts]
    return [Month(*row) for row in zip(starts, amounts, parts, strict=True)]


def _whole(lease: Lease) -> Span:
    starts, ends = (
        (lease.start_at, *(p.start_at for p in lease.prices)),
        (lease.end_at, *(p.end_at for p in lease.prices)),
    )
    return Span(min(starts), max(ends))


def _charged(lease: Lease, price: Price, cuts: list[tuple[Span, int]]) -> list[int]:
    """What a price comes to in each month, in nano-units."""
    whole = Span(price.start_at, price.end_at)
    spans = [(cut.meets(whole), month_s) for cut, month_s in cuts]
    if price.per == "gpu_hour":
        seconds = accumulate((gpu_seconds(lease, span) if span else 0 for span, _ in spans), initial=0)
        nanos = [price.amount.share(so_far_s, HOUR_S).nanos for so_far_s in seconds]
    else:
        parts = (Fraction(span.end_at - span.start_at, month_s) if span else Fraction(0) for span, month_s in spans)
        sums = accumulate(parts, initial=Fraction(0))
        nanos = [price.amount.share(so_far.numerator, so_far.denominator).nanos for so_far in sums]
    return [after - before for before, after in pairwise(nanos)]
