"""`neocloud import`: a desk's own sheets go in, whole or not at all, and the audit names what they over-promise."""

import io
import json
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tools.sheets import FOLDER, files

from neocloud.sheets.cells import said
from neocloud.sheets.files import read_sheets
from neocloud.sheets.writing import NewSheet, workbook_bytes
from tests.cli.conftest import NOW, Desk, Said, run
from tests.sheets.sheets import HEAD, POOLS, SITES, contract, desk_file, workbook

WAVES = ["Wave", "Site", "SKU", "GPUs", "Contract date", "P50", "P90"]


@pytest.fixture
def empty(tmp_path: Path) -> Desk:
    """A ledger with nothing in it but the shipped terms."""
    assert run("--now", NOW, "init", str(tmp_path / "empty")).code == 0
    return Desk(tmp_path / "empty")


def refused(answer: Said, *words: str) -> None:
    """One sentence with exit code 2, and no traceback."""
    assert answer.code == 2, answer
    assert "neocloud: " in answer.err.strip().split("\n")[-1] and "Traceback" not in answer.err
    for word in words:
        assert word in answer.err, answer.err


def told(desk: Desk, *words: str) -> dict[str, Any]:
    """What an import answers as JSON."""
    answer: dict[str, Any] = json.loads(desk.done("import", *words, "--output", "json"))
    return answer


def left_out(answer: dict[str, Any]) -> list[str]:
    return [f"{row['place']}: {row['reason']}" for row in answer["left_out"]]


# ---- what it does ----


def test_an_over_promise_is_recorded_and_named_by_the_audit(empty: Desk, tmp_path: Path) -> None:
    path = desk_file(tmp_path / "f.xlsx", contract("C-1", 700), contract("C-2", 400, start="2026-09-01"))
    printed = empty.done("import", str(path), "--yes")
    assert "SHORTFALL: pool reno-h100 is short by 76 GPUs from 2026-09-01 to 2027-07-01" in printed
    lease = json.loads(empty.done("lease", "show", "C-2", "--output", "json"))
    assert lease["recorded"] == "imported from f.xlsx, Contracts, row 3"
    assert lease["header"] == {"order_form": "C-2"}
    assert "audit.shortfall" in empty.done("audit")


def test_importing_twice_changes_nothing(empty: Desk, tmp_path: Path) -> None:
    path = desk_file(tmp_path / "f.xlsx", contract("C-1"), contract("C-2", price="2,10 €"), contract("C-3", price=""))
    empty.done("import", str(path), "--yes")
    before = empty.state()
    again = empty.done("import", str(path), "--yes", now="2026-08-01")
    assert "Nothing to change: all of it is in the ledger already." in again
    assert empty.state() == before


def test_a_dry_run_shows_the_audit_and_changes_nothing(empty: Desk, tmp_path: Path) -> None:
    before = empty.state()
    printed = empty.done("import", str(desk_file(tmp_path / "f.xlsx", contract("C-1", 2000))), "--dry-run")
    assert "The audit, if this were brought in" in printed and "short by 976 GPUs" in printed
    assert empty.state() == before


def test_without_a_yes_nothing_is_brought_in(empty: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    before = empty.state()
    refused(empty("import", str(desk_file(tmp_path / "f.xlsx", contract("C-1")))), "nobody said yes")
    assert empty.state() == before


def test_a_ledger_that_has_sites_and_pools_takes_contracts_alone(desk: Desk, tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", Contracts=[HEAD[:2] + HEAD[3:], ["X-1", "Acme Inc.", "h100", 8, "2026-07-01",
                                                                         "2026-12-31", 2]])  # fmt: skip
    answer = told(desk, str(path), "--yes")
    assert [row["kind"] for row in answer["changes"]] == ["tenant", "lease"]


