"""Every format is read as its page says, and told by what it looks like."""

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from neocloud.errors import Invalid
from neocloud.traces.reading import read_history
from tests.public import public
from tests.traces.written import ACME, FILES, HELIOS, PHILLY, SAMPLES, left_out, listed, philly_job, row, sacct


def instant(text: str) -> int:
    """UTC seconds."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def written(folder: Path, content: str | bytes, name: str = "history") -> Path:
    """A file of a history."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("form", FILES)
def test_a_format_is_told_by_its_content_packed_or_not(form: str, packed: bool, tmp_path: Path) -> None:
    content = FILES[form].encode()
    path = written(tmp_path, gzip.compress(content, mtime=0) if packed else content)
    told: list[tuple[int, int]] = []
    reading = read_history(path, gpus_are_processors=True, progress=lambda done, total: told.append((done, total)))
    assert reading.format == form
    assert reading.rows_read == reading.rows_used + sum(each.rows for each in reading.left_out)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize("name", ["sacct-all.txt", "sacct-narrow.txt", "sacct-parsable.txt", "sacct.json"])
def test_what_slurm_really_prints_is_the_same_in_every_form(name: str) -> None:
    reading = read_history(SAMPLES / name)
    jobs = listed(reading, "job_ids", "submit_s", "duration_s", "gpus", "limit_s", "waited_s", "team", "gpu_type",
                  "is_cut", "outcome", "nodes")  # fmt: skip
    assert sorted(jobs) == [
        ("1", 0, 4, 16, 600, 0, "acme", "h100", False, "COMPLETED", 2),
        ("12", 16, 69, 2, 60, 0, "acme", "h100", False, "TIMEOUT", 1),
        ("13", 16, 125, 8, 3600, 0, "acme", "h100", True, "RUNNING", 1),
        *((f"2_{i}", 6, 3, 1, 86400, 0, "acme", "h100", False, "COMPLETED", 1) for i in range(4)),
        ("3", 6, 2, 2, 0, 0, "globex", "h100", False, "FAILED", 1),
        ("8", 12, 2, 4, 1800, 0, "globex", "h100", False, "REQUEUED", 1),
        ("8", 14, 5, 4, 1800, 122, "globex", "h100", False, "COMPLETED", 1),
        ("9", 14, 2, 8, 1800, 0, "acme", "h100", False, "CANCELLED", 1),
    ]  # fmt: skip
    assert reading.trace.begins_at == instant("2026-11-24T09:35:10+00:00")
    assert left_out(reading)["held no GPU"][0] == 1


def test_steps_and_what_never_started_are_no_jobs(tmp_path: Path) -> None:
    text = sacct(
        row("1"),
        row("1.batch"),
        row("2", start="Unknown", end="Unknown", state="PENDING", tres=""),
        row("3", start="00:00:30", end="00:00:30", state="CANCELLED by 1000", tres=""),
        row("4", start="None", end="00:00:30", state="CANCELLED", tres=""),
    )
    reading = read_history(written(tmp_path, text), strict=True)
    assert left_out(reading) == {"a step of a job": (1, "line 3"), "never started": (3, "line 4")}
    assert reading.rows_used == 1


def test_a_running_job_is_cut_at_the_last_instant_that_any_row_shows(tmp_path: Path) -> None:
    text = sacct(
        row("1", end="Unknown", state="RUNNING"),
        row("2", submit="00:30:00", start="Unknown", end="Unknown", state="PENDING"),
    )
    assert listed(read_history(written(tmp_path, text)), "duration_s", "is_cut") == [(1790, True)]


def test_gpus_of_slurm_are_counted_once_and_fall_back_on_what_was_asked(tmp_path: Path) -> None:
    text = sacct(
        row("1", tres="gres/gpu:h100=4,gres/gpu:a100=4,gres/gpu=8"),
        row("2", tres=""),
        row("3", tres="cpu=1,gres/gpu:a100=2"),
        row("4", tres="cpu=1"),
    )
    reading = read_history(written(tmp_path, text))
    assert listed(reading, "job_ids", "gpus", "gpu_type") == [("1", 8, ""), ("2", 8, ""), ("3", 2, "a100")]
    assert left_out(reading) == {"held no GPU": (1, "line 5")}


