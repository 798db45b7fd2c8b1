"""Tables as text: CSV in the encodings and with the separators that spreadsheets write."""

import csv
import io
import re
from collections import Counter
from pathlib import Path

from neocloud.errors import Invalid
from neocloud.settings import MOST_CELLS
from neocloud.sheets.cells import Row, Sheet, Value

_SEPARATORS = ",;\t|"
_LOOKED_AT_LINES = 200
_LONGEST_CELL = 100_000


def read_text(content: bytes, path: Path) -> Sheet:
    """The one sheet of a CSV file, named after it. Raises Invalid."""
    text, encoding = _decoded(content)
    remarks = [f"{path.name} is not UTF-8; it was read as {encoding}"] if encoding == "cp1252" else []
    text, separator = _separator(text)
    return Sheet(path.name, path.stem, _rows(text, separator), remarks=remarks)


def _decoded(content: bytes) -> tuple[str, str]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _as(content, encoding), encoding
    head = content[:4_000]
    if b"\0" in head:
        order = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        if head.count(0) * 3 < len(head):
            raise Invalid("this is not a spreadsheet; save it as .xlsx or CSV")
        return _as(content, order), order
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _as(content, "cp1252"), "cp1252"


def _as(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid(
            f"this is not text in any encoding that is read (byte {error.start:,}); save it as UTF-8"
        ) from None
    if sum(text.count(chr(code)) for code in (*range(9), *range(14, 32))):
        raise Invalid("this is not a spreadsheet; save it as .xlsx or CSV")
    return text


def _separator(text: str) -> tuple[str, str]:
    """The text, and what stands between its cells: as a first line `sep=;` says, or as most lines agree."""
    first, _, rest = text.partition("\n")
    if first.strip().strip('"').lower().startswith("sep=") and len(first.strip().strip('"')) == 5:
        return rest, first.strip().strip('"')[4]
    lines = re.split("\r\n|\r|\n", text, maxsplit=_LOOKED_AT_LINES)[:_LOOKED_AT_LINES]
    return text, max(_SEPARATORS, key=lambda separator: _agreement(lines, separator))


def _agreement(lines: list[str], separator: str) -> float:
    try:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if len(row) > 1)
    except csv.Error:
        return 0
    return max((many * (1 + cells / 100) for cells, many in counts.items()), default=0)


def _rows(text: str, separator: str) -> list[Row]:
    csv.field_size_limit(_LONGEST_CELL)
    rows, cells, number = [], 0, 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for number, fields in enumerate(reader, 1):
            values: list[Value] = [field.strip() or None for field in fields]
            cells += len(values)
            if cells > MOST_CELLS:
                raise Invalid(f"it has more than {MOST_CELLS:,} cells; split it")
            if any(values):
                rows.append(Row(number, values))
    except csv.Error:
        raise Invalid(f"a quotation mark that opens in row {number + 1} is not closed") from None
    return rows
