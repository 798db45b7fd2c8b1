"""Small sheets for tests: workbooks and CSV files as a desk would have them."""

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from neocloud.sheets.files import read_sheets
from neocloud.sheets.reading import Reading, read_tables

SITES: list[list[Any]] = [["Site", "MW", "PUE"], ["Reno", 12, 1.25]]
POOLS: list[list[Any]] = [["Site", "SKU", "GPUs", "kW per GPU"], ["Reno", "H100", 1024, 1.3]]
HEAD = ["Contract", "Customer", "Site", "SKU", "GPUs", "Start", "End", "Price per GPU-hour"]


def contract(
    number: str, gpus: Any = 64, start: Any = "2026-07-01", end: Any = "2027-06-30", **other: Any
) -> list[Any]:
    """A row of contracts."""
    row = {"customer": "Fennwick Labs", "site": "Reno", "sku": "H100", "price": "$2.35", **other}
    return [number, row["customer"], row["site"], row["sku"], gpus, start, end, row["price"]]


def day(year: int, month: int, day: int) -> datetime:
    """A day as spreadsheets have it: without a zone."""
    return datetime(year, month, day)  # noqa: DTZ001


def workbook(path: Path, **sheets: Any) -> Path:
    """A workbook by openpyxl: another hand than ours."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def desk_file(path: Path, *contracts: Sequence[Any], head: Sequence[str] = HEAD) -> Path:
    """A workbook of one site, one pool of 1,024, and contracts."""
    return workbook(path, Sites=SITES, Pools=POOLS, Contracts=[head, *contracts])


def bytes_of(book: Workbook) -> bytes:
    """A workbook's bytes."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def reading(path: Path, **options: Any) -> Reading:
    """What a file comes to."""
    return read_tables(read_sheets(path), **options)


def reasons(found: Reading) -> list[str]:
    """Places and reasons of all that was left out."""
    left = [each for table in found.understood for each in (*table.left_out, *table.cells)]
    return [f"{each.place}: {each.reason}" for each in (*left, *found.stray)]
