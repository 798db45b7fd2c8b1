"""What `at-risk` shows of a shortfall: at 100 columns, each hit with its facts, and ways out that can be pasted."""

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.conftest import NOW, Desk

SHORT = ["outage", "open", "--pool", "h100", "--gpus", "700", "--from", "+1d", "--until", "+3d", "--id", "o-1"]


def at_risk(desk: Desk, *words: str) -> Any:
    """What `at-risk` answers in JSON."""
    return json.loads(desk.done("at-risk", *words, "--output", "json"))


def test_the_table_fits_100_columns_and_what_is_at_stake_stands_below_each_hit(desk: Desk) -> None:
    desk.done(*SHORT)
    lines = desk.done("at-risk").splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("LEASE"))
    assert lines[head].split() == ["LEASE", "TENANT", "POOL", "SHORT", "GPUS", "FROM", "UNTIL"]
    shown = lines[head + 1 : next(i for i, line in enumerate(lines) if line.startswith("ways out"))]
    assert all(len(line) <= 100 for line in lines[head : head + 1 + len(shown)])
    told = "\n".join(shown)
    for hit in at_risk(desk):
        assert f"{hit['lease']} " in told
        assert f"  at stake  {hit['at_stake']}" in told
        assert hit["rights"] == "-" or f"  rights    {hit['rights']}" in told


def test_a_field_of_a_field_has_its_columns_once_in_csv(desk: Desk) -> None:
    desk.done("outage", "open", "--pool", "h100", "--gpus", "1000", "--from", "+1d", "--until", "+3d", "--id", "o-1")
    rows = list(csv.DictReader(io.StringIO(desk.done("at-risk", "--output", "csv"))))
    assert {row["lease"] for row in rows} == {"acme-1", "research-1"}
    assert "fee.amount" in rows[0]
    assert "fee" not in rows[0]


def test_a_lease_that_is_not_hit_is_told_so(desk: Desk) -> None:
    desk.done(*SHORT)
    (hit,) = {each["lease"] for each in at_risk(desk)}
    (other,) = {"acme-1", "research-1"} - {hit}
    assert f"{other} is not hit" in desk.done("at-risk", "--lease", other)
    assert at_risk(desk, "--lease", other) == []


def test_a_way_out_pasted_does_what_it_said_and_pasted_twice_does_it_once(desk: Desk) -> None:
    short = desk.done(*SHORT)
    (hit,) = at_risk(desk)
    way = hit["ways_out"][0]
    for _ in range(2):
        for line in way["commands"]:
            desk.done(*shlex.split(line)[1:])
        once = desk.state()
    assert f"short by {way['relieves_gpus']} GPUs" in short
    assert at_risk(desk) == []
    for line in way["commands"]:
        assert "accepted before" in desk(*shlex.split(line)[1:]).err
    assert desk.state() == once


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["outage", "close", "o-1", "--at", "2026-06-01"], "--at: outage o-1 begins"),
        (["delivery", "slip", "wave-1"], "--by: say by how long"),
        (["curtailment", "open", "--site", "reno", "--most-mw=-5", "--until", "+4h"], "--most-mw: power cannot be"),
        (
            ["lease", "quote", "--tenant", "acme", "--pool", "h100", "--gpus", "7", "--until", "+9d", "--price", "2"],
            "--gpus: 7 GPUs",
        ),
        (
            ["lease", "quote", "--tenant", "acme", "--block", "h100=7@+1d..+9d", "--price", "2"],
            "neocloud: gpus: 7 GPUs",
        ),
        (["option", "exercise", "nope"], "option is called 'nope'"),
    ],
)
def test_a_mistake_names_the_option_that_holds_it(desk: Desk, words: list[str], sentence: str) -> None:
    desk.done(*SHORT)
    said = desk(*words)
    assert said.code == 2
    assert sentence in said.err or sentence in said.err.replace("no option", "option")


def test_a_shed_order_may_have_spaces_after_its_commas(desk: Desk) -> None:
    said = desk.done(
        "curtailment", "open", "--site", "reno", "--most-mw", "1", "--until", "+4h", "--shed", "research, acme",
        "--output", "json",
    )  # fmt: skip
    assert json.loads(said)["shed"] == ["research", "acme"]


def test_a_fact_whose_reader_leaves_early_is_written_and_done(desk: Desk) -> None:
    before = desk.state()
    command = [sys.executable, "-m", "neocloud", "--data", str(desk.directory), "--now", NOW, *SHORT]
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, check=False)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, b"")
    assert desk.state() != before
