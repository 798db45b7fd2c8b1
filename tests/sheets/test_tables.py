"""Tables are found, columns understood, and every row is used or left out with its reason."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from neocloud.errors import Invalid, Unknown
from neocloud.sheets.dates import Period
from neocloud.sheets.files import read_sheets
from neocloud.sheets.reading import Reading, read_tables
from neocloud.sheets.template import template_bytes
from neocloud.sheets.writing import NewSheet, Styled, workbook_bytes
from neocloud.units import format_instant
from tests.sheets.sheets import HEAD, bytes_of, contract, day, reading, reasons, workbook


def kinds(found: Reading) -> list[str]:
    return [table.table.mapping.table for table in found.understood]


def adds_up(found: Reading) -> None:
    """The law of an import: rows read = header + used + left out."""
    for table in found.understood:
        assert table.rows == table.header_rows + table.used + len(table.left_out)
        assert len({each.row for each in table.left_out}) == len(table.left_out)


def contracts(path: Path, *rows: list[Any], head: list[str] | None = None, **options: Any) -> Reading:
    found = reading(workbook(path / "f.xlsx", Contracts=[head or HEAD, *rows]), **options)
    adds_up(found)
    return found


def field(found: Reading, name: str) -> list[Any]:
    return [record.fields.get(name) for record in found.understood[0].records]


def days(found: Reading, name: str) -> list[str]:
    return [format_instant(period.start_at) for period in field(found, name) if isinstance(period, Period)]


# ---- rows ----


def test_titles_totals_notes_blank_rows_and_a_second_header_are_left_out_each_with_its_reason(tmp_path: Path) -> None:
    rows = [
        ["Contracts, as of June"], [], HEAD, contract("C-1"), [], contract("C-2"), HEAD, contract("C-3"),
        ["Total", None, None, None, 192], [], ["Ask finance first"],
    ]  # fmt: skip
    found = reading(workbook(tmp_path / "f.xlsx", Deals=rows))
    adds_up(found)
    assert field(found, "number") == ["C-1", "C-2", "C-3"]
    assert reasons(found) == [
        "Deals, row 1: above the header: a title or a note",
        "Deals, row 7: the header once more",
        "Deals, row 9: a row of totals ('Total')",
        "Deals, row 11: one cell alone, a note or a heading ('Ask finance first')",
    ]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (contract("C-1", end="TBD"), "Contracts!G2: 'TBD' is no date, and every lease has an end"),
        (contract("C-1", end="soon"), "Contracts!G2: 'soon' is not a date"),
        (contract("C-1", gpus="~500"), "Contracts!E2: '~500' is not a whole number"),
        (contract("C-1", gpus=12.5), "Contracts!E2: '12.5' is not a whole number"),
        (contract("C-1", gpus=day(2026, 1, 1)), "Contracts!E2: '2026-01-01' is not a whole number"),
        (
            contract("C-1", gpus="64 boxes"),
            "Contracts!E2: '64 boxes' is more than a number: 'boxes' is not understood",
        ),
        (contract("C-1", gpus=None), "Contracts!E2: no gpus is given"),
        (contract("C-1", customer=None), "Contracts!B2: no customer is given"),
        (contract("C-1", price="call us"), "Contracts!H2: 'call us' is not an amount of money"),
        (contract("C-1", price="2.35 per beer"), "Contracts!H2: 'per beer' after the amount is not understood"),
        (contract("C-1", start="=TODAY()"), "Contracts!F2: a formula without its value (=TODAY())"),
        (contract("C-1", start=12), "Contracts!F2: 12 is a number, not a date"),
        (
            contract("C-1", start="1/5/26"),
            "Contracts!F2: '1/5/26' is 2026-05-01 or 2026-01-05, and nothing shows which",
        ),
    ],
)
def test_a_row_that_is_not_understood_says_its_cell_and_why(tmp_path: Path, row: list[Any], words: str) -> None:
    found = contracts(tmp_path, row, contract("C-2", start="2026-08-01"))
    assert field(found, "number") == ["C-2"]
    assert [reason[: len(words)] for reason in reasons(found)] == [words]


def test_a_sheet_under_no_known_header_is_left_out_whole_and_said(tmp_path: Path) -> None:
    found = reading(workbook(tmp_path / "f.xlsx", Lunch=[["Monday", "Soup"], ["Tuesday", "Fish"]]))
    assert found.understood == [] and found.rows == 2
    assert reasons(found) == [f"Lunch, row {i}: under no header that is understood" for i in (1, 2)]


# ---- dates and numbers by column ----


def test_the_order_of_dates_follows_the_column_that_shows_it(tmp_path: Path) -> None:
    found = contracts(
        tmp_path, contract("C-1", start="1/5/26", end="31/5/27"), contract("C-2", start="2/6/26", end="1/7/27")
    )
    assert days(found, "start") == ["2026-05-01", "2026-06-02"]
    column = found.understood[0].table.mapping.column("start")
    assert column is not None and column.why[-1] == "day-first as in other columns"


def test_dates_that_nothing_decides_are_read_when_it_is_said_how(tmp_path: Path) -> None:
    rows = [contract("C-1", start="1/5/26", end="1/5/27")]
    assert len(reasons(contracts(tmp_path, *rows))) == 1
    assert days(contracts(tmp_path, *rows, dates="day-first"), "start") == ["2026-05-01"]
    assert days(contracts(tmp_path, *rows, dates="month-first"), "start") == ["2026-01-05"]


def test_a_column_that_contradicts_itself_keeps_what_is_certain(tmp_path: Path) -> None:
    rows = [contract(f"C-{i}", start=text) for i, text in enumerate(("31/5/26", "5/31/26", "1/5/26"))]
    found = contracts(tmp_path, *rows)
    assert days(found, "start") == ["2026-05-31", "2026-05-31"]
    assert "'1/5/26' is 2026-05-01 or 2026-01-05" in reasons(found)[0]


@pytest.mark.parametrize(
    ("pairs", "ends"),
    [
        ([("2026-01-01", "2026-12-31"), ("2026-05-10", "2027-05-09")], "last-day"),
        ([("2026-01-01", "2027-01-01"), ("2026-05-10", "2027-05-10")], "day-after"),
        ([("2026-01-01", "2026-06-15")], "last-day"),
    ],
)
def test_whether_an_end_is_the_last_day_is_decided_by_the_ends(
    tmp_path: Path, pairs: list[tuple[str, str]], ends: str
) -> None:
    found = contracts(tmp_path, *[contract(f"C-{i}", start=a, end=b) for i, (a, b) in enumerate(pairs)])
    assert found.understood[0].table.mapping.ends == ends


@pytest.mark.parametrize(
    ("heading", "prices", "per"),
    [
        ("Price", ["2.35", "2.60"], {"gpu_hour"}),
        ("Price", [125_000, 90_000], {"month"}),
        ("Monthly fee", [12, 15], {"month"}),
        ("Price", ["2.35 /h", "1700 /month"], {"gpu_hour", "month"}),
        ("Price per GPU per month", [1_700], {"gpu_month"}),
    ],
)
def test_what_a_price_is_for_is_said_or_shown(tmp_path: Path, heading: str, prices: list[Any], per: set[str]) -> None:
    rows = [contract(f"C-{i}", price=price) for i, price in enumerate(prices)]
    found = contracts(tmp_path, *rows, head=[*HEAD[:-1], heading])
    assert {amount.per for amount in field(found, "price")} == per


def test_a_price_that_may_be_for_an_hour_or_a_month_is_not_guessed(tmp_path: Path) -> None:
    found = contracts(tmp_path, contract("C-1", price=400), head=[*HEAD[:-1], "Price"])
    assert "'400' is for an hour or for a month, and nothing shows which" in reasons(found)[0]


def test_decimal_commas_are_read_where_the_column_shows_them(tmp_path: Path) -> None:
    rows = [contract("C-1", gpus="1.024", price="2,35 €"), contract("C-2", gpus="64", price="1.250,00 €")]
    found = contracts(tmp_path, *rows)
    assert field(found, "gpus") == [1024, 64]
    assert [f"{amount.number:f} {amount.currency}" for amount in field(found, "price")] == ["2.35 EUR", "1250 EUR"]


def test_a_price_whose_mark_nothing_shows_is_left_out(tmp_path: Path) -> None:
    assert "'$2,350' is 2350 or 2.350" in reasons(contracts(tmp_path, contract("C-1", price="$2,350")))[0]


# ---- shapes ----


def test_a_header_of_two_rows_with_merged_cells_is_one(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Deal", "Customer", "Where", None, None, "Term", None],
        [None, None, "Site", "SKU", "GPUs", "Start", "End"],
        ["C-1", "Fennwick", "Reno", "H100", 64, day(2026, 7, 1), day(2027, 6, 30)],
    ):
        sheet.append(row)
    for area in ("A1:A2", "B1:B2", "C1:E1", "F1:G1"):
        sheet.merge_cells(area)
    (tmp_path / "f.xlsx").write_bytes(bytes_of(book))
    found = reading(tmp_path / "f.xlsx")
    adds_up(found)
    assert kinds(found) == ["contracts"] and found.understood[0].header_rows == 2
    assert field(found, "sku") == ["H100"] and days(found, "end") == ["2027-06-30"]


def test_what_is_merged_downwards_is_said_of_every_row(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEAD, contract("C-1"), contract("C-2", customer=None), contract("C-3", customer=None)):
        sheet.append(row)
    sheet.merge_cells("B2:B3")
    (tmp_path / "f.xlsx").write_bytes(bytes_of(book))
    found = reading(tmp_path / "f.xlsx")
    assert field(found, "customer") == ["Fennwick Labs", "Fennwick Labs"]
    assert reasons(found) == ["Sheet!B4: no customer is given"]


def test_tables_below_each_other_and_beside_each_other_are_told_apart(tmp_path: Path) -> None:
    below = [["Site", "MW"], ["Reno", 12], [], ["Site", "SKU", "GPUs", "kW per GPU"], ["Reno", "H100", 64, 1.3]]
    beside = [["Site", "MW", None, "Site", "SKU", "GPUs", "kW per GPU"], ["Elko", 3, None, "Elko", "H200", 8, 1.4],
              [None, None, None, "Elko", "B200", 8, 1.9]]  # fmt: skip
    found = reading(workbook(tmp_path / "f.xlsx", Below=below, Beside=beside))
    adds_up(found)
    assert kinds(found) == ["sites", "pools", "sites", "pools"]
    assert [table.used for table in found.understood] == [1, 1, 1, 2]
    assert reasons(found) == []


def test_hidden_sheets_are_passed_over_and_hidden_rows_read_and_both_are_said(tmp_path: Path) -> None:
    rows: list[list[Any]] = [HEAD, contract("C-1"), contract("C-2")]
    content = workbook_bytes([NewSheet("Deals", rows, hidden_rows=[3]), NewSheet("Old", rows, hidden=True)])
    (tmp_path / "f.xlsx").write_bytes(content)
    found = reading(tmp_path / "f.xlsx")
    assert field(found, "number") == ["C-1", "C-2"] and len(found.understood) == 1
    assert found.remarks == [
        "Deals: hidden rows were read like the others (3)",
        "Old is a hidden sheet, and was not read; --sheet 'Old' reads it",
    ]
    assert len(reading(tmp_path / "f.xlsx", only=("Old",)).understood) == 1
    with pytest.raises(Unknown, match="did you mean 'Deals'"):
        reading(tmp_path / "f.xlsx", only=("Deal",))


# ---- by month ----


def months(found: Reading) -> dict[str, list[tuple[str, int]]]:
    table = found.understood[0]
    return {
        f"{record.fields['customer']}|{record.fields['under']}": [
            (format_instant(period.start_at)[:7], gpus) for period, gpus, _, _ in record.fields["months"]
        ]
        for record in table.records
    }


def test_a_row_a_month_and_a_column_a_customer(tmp_path: Path) -> None:
    rows = [
        ["Month", "Fennwick", "Halvard (H200)", "Total", "Free"],
        ["May 2026", 8, None, 8, 4], ["Jun 2026", 16, 8, 24, 0],
        ["Jul 2026", "tbd", "-", 0, 0], ["Total", 24, 8, 32, 0],
    ]  # fmt: skip
    found = reading(workbook(tmp_path / "f.xlsx", Sold=rows))
    adds_up(found)
    assert months(found) == {"Fennwick|": [("2026-05", 8), ("2026-06", 16)], "Halvard|H200": [("2026-06", 8)]}
    assert reasons(found) == [
        "Sold!A5: a row of totals ('Total')",
        "Sold!D1: 'Total' is not who takes GPUs; the column is not read",
        "Sold!E1: 'Free' is not who takes GPUs; the column is not read",
        "Sold!B4: 'tbd' is not a whole number",
    ]


def test_a_row_a_customer_and_a_column_a_month(tmp_path: Path) -> None:
    rows = [
        ["Customer", "SKU", day(2026, 5, 1), day(2026, 6, 1), day(2026, 7, 1)],
        ["Fennwick", "H100", 8, 8, 16],
        ["Halvard", "H200", None, 4, None], ["Total", None, 8, 12, 16],
    ]  # fmt: skip
    found = reading(workbook(tmp_path / "f.xlsx", Sold=rows))
    adds_up(found)
    assert months(found) == {
        "Fennwick|": [("2026-05", 8), ("2026-06", 8), ("2026-07", 16)], "Halvard|": [("2026-06", 4)],
    }  # fmt: skip
    assert field(found, "sku") == ["H100", "H200"]


def test_firsts_of_months_show_their_own_order(tmp_path: Path) -> None:
    for texts in (["1/1/26", "2/1/26", "3/1/26"], ["1/1/26", "1/2/26", "1/3/26"]):
        rows: list[list[Any]] = [["Month", "Fennwick"], *[[text, 8] for text in texts]]
        found = reading(workbook(tmp_path / "f.xlsx", Sold=rows))
        assert months(found) == {"Fennwick|": [("2026-01", 8), ("2026-02", 8), ("2026-03", 8)]}


# ---- the template ----


def test_the_template_is_understood_as_it_is_and_every_column_has_a_note(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(template_bytes())
    found = reading(tmp_path / "t.xlsx")
    adds_up(found)
    assert kinds(found) == ["sites", "pools", "waves", "contracts", "inside"]
    assert all(
        table.used == 1 and not table.left_out and not table.table.mapping.unread for table in found.understood
    )
    notes = {(row.at(0), row.at(1)) for row in read_sheets(tmp_path / "t.xlsx")[0].rows}
    for table in found.understood:
        for column in table.table.mapping.columns:
            assert (table.table.sheet.name, column.heading) in notes


def test_a_header_that_is_not_there_is_told(tmp_path: Path) -> None:
    from neocloud.sheets.mapping import TableMapping  # noqa: PLC0415

    sheets = read_sheets(workbook(tmp_path / "f.xlsx", S=[["a", "b"]]))
    with pytest.raises(Invalid, match="S, row 9: the mapping has its header in row 9"):
        read_tables(sheets, mappings=[TableMapping("S", "contracts", (9, 9))])
    assert Styled("a").style == "plain"
