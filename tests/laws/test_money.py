"""Money: parts add up to the whole, within the rounding that can be proved."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from neocloud.model.leases import Block, Lease, Price
from neocloud.rules.monthly import monthly
from neocloud.rules.revenue import apportioned, contracted, months
from neocloud.timeline import Span
from neocloud.units import DAY_S, Money, next_month, parse_instant
from tests.laws.histories import stable

START = parse_instant("2026-01-01", now=0)
instants = st.integers(0, 800 * DAY_S).map(lambda after_s: START + after_s)
amounts = st.integers(0, 10**19).map(lambda nanos: Money("USD", nanos))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start_at = draw(instants)
    return Span(start_at, start_at + draw(st.integers(1, 400 * DAY_S)))


@st.composite
def leases(draw: st.DrawFn) -> Lease:
    """Up to four blocks on three pools, with one price of each kind at the most."""
    blocks = [
        Block(pool=draw(st.sampled_from("abc")), start_at=a, end_at=b, gpus=draw(st.integers(1, 200_000)))
        for a, b in draw(st.lists(spans(), min_size=1, max_size=4))
    ]
    start_at, end_at = min(b.start_at for b in blocks), max(b.end_at for b in blocks)
    kinds = draw(st.sets(st.sampled_from(("gpu_hour", "month")), min_size=1))
    return Lease(
        id="l1",
        tenant="acme",
        terms="reserved@1",
        blocks=tuple(blocks),
        status="confirmed",
        booked_at=0,
        prices=tuple(
            Price(
                per="month" if kind == "month" else "gpu_hour", amount=draw(amounts), start_at=start_at, end_at=end_at
            )
            for kind in sorted(kinds)
        ),
    )


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**9), st.integers(1, 10**9))
@stable
def test_a_share_is_the_nearest_nano_unit_and_a_half_goes_to_even(
    nanos: int, numerator: int, denominator: int
) -> None:
    exact = Fraction(nanos * numerator, denominator)
    assert Money("USD", nanos).share(numerator, denominator).nanos == round(exact)


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
@stable
def test_shares_of_a_whole_add_up_within_half_a_nano_unit_each(whole: Money, parts: list[int]) -> None:
    parts = [*parts, 1]  # so that there is something to share by
    shares = [whole.share(part, sum(parts)) for part in parts]
    assert abs(sum(share.nanos for share in shares) - whole.nanos) <= len(parts) / 2


@given(leases())
@stable
def test_what_pools_are_apportioned_adds_up_to_what_is_contracted(lease: Lease) -> None:
    whole, shares = contracted(lease), apportioned(lease)
    assert whole is not None
    rounded = len(lease.prices) * (len(shares) + 1)  # each price once for the whole, and once for every pool
    assert abs(sum(share.nanos for share in shares.values()) - whole.nanos) <= rounded / 2


@given(leases(), st.lists(instants, max_size=5))
@stable
def test_what_spans_are_charged_adds_up_to_the_whole(lease: Lease, cuts: list[int]) -> None:
    whole = contracted(lease)
    cuts = [lease.start_at, *sorted(at for at in cuts if lease.start_at < at < lease.end_at), lease.end_at]
    parts = [contracted(lease, Span(a, b)) for a, b in pairwise(cuts) if a < b]
    assert whole is not None
    rounded = len(lease.prices) * (len(parts) + 1)
    assert abs(sum(part.nanos for part in parts if part) - whole.nanos) <= rounded / 2


@given(spans())
@stable
def test_months_cover_a_span_without_gap_or_overlap(span: Span) -> None:
    found = list(months(span))
    assert [part.start_at for part, _ in found] == [span.start_at, *(part.end_at for part, _ in found[:-1])]
    assert found[-1][0].end_at == span.end_at
    assert all(month_s in {28 * DAY_S, 29 * DAY_S, 30 * DAY_S, 31 * DAY_S} for _, month_s in found)
    assert all(part.end_at - part.start_at == month_s for part, month_s in found[1:-1])


@given(leases())
@stable
def test_the_months_of_a_lease_add_up_to_what_is_contracted_and_each_is_as_if_it_were_alone(lease: Lease) -> None:
    found = monthly(lease)
    assert Money("USD", sum(each.contracted.nanos for each in found if each.contracted)) == contracted(lease)
    assert sum(each.gpu_seconds for each in found) == lease.gpu_seconds
    assert all(after.at == next_month(before.at) for before, after in pairwise(found))
    for each in found:
        alone = contracted(lease, Span(each.at, next_month(each.at)))
        assert alone is not None and each.contracted is not None
        assert abs(each.contracted.nanos - alone.nanos) <= 2 * len(lease.prices)