def test_what_the_ledger_has_otherwise_is_left_out_and_the_rest_goes_in(empty: Desk, tmp_path: Path) -> None:
    empty.done("import", str(desk_file(tmp_path / "a.xlsx", contract("C-1"), contract("C-2"))), "--yes")
    path = desk_file(tmp_path / "b.xlsx", contract("C-1", 128), contract("C-2"), contract("C-3"))
    answer = told(empty, str(path), "--yes")
    assert left_out(answer) == [
        "Contracts!A2: C-1 is in the ledger already, with other blocks; change it by `neocloud lease amend C-1`"
    ]
    assert [row["id"] for row in answer["changes"]] == ["C-3"]


def test_an_amended_lease_is_still_the_one_that_was_imported(empty: Desk, tmp_path: Path) -> None:
    path = desk_file(tmp_path / "f.xlsx", contract("C-1"))
    empty.done("import", str(path), "--yes")
    empty.done("lease", "amend", "C-1", "--gpus", "128", "--at", "2026-08-01")
    assert left_out(told(empty, str(path), "--yes")) == []


def test_a_slip_in_the_sheet_is_a_fact_and_a_smaller_pool_that_is_promised_is_not_taken(
    empty: Desk, tmp_path: Path
) -> None:
    def sheet(p90: str, gpus: int) -> Path:
        waves = [WAVES, ["W-1", "Reno", "H100", 64, "2026-07-01", "2026-07-15", p90]]
        pools = [POOLS[0], ["Reno", "H100", gpus, 1.3]]
        rows = [HEAD, contract("C-1", 1024)]
        return workbook(tmp_path / f"{p90}.xlsx", Sites=SITES, Pools=pools, Waves=waves, Contracts=rows)

    empty.done("import", str(sheet("2026-08-01", 1024)), "--yes")
    answer = told(empty, str(sheet("2026-10-01", 512)), "--yes")
    assert [(row["change"], row["id"]) for row in answer["changes"]] == [("change", "w-1")]
    assert "pool reno-h100 has 1,024 GPUs in the ledger and 512 here" in left_out(answer)[0]


def test_rows_of_one_number_are_a_ramp_or_contradict_each_other(empty: Desk, tmp_path: Path) -> None:
    rows = [
        contract("C-1", 64, "2026-07-01", "2026-12-31"), contract("C-1", 128, "2027-01-01", "2027-12-31"),
        contract("C-2", 64), contract("C-2", 128), contract("C-3", 8), contract("C-3", 8),
    ]  # fmt: skip
    answer = told(empty, str(desk_file(tmp_path / "f.xlsx", *rows)), "--yes")
    assert left_out(answer) == [
        "Contracts!A4: C-2 is given twice, in rows 4 and 5, and they contradict each other",
        "Contracts!A5: C-2 is given twice, in rows 4 and 5, and they contradict each other",
        "Contracts!A7: C-3 says the same in row 6, and is used there",
    ]
    lease = json.loads(empty.done("lease", "show", "C-1", "--output", "json"))
    assert [block["gpus"] for block in lease["blocks"]] == [64, 128]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (contract("C-1", site="Rno"), "Contracts!C2: no site is called 'Rno'; the nearest is 'Reno'"),
        (contract("C-1", sku="H300"), "Contracts!D2: there is no pool of H300 at reno; the nearest is 'H100'"),
        (contract("C-1", gpus=0), "Contracts!E2: 0 GPUs cannot be"),
        (contract("C-1", gpus=-8), "Contracts!E2: -8 GPUs cannot be"),
        (contract("C-1", gpus=10**12), "Contracts!E2: 1,000,000,000,000 GPUs cannot be"),
        (contract("C-1", end="2026-06-30"), "Contracts!G2: it ends 2026-07-01, and starts 2026-07-01"),
        (contract("C-1", price=-2), "Contracts!H2: an amount of -2 USD cannot be"),
        (contract("???"), "Contracts!A2: '???' has no letter (A to Z) or digit that an id can have"),
        (contract("C-1", customer="Research"), "Research is an inside team in another table, and a customer here"),
    ],
)
def test_a_row_that_leads_nowhere_is_left_out_with_its_reason(
    empty: Desk, tmp_path: Path, row: list[Any], words: str
) -> None:
    inside = [
        ["Team", "Site", "SKU", "GPUs", "From", "To"],
        ["Research", "Reno", "H100", 8, "2026-07-01", "2026-12-31"],
    ]
    path = workbook(
        tmp_path / "f.xlsx", Sites=SITES, Pools=POOLS, Inside=inside, Contracts=[HEAD, row, contract("C-9")]
    )
    answer = told(empty, str(path), "--yes")
    (reason,) = left_out(answer)
    assert words in reason
    assert [row["id"] for row in answer["changes"] if row["kind"] == "lease"][-1] == "C-9"


