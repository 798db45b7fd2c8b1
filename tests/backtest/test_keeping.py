"""A surplus on disk: JSON and Parquet that say the same, and files that are there whole or not at all."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from pyarrow import parquet

from neocloud.backtest.keeping import plain, write_jobs, write_json, write_tables, write_trace
from neocloud.backtest.synthetic.example import example
from neocloud.errors import Invalid, NeocloudError, Unavailable
from neocloud.model.traces import Trace
from neocloud.pages.writing import write_page, written
from neocloud.traces.reading import read_history
from neocloud.units import Money
from tests.backtest.made import NASTY, bare, surplus


def trace(ids: "np.ndarray") -> Trace:
    """Jobs of one GPU, submitted a second apart."""
    n = len(ids)
    zero, one = np.zeros(n, np.int64), np.ones(n, np.int64)
    return Trace(
        job_ids=ids, submit_s=np.arange(n), duration_s=one, gpus=one, nodes=zero, limit_s=zero, rank=one,
        waited_s=zero - 1, team=zero, gpu_type=zero, is_cut=np.zeros(n, np.bool_), outcome=zero,
    )  # fmt: skip


def test_the_json_has_every_field_and_money_as_text(tmp_path: Path) -> None:
    whole = surplus()
    write_json(tmp_path / "s.json", whole)
    kept = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert set(kept) == set(whole.__struct_fields__)
    assert kept["economics"]["earnings"][0]["price"] == {"amount": "1.35", "currency": "USD"}
    assert kept["economics"]["earnings"][0]["per_year"] == {"amount": "3703903.20", "currency": "USD"}
    assert kept["points"][20]["waits"]["p99_s"] is None
    assert kept["points"][3]["groups"][0]["name"] == NASTY
    assert len(kept["idle"]["mean_gpus"]) == 168


@pytest.mark.parametrize(
    ("money", "amount"),
    [(Money("USD", 1_234_567), "0.001234567"), (Money("USD", 2 * 10**9), "2.00"), (Money("JPY", 3 * 10**9), "3")],
)
def test_money_keeps_every_digit(money: Money, amount: str) -> None:
    assert plain(money) == {"amount": amount, "currency": money.currency}


def test_what_is_no_number_is_null() -> None:
    assert plain([float("nan"), float("inf"), 1.5]) == [None, None, 1.5]


def test_the_tables_say_what_the_surplus_says(tmp_path: Path) -> None:
    whole = surplus()
    paths = write_tables(tmp_path / "new" / "tables", whole)
    assert [path.name for path in paths] == [
        "frontier.parquet", "groups.parquet", "demand.parquet", "idle_hours.parquet",
    ]  # fmt: skip
    frontier, groups, demand, idle = (parquet.read_table(path).to_pylist() for path in paths)
    assert [row["sold_gpus"] for row in frontier] == [point.sold_gpus for point in whole.points]
    assert frontier[20]["p99_s"] is None and frontier[0]["meets"] is True
    assert len(groups) == sum(len(point.groups) for point in whole.points)
    assert groups[0] | {"of": "team", "name": NASTY, "sold_gpus": 0} == groups[0]
    assert demand[1]["from_at"].isoformat() == "2017-08-08T14:03:01+00:00" and demand[1]["from_s"] == 86_400
    assert [(row["day"], row["hour"]) for row in idle[23:25]] == [(1, 23), (2, 0)]


def test_the_tables_of_a_bare_surplus_have_the_same_columns(tmp_path: Path) -> None:
    full, empty = write_tables(tmp_path / "a", surplus()), write_tables(tmp_path / "b", bare())
    for one, other in zip(full, empty, strict=True):
        assert parquet.read_schema(one) == parquet.read_schema(other)
    assert parquet.read_table(empty[2]).to_pylist()[0]["from_at"] is None


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        (np.array([7, 8, 9]), [7, 8, 9]),
        (np.array(["a", "b_0", "é"]), ["a", "b_0", "é"]),
        (np.array(["a", "a", "b"], object), ["a", "a", "b"]),
        (np.array(["a", 2, 3], object), ["a", "2", "3"]),
    ],
)
def test_every_job_has_its_start_and_wait_in_the_order_of_the_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ids: "np.ndarray", kept: list[object]
) -> None:
    monkeypatch.setattr("neocloud.backtest.keeping._JOBS_AT_ONCE", 2)
    write_jobs(tmp_path / "jobs.parquet", trace(ids), np.array([0, 11, -1]))
    found = parquet.read_table(tmp_path / "jobs.parquet").to_pydict()
    assert found == {"job_id": kept, "start_s": [0, 11, None], "wait_s": [0, 10, None]}


def test_no_job_is_a_file_without_rows(tmp_path: Path) -> None:
    write_jobs(tmp_path / "jobs.parquet", trace(np.array([], object)), np.array([], np.int64))
    assert parquet.read_table(tmp_path / "jobs.parquet").num_rows == 0


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError, SystemExit])
def test_what_is_broken_off_leaves_the_file_as_it_was(tmp_path: Path, stop: type[BaseException]) -> None:
    place = tmp_path / "page.html"
    write_page(place, "before")
    with pytest.raises(stop), written(place) as file:
        file.write_text("half")
        raise stop
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert place.read_text() == "before"


def test_a_file_is_replaced_whole_with_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    place, link = tmp_path / "real.html", tmp_path / "link.html"
    write_page(place, "before")
    place.chmod(0o640)
    link.symlink_to(place)
    write_page(link, "after é")
    assert link.is_symlink() and place.read_text("utf-8") == "after é"
    assert place.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "real.html"]


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        (".", Invalid, "is a folder; name a file in it"),
        ("no/page.html", Unavailable, "cannot be written: there is no folder"),
        ("file/page.html", Unavailable, "cannot be written: there is no folder"),
        (f"{'x' * 300}.html", Invalid, "File name too long"),
        ("pipe", Invalid, "is no ordinary file"),
        ("ring", Invalid, "is no name of a file"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_clear_sentence(
    tmp_path: Path, name: str, kind: type[NeocloudError], sentence: str
) -> None:
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    with pytest.raises(kind) as said:
        write_page(tmp_path / name, "page")
    assert sentence in str(said.value) and "\n" not in str(said.value)
    assert not list(tmp_path.glob(".*"))


def test_a_full_disk_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as said, written(tmp_path / "s.json"):
        raise OSError(28, "Error writing bytes to file .s.json.12.part")
    assert str(said.value) == f"{tmp_path / 's.json'} cannot be written: No space left on device"


def test_a_folder_for_tables_that_is_a_file_or_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Invalid, match="is a file; name a folder"):
        write_tables(tmp_path / "file", surplus())
    with pytest.raises(Unavailable, match="cannot be made: Not a directory"):
        write_tables(tmp_path / "file" / "tables", surplus())


def test_a_trace_that_is_written_is_read_again_as_it_was(tmp_path: Path) -> None:
    """Of the example, which has a calendar; and of the same jobs without one, some of which waited."""
    made = example(days=3).trace
    waited = np.where(np.arange(len(made)) % 3 == 0, -1, 7)
    for trace in (made, structs.replace(made, begins_at=None, waited_s=waited)):
        path = tmp_path / "trace.parquet"
        write_trace(path, trace)
        found = read_history(path)
        assert found.rows_read == found.rows_used == len(trace)
        ours, theirs = (each.submit_s + (each.begins_at or 0) for each in (trace, found.trace))
        assert np.array_equal(ours, theirs)
        for name in ("duration_s", "gpus", "nodes", "limit_s", "rank", "waited_s"):
            assert np.array_equal(getattr(found.trace, name), getattr(trace, name)), name
        assert found.trace.job_ids.tolist() == trace.job_ids.tolist()
        for names, codes in (("teams", "team"), ("outcomes", "outcome")):
            said, read = ([getattr(t, names)[i] for i in getattr(t, codes)] for t in (trace, found.trace))
            assert said == read
