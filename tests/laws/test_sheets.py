"""The law of an import, on sheets that nobody would make: rows read = header + used + left out."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neocloud.model.leases import Lease
from neocloud.operations.directory import create_directory
from neocloud.operations.importing import changes_of, plan
from neocloud.operations.ledger import Ledger
from neocloud.sheets.files import read_sheets
from neocloud.sheets.reading import read_tables
from tests.sheets.sheets import HEAD, POOLS, SITES, day, workbook

NOW = 1_780_617_600  # 2026-06-05
WORDS = (
    "Total, C-1, C-2, Fennwick Labs, Reno, H100, 1/5/26, 31.12.26, May 2026, TBD, $2.35, 64, =A1, -, Month, 90d, "
    "Free, Customer, Start, GPUs, End, Site"
)
CELLS = st.sampled_from(
    [None, "", *WORDS.split(", "), "2,35 €", 64, 2.35, -1, 10**12, "x" * 300, day(2026, 5, 1), True]
)
ROWS = st.lists(st.lists(CELLS, max_size=9), max_size=12)
HEADS = st.sampled_from(
    [HEAD, SITES[0], POOLS[0], ["Month", "Fennwick", "Halvard"], ["Customer", "May 26", "Jun 26", "Jul 26"]]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=ROWS, head=HEADS, rows=ROWS, more=HEADS, after=ROWS)
def test_every_row_is_used_or_left_out_with_a_reason(
    tmp_path: Path, before: list[Any], head: list[str], rows: list[Any], more: list[str], after: list[Any]
) -> None:
    path = workbook(tmp_path / "f.xlsx", Sheet=[*before, head, *rows, [], more, *after])
    (sheet,) = read_sheets(path)
    found = read_tables([sheet])
    for table in found.understood:
        assert table.rows == table.header_rows + table.used + len(table.left_out)
        left = [each.row for each in table.left_out]
        assert len(set(left)) == len(left) and not table.used_rows & set(left)
        assert all(each.reason for each in (*table.left_out, *table.cells))
    accounted = {row for table in found.understood for row in table.used_rows}
    accounted |= {each.row for table in found.understood for each in table.left_out}
    accounted |= {each.row for each in found.stray}
    headers = {
        n
        for table in found.understood
        for n in range(table.table.mapping.header[0], table.table.mapping.header[1] + 1)
    }
    assert accounted | headers >= {row.number for row in sheet.rows}


TEXTS = ["2026-07-01", "2026-01-31", "1/5/26", "31.12.2027", "May 2026", "Q3 27", "TBD"]
DAYS = st.sampled_from([*TEXTS, day(2028, 2, 29), 46143])
CONTRACTS = st.lists(
    st.tuples(
        st.sampled_from(["C-1", "C-2", "c-1", "2026/114", 1001, "", "???", "x" * 200]),
        st.sampled_from(["Fennwick Labs", "Fennwick Labs GmbH", "Research", "Ä", "!!!", ""]),
        st.sampled_from(["Reno", "reno", "Rno", ""]),
        st.sampled_from(["H100", "NVIDIA H100 80GB", "H200", ""]),
        st.sampled_from([8, 64, "1,024", 0, -8, 10**12, "16k"]),
        DAYS,
        DAYS,
        st.sampled_from(["$2.35", "2,35 €", 2.5, 1700 / 730, -1, "", 10**20]),
    ).map(list),
    max_size=10,
)
INSIDE = [["Team", "Site", "SKU", "GPUs", "From", "To"], ["Research", "Reno", "H100", 8, "2026-07-01", "2026-12-31"]]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger to plan on; nothing is written to it."""
    found = create_directory(tmp_path_factory.mktemp("law") / "desk", journal=None, now=NOW)
    with closing(found.journal):
        yield found


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=CONTRACTS, more=CONTRACTS)
def test_what_is_planned_is_accepted_whole_and_the_rest_has_its_reason(
    tmp_path: Path, ledger: Ledger, rows: list[Any], more: list[Any]
) -> None:
    path = workbook(tmp_path / "f.xlsx", S=SITES, P=POOLS, I=INSIDE, A=[HEAD, *rows], B=[HEAD, *more])
    done = plan(ledger, read_tables(read_sheets(path)), int)
    for table in done.reading.understood:
        assert table.rows == table.header_rows + table.used + len(table.left_out)
        assert len({each.row for each in table.left_out}) == len(table.left_out)
    changes = changes_of(ledger, done.commands, NOW)
    leases = {change.noun.id for change in changes if isinstance(change.noun, Lease)}
    used = sum(table.used for table in done.reading.understood if table.table.mapping.table == "contracts")
    assert len(leases) - 1 <= used, "every lease comes from a row (one of them from an inside team's)"
    assert (used == 0) == (len(leases) == 1)