def test_currencies_and_notices_become_terms(empty: Desk, tmp_path: Path) -> None:
    head = [*HEAD, "Notice (days)"]
    rows = [[*contract("C-1", price="2,10 €"), 90], [*contract("C-2"), "3 months"], [*contract("C-3"), None]]
    empty.done("import", str(desk_file(tmp_path / "f.xlsx", *rows, head=head)), "--yes")
    leases = {row["id"]: row for row in json.loads(empty.done("lease", "list", "--output", "json"))}
    terms = {name: lease["terms"] for name, lease in leases.items()}
    assert terms == {"C-1": "notice-90d-eur@1", "C-2": "notice-90d@1", "C-3": "reserved@1"}


def test_prices_that_a_formula_came_to_are_kept_to_the_nano_unit(empty: Desk, tmp_path: Path) -> None:
    rows = [HEAD, [*contract("C-1")[:-1], 1700 / 730]]
    empty.done("import", str(workbook(tmp_path / "f.xlsx", Sites=SITES, Pools=POOLS, Contracts=rows)), "--yes")
    lease = json.loads(empty.done("lease", "show", "C-1", "--output", "json"))
    assert lease["prices"][0]["amount"] == "2.328767123"


def test_several_csv_files_are_one_import(empty: Desk, tmp_path: Path) -> None:
    for name, rows in (("s", SITES), ("p", POOLS), ("c", [HEAD, contract("C-1")])):
        lines = [";".join(str(value) for value in row) for row in rows]
        (tmp_path / f"{name}.csv").write_text("\r\n".join(lines), "cp1252")
    empty.done("import", *[str(tmp_path / f"{name}.csv") for name in "cps"], "--yes")
    assert "C-1" in empty.done("lease", "list")


# ---- mappings ----


def test_a_mapping_that_was_written_reads_the_same_and_can_be_changed(empty: Desk, tmp_path: Path) -> None:
    path, mapping = desk_file(tmp_path / "f.xlsx", contract("C-1")), tmp_path / "map.yaml"
    first = told(empty, str(path), "--map-out", str(mapping), "--dry-run")
    assert told(empty, str(path), "--map", str(mapping), "--dry-run")["changes"] == first["changes"]
    refused(empty("import", str(path), "--map-out", str(mapping), "--dry-run"), "is there already")
    mapping.write_text(mapping.read_text("utf-8").replace("ends: last-day", "ends: day-after"), "utf-8")
    told(empty, str(path), "--map", str(mapping), "--yes")
    assert json.loads(empty.done("lease", "show", "C-1", "--output", "json"))["blocks"][0]["until"] == "2027-06-30"


