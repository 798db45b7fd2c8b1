"""Units: what people write becomes whole seconds, whole watts and exact money, or one clear refusal."""

from decimal import Decimal

import pytest

from neocloud.errors import Invalid
from neocloud.units import (
    DAY_S,
    HOUR_S,
    Money,
    first_of_month,
    format_duration,
    format_instant,
    format_power,
    next_month,
    parse_decimal,
    parse_duration,
    parse_instant,
)

NOW = 1_767_225_600
"""2026-01-01T00:00:00Z."""


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("now", NOW),
        ("2026-01-01", NOW),
        ("2026-01-01T00:00:00Z", NOW),
        ("2026-01-01T00:00:00.000Z", NOW),
        ("2026-01-01T01:00:00+01:00", NOW),
        ("2025-12-31T19:00-05:00", NOW),
        ("+90d", NOW + 90 * DAY_S),
        ("+1d12h", NOW + 36 * HOUR_S),
        ("1970-01-01", 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ],
)
def test_an_instant_is_read_as_whole_utc_seconds(text: str, instant: int) -> None:
    assert parse_instant(text, now=NOW) == instant


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-01-01T12:00:00", "does not say its offset from UTC; write 2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00.5Z", "finer than a second"),
        ("2026-01-01T12:00:00.0000001Z", "finer than a second"),
        ("2026-01-01T12:00:00+00:00:00.5", "finer than a second"),
        ("2026-02-30", "is not a time"),
        ("2026-13-01", "is not a time"),
        ("2026-01-01T25:00:00Z", "is not a time"),
        ("tomorrow", "write 2026-10-01"),
        ("", "is not a time"),
        ("1969-12-31", "outside the years 1970 to 9999"),
        ("9999-12-31T23:59:59-01:00", "outside the years 1970 to 9999"),
        ("+9000000d", "outside the years 1970 to 9999"),
        ("+90", "is not a duration"),
    ],
)
def test_an_impossible_instant_is_refused(text: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_instant(text, now=NOW)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "seconds", "back"),
    [
        ("90d", 7_776_000, "90d"),
        ("2m", 120, "2m"),
        ("1d12h", 129_600, "1d12h"),
        ("1w", 604_800, "7d"),
        ("90m", 5_400, "1h30m"),
        ("0d", 0, "0s"),
        ("1h1s", 3_601, "1h1s"),
    ],
)
def test_a_duration_is_read_and_written_in_the_largest_exact_units(text: str, seconds: int, back: str) -> None:
    assert parse_duration(text) == seconds
    assert format_duration(seconds) == back
    assert parse_duration(back) == seconds


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5h", "1 d", "1y", "1d,2h"])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a duration"):
        parse_duration(text)


def test_the_first_second_of_a_day_is_shown_as_the_day() -> None:
    assert format_instant(NOW) == "2026-01-01"
    assert format_instant(NOW + 1) == "2026-01-01T00:00:01Z"


def test_months_begin_at_their_first_second_in_utc() -> None:
    december = NOW - 1
    assert next_month(december) == NOW == first_of_month(NOW) == first_of_month(NOW + 30 * DAY_S)
    assert next_month(NOW) == NOW + 31 * DAY_S


@pytest.mark.parametrize(
    ("watts", "text"),
    [
        (300_000_000, "300.0 MW"),
        (1_234_567_890, "1,234.6 MW"),
        (2_100, "2.1 kW"),
        (999_949, "999.9 kW"),
        (0, "0.0 kW"),
    ],
)
def test_power_is_told_in_megawatts_and_less_than_one_in_kilowatts(watts: int, text: str) -> None:
    assert format_power(watts) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.35", "2.35"),
        ("1,250,000,000", "1250000000"),
        ("1_000", "1000"),
        ("1.25e9", "1250000000"),
        ("1,250.5", "1250.5"),
    ],
)
def test_a_plain_number_is_read(text: str, number: str) -> None:
    assert parse_decimal(text, "a price") == Decimal(number)


@pytest.mark.parametrize("text", ["2,35", "1,25,000", "two", "", "NaN", "Infinity", "$2"])
def test_a_number_that_could_be_misread_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not a price"):
        parse_decimal(text, "a price")


def test_money_is_exact_to_a_nano_unit() -> None:
    assert Money.of(Decimal("2.35")) == Money("USD", 2_350_000_000)
    assert Money.of(Decimal("1.25e9")).nanos == 1_250_000_000 * 10**9
    assert Money.of(Decimal("0.000000001")).nanos == 1
    assert Money("USD", 2_350_000_000).amount == Decimal("2.35")


@pytest.mark.parametrize(
    "amount", ["0.0000000001", "1.0000000000000000000000000001", "NaN", "Infinity", "1e999999", "1e-999999"]
)
def test_money_finer_than_a_nano_unit_or_beyond_all_measure_is_refused(amount: str) -> None:
    with pytest.raises(Invalid, match="is not an amount of money"):
        Money.of(Decimal(amount))


@pytest.mark.parametrize(
    ("nanos", "numerator", "denominator", "share"),
    [
        (10, 1, 3, 3),
        (20, 1, 3, 7),
        (5, 1, 2, 2),
        (7, 1, 2, 4),
        (-5, 1, 2, -2),
        (-7, 1, 2, -4),
        (9, 0, 5, 0),
        (9, 10, 5, 18),
    ],
)
def test_a_share_is_rounded_to_the_nearest_nano_unit_and_halves_to_even(
    nanos: int, numerator: int, denominator: int, share: int
) -> None:
    assert Money("USD", nanos).share(numerator, denominator) == Money("USD", share)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "USD", "1.00"),
        ("1.015", "USD", "1.02"),
        ("1.015000001", "USD", "1.02"),
        ("-1.005", "USD", "-1.00"),
        ("2.5", "JPY", "2"),
        ("3.5", "JPY", "4"),
        ("1.0005", "KWD", "1.000"),
        ("1.0015", "KWD", "1.002"),
    ],
)
def test_an_invoice_line_is_rounded_once_half_to_even_to_the_minor_unit(
    amount: str, currency: str, rounded: str
) -> None:
    assert Money.of(Decimal(amount), currency).rounded() == Decimal(rounded)


def test_money_of_two_currencies_does_not_add_up() -> None:
    with pytest.raises(AssertionError, match="two currencies"):
        Money("USD", 1) + Money("EUR", 1)