@pytest.mark.parametrize(
    ("gres", "gpus", "kind"),
    [
        ("gpu:h100:8", 16, "h100"),
        ("gpu:8", 16, ""),
        ("gpu:h100:4,gpu:a100:2", 12, ""),
        ("gres:gpu:h100:8", 16, "h100"),
        ("gpu:h100:8(S:0-1)", 16, "h100"),
        ("gpu", 2, ""),
        ("gpu:h100", 2, "h100"),
        ("shard:2,gpu:1", 2, ""),
    ],
)
@pytest.mark.parametrize("column", ["AllocGRES", "ReqGRES"])
def test_gpus_of_an_older_slurm_are_those_of_each_node(
    column: str, gres: str, gpus: int, kind: str, tmp_path: Path
) -> None:
    text = sacct(row(tres=gres)).replace("AllocTRES|ReqTRES", f"{column}|Other").replace("|1|normal", "|2|normal")
    assert listed(read_history(written(tmp_path, text)), "gpus", "gpu_type", "nodes") == [(gpus, kind, 2)]


def test_gpus_of_each_node_are_a_mistake_where_the_nodes_are_unknown(tmp_path: Path) -> None:
    text = sacct(row(), row("2", tres="gpu:8")).replace("AllocTRES|ReqTRES", "AllocGRES|Other")
    text = text.replace("|1|normal", "||normal").replace(
        "billing=8,cpu=8,gres/gpu:h100=8,gres/gpu=8,mem=64G", "gpu:1"
    )
    with pytest.raises(
        Invalid, match="AllocGRES: 'gpu:8' cannot be read; GPUs of each node beside a number of nodes"
    ):
        read_history(written(tmp_path, text.replace("gpu:1,node=1", "")), strict=True)
    with pytest.raises(Invalid, match="it looks like sacct, but lacks NNodes; print it with"):
        read_history(written(tmp_path, text.replace("NNodes", "Count")))


def test_a_later_attempt_is_submitted_no_earlier_than_the_one_before_it_ended(tmp_path: Path) -> None:
    text = sacct(row("7", end="00:05:00", state="NODE_FAIL"), row("7", start="00:09:00", end="00:10:00"))
    reading = read_history(written(tmp_path, text))
    assert listed(reading, "submit_s", "waited_s", "duration_s") == [(0, 10, 290), (300, 240, 60)]
    assert [each for each in reading.remarks if each.startswith("1 job started again after an attempt")]


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [("1-00:00:00", 86400), ("00:10:00", 600), ("UNLIMITED", 0), ("Partition_Limit", 0), ("10:00", 600), ("", 0)],
)
def test_a_time_limit_is_read_as_slurm_writes_it(limit: str, seconds: int, tmp_path: Path) -> None:
    assert listed(read_history(written(tmp_path, sacct(row(limit=limit)))), "limit_s") == [(seconds,)]


def test_times_that_slurm_counts_in_seconds_are_instants_whatever_the_zone(tmp_path: Path) -> None:
    rows = [row(), row("2", start="00:00:30", end="Unknown", state="RUNNING")]
    local = read_history(written(tmp_path, sacct(*rows)))
    text = re.sub(r"2026-05-01T[\d:]+", lambda found: str(instant(f"{found[0]}+00:00")), sacct(*rows))
    counted = read_history(written(tmp_path, text), zone="Europe/Berlin", strict=True)
    columns = ("job_ids", "submit_s", "duration_s", "waited_s", "is_cut")
    assert listed(counted, *columns) == listed(local, *columns)
    assert counted.trace.begins_at == local.trace.begins_at
    assert not [each for each in counted.remarks if "zone" in each]


@pytest.mark.parametrize("state", ["CANCELLED", "CANCELLED+", "CANCELLED by 1000"])
def test_a_state_is_its_first_word_without_the_mark_of_a_narrow_column(state: str, tmp_path: Path) -> None:
    assert listed(read_history(written(tmp_path, sacct(row(state=state)))), "outcome") == [("CANCELLED",)]