def test_a_mapping_reads_what_no_heading_says(empty: Desk, tmp_path: Path) -> None:
    rows = [["a", "b", "c", "d", "e"], ["Fennwick", "1/5/26", "1/5/27", 64, 1800]]
    path = workbook(tmp_path / "f.xlsx", Sites=SITES, Pools=POOLS, Odd=rows)
    (tmp_path / "map.yaml").write_text(
        "tables:\n- sheet: Odd\n  table: contracts\n  dates: day-first\n  currency: EUR\n"
        "  defaults: {site: Reno, sku: H100}\n"
        "  columns: {A: customer, B: start, C: end, D: gpus, E: {field: price, unit: month}}\n"
    )
    answer = told(empty, str(path), "--map", str(tmp_path / "map.yaml"), "--yes")
    assert answer["left_out"] == []
    lease = json.loads(empty.done("lease", "show", "fennwick-reno-h100-2026-05-01", "--output", "json"))
    assert lease["prices"][0] | {"from": ""} == {"per": "month", "amount": "1800", "currency": "EUR", "from": ""}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tables: []", "map.yaml:1"),
        ("tables:\n- {sheet: Contracts, table: contract}", "map.yaml:2:22 tables[0].table: 'contract' is none of"),
        ("tables:\n- {sheet: Contracts, table: contracts, columns: {A: colour}}", "contracts has no field 'colour'"),
        ("tables:\n- {sheet: Contracts, table: contracts, columns: {A: customer}}", "needs a column for start"),
        ("tables:\n- {sheet: Contracts, table: contracts, columns: {A1: customer}}", "'A1' is no column"),
        ("tables:\n- {sheet: Contracts, table: contracts, header: [3, 9]}", "a header is one row, or two below"),
        ("tables:\n- {sheet: Nope, table: skip}", "no sheet is called 'Nope'"),
        (
            "tables:\n- {sheet: Sites, table: sites, columns: {A: site, B: {field: power, unit: day}}}",
            "is no unit of power",
        ),
        ("tables:\n- {sheet: Sites, table: sites, defaults: {power: 3}}", "map.yaml:2"),
        ("tables: [", "this is not YAML"),
    ],
)
def test_a_mistake_in_a_mapping_is_told_with_its_line(empty: Desk, tmp_path: Path, text: str, words: str) -> None:
    path = desk_file(tmp_path / "f.xlsx", contract("C-1"))
    (tmp_path / "map.yaml").write_text(text)
    refused(empty("import", str(path), "--map", str(tmp_path / "map.yaml"), "--yes"), words)


# ---- bad input ----


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.xlsx", None, "it cannot be read: No such file or directory"),
        ("empty.csv", b"", "the file is empty"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "it is an old .xls"),
        ("cut.xlsx", workbook_bytes([NewSheet("S", [["a"]])])[:-50], "it is damaged"),
        ("picture.xlsx", b"\x89PNG\r\n", "this is a picture"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    empty: Desk, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = empty.state()
    good = desk_file(tmp_path / "good.xlsx", contract("C-1"))
    refused(empty("import", str(good), str(tmp_path / name), "--yes"), str(tmp_path / name), words)
    assert empty.state() == before


def test_without_a_file_or_a_ledger_it_says_what_to_do(empty: Desk, tmp_path: Path) -> None:
    refused(empty("import"), "name a file of sheets")
    path = desk_file(tmp_path / "f.xlsx", contract("C-1"))
    assert "make one with `neocloud init" in Desk(tmp_path / "nowhere")("import", str(path)).err


def test_formulas_without_values_are_named_by_cell(empty: Desk, tmp_path: Path) -> None:
    rows = [HEAD, [*contract("C-1")[:4], "=8*8", *contract("C-1")[5:]], contract("C-2")]
    path = workbook(tmp_path / "f.xlsx", Sites=SITES, Pools=POOLS, Contracts=rows)
    (reason,) = left_out(told(empty, str(path), "--yes"))
    assert reason.startswith("Contracts!E2: a formula without its value (=8*8)")


def test_a_sheet_of_the_1904_system_has_the_same_dates(empty: Desk, tmp_path: Path) -> None:
    row = [*contract("C-1")[:5], date(2026, 7, 1), date(2027, 6, 30), 2]
    for epoch_1904 in (False, True):
        sheets = [NewSheet("Sites", [["Site", "MW"], ["Reno", 12]]),
                  NewSheet("Pools", [["Site", "SKU", "GPUs", "W per GPU"], ["Reno", "H100", 64, 1300]]),
                  NewSheet("Contracts", [HEAD, row])]  # fmt: skip
        (tmp_path / "f.xlsx").write_bytes(workbook_bytes(sheets, epoch_1904=epoch_1904))
        changes = told(empty, str(tmp_path / "f.xlsx"), "--yes")["changes"]
        assert bool(changes) != epoch_1904, "the second says the same days, so it changes nothing"
    assert json.loads(empty.done("lease", "show", "C-1", "--output", "json"))["blocks"][0]["from"] == "2026-07-01"


# ---- waves and notices ----


def test_a_wave_that_comes_too_late_is_named_with_the_contracts_that_count_on_it(empty: Desk, tmp_path: Path) -> None:
    waves = [WAVES, ["W-7", "Reno", "H100", 512, "2026-09-01", "2026-09-15", "2026-10-15"]]
    rows = [HEAD, contract("C-1", 1024), contract("C-2", 384, start="2026-09-01")]
    path = workbook(tmp_path / "f.xlsx", Sites=SITES, Pools=POOLS, Deliveries=waves, Contracts=rows)
    findings = {finding["code"]: finding for finding in told(empty, str(path), "--yes")["findings"]}
    assert findings["audit.wave_late"] == {
        "code": "audit.wave_late",
        "about": "delivery w-7",
        "sentence": "wave w-7 (512 GPUs for pool reno-h100, counted from 2026-10-15) comes 44 days too late: from "
        "2026-09-01 on up to 384 GPUs are short before it, and these count on it: C-2 (fennwick-labs, 384)",
    }
    assert "audit.wave_late" in empty.done("audit")


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("2026-08-01", "audit.notice_missed"),
        ("2026-09-10", "audit.notice_soon"),
        ("2026-11-01", "audit.notice_near"),
        ("2027-06-30", None),
    ],
)
def test_last_days_for_a_notice_are_told_when_near_or_missed(
    empty: Desk, tmp_path: Path, end: str, code: str | None
) -> None:
    rows = [[*contract("C-1", start="2026-01-01", end=end), "90 days"]]
    path = desk_file(tmp_path / "f.xlsx", *rows, head=[*HEAD, "Notice"])
    codes = [finding["code"] for finding in told(empty, str(path), "--yes")["findings"]]
    assert codes == ([] if code is None else [code])


