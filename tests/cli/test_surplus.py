"""`neocloud surplus`: from a file on disk to the answer, its files, and one sentence for everything that is wrong."""

import json
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import yaml
from pyarrow import parquet

from neocloud.backtest.policy import Policy
from neocloud.traces.detect import FORMATS
from tests.cli.conftest import Desk, run
from tests.public import public

MAPPING = "columns: {job_id: id, submit: submitted, start: began, end: ended, gpus: cards, team: who}\n"


def written(folder: Path, jobs: int = 60) -> Path:
    """A history as CSV: an hour's job of 8 GPUs each two hours, of teams a and b in turn, and a mapping beside it."""
    rows = ["id,submitted,began,ended,cards,who"]
    for i in range(jobs):
        day, hour = 1 + i // 12, i % 12 * 2
        rows.append(f"j{i},2026-01-{day:02}T{hour:02}:00:00Z,2026-01-{day:02}T{hour:02}:10:00Z,"
                    f"2026-01-{day:02}T{hour + 1:02}:10:00Z,8,{'ab'[i % 2]}")  # fmt: skip
    folder.joinpath("map.yaml").write_text(MAPPING)
    path = folder / "jobs.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def ask(folder: Path, *words: str, jobs: int = 60) -> tuple[str, ...]:
    """The words that ask about that history."""
    return ("surplus", str(written(folder, jobs)), "--mapping", str(folder / "map.yaml"), "--resamples", "0", *words)


def test_what_was_never_in_use_can_be_sold(tmp_path: Path) -> None:
    said = run(*ask(tmp_path, "--gpus", "32", "--sell", "0:0.75:0.25"))
    assert said.code == 0, said.err
    assert said.out.startswith("You could have sold 75 % (24 GPUs) with p95 waits of inside jobs under 30 minutes")
    assert "60 read = 60 used + 0 left out" in said.out


def test_the_answer_is_the_same_in_every_form(tmp_path: Path) -> None:
    words = ask(tmp_path, "--gpus", "32", "--sell", "0:0.75:0.25", "--price", "2")
    whole = json.loads(run(*words, "--output", "json").out)
    assert yaml.safe_load(run(*words, "--output", "yaml").out)["sentence"] == whole["sentence"]
    rows = run(*words, "--output", "csv").out.splitlines()
    assert len(rows) == 1 + len(whole["points"]) == 5
    assert whole["knee"]["sold_gpus"] == 24
    assert whole["economics"]["earnings"][0]["per_year"] == {"amount": "378432.00", "currency": "USD"}
    assert whole["actual"]["p50_s"] == 600


def test_every_file_that_is_asked_for_is_written(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("r.html", "a.json", "s.yaml", "jobs.parquet")}
    said = run(
        *ask(tmp_path, "--gpus", "32", "--sell", "0.5", "--notice", "1h", "--report", str(files["r.html"])),
        *(
            "--json",
            str(files["a.json"]),
            "--scenario",
            str(files["s.yaml"]),
            "--jobs-out",
            str(files["jobs.parquet"]),
        ),
        *("--tables", str(tmp_path / "tables")),
    )
    assert said.code == 0, said.err
    assert said.err.count("written:") == 5
    assert "<html" in files["r.html"].read_text()
    assert json.loads(files["a.json"].read_text())["reclaimable"][0]["notice_s"] == 3_600
    scenario = yaml.safe_load(files["s.yaml"].read_text())
    assert scenario["sellable"]["firm_gpus"] == 24
    assert len(scenario["inside_gpus"]["mean"]) == 168
    jobs = parquet.read_table(files["jobs.parquet"]).to_pylist()
    assert jobs[0] == {"job_id": "j0", "start_s": 0, "wait_s": 0}
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {
        "frontier.parquet", "groups.parquet", "demand.parquet", "idle_hours.parquet",
    }  # fmt: skip


def test_the_pool_of_a_ledger_is_a_fleet(desk: Desk, tmp_path: Path) -> None:
    said = desk(*ask(tmp_path, "--pool", "h100", "--sell", "0"))
    assert said.code == 0, said.err
    assert "1,003 GPUs" in said.out  # of 1,024, 21 are spares
    assert "no pool" in desk(*ask(tmp_path, "--pool", "h900")).err


