"""Import: rows a second from a workbook to the audit's answer, beside reading the bare cells by a library.

The limit is openpyxl reading the same cells, and nothing else, in the same run.
"""

import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from neocloud.operations.directory import create_directory
from neocloud.operations.importing import audit_of, changes_of, plan
from neocloud.sheets.files import read_sheets
from neocloud.sheets.reading import read_tables
from neocloud.sheets.writing import NewSheet, Styled, workbook_bytes

NOW = 1_780_617_600  # 2026-06-05
GOAL_ROWS, GOAL_S = 10_000, 10
_SITES, _SKUS = 20, ("H100", "H200", "B200")
_HEAD = ["Contract", "Customer", "Site", "SKU", "GPUs", "Start", "End", "Rate ($/GPU-hr)", "Notice"]


def import_rows(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Figures for workbooks of so many contracts."""
    return [_measured(size) for size in sizes]


def desk(size: int) -> bytes:
    """A workbook of `size` contracts at 20 sites; some dates and prices are text, as desks have them."""
    sites: list[list[Any]] = [["Site", "MW", "PUE"], *[[f"Site {i}", 400, 1] for i in range(_SITES)]]
    pools: list[list[Any]] = [
        ["Site", "SKU", "GPUs", "kW per GPU"],
        *[[f"Site {i}", sku, 65_536, 2] for i in range(_SITES) for sku in _SKUS],
    ]
    rows: list[list[Any]] = [_HEAD]
    for i in range(size):
        start = date(2026, 7, 1) + timedelta(days=i % 700)
        end = start + timedelta(days=364)
        text = i % 3 == 0
        rows.append(
            [
                f"C-{i:06}", f"Customer {i % 300}", f"Site {i % _SITES}", _SKUS[i % 3], 8 * (1 + i % 16),
                f"{start:%m/%d/%Y}" if text else Styled(start, "us date"), Styled(end, "us date"),
                f"$2.{10 + i % 90}", "90 days" if i % 4 == 0 else None,
            ]
        )  # fmt: skip
    return workbook_bytes([NewSheet("Sites", sites), NewSheet("Fleet", pools), NewSheet("Contracts", rows)])


def section(result: dict[str, Any]) -> str:
    """The figures as a part of the page."""
    rows, load = result["rows"], result["machine"]["load"]
    lines = [
        "## Import\n",
        f"{result['date']}, commit {result['commit']}, load {load} at the end. A workbook of contracts, from the",
        "file to the audit's answer; the limit is openpyxl reading the same cells and nothing else, in the same run.",
        "Goal: 10,000 rows in under 10 s.\n",
        "| rows | whole | rows/s | cells read | understood | previewed | written | audit | again | limit |",
        "|---:|" + "---:|" * 9,
    ]
    parts = ("cells_s", "understanding_s", "preview_s", "submit_s", "audit_s", "again_s", "openpyxl_cells_s")
    for row in rows:
        goal = f" ({'met' if row['whole_s'] < GOAL_S else '**missed**'})" if row["rows"] == GOAL_ROWS else ""
        cells = [f"{row['rows']:,}", f"{row['whole_s']:.2f} s{goal}", f"{row['rows_per_s']:,}"]
        lines.append(f"| {' | '.join([*cells, *(f'{row[part]:.2f} s' for part in parts)])} |")
    return "\n".join(lines) + "\n"


def _measured(size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.xlsx"
        path.write_bytes(desk(size))
        limit_s = _timed(lambda: _bare(path))[0]
        cells_s, sheets = _timed(lambda: read_sheets(path))
        rows_s, reading = _timed(lambda: read_tables(sheets))
        ledger = create_directory(Path(folder) / "data", journal=None, now=NOW)
        with closing(ledger.journal):
            plan_s, done = _timed(lambda: plan(ledger, reading, int))
            preview_s, _ = _timed(lambda: changes_of(ledger, done.commands, NOW))
            submit_s, _ = _timed(lambda: ledger.submit(*done.commands, now=NOW))
            audit_s, _ = _timed(lambda: audit_of(ledger.world, (), NOW))
            again_s, again = _timed(lambda: plan(ledger, read_tables(read_sheets(path)), int))
        assert len(done.commands) > size and not again.commands
    whole_s = cells_s + rows_s + plan_s + preview_s + submit_s + audit_s
    return {
        "rows": size,
        "whole_s": round(whole_s, 2),
        "rows_per_s": round(size / whole_s),
        "cells_s": round(cells_s, 2),
        "understanding_s": round(rows_s + plan_s, 2),
        "preview_s": round(preview_s, 2),
        "submit_s": round(submit_s, 2),
        "audit_s": round(audit_s, 2),
        "again_s": round(again_s, 2),
        "openpyxl_cells_s": round(limit_s, 2),
    }


def _bare(path: Path) -> int:
    book = load_workbook(path, read_only=True, data_only=True)
    return sum(len(row) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))


def _timed(work: Any) -> tuple[float, Any]:
    began_s = time.perf_counter()
    result = work()
    return time.perf_counter() - began_s, result