def test_what_is_short_for_an_outage_is_not_blamed_on_a_wave(desk: Desk) -> None:
    desk.done("outage", "open", "--pool", "h100", "--gpus", "900", "--from", "2026-09-01", "--until", "2026-11-01")
    codes = [finding["code"] for finding in json.loads(desk.done("audit", "--output", "json"))]
    assert "audit.shortfall" in codes and "audit.wave_late" not in codes


def test_a_power_of_a_gpu_without_its_unit_is_not_taken_for_kilowatts(empty: Desk, tmp_path: Path) -> None:
    pools = [["Site", "SKU", "GPUs", "Power per GPU"], ["Reno", "H100", 1024, 1300]]
    answer = told(empty, str(workbook(tmp_path / "f.xlsx", Sites=SITES, Pools=pools)), "--yes")
    assert "Pools!D2: 1,300 kW for one GPU is surely watts" in left_out(answer)[0]


def test_power_beyond_the_sites_is_a_finding(empty: Desk, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "f.xlsx", Sites=[SITES[0], ["Reno", 1, 1.25]], Pools=POOLS, Deals=[HEAD, contract("C-1", 900)]
    )
    sentences = [finding["sentence"] for finding in told(empty, str(path), "--yes")["findings"]]
    assert any(text.startswith("the power of site reno is short by 462.5 kW from 2026-07-01") for text in sentences)


def test_two_sheets_that_give_one_number_are_both_named(empty: Desk, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "f.xlsx", Sites=SITES, Pools=POOLS, Y26=[HEAD, contract("C-1")], Y27=[HEAD, contract("C-1", 128)]
    )
    assert left_out(told(empty, str(path), "--yes")) == ["Y27!A2: C-1 is given twice, here and in Y26, row 2"]


