"""Dates and numbers as people type them: read right, or said to be unclear; never guessed."""

from decimal import Decimal

import pytest

from neocloud.sheets.currencies import currency_in
from neocloud.sheets.dates import order_of, read_date, serial_instant
from neocloud.sheets.headings import assigned, is_total, matches, unit_in
from neocloud.sheets.numbers import mark_of, read_number
from neocloud.units import format_instant


def read(text: str) -> str:
    """The date of a text that leaves no choice, as `from..until`; `?` where there is one, `-` where it is none."""
    reading = read_date(text)
    if reading is None:
        return "-"
    if reading.ambiguous:
        return "?"
    period = reading.by(None)
    assert period is not None
    return f"{format_instant(period.start_at)}..{format_instant(period.end_at)}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-05-01", "2026-05-01..2026-05-02"),
        ("2026/5/1", "2026-05-01..2026-05-02"),
        ("2026-05-01 00:00:00", "2026-05-01..2026-05-02"),
        ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z..2026-05-01T12:00:00Z"),
        ("20260501", "2026-05-01..2026-05-02"),
        ("31.5.26", "2026-05-31..2026-06-01"),
        ("5/31/2026", "2026-05-31..2026-06-01"),
        ("5/5/26", "2026-05-05..2026-05-06"),
        ("1 May 2026", "2026-05-01..2026-05-02"),
        ("1. Mai 2026", "2026-05-01..2026-05-02"),
        ("1st of May, 2026", "2026-05-01..2026-05-02"),
        ("May 1, 2026", "2026-05-01..2026-05-02"),
        ("Fri, 1 May 2026", "2026-05-01..2026-05-02"),
        ("01-Sep-26", "2026-09-01..2026-09-02"),
        ("May 2026", "2026-05-01..2026-06-01"),
        ("Mai 2026", "2026-05-01..2026-06-01"),
        ("Dez. 26", "2026-12-01..2027-01-01"),
        ("05/2026", "2026-05-01..2026-06-01"),
        ("2026-05", "2026-05-01..2026-06-01"),
        ("Q3 26", "2026-07-01..2026-10-01"),
        ("3Q26", "2026-07-01..2026-10-01"),
        ("2026 Q3", "2026-07-01..2026-10-01"),
        ("H2 2026", "2026-07-01..2027-01-01"),
        ("2026", "2026-01-01..2027-01-01"),
        ("1.5.26", "?"),
        ("1/5/2026", "?"),
        ("30.2.2026", "-"),
        ("32/1/2026", "-"),
        ("TBD", "-"),
        ("H100", "-"),
        ("H200", "-"),
        ("B200", "-"),
        ("1250", "-"),
        ("", "-"),
    ],
)
def test_a_date_is_read_as_people_mean_it(text: str, meant: str) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["1/5/26", "31/5/26"], "day-first"),
        (["1/5/26", "5/31/26"], "month-first"),
        (["1.5.26", "2.6.26"], "day-first"),
        (["1.5.26", "5.31.26"], "month-first"),
        (["1/5/26", "2/6/26"], None),
        (["31/5/26", "5/31/26"], None),
        (["2026-05-01"], None),
        ([], None),
    ],
)
def test_a_column_decides_its_order_by_what_can_be_read_one_way_only(texts: list[str], order: str | None) -> None:
    assert order_of(texts).order == order


def test_a_column_that_contradicts_itself_says_which_cells_do() -> None:
    assert order_of(["31/5/26", "5/31/26"]).why == "31/5/26 has the day first, 5/31/26 the month"


def test_both_date_systems_give_the_same_day() -> None:
    assert format_instant(serial_instant(Decimal(46143), epoch_1904=False) or 0) == "2026-05-01"
    assert format_instant(serial_instant(Decimal(46143 - 1462), epoch_1904=True) or 0) == "2026-05-01"
    assert format_instant(serial_instant(Decimal("46143.5"), epoch_1904=False) or 0) == "2026-05-01T12:00:00Z"
    assert serial_instant(Decimal(60), epoch_1904=False) is None


