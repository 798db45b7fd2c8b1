"""What cannot be read is refused in one sentence with its place, or left out with its reason; never a traceback."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from neocloud.errors import Invalid, Mistaken
from neocloud.traces.reading import read_history
from tests.traces.test_formats import written
from tests.traces.written import ACME, HELIOS, SWF, left_out, row, sacct

NO_JOBS = "\n".join(HELIOS.splitlines()[line] for line in (0, 3, 4))
GZIP = gzip.compress(HELIOS.encode() * 50, mtime=0)
TWO_ZONES = ACME.replace("2023-03-01 08:30:10+08:00", "2023-03-01 08:30:10")
TWO_OFFSETS = ACME.replace("2023-03-01 08:30:10+08:00", "2023-03-01 08:30:10-05:00")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (HELIOS.splitlines()[0], "it has no rows, only a head"),
        (NO_JOBS, r"none of its 2 rows .*\(held no GPU: 1, first line 2;"),
        (HELIOS.replace("gpu_num", "g").replace("submit_time", "s"), "Helios, but lacks gpu_num and submit_time"),
        (ACME.replace("gpu_num", "g"), "Acme, but lacks gpu_num; it has job_id, user"),
        (sacct(row()).replace("|State|", "|St|"), "looks like sacct, but lacks State; print it with"),
        (sacct(row()).replace("AllocTRES|ReqTRES", "A|B"), "looks like sacct, but lacks AllocTRES"),
        (HELIOS.replace("cpu_num", "vc"), "line 1: the column vc is there twice"),
        ("job_id,vc,gpu_num\n1,v,1\n", "nearest is Helios, but it lacks node_num and state and submit_time"),
        ("name,price\nx,1\n", "it looks like no format that is known .*'name, price'"),
        (GZIP[:-20], "it is a compressed file that ends too early"),
        (GZIP[:40], "it is a compressed file that ends too early"),
        (bytes(range(256)) * 10, "this is not text, and not Parquet"),
        (b"PAR1 and then nothing of the kind", "the Parquet file is broken"),
        ('[{"jobid": ', "line 1, column 12: the JSON is broken"),
        ('{"a": 1}', "it lacks the list 'jobs'"),
        ("[" * 200_000, "nested too deeply"),
        ("[1, 2]", "none of its 2 rows"),
        ("[]", "it has no rows"),
        (SWF, "it counts processors, not GPUs; .* say so with --processors-are-gpus"),
        (TWO_ZONES, r"two zones: submit_time in line 2 has the offset \+08:00, start_time in line 3 has no zone"),
        (TWO_OFFSETS, "times in two zones: .* start_time in line 3 has the offset -05:00"),
        (b'["\xff\xfe"]', "it is not UTF-8; save it as UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_history_is_refused_with_the_file(content: str | bytes, says: str, tmp_path: Path) -> None:
    path = written(tmp_path, content)
    with pytest.raises(Invalid, match=says) as refusal:
        read_history(path)
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)


def test_a_folder_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="a history is a file"):
        read_history(tmp_path)
    with pytest.raises(Invalid, match="it cannot be read: No such file"):
        read_history(tmp_path / "nothing")


def test_an_unknown_zone_or_format_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, HELIOS)
    with pytest.raises(Invalid, match="there is no zone 'Mars/Base'; write one such as Europe/Berlin"):
        read_history(path, zone="Mars/Base")
    with pytest.raises(Mistaken, match="did you mean 'helios'"):
        read_history(path, format="helio")
    with pytest.raises(Invalid, match="begins_at is for seconds without a calendar"):
        read_history(path, begins_at=0)


def test_parquet_of_seconds_and_times_is_refused(tmp_path: Path) -> None:
    table = pa.table({"submit_s": [1], "end_s": pa.array([1], pa.timestamp("s")), "duration_s": [1], "gpus": [1]})
    parquet.write_table(table, tmp_path / "both")
    with pytest.raises(Invalid, match="submit_s is in seconds, but end_s in times"):
        read_history(tmp_path / "both")


def test_a_name_that_is_not_utf8_is_marked_and_said_and_its_row_is_not_lost(tmp_path: Path) -> None:
    wide = row("3").replace("|u|", "|\xe9|") + "|more"
    text = sacct(row("1"), row("2").replace("|team|", "|\xe9quipe|"), wide)
    reading = read_history(written(tmp_path, text.encode("latin-1")))
    assert reading.trace.teams == ("unknown", "team", "\ufffdquipe")
    assert left_out(reading) == {"wrong number of columns": (1, "line 4")}
    assert reading.remarks[-1].startswith("it is not all UTF-8")


def test_summer_and_winter_of_one_zone_are_no_two_zones(tmp_path: Path) -> None:
    text = ACME.replace("2023-03-01 08:30:00+08:00", "2023-03-01 09:30:00+09:00")
    assert read_history(written(tmp_path, text)).rows_used == 2


DIRTY = [
    (row("2", start="00:05:00"), "ended before it started", "ended before it started"),
    (row("2", submit="00:02:00", end="00:09:00"), "started before it was submitted", "started before it was"),
    (row("2", start="soon"), "Start cannot be read", "Start: 'soon' cannot be read; a time such as"),
    (row("2").replace("05-01T00:01", "02-31T00:01"), "End cannot be read", "End: '2026-02-31T00:01:00' cannot be"),
    (row("2", limit="an hour"), "Timelimit cannot be read", "Timelimit: 'an hour' cannot be read; a duration"),
    (
        row("2").replace("|1|normal", "|many|normal"),
        "NNodes cannot be read",
        "NNodes: 'many' cannot be read",
    ),
    (row("2") + "|more", "wrong number of columns", "13 columns, where the head has 12"),
    (row("2", submit="Unknown"), "no submit time", "Submit: no submit time"),
    (row("2", end="Unknown"), "it ended, but no end is given", "it ended, but no end is given"),
]


@pytest.mark.parametrize(("dirty", "reason", "says"), DIRTY, ids=[each[1] for each in DIRTY])
def test_a_dirty_row_is_left_out_and_when_strict_refused(dirty: str, reason: str, says: str, tmp_path: Path) -> None:
    path = written(tmp_path, sacct(row(), "", dirty, row("3"), dirty))
    reading = read_history(path)
    assert left_out(reading) == {reason: (2, "line 4")}
    assert (reading.rows_read, reading.rows_used) == (4, 2)
    with pytest.raises(Invalid, match=says) as refusal:
        read_history(path, strict=True)
    assert str(refusal.value).startswith(f"{path}, line 4")


def test_the_mistake_that_is_refused_is_the_earliest_whatever_its_kind(tmp_path: Path) -> None:
    wide, back, unread = row("4") + "|more", row("2", start="00:05:00"), row("3", start="soon")
    for rows in ([back, unread, wide], [unread, wide, back], [wide, back, unread]):
        path = written(tmp_path, sacct(row(), *rows))
        with pytest.raises(Invalid) as refusal:
            read_history(path, strict=True)
        assert str(refusal.value).startswith(f"{path}, line 3")


def test_a_start_just_before_the_submit_is_a_clock_and_is_said(tmp_path: Path) -> None:
    reading = read_history(written(tmp_path, sacct(row(submit="00:00:40"))), strict=True)
    assert reading.trace.waited_s.tolist() == [0]
    assert [each for each in reading.remarks if "1 job started up to 60 s before" in each]


def test_a_dirty_job_of_json_is_left_out_with_its_place(tmp_path: Path) -> None:
    good = {"jobid": "a", "vc": "v", "status": "Pass", "submitted_time": "2017-10-09 07:00:12", "attempts": [
        {"start_time": "2017-10-09 07:01:33", "end_time": "2017-10-09 08:01:33", "detail": [{"gpus": ["gpu0"]}]},
    ]}  # fmt: skip
    late = {**good, "submitted_time": "last week"}
    back = json.loads(json.dumps(good).replace("08:01:33", "06:01:33"))
    path = written(tmp_path, json.dumps([good, {"jobid": "b"}, late, back]))
    reading = read_history(path)
    assert left_out(reading) == {
        "not a job as Philly writes it": (1, "job 2"),
        "submitted_time cannot be read": (1, "job 3"),
        "ended before it started": (1, "job 4"),
    }
    with pytest.raises(Invalid, match="job 2: not a job as Philly writes it"):
        read_history(path, strict=True)


def test_a_dirty_row_of_the_standard_workload_format_is_left_out(tmp_path: Path) -> None:
    no_count = "6 9 0 60 -1 -1 -1 four 100 -1 1 3 1 -1 1 1 -1 -1\n7 9 0 60 4 -1 -1 four 100 -1 1 3 1 -1 1 1 -1 -1\n"
    path = written(tmp_path, SWF + "4 5 6\n5 x 0 60 4 -1 -1 4 100 -1 1 3 1 -1 1 1 -1 -1\n" + no_count)
    assert left_out(read_history(path, gpus_are_processors=True)) == {
        "never started": (1, "line 5"),
        "wrong number of columns": (1, "line 7"),
        "submit cannot be read": (1, "line 8"),
        "processors cannot be read": (1, "line 9"),
    }