def test_prices_are_for_a_gpu_and_month_where_the_heading_says_so(empty: Desk, tmp_path: Path) -> None:
    head = [*HEAD[:-1], "Price per GPU per month"]
    empty.done("import", str(desk_file(tmp_path / "f.xlsx", contract("C-1", price=1700), head=head)), "--yes")
    lease = json.loads(empty.done("lease", "show", "C-1", "--output", "json"))
    assert (lease["prices"][0]["per"], lease["prices"][0]["amount"]) == ("month", "108800")


def test_a_table_by_month_becomes_leases_of_several_blocks(empty: Desk, tmp_path: Path) -> None:
    rows = [["Month", "Fennwick", "Halvard"], ["May 2026", 8, 16], ["Jun 2026", 8, None], ["Jul 2026", 24, 16]]
    path = workbook(tmp_path / "f.xlsx", Sites=SITES, Pools=POOLS, Sold=rows)
    empty.done("import", str(path), "--yes")
    blocks = {
        name: [
            (block["from"], block["until"], block["gpus"])
            for block in json.loads(empty.done("lease", "show", f"{name}-reno-h100", "--output", "json"))["blocks"]
        ]
        for name in ("fennwick", "halvard")
    }
    assert blocks == {
        "fennwick": [("2026-05-01", "2026-07-01", 8), ("2026-07-01", "2026-08-01", 24)],
        "halvard": [("2026-05-01", "2026-06-01", 16), ("2026-07-01", "2026-08-01", 16)],
    }


# ---- the examples and the template ----


def test_the_example_sheets_are_as_their_script_makes_them() -> None:
    made = files()
    assert {path.name for path in FOLDER.iterdir()} == set(made)
    for name, content in made.items():
        if name.endswith(".csv"):
            assert (FOLDER / name).read_bytes() == content
        else:
            assert cells_of(FOLDER / name) == cells_of_bytes(content), name


def cells_of(path: Path) -> list[Any]:
    return [
        (
            sheet.name,
            sheet.hidden,
            sheet.merged,
            [(row.number, [said(value) for value in row.values]) for row in sheet.rows],
        )
        for sheet in read_sheets(path)
    ]


def cells_of_bytes(content: bytes) -> list[Any]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "f.xlsx").write_bytes(content)
        return cells_of(Path(folder) / "f.xlsx")


@pytest.mark.parametrize(
    ("names", "leases", "over_promise"),
    [
        (["contracts-us.xlsx"], 301, "pool mesa-ridge-h200 is short by 192 GPUs from 2027-02-15"),
        (["belegung-eu.csv", "bestand-eu.csv", "standorte-eu.csv"], 81, "pool suedtal-h100 is short by 160 GPUs"),
        (["by-month.xlsx"], 8, "pool harrow-fell-h100 is short by 376 GPUs from 2027-04-01 to 2027-07-01"),
    ],
)
def test_the_hidden_over_promise_of_each_example_is_named_in_seconds(
    empty: Desk, names: list[str], leases: int, over_promise: str
) -> None:
    paths = [str(FOLDER / name) for name in names]
    began_s = time.process_time()
    answer = told(empty, *paths, "--yes")
    assert time.process_time() - began_s < 10
    assert sum(row["kind"] == "lease" for row in answer["changes"]) == leases
    assert any(over_promise in finding["sentence"] for finding in answer["findings"])
    for table in answer["tables"]:
        rows, *parts = (int(table[name].replace(",", "")) for name in ("rows", "header", "used", "left out"))
        assert rows == sum(parts)
    head = empty.state()
    assert told(empty, *paths, "--yes")["changes"] == []
    assert empty.state() == head


def test_the_template_is_written_once_and_brings_itself_in(empty: Desk, tmp_path: Path) -> None:
    path = tmp_path / "desk.xlsx"
    assert "fill it in" in empty("import", "--template", str(path)).err
    refused(empty("import", "--template", str(path)), "is there already")
    refused(empty("import", "--template", str(tmp_path / "no" / "desk.xlsx")), "cannot be written")
    kinds = {row["kind"] for row in told(empty, str(path), "--yes")["changes"]}
    assert kinds == {"site", "pool", "delivery", "tenant", "terms", "lease"}


