"""Buckets of tokens do what slow arithmetic in fractions says, tell the truth about when, and stay small."""

from fractions import Fraction
from timeit import timeit

from hypothesis import given
from hypothesis import strategies as st

from neocloud.api.buckets import Buckets

SECOND_NS = 1_000_000_000


class Slow:
    """The same by counting: so many tokens, in fractions, refilled by the time that went by."""

    def __init__(self, per_s: int, burst: int) -> None:
        self.per_ns, self.burst = Fraction(per_s, SECOND_NS), burst
        self.tokens: dict[str, tuple[Fraction, int]] = {}

    def has(self, caller: str, now_ns: int) -> Fraction:
        tokens, then_ns = self.tokens.get(caller, (Fraction(self.burst), now_ns))
        return min(Fraction(self.burst), tokens + (now_ns - then_ns) * self.per_ns)

    def take(self, caller: str, now_ns: int) -> bool:
        tokens = self.has(caller, now_ns)
        if tokens >= 1:
            self.tokens[caller] = (tokens - 1, now_ns)
        return tokens >= 1


RATES = st.sampled_from([1, 2, 5, 50, 1_000])
PAUSES = st.one_of(st.just(0), st.integers(0, 10), st.integers(0, 3 * SECOND_NS), st.integers(0, 90 * SECOND_NS))
ASKED = st.lists(st.tuples(st.sampled_from("abc"), PAUSES), max_size=60)


@given(per_s=RATES, burst=st.integers(1, 8), asked=ASKED, begins_ns=st.integers(0, 10**18))
def test_a_token_is_there_when_counting_says_so_and_after_so_many_seconds_as_are_told(
    per_s: int, burst: int, asked: list[tuple[str, int]], begins_ns: int
) -> None:
    quick, slow, now_ns = Buckets(per_s, burst), Slow(per_s, burst), begins_ns
    for caller, pause_ns in asked:
        now_ns += pause_ns
        there = slow.take(caller, now_ns)
        wait_s = quick.take(caller, now_ns)
        assert (wait_s == 0) == there
        if wait_s:
            assert slow.has(caller, now_ns + wait_s * SECOND_NS) >= 1, "it was told too early"
            assert slow.has(caller, now_ns + (wait_s - 1) * SECOND_NS) < 1, "it was told too late"


@given(burst=st.integers(1, 5), most=st.integers(1, 5), asked=st.lists(st.tuples(st.integers(0, 40), PAUSES)))
def test_a_flood_of_callers_is_not_remembered_and_takes_no_more_than_all_their_buckets(
    burst: int, most: int, asked: list[tuple[int, int]]
) -> None:
    buckets, now_ns, taken = Buckets(1, burst, most), SECOND_NS, 0
    for caller, pause_ns in asked:
        now_ns += pause_ns
        taken += buckets.take(str(caller), now_ns) == 0
        assert len(buckets) <= 2 * (most + 1)
    if now_ns == SECOND_NS:
        assert taken <= burst * (most + 1)


def test_whoever_has_its_place_keeps_it_in_a_flood() -> None:
    buckets = Buckets(1, 2, most=100)
    assert [buckets.take("known", 5), buckets.take("known", 5), buckets.take("known", 5)] == [0, 0, 1]
    for i in range(10_000):
        buckets.take(f"stranger {i}", 6)
    assert buckets.take("known", 6) == 1 and buckets.take("one more", 6) == 1


def test_a_take_costs_less_than_a_microsecond_or_two() -> None:
    buckets, now_ns = Buckets(50, 200), iter(range(10**9, 10**9 + 10**12, 10**6))
    took_s = min(timeit(lambda: buckets.take("acme", next(now_ns)), number=10_000) for _ in range(5)) / 10_000
    assert took_s < 5e-6