def test_a_fleet_that_is_not_given_is_said_loudly(tmp_path: Path) -> None:
    said = run(*ask(tmp_path, "--sell", "0"))
    assert "FLEET SIZE NOT GIVEN: taken from the peak in use, 8 GPUs" in said.out
    assert "was not given" in said.err


def test_nodes_quotas_and_ranks_are_replayed(tmp_path: Path) -> None:
    words = ask(tmp_path, "--nodes", "4x8", "--quota", "a=8", "--policy", "priority", "--sell", "0:0.75:0.25")
    said = run(*words)
    assert said.code == 0, said.err
    assert "32 GPUs in nodes 4x8" in said.out
    assert "You could have sold 75 %" in said.out


def test_the_example_says_that_it_is_synthetic(tmp_path: Path) -> None:
    said = run("surplus", "--example", "--sell", "0.1", "--resamples", "0", "--report", str(tmp_path / "r.html"))
    assert said.code == 0, said.err
    assert "SYNTHETIC" in said.out
    assert "968 GPUs" in said.out
    assert "SYNTHETIC" in (tmp_path / "r.html").read_text().upper()


def test_a_product_that_serves_leaves_a_surplus(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("arrival_s,input_tokens,output_tokens\n" + "".join(f"{i},1000,100\n" for i in range(600)))
    words = ("surplus", "--serving", str(log), "--tokens-per-gpu-s", "1000", "--latency", "2s", "--gpus", "8")
    said = run(*words)
    assert said.code == 0, said.err
    assert said.out.startswith("The product needs at most 2 GPUs of 8; 6 could be sold firm")
    assert json.loads(run(*words, "--output", "json").out)["firm_gpus"] == 6
    assert run(*words, "--output", "csv").out.splitlines()[1] == "+0s,2,6"


def test_the_starts_that_are_written_are_those_that_others_published(tmp_path: Path) -> None:
    """Strict FIFO on 2,490 counted GPUs, through the door, on all 86,753 attempts of Philly."""
    history, out = public("philly_attempts_refsim"), tmp_path / "starts.parquet"
    words = ("--gpus", "2490", "--policy", "fifo", "--sell", "0", "--resamples", "0", "--jobs-out", str(out))
    said = run("surplus", str(history), *words)
    assert said.code == 0, said.err
    ours, theirs = parquet.read_table(out), parquet.read_table(history)
    assert ours["job_id"].to_pylist() == theirs["job_id"].to_pylist()
    assert np.array_equal(ours["wait_s"].to_numpy(), theirs["ref_sim_wait_s"].to_numpy())


def test_the_command_knows_every_policy_and_every_format() -> None:
    assert tuple(Policy) == import_module("neocloud.cli.surplus").POLICIES
    assert ("auto", *FORMATS) == import_module("neocloud.cli.surplus").FORMATS


# ---- what is wrong, in one sentence ----


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("surplus",), "give a HISTORY, --example or --serving"),
        (("surplus", "--example", "--serving", "x"), "only one of them"),
        (("surplus", "--example", "--gpus", "8", "--nodes", "1x8"), "the fleet in one way"),
        (("surplus", "--example", "--objective", "95"), "--objective: '95' is no objective"),
        (("surplus", "--example", "--sell", "1"), "--sell: '1' is no share"),
        (("surplus", "--example", "--nodes", "8"), "--nodes: '8' does not say nodes"),
        (("surplus", "--example", "--estimates", "guess"), "'guess' is no kind of estimate"),
        (("surplus", "--example", "--price", "1,2,3,4"), "--price: 4 prices are too many"),
        (("surplus", "--example", "--price", "cheap"), "--price"),
        (("surplus", "--example", "--let", "1.5"), "--let: 1.5 is not over 0 and up to 1"),
        (("surplus", "--example", "--notice", "soon"), "--notice: 'soon' is not a duration"),
        (("surplus", "--example", "--quota", "nobody=8"), "--quota: no job is of team 'nobody'"),
        (("surplus", "--example", "--quota", "8"), "--quota: '8' is no quota"),
        (("surplus", "--example", "--quota", "vision=²"), "--quota: 'vision=²' is no quota"),
        (("surplus", "--example", "--quota", "vision=99999999999999999999"), "is no quota"),
        (("surplus", "--example", "--sell", "0:0.4:1e-9999"), "more than 1,000 shares"),
        (("surplus", "--example", "--objective", "p95<" + 20 * "999999999999w"), "--objective"),
        (("surplus", "--example", "--nodes", ""), "--nodes: '' does not say nodes"),
        (("surplus", "--example", "--zone", "Mars/North"), "--zone: 'Mars/North' is no time zone"),
        (("surplus", "--example", "--notice", "1d", "--policy", "fifo"), "under --policy backfill"),
        (("surplus", "--serving", "nothing.csv"), "--tokens-per-gpu-s: say how many tokens"),
        (("surplus", "--serving", "nothing.csv", "--tokens-per-gpu-s", "9"), "nothing.csv"),
        (("surplus", "nothing.csv"), "nothing.csv"),
        (("surplus", "--example", "--gpus", "0"), "--gpus"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    said = run(*words)
    assert said.code == 2, said
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) <= 2
    assert "Traceback" not in said.err