def test_a_job_without_an_account_is_of_its_user(tmp_path: Path) -> None:
    text = sacct(row("1"), row("2").replace("|team|", "||"), row("3").replace("|u|team|", "|||"))
    assert listed(read_history(written(tmp_path, text)), "team") == [("team",), ("u",), ("unknown",)]


def test_local_times_are_placed_by_the_zone_and_without_one_by_utc_which_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, sacct(row()))
    assert read_history(path).trace.begins_at == instant("2026-05-01T00:00:00+00:00")
    assert "taken to be in UTC" in read_history(path).remarks[0]
    assert read_history(path, zone="Europe/Berlin").trace.begins_at == instant("2026-05-01T00:00:00+02:00")


def test_an_hour_that_comes_twice_is_the_earlier_and_is_counted(tmp_path: Path) -> None:
    text = sacct(row(start="00:30:00", end="02:00:00")).replace("2026-05-01", "2026-11-01")
    reading = read_history(written(tmp_path, text), zone="US/Pacific")
    assert not [each for each in reading.remarks if "twice" in each]
    reading = read_history(written(tmp_path, text.replace("T00:30:00", "T01:30:00")), zone="US/Pacific")
    assert [each for each in reading.remarks if each.startswith("1 times lie in the hour that comes twice")]
    assert listed(reading, "waited_s", "duration_s") == [(5400, 5400)]


def test_helios_is_read_in_the_zone_of_its_site(tmp_path: Path) -> None:
    reading = read_history(written(tmp_path, HELIOS))
    columns = ("job_ids", "submit_s", "duration_s", "gpus", "nodes", "waited_s", "team", "outcome")
    assert listed(reading, *columns) == [
        ("12", 0, 10, 16, 2, 0, "vc2", "FAILED"),
        ("11", 5, 3600, 8, 1, 15, "vc1", "COMPLETED"),
    ]
    assert reading.trace.begins_at == instant("2020-04-01T00:08:40+08:00")
    assert left_out(reading) == {"held no GPU": (1, "line 4"), "never started": (1, "line 5")}


def test_acme_is_read_with_its_own_zone_and_what_has_no_end_is_cut(tmp_path: Path) -> None:
    reading = read_history(written(tmp_path, ACME), zone="US/Pacific")
    assert listed(reading, "job_ids", "submit_s", "duration_s", "gpus", "is_cut") == [
        ("a1", 0, 3600, 8, False),
        ("a2", 1800, 1800, 32, True),
    ]
    assert reading.trace.begins_at == instant("2023-03-01T08:00:00+08:00")


def test_a_job_that_ended_and_has_no_end_is_a_mistake_and_is_not_taken_to_run_on(tmp_path: Path) -> None:
    ended = "a3,u2,1,8,9,eval,FAILED,2023-03-01 08:00:00+08:00,2023-03-01 08:00:10+08:00,,100,10,0\n"
    reading = read_history(written(tmp_path, ACME + ended))
    assert left_out(reading) == {"it ended, but no end is given": (1, "line 4")}


def test_philly_runs_as_long_as_its_attempts_did_together(tmp_path: Path) -> None:
    reading = read_history(written(tmp_path, FILES["philly"]))
    assert listed(reading, "job_ids", "submit_s", "waited_s", "duration_s", "gpus", "is_cut") == [
        ("application_2", 0, 600, 900, 4, False),
        ("application_4", 0, 600, 600 + 300, 1, True),
        ("application_1", 12, 81, 3600, 2, False),
    ]
    assert left_out(reading) == {"no attempt with times": (1, "job 3")}
    assert reading.trace.begins_at == instant("2017-10-09T07:00:00-07:00")


@pytest.mark.parametrize("status", ["Pass", "Failed", "Killed"])
def test_a_job_of_philly_that_ended_and_has_no_end_is_not_taken_to_run_on(status: str, tmp_path: Path) -> None:
    job = philly_job("application_5", "2017-10-09 07:00:00", ("2017-10-09 07:10:00", "None", 1), status=status)
    reading = read_history(written(tmp_path, json.dumps([*PHILLY, job])))
    assert left_out(reading)["it ended, but no end is given"] == (1, "job 5")
    assert reading.rows_used == 3