@pytest.mark.parametrize(
    ("text", "point", "comma", "currency", "suffix"),
    [
        ("1,250,000", "1250000", None, "", ""),
        ("1.250.000,00", None, "1250000", "", ""),
        ("1,250,000.50", "1250000.50", None, "", ""),
        ("$2.35", "2.35", None, "USD", ""),
        ("2,35 €", None, "2.35", "EUR", ""),
        ("EUR 2,10", None, "2.10", "EUR", ""),
        ("US$ 2.35/GPU-h", "2.35", None, "USD", "/gpu-h"),
        ("16k", "16000", "16000", "", ""),
        ("16 k GPUs", "16000", "16000", "", "gpus"),
        ("350MW", "350", "350", "", "mw"),
        ("90d", "90", "90", "", "d"),
        ("3 yrs", "3", "3", "", "yrs"),
        ("1 250", "1250", "1250", "", ""),
        ("1'250.5", "1250.5", "1250.5", "", ""),
        ("1.250", "1.250", "1250", "", ""),
        ("1,250", "1250", "1.250", "", ""),
        ("0.250", "0.250", None, "", ""),
        ("(100)", "-100", "-100", "", ""),
        ("-5", "-5", "-5", "", ""),
        ("12,5 %", None, "12.5", "", "%"),
        (".5", "0.5", None, "", ""),
    ],
)
def test_a_number_is_read_with_a_point_and_with_a_comma(
    text: str, point: str | None, comma: str | None, currency: str, suffix: str
) -> None:
    reading = read_number(text)
    assert reading is not None
    said = (None if point is None else Decimal(point), None if comma is None else Decimal(comma))
    assert (reading.point, reading.comma) == said
    assert (reading.currency, reading.suffix) == (currency, suffix)


@pytest.mark.parametrize("text", ["", "tbd", "~500", "1.2.3", "1,23,456", "12 34", "--", "€", "1..5"])
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    assert read_number(text) is None


def test_a_column_decides_its_decimal_mark_and_says_by_what() -> None:
    assert mark_of(["1.250", "2,35"]).mark == "comma"
    assert mark_of(["1.250", "2.35"]).mark == "point"
    assert mark_of(["1.250", "3.500"]).mark is None
    assert mark_of(["2,35", "2.35"]).why == "2.35 has a decimal point, 2,35 a comma"


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("£", "GBP"),
        ("in CHF", "CHF"),
        ("Chief", ""),
        ("A$ 3", "AUD"),
    ],
)
def test_a_currency_is_known_by_its_sign_or_its_letters(text: str, currency: str) -> None:
    assert currency_in(text) == currency


@pytest.mark.parametrize(
    ("kind", "heading", "field"),
    [
        ("contracts", "Contract #", "number"),
        ("contracts", "Kundenname", "customer"),
        ("contracts", "Rate ($/GPU-hr)", "price"),
        ("contracts", "€ je GPU-Stunde", "price"),
        ("contracts", "Kündigungsfrist", "notice"),
        ("contracts", "Number of GPUs", "gpus"),
        ("contracts", "GPU Type", "sku"),
        ("contracts", "Term (months)", "term"),
        ("pools", "kW per GPU", "gpu_power"),
        ("pools", "kW/GPU", "gpu_power"),
        ("sites", "Utility power (MW)", "power"),
        ("waves", "P90 date", "p90"),
    ],
)
def test_a_heading_names_its_field(kind: str, heading: str, field: str) -> None:
    assert matches(heading, kind)[0].field.name == field


def test_a_field_goes_to_one_column_the_surest() -> None:
    found = assigned(["Start (actual, per ops)", "Start", "Favourite colour"], "contracts")
    assert {column: match.field.name for column, match in found.items()} == {1: "start"}


def test_the_unit_of_a_heading_is_heard() -> None:
    money = matches("price", "contracts")[0].field
    assert [unit_in(text, money) for text in ("$/GPU-hr", "monthly fee", "per GPU per month", "price")] == [
        "gpu_hour", "month", "gpu_month", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["Total", "TOTAL GPUs", "Sum", "Summe 2026", "Grand total", "Subtotal", "Gesamt", "Σ"]
)
def test_totals_are_known_by_their_word(text: str) -> None:
    assert is_total(text)


@pytest.mark.parametrize("text", ["Totality Labs", "Summer Robotics", "Gesamtwerk"])
def test_a_name_that_begins_like_a_total_is_none(text: str) -> None:
    assert not is_total(text)


def test_gpus_say_how_many_and_gpu_says_which_in_every_order_of_columns() -> None:
    for headings in (["GPUs", "GPU"], ["GPU", "GPUs"], ["Pool", "GPUs"], ["GPUs", "SKU"]):
        fields = {headings[column]: match.field.name for column, match in assigned(headings, "waves").items()}
        assert fields["GPUs"] == "gpus"
        assert fields.get("GPU", "sku") == "sku"
