"""Files are read as another program reads them; what is no sheet says what it is, in one sentence."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from neocloud.errors import Invalid
from neocloud.sheets.cells import Area, Broken, Figure, Moment, Sheet, Unevaluated, Value, letters
from neocloud.sheets.files import read_sheets
from neocloud.sheets.grid import exact
from neocloud.sheets.writing import NewSheet, Styled, workbook_bytes
from tests.sheets.sheets import bytes_of, day, workbook


def read(path: Path, content: bytes) -> list[Sheet]:
    path.write_bytes(content)
    return read_sheets(path)


def plain(value: Value) -> Any:
    """A value as openpyxl has it."""
    match value:
        case Figure(amount, _):
            return float(amount)
        case Moment(at):
            return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
        case _:
            return value


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
)
values = st.one_of(
    st.none(),
    texts.filter(lambda text: not text.startswith("=") and text not in {"#N/A", "#REF!"} and text.strip() == text),
    st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6).map(lambda number: float(f"{number:.9g}")),
    st.datetimes(day(1971, 1, 1), day(2099, 1, 1)).map(lambda at: at.replace(microsecond=0)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(values, max_size=6), min_size=1, max_size=6), epoch_1904=st.booleans())
def test_a_workbook_is_read_as_openpyxl_wrote_it(tmp_path: Path, rows: list[list[Any]], epoch_1904: bool) -> None:
    book = Workbook()
    if epoch_1904:
        book.epoch = day(1904, 1, 1)
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    found = read(tmp_path / "book.xlsx", bytes_of(book))[0]
    written = {i: row for i, row in enumerate(rows, 1) if any(value is not None for value in row)}
    assert [row.number for row in found.rows] == list(written)
    for read_row in found.rows:
        said = list(written[read_row.number])
        assert [plain(read_row.at(column)) for column in range(len(said))] == said


def test_what_we_write_another_program_reads(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["a", 1, Decimal("2.35"), date(2026, 5, 1), None, Styled(Decimal("3.1"), "dollars"), "<&>"]
    ]
    (tmp_path / "ours.xlsx").write_bytes(
        workbook_bytes([NewSheet("One", rows, [10]), NewSheet("Two", [], hidden=True)])
    )
    book = load_workbook(tmp_path / "ours.xlsx")
    assert book.sheetnames == ["One", "Two"]
    assert [cell.value for cell in book["One"][1]] == ["a", 1, 2.35, day(2026, 5, 1), None, 3.1, "<&>"]
    assert book["Two"].sheet_state == "hidden"


def test_numbers_are_exact_as_they_were_typed() -> None:
    assert [exact(text) for text in ("2.35", "2.3500000000000001", "0.30000000000000004", "1E3", "100000")] == [
        Decimal("2.35"), Decimal("2.35"), Decimal("0.3"), Decimal(1000), Decimal(100000),
    ]  # fmt: skip
    for text in ("nan", "inf", "x"):
        with pytest.raises(Invalid, match="is not a number"):
            exact(text)


def test_formats_say_currencies_and_percents(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([2.35, 2.35, 0.02, 2.35, 46143])
    for cell, code in zip(
        sheet[1], ['"$"#,##0.00', "[$€-407] #,##0.00", "0%", "#,##0.00", "dd.mm.yyyy"], strict=True
    ):
        cell.number_format = code
    (row,) = read(tmp_path / "f.xlsx", bytes_of(book))[0].rows
    assert [value.unit for value in row.values if isinstance(value, Figure)] == ["USD", "EUR", "%", ""]
    assert row.values[4] == Moment(int(datetime(2026, 5, 1, tzinfo=UTC).timestamp()))


def test_formulas_merged_cells_and_hidden_parts_are_told_apart(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["wide", None, "=1+1"])
    sheet.append([None])
    sheet.append(["hidden"])
    sheet.merge_cells("A1:B2")
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("gone").sheet_state = "veryHidden"
    found, gone = read(tmp_path / "f.xlsx", bytes_of(book))
    assert found.rows[0].values == ["wide", None, Unevaluated("1+1")]
    assert found.merged == [Area(1, 0, 2, 1)]
    assert [row.hidden for row in found.rows] == [False, True]
    assert gone.hidden


def test_a_formula_with_its_value_is_its_value_and_an_error_is_one(tmp_path: Path) -> None:
    rows = [[Styled(4, formula="2*2"), Styled(None, formula="2*2")]]
    content = workbook_bytes([NewSheet("S", rows)])
    (row,) = read(tmp_path / "f.xlsx", content)[0].rows
    assert row.values == [Figure(Decimal(4)), Unevaluated("2*2")]
    broken = repacked(
        content, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("<f>2*2</f></c>", "<v>#REF!</v></c>")
    )
    broken = repacked(broken, "xl/worksheets/sheet1.xml", lambda xml: xml.replace('r="B1" s="0"', 'r="B1" t="e"'))
    assert read(tmp_path / "g.xlsx", broken)[0].rows[0].values[1] == Broken("#REF!")


def repacked(content: bytes, part: str, change: Any) -> bytes:
    """A workbook with one part changed."""
    source, target = io.BytesIO(content), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, change(text) if name == part else text)
    return target.getvalue()


def test_prefixes_absolute_parts_and_missing_references_are_read_too(tmp_path: Path) -> None:
    def prefixed(xml: str) -> str:
        head, _, body = xml.partition("?>\n")
        body = body.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=")
        return f"{head}?>\n{body}".replace(' r="A1"', "").replace(' r="B1"', "").replace(' r="1"', "")

    content = workbook_bytes([NewSheet("S", [["a", "b"]])])
    content = repacked(content, "xl/worksheets/sheet1.xml", prefixed)
    absolute = lambda xml: xml.replace('"worksheets/', '"/xl/worksheets/')  # noqa: E731
    content = repacked(content, "xl/_rels/workbook.xml.rels", absolute)
    assert read(tmp_path / "f.xlsx", content)[0].rows[0].values == ["a", "b"]


# ---- what is no sheet ----


def no_zip(*parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        for part in parts:
            package.writestr(part, "x")
    return target.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n", "the file is empty"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "it is locked with a password"),
        (OLE + "Workbook".encode("utf-16-le"), "it is an old .xls"),
        (b"%PDF-1.7 ...", "this is a PDF, not a spreadsheet"),
        (b"\x89PNG\r\n\x1a\n", "this is a picture"),
        (b"PK\x03\x04 and then nothing", "it is damaged"),
        (no_zip("hello.txt"), "this is a zip, and there is no spreadsheet in it"),
        (no_zip("xl/workbook.bin"), "this is an .xlsb"),
        (no_zip("content.xml", "mimetype"), "this is an OpenDocument file"),
        (no_zip("Index/Document.iwa"), "this is a Numbers file"),
        (no_zip("xl/workbook.xml"), "it is damaged"),
        (bytes(range(256)) * 4, "this is not"),
        (b"\x00\x01\x02\x00" * 100, "this is not a spreadsheet"),
        (b'a,b\n"never closed,1\n' + b"x,1\n" * 60_000, "a quotation mark that opens in row 2 is not closed"),
    ],
)
def test_what_is_no_sheet_says_what_it_is(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        read(tmp_path / "f.xlsx", content)
    assert str(refused.value).startswith(str(tmp_path / "f.xlsx"))


def test_a_missing_file_and_a_directory_are_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="it cannot be read: No such file"):
        read_sheets(tmp_path / "none.xlsx")
    with pytest.raises(Invalid, match="a directory has no sheets"):
        read_sheets(tmp_path)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(1_100):
                part.write(bytes(2**20))
    with pytest.raises(Invalid, match="it unpacks to 1,153"):
        read(tmp_path / "bomb.xlsx", target.getvalue())


def test_a_document_type_is_not_followed(tmp_path: Path) -> None:
    content = workbook_bytes([NewSheet("S", [["a"]])])
    laughing = '<!DOCTYPE worksheet [<!ENTITY a "ha">]><worksheet'
    content = repacked(content, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("<worksheet", laughing))
    with pytest.raises(Invalid, match="declares a document type"):
        read(tmp_path / "f.xlsx", content)


def test_a_million_empty_rows_end_the_reading_and_it_is_said(tmp_path: Path) -> None:
    empty = "".join(f'<row r="{i}" s="1"><c r="A{i}" s="0"/></row>' for i in range(2, 200_000))
    content = workbook_bytes([NewSheet("S", [["a", "b"]])])
    long = lambda xml: xml.replace("</sheetData>", f"{empty}</sheetData>")  # noqa: E731
    (sheet,) = read(tmp_path / "f.xlsx", repacked(content, "xl/worksheets/sheet1.xml", long))
    assert [row.number for row in sheet.rows] == [1]
    assert sheet.remarks == ["S: 5,000 rows after row 1 are empty; what may stand further down was not read"]


def test_a_stray_cell_at_the_far_corner_costs_nothing(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "near", "far"
    (found,) = read(tmp_path / "f.xlsx", bytes_of(book))
    assert [(row.number, row.values[-1]) for row in found.rows] == [(1, "near"), (1_048_576, "far")]


# ---- CSV ----

TABLE = "Kunde;GPUs\nMüller & Söhne;1.024\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_csv_is_read_in_every_usual_encoding_and_with_every_separator(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    content = TABLE.replace(";", separator).encode(encoding)
    (sheet,) = read(tmp_path / "Belegung.csv", content)
    assert [row.values for row in sheet.rows] == [["Kunde", "GPUs"], ["Müller & Söhne", "1.024"]]
    assert sheet.name == "Belegung"
    assert bool(sheet.remarks) == (encoding == "cp1252")


def test_csv_keeps_the_numbers_of_its_rows_and_hears_sep(tmp_path: Path) -> None:
    (sheet,) = read(tmp_path / "f.csv", b'sep=;\r\na;b\r\n\r\n"x;y";"two\nlines"\r\n')
    assert [(row.number, row.values) for row in sheet.rows] == [(1, ["a", "b"]), (3, ["x;y", "two\nlines"])]


def test_columns_are_named_as_spreadsheets_do() -> None:
    assert [letters(column) for column in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_a_workbook_with_nothing_in_it_has_no_rows(tmp_path: Path) -> None:
    (sheet,) = read_sheets(workbook(tmp_path / "f.xlsx", Empty=[]))
    assert sheet.rows == []


def test_csv_with_the_line_ends_of_an_old_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(b"Site;MW\rReno;12\rMesa;7\r")
    assert [row.values for row in read_sheets(path)[0].rows] == [["Site", "MW"], ["Reno", "12"], ["Mesa", "7"]]
