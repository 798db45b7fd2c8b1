"""An opening that a plan makes: told with who gives way and what is lost, and done by the commands that it prints."""

import csv
import io
import json
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Desk

FEW = ("--futures", "2")

SPAN = ("--from", "2027-01-04", "--until", "2027-06-01")
WANTED = """requests:
  - id: cedar-7
    tenant: cedar
    pools: [{pool: oslo-h100, gpus: 1600, price: 4}]
    from: 2027-02-01
    until: 2027-04-01
  - id: cedar-8
    tenant: cedar
    pools: [{pool: tulsa-h100, gpus: 3504, price: 6}]
    from: 2027-03-01
    until: 2027-03-31
"""


@pytest.fixture
def crowded(planner: Desk, tmp_path: Path) -> Desk:
    """The example with little room: a spot lease in oslo, and one in tulsa that has not begun."""
    weak = ("--tenant", "bright", "--terms", "spot", "--price", "0.6", "--id", "weak")
    planner.done("lease", "book", "--pool", "oslo-h100", "--gpus", "2560", *SPAN, *weak)
    ahead = ("--tenant", "acme", "--price", "2", "--id", "ahead", "--from", "2027-02-20", "--until", "2027-05-01")
    planner.done("lease", "book", "--pool", "tulsa-h100", "--gpus", "512", *ahead)
    (tmp_path / "wanted.yaml").write_text(WANTED, "utf-8")
    return planner


def read(desk: Desk, file: Path, *words: str) -> Any:
    said = desk.done("plan", *FEW, "--requests", str(file), *words)
    return json.loads(said) if "json" in words else said


def test_a_plan_says_who_gives_way_and_what_is_lost(crowded: Desk, tmp_path: Path) -> None:
    before, file = crowded.state(), tmp_path / "wanted.yaml"
    reclaim, move = read(crowded, file, "-o", "json")["requests"]
    assert (reclaim["advice"], move["advice"]) == ("reclaim", "move")
    (giver,) = reclaim["givers"]
    assert (giver["lease"], giver["tenant"], giver["pools"], giver["until"]) == (
        "weak", "bright", ["oslo-h100"], "2027-06-01",
    )  # fmt: skip
    assert Decimal(giver["lost_usd"]) == Decimal(reclaim["lost_usd"]) > 0
    assert Decimal(reclaim["net_usd"]) > 0
    assert move["givers"][0]["moves_to"] == "oslo-h100" and move["givers"][0]["must_agree"]
    assert move["lost_usd"] == "0.00"
    assert {reclaim["number"], move["number"]} == {1, 2}
    said = read(crowded, file)
    for part in (
        "worth more than what it displaces, if weak gives way",
        "gives way, and loses that",
        "moves to oslo-h100; acme must agree",
        "to make room, once what is accepted is booked, in this order:",
        "neocloud lease amend ahead --move oslo-h100",
    ):
        assert part in said
    explained = read(crowded, file, "--explain", "cedar-7")
    assert "gives way, and loses that" in explained and "--reclaim --id cedar-7" in explained
    assert read(crowded, file, "--explain", "cedar-8", "-o", "json")["givers"] == move["givers"]
    rows = list(csv.DictReader(io.StringIO(read(crowded, file, "-o", "csv"))))
    assert [json.loads(row["givers"])[0]["lease"] for row in rows] == ["weak", "ahead"]
    assert crowded.state() == before


def test_the_commands_of_a_plan_do_what_it_says(crowded: Desk, tmp_path: Path) -> None:
    advised = read(crowded, tmp_path / "wanted.yaml", "-o", "json")["requests"]
    for each in sorted(advised, key=lambda row: row["number"]):
        for line in each["commands"]:
            program, *words = shlex.split(line)
            assert program == "neocloud"
            crowded.done(*words)
    shown = json.loads(crowded.done("lease", "show", "weak", "-o", "json"))
    assert [each["gpus"] for each in shown["blocks"]] == [2560, 1856], "a part gave way"
    moved = json.loads(crowded.done("lease", "show", "ahead", "-o", "json"))
    assert [each["pool"] for each in moved["blocks"]] == ["oslo-h100"]
    assert json.loads(crowded.done("lease", "show", "cedar-8", "-o", "json"))["tenant"] == "cedar"


def test_an_opening_for_a_request_of_the_ledger_accepts_it(crowded: Desk, tmp_path: Path) -> None:
    crowded.done("apply", "--yes", "-f", str(tmp_path / "wanted.yaml"))
    advised = json.loads(crowded.done("plan", *FEW, "-o", "json"))["requests"]
    line = next(line for each in advised for line in each.get("commands", ()) if "--reclaim" in line)
    assert "--request cedar-7" in line
    crowded.done(*shlex.split(line)[1:])
    assert json.loads(crowded.done("request", "show", "cedar-7", "-o", "json"))["computed"]["status"] == "accepted"
