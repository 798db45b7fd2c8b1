"""A request log is read as it is written: every row is used, or left out with its reason."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neocloud.errors import Invalid
from neocloud.traces.requests import RequestLog, read_requests
from neocloud.units import format_instant
from tests.public import public

AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,374,44
2023-11-16 18:15:50.9951690,396,109
2023-11-16 18:15:51.2224670,879,55
"""

Write = Callable[[str], Path]


@pytest.fixture
def text(tmp_path: Path) -> Write:
    """Writes a file of requests."""

    def write(content: str) -> Path:
        path = tmp_path / "requests.csv"
        path.write_text(content, "utf-8")
        return path

    return write


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def reasons(log: RequestLog) -> list[tuple[str, int, str]]:
    return [(each.reason, each.rows, each.first) for each in log.left_out]


def test_what_azure_published_is_read_under_its_own_names(text: Write) -> None:
    log = read_requests(text(AZURE))
    assert log.arrival_s.tolist() == pytest.approx([0.68059, 4.995169, 5.222467])
    assert log.input_tokens.tolist() == [374, 396, 879]
    assert log.output_tokens.tolist() == [44, 109, 55]
    assert format_instant(log.begins_at or 0) == "2023-11-16T18:15:46Z"
    assert log.remarks == ("the times do not say their offset from UTC; they were taken as UTC",)
    assert (log.rows_read, log.rows_used, log.left_out, log.format) == (3, 3, (), "csv")


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-05-10 00:00:00.25+00:00", "2024-05-10 02:00:01.5+02:00"],
        ["2024-05-10T00:00:00.25Z", "2024-05-09T20:00:01.5-04:00"],
    ],
)
def test_times_in_several_zones_are_the_instants_that_they_are(text: Write, cells: list[str]) -> None:
    log = read_requests(text("timestamp,input_tokens,output_tokens\n" + "".join(f"{each},1,1\n" for each in cells)))
    assert log.arrival_s.tolist() == [0.25, 1.5]
    assert format_instant(log.begins_at or 0) == "2024-05-10"
    assert log.remarks == ()


def test_times_with_and_without_a_zone_are_refused(text: Write) -> None:
    path = text("time,input_tokens,output_tokens\n2024-05-10T00:00:00Z,1,1\n2024-05-10T00:00:00,1,1\n")
    with pytest.raises(Invalid, match=r"requests.csv: some times say their offset from UTC, and some do not; write"):
        read_requests(path)


BAD = """arrival_s,model,input_tokens,output_tokens
0.5,a,10,1
1,b,-3,1
1.5,c,ten,1

,d,10,1
2,e,10
soon,f,10,1
3,g,10.5,1
3,h,5000000000,1
3,i,10,
2.5,j,20.0,1
nan,k,10,1
4,l,-1,-1
"""


@pytest.mark.parametrize("zipped", [False, True])
def test_rows_read_are_rows_used_and_rows_left_out_with_their_reasons(
    text: Write, tmp_path: Path, zipped: bool
) -> None:
    path = text(BAD)
    if zipped:
        path = tmp_path / "requests.csv.gz"
        path.write_bytes(gzip.compress(BAD.encode(), mtime=0))
    log = read_requests(path)
    assert log.arrival_s.tolist() == [0.5, 2.5]
    assert log.input_tokens.tolist() == [10, 20]
    assert reasons(log) == [
        ("input_tokens is negative", 2, "line 3"),
        ("input_tokens cannot be read", 2, "line 4"),
        ("arrival_s is missing", 2, "line 6"),
        ("it does not have 4 cells", 1, "line 7"),
        ("arrival_s cannot be read", 1, "line 8"),
        ("input_tokens is over a thousand million", 1, "line 10"),
        ("output_tokens is missing", 1, "line 11"),
    ]
    assert log.rows_read == 12 == log.rows_used + sum(each.rows for each in log.left_out)


def test_strict_refuses_the_first_row_that_cannot_be_used(text: Write) -> None:
    with pytest.raises(Invalid, match=r"requests.csv: line 3: input_tokens is negative"):
        read_requests(text(BAD), strict=True)
    assert read_requests(text(AZURE), strict=True).rows_used == 3


def test_arrivals_out_of_order_are_put_in_order(text: Write) -> None:
    log = read_requests(text("arrival_s,input_tokens,output_tokens\n3,1,1\n1,2,2\n2,3,3\n1,4,4\n"))
    assert log.arrival_s.tolist() == [1, 1, 2, 3]
    assert log.input_tokens.tolist() == [2, 4, 3, 1]
    assert log.remarks == ("2 rows stood after a later one; the requests were put in order of arrival",)


def test_a_day_that_does_not_exist_is_left_out(text: Write) -> None:
    log = read_requests(text("time,input_tokens,output_tokens\n2024-02-30 00:00:00,1,1\n2024-02-29 00:00:00,1,1\n"))
    assert reasons(log) == [("time cannot be read", 1, "line 2")]
    assert format_instant(log.begins_at or 0) == "2024-02-29"