def test_the_standard_workload_format_counts_from_its_start(tmp_path: Path) -> None:
    reading = read_history(written(tmp_path, FILES["swf"]), gpus_are_processors=True)
    columns = ("job_ids", "submit_s", "waited_s", "duration_s", "gpus", "limit_s", "team", "outcome")
    assert listed(reading, *columns) == [
        ("1", 0, 10, 60, 4, 100, "group 1", "completed"),
        ("3", 50, 0, 30, 2, 0, "unknown", "failed"),
    ]
    assert reading.trace.begins_at == 1_000_000_000
    assert left_out(reading) == {"never started": (1, "line 5")}


def test_parquet_is_read_from_few_columns_of_any_kind(tmp_path: Path) -> None:
    columns = {"submit_s": pa.array([5, 0, 0], pa.int32()), "duration_s": [1.0, 2.0, 3.0], "gpus": [0.5, 2.0, None]}
    parquet.write_table(pa.table(columns), tmp_path / "few.parquet")
    reading = read_history(tmp_path / "few.parquet", begins_at=instant("2020-09-01T00:00:00+08:00"))
    assert listed(reading, "submit_s", "duration_s", "gpus", "waited_s", "team") == [
        (0, 2, 2, -1, "unknown"),
        (5, 1, 1, -1, "unknown"),
    ]
    assert reading.trace.begins_at == instant("2020-09-01T00:00:00+08:00")
    assert left_out(reading) == {"held no GPU": (1, "row 3")}
    assert [each for each in reading.remarks if "part of a GPU" in each]


def test_parquet_with_timestamps_has_a_calendar(tmp_path: Path) -> None:
    times = [datetime(2020, 1, 1, 8, tzinfo=UTC), datetime(2020, 1, 1, 9, tzinfo=UTC)]
    columns = {"submit": pa.array(times[:1], pa.timestamp("ms", "UTC")), "start_s": times[:1], "end_s": times[1:]}
    parquet.write_table(pa.table({**columns, "gpus": [8], "tenant": ["a"], "rank": [3]}), tmp_path / "times")
    reading = read_history(tmp_path / "times")
    assert listed(reading, "duration_s", "waited_s", "team", "rank") == [(3600, 0, "a", 3)]
    assert reading.trace.begins_at == instant("2020-01-01T08:00:00+00:00")


def test_the_jobs_of_a_trace_are_in_order_of_submit_and_ties_in_that_of_the_history(tmp_path: Path) -> None:
    text = sacct(row("b", submit="00:00:05"), row("z"), row("a"), row("c", submit="00:00:05"))
    assert listed(read_history(written(tmp_path, text)), "job_ids") == [("z",), ("a",), ("b",), ("c",)]


def test_a_gpu_type_is_one_however_it_is_capitalised(tmp_path: Path) -> None:
    columns = {"submit_s": [0, 1, 2], "duration_s": [1, 1, 1], "gpus": [1, 1, 1], "gpu_type": ["H100", "h100", None]}
    parquet.write_table(pa.table(columns), tmp_path / "types")
    assert read_history(tmp_path / "types").trace.gpu_types == ("", "h100")


# ---- the public traces ----


@pytest.mark.parametrize(
    ("name", "rows"),
    [("philly_jobs", 109_918), ("philly_attempts_refsim", 86_753), ("helios_venus_2vc_2020sep", 1_867)],
)
def test_every_row_of_the_public_traces_is_a_job(name: str, rows: int) -> None:
    reading = read_history(public(name))
    assert (reading.rows_read, reading.rows_used, reading.left_out) == (rows, rows, ())
    stored = parquet.read_table(reading.path)
    assert np.array_equal(reading.trace.submit_s, stored["submit_s"].to_numpy())
    assert np.array_equal(reading.trace.duration_s, stored["duration_s"].to_numpy())
    assert np.array_equal(reading.trace.gpus, stored["gpus"].to_numpy())
    assert reading.trace.job_ids.tolist() == stored["job_id"].to_pylist()