def test_a_fleet_under_the_smallest_job_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    report = tmp_path / "r.html"
    said = run(*ask(tmp_path, "--gpus", "4", "--report", str(report)))
    assert said.code == 2
    assert "none of 60 jobs runs on 4 GPUs: the smallest job holds 8 GPUs" in said.err
    assert not report.exists()


def test_a_bad_row_is_counted_and_under_strict_refused(tmp_path: Path) -> None:
    words = ask(tmp_path, "--gpus", "32", "--sell", "0")
    path = tmp_path / "jobs.csv"
    lines = path.read_text().splitlines()
    lines[7] = lines[7].replace(",8,", ",eight,")
    path.write_text("\n".join(lines) + "\n")
    assert "60 read = 59 used + 1 left out" in run(*words).out
    said = run(*words, "--strict")
    assert said.code == 2
    assert "line 8" in said.err


def test_a_file_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    said = run(*ask(tmp_path, "--gpus", "32", "--report", str(tmp_path / "no" / "r.html")))
    assert said.code == 2
    assert "no/r.html cannot be written" in said.err
    same = str(tmp_path / "same")
    said = run(*ask(tmp_path, "--gpus", "32", "--report", same, "--json", same))
    assert said.code == 2
    assert "two files would be written to" in said.err


def test_what_makes_an_answer_doubtful_is_said(tmp_path: Path) -> None:
    assert "all jobs have the same rank" in run(*ask(tmp_path, "--gpus", "32", "--policy", "priority")).err
    twice = written(tmp_path)
    lines = twice.read_text().splitlines()
    twice.write_text("\n".join([*lines, *lines[1:]]) + "\n")
    words = ("--mapping", str(tmp_path / "map.yaml"), "--resamples", "0")
    assert (
        "the history shows 16 GPUs in use at once: a fleet of 8 cannot be right"
        in run("surplus", str(twice), *words, "--gpus", "8").err
    )


def test_what_goes_with_jobs_only_is_refused_beside_a_log_of_requests(tmp_path: Path) -> None:
    words = ("surplus", "--serving", "log.csv", "--tokens-per-gpu-s", "9", "--price", "2")
    said = run(*words, "--report", str(tmp_path / "r.html"))
    assert said.code == 2
    assert "--report and --price go with a history of jobs" in said.err


def test_an_interrupt_leaves_no_half_file(tmp_path: Path) -> None:
    """Interrupted while it replays: one sentence, and no file."""
    report = tmp_path / "r.html"
    words = ["surplus", "--example", "--nodes", "121x8", "--resamples", "2000", "--report", str(report)]
    process = subprocess.Popen(
        [sys.executable, "-m", "neocloud", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