def test_what_is_printed_fits_a_terminal_of_100_columns(empty: Desk) -> None:
    answer = empty("import", str(FOLDER / "contracts-us.xlsx"), "--yes")
    too_wide = [line for line in answer.out.split("\n") if len(line) > 100]
    assert too_wide == []


def test_a_status_that_is_not_read_is_said_with_what_it_says(empty: Desk, tmp_path: Path) -> None:
    rows = [[*contract("C-1"), "Signed"], [*contract("C-2"), "Cancelled"], [*contract("C-3"), "Signed"]]
    file = desk_file(tmp_path / "s.xlsx", *rows, head=[*HEAD, "Status"])
    said = empty("import", str(file), "--yes")
    assert said.code == 0
    assert "column 'Status' of Contracts is not read, and rows are taken whatever it says" in said.err
    assert "'Signed' in 2, 'Cancelled' in 1" in said.err


def test_a_price_or_notice_that_says_none_is_none_and_the_contract_is_taken(empty: Desk, tmp_path: Path) -> None:
    file = desk_file(
        tmp_path / "n.xlsx",
        [*contract("C-1", price="TBD"), "none"],
        [*contract("C-2", price="n/a"), "90 days"],
        [*contract("C-3"), "keine"],
        head=[*HEAD, "Notice"],
    )
    assert empty("import", str(file), "--yes").code == 0
    leases = {each["id"]: each for each in json.loads(empty.done("lease", "list", "--output", "json"))}
    assert {name: each["terms"] for name, each in leases.items()} == {
        "C-1": "reserved@1",
        "C-2": "notice-90d@1",
        "C-3": "reserved@1",
    }
    assert leases["C-1"]["computed"]["contracted"] is None


def test_contracts_without_a_fleet_are_told_how_to_bring_one_in(empty: Desk, tmp_path: Path) -> None:
    said = empty("import", str(workbook(tmp_path / "c.xlsx", Contracts=[HEAD, contract("C-1")])), "--yes")
    assert "there is none yet (bring in sites and pools too: `neocloud import" in " ".join(said.out.split())
    assert "What that gives" not in empty("import", str(workbook(tmp_path / "h.xlsx", Contracts=[HEAD]))).out


def test_an_import_that_leaves_a_shortfall_says_where_the_ways_out_are(empty: Desk, tmp_path: Path) -> None:
    said = empty("import", str(desk_file(tmp_path / "o.xlsx", contract("C-1", gpus=2000))), "--yes")
    assert "the ways out: neocloud at-risk" in said.out
    assert "1 finding (" in said.out


def test_a_bare_number_under_dates_follows_the_date_system_of_its_workbook(empty: Desk, tmp_path: Path) -> None:
    days = (date(2026, 7, 1) - date(1904, 1, 1)).days
    rows = [HEAD, contract("C-1", start=days)]
    pools = [[str(cell) if isinstance(cell, float) else cell for cell in row] for row in POOLS]
    fleet = [NewSheet("Sites", [["Site", "MW"], ["Reno", 12]]), NewSheet("Pools", pools)]
    file = tmp_path / "mac.xlsx"
    file.write_bytes(workbook_bytes([*fleet, NewSheet("Contracts", rows)], epoch_1904=True))
    assert empty("import", str(file), "--yes").code == 0
    assert json.loads(empty.done("lease", "show", "C-1", "--output", "json"))["blocks"][0]["from"] == "2026-07-01"


def test_what_can_hardly_be_or_is_taken_for_granted_is_said(empty: Desk, tmp_path: Path) -> None:
    rows = [HEAD, contract("C-1"), contract("C-2", price="$2,100.00")]
    file = workbook(tmp_path / "d.xlsx", Sites=[["Site", "MW"], ["Reno", 12]], Pools=POOLS, Contracts=rows)
    said = empty("import", str(file), "--yes").err
    assert "Contracts!H3: 2,100.00 USD is read as a price per GPU-hour; if it is for a month" in said
    assert "some sites have no PUE; it is taken as 1" in said