NAIVE = pa.array([0, 10**9], pa.timestamp("ns"))
ZONED = pa.array([0, 10**6], pa.timestamp("us", "Europe/Berlin"))


@pytest.mark.parametrize(
    ("columns", "left_out"),
    [
        ({"arrival_s": [0.0, 1.0, None], "input_tokens": [1, -1, 1], "output_tokens": [1, 1, 1]}, 2),
        ({"Timestamp": NAIVE, "prompt_tokens": ["1", "x"], "completion_tokens": [1, 1]}, 1),
        ({"time": ZONED, "input_tokens": [1.0, 1.5], "output_tokens": [1, 1]}, 1),
        ({"time": pa.array([0, 1], pa.date32()), "input_tokens": [True, False], "output_tokens": [1, 1]}, None),
        ({"time": pa.array([0, 1], pa.date32()), "input_tokens": [1, 2], "output_tokens": [1, 1]}, 0),
    ],
)  # fmt: skip
def test_parquet_is_read_whatever_the_types_of_its_columns(
    tmp_path: Path, columns: dict[str, Any], left_out: int | None
) -> None:
    path = parquet(tmp_path / "log.parquet", **columns)
    if left_out is None:
        with pytest.raises(Invalid, match=r"no request can be used: input_tokens cannot be read, first in row 1"):
            read_requests(path)
        return
    log = read_requests(path)
    assert sum(each.rows for each in log.left_out) == left_out
    assert log.rows_read == log.rows_used + left_out
    assert log.arrival_s[0] == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\n", "no column arrival_s or timestamp"),
        (b"arrival_s,input_tokens,output_tokens\n", "no request can be used"),
        (b"arrival_s,input_tokens\n1,2\n", "there is no column output_tokens or generatedtokens; its first line"),
        (b"a;b;c\n1;2;3\n", r"arrival_s or timestamp, and none input_tokens or contexttokens, .*says: a;b;c"),
        (b"arrival_s,input_tokens,output_tokens\n1,-1,1\n", "used: input_tokens is negative, first in line 2"),
        (b"arrival_s,input_tokens,output_tokens\n0,1,1\n1700000000000,1,1\n", "more than 20 years apart"),
        (
            b"arrival_s,input_tokens,output_tokens\n\xff\xfe,\xff,1\n",
            "no request can be used|not UTF-8|cannot be read",
        ),
        (b"\xff\xfearrival_s\n", "not UTF-8 text"),
        (b"time,input_tokens,output_tokens\n9999-01-01 00:00:00,1,1\n", "time has times outside the years 1678"),
        (b"time,input_tokens,output_tokens\n18:15:46,1,1\n", "time cannot be read, first in line 2"),
        (b"PK\x03\x04xxxxxxxx", "a zip file; unpack it first"),
        (b"PAR1 but not Parquet", "it cannot be read"),
        (gzip.compress(AZURE.encode() * 200, mtime=0)[:60], "the compressed file is damaged, or ends too early"),
        (gzip.compress(os.urandom(4_000), mtime=0)[:2_000], "damaged, or ends too early|not UTF-8"),
        (b"\x1f\x8bnot gzip at all....", "the compressed file is damaged"),
    ],
)
def test_a_file_that_is_no_request_log_is_refused_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "requests"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=said) as refused:
        read_requests(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_a_long_file_that_is_cut_in_the_middle_is_refused(tmp_path: Path) -> None:
    lines = "".join(f"{each / 8},{each % 77},{each % 7}\n" for each in range(300_000))
    zipped = gzip.compress(f"arrival_s,input_tokens,output_tokens\n{lines}".encode(), 1, mtime=0)
    (tmp_path / "whole.gz").write_bytes(zipped)
    (tmp_path / "cut.gz").write_bytes(zipped[: len(zipped) // 2])
    assert read_requests(tmp_path / "whole.gz").rows_used == 300_000
    with pytest.raises(Invalid, match=r"cut\.gz: the compressed file is damaged, or ends too early; copy it again"):
        read_requests(tmp_path / "cut.gz")


@pytest.mark.parametrize(("name", "said"), [("missing.csv", "No such file"), ("", "it is a directory")])
def test_a_file_that_is_not_there_is_said(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read_requests(tmp_path / name)


@pytest.mark.parametrize(("name", "rows", "tokens"), [("code", 8_819, 18_059_974), ("conv", 19_366, 22_361_870)])
def test_the_real_files_are_read_whole(name: str, rows: int, tokens: int) -> None:
    log = read_requests(public(f"llm_azure2023_{name}"), strict=True)
    assert (log.rows_read, log.rows_used, int(log.input_tokens.sum())) == (rows, rows, tokens)
    assert (np.diff(log.arrival_s) >= 0).all()
    assert log.begins_at is None
