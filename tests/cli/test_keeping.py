"""What keeping costs, what past decisions were worth, and what ways out of a slip displace."""

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import BEGUN_AT, EXAMPLE, PLANNED_AT, Desk, run

SCENARIO = ("--scenario", str(EXAMPLE / "scenario.yaml"))
FEW = (*SCENARIO, "--futures", "3")
WHEN = 'from: "2027-02-01", until: "2027-04-01"'
REQUESTS = f"""
requests:
  - {{id: big, tenant: cedar, pools: [{{pool: oslo-h100, gpus: 3072, price: 2.6}}], {WHEN}}}
  - {{id: low, tenant: bright, pools: [{{pool: oslo-h100, gpus: 1024, price: 0.7}}], {WHEN}}}
  - {{id: team, tenant: research, pools: [{{pool: oslo-h100, gpus: 512}}], rank: 2, {WHEN}}}
"""


@pytest.fixture(scope="module")
def _stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("keeping") / "desk", BEGUN_AT)
    assert run("--now", BEGUN_AT, "init", str(desk.directory)).code == 0
    desk.done("apply", "--yes", "-f", str(EXAMPLE / "fleet.yaml"))
    return desk.directory


@pytest.fixture
def desk(_stocked: Path, tmp_path: Path) -> Desk:
    """The desk of the example, with a lease of customers and one of an inside team."""
    return Desk(Path(shutil.copytree(_stocked, tmp_path / "desk")), PLANNED_AT)


def read(desk: Desk, *words: str) -> Any:
    return json.loads(desk.done(*words, "--output", "json"))


def test_keeping_says_cash_and_internal_value_apart(desk: Desk) -> None:
    found = read(desk, "plan", "keeping", *FEW)
    (lease,) = found["leases"]
    assert lease["id"] == "training" and lease["tenant"] == "research"
    hours, cash = Decimal(lease["gpu_hours"]), Decimal(lease["cash_refused_usd"])
    assert hours > 0 and cash >= 0
    assert abs(Decimal(lease["even_usd_per_gpu_hour"]) * hours - cash) < hours / 1000
    assert Decimal(found["value_usd"]) == Decimal(lease["value_usd"]) > cash
    assert Decimal(lease["wrong_ratio"]) < 1


def test_the_frontier_goes_from_selling_everything_to_keeping_most(desk: Desk) -> None:
    found = read(desk, "plan", "keeping", *FEW)
    points = found["frontier"]
    assert [Decimal(point["values_ratio"]) for point in points] == [Decimal(i) / 4 for i in range(9)]
    cash = [Decimal(point["cash_usd"]) for point in points]
    internal = [Decimal(point["internal_usd"]) for point in points]
    assert cash == sorted(cash, reverse=True) and internal == sorted(internal)
    assert internal[0] == 0 and Decimal(points[0]["outside_ratio"]) == 1
    here = found["here"]
    assert Decimal(here["cash_usd"]) <= cash[0] and Decimal(here["internal_usd"]) > 0


def test_keeping_is_shown_as_a_table_a_picture_and_csv(desk: Desk) -> None:
    said = desk.done("plan", "keeping", *FEW)
    assert "WRONG BY" in said and "not cash" in said and "here" in said
    picture = desk.done("plan", "keeping", *FEW, "--output", "chart")
    assert picture.count("X") == 2 and "cash, M USD" in picture
    head, *rows = desk.done("plan", "keeping", *FEW, "--frontier", "--output", "csv").splitlines()
    assert head == "values_ratio,cash_usd,internal_usd,outside_ratio" and len(rows) == 9


def test_a_ledger_without_inside_leases_keeps_nothing(tmp_path: Path) -> None:
    empty = Desk(tmp_path / "empty", BEGUN_AT)
    assert run("--now", BEGUN_AT, "init", str(empty.directory)).code == 0
    assert empty.done("plan", "keeping").startswith("no inside team has a lease")


def test_a_score_says_what_each_decision_lost_in_hindsight(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "requests.yaml"
    file.write_text(REQUESTS, "utf-8")
    desk.done("apply", "--yes", "-f", str(file))
    money = ("--tenant", "bright", "--price", "0.7", "--id", "deal-low", "--request", "low")
    span = ("--pool", "oslo-h100", "--from", "2027-02-01", "--until", "2027-04-01")
    desk.done("lease", "book", *money, *span, "--gpus", "1024")
    desk.done("request", "decline", "big", "--reason", "a mistake")
    desk.done("lease", "book", "--tenant", "research", "--rank", "2", "--request", "team", *span, "--gpus", "512")
    found = read(desk, "plan", "score")
    rows = {row["id"]: row for row in found["decisions"]}
    assert set(rows) == {"big", "low"} and found["unpriced"] == 1
    assert (rows["big"]["accepted"], rows["low"]["accepted"]) == (False, True)
    assert Decimal(rows["big"]["lost_usd"]) > 0 and rows["big"]["reason"] == "a mistake"
    assert 0 < Decimal(found["worth_usd"]) < Decimal(found["bound_usd"])
    ratio = Decimal(found["worth_usd"]) / Decimal(found["bound_usd"])
    assert abs(Decimal(found["ratio"]) - ratio) < Decimal("0.001")
    assert Decimal(found["first_come_usd"]) <= Decimal(found["bound_usd"])
    said = desk.done("plan", "score")
    assert "was had" in said and "big" in said
    assert desk.done("plan", "score", "--output", "csv").startswith("id,tenant,accepted,worth_usd,cost_usd,")


def test_a_score_of_nothing_says_so(desk: Desk) -> None:
    refused = desk("plan", "score", "--from", "2026-01-01", "--until", "2026-02-01")
    assert refused.code == 2
    assert "no request with a price or value was decided then" in refused.err


def test_ways_out_are_priced_by_the_price_set_admitted_last(desk: Desk) -> None:
    desk.done("outage", "open", "--pool", "oslo-h100", "--gpus", "6400", "--until", "2027-03-01")
    before = read(desk, "at-risk")
    assert all("displaces_usd" not in way for row in before for way in row["ways_out"])
    desk.done("plan", *FEW, "--admit")
    after = read(desk, "at-risk")
    ways = [way for row in after for way in row["ways_out"]]
    assert ways and all("displaces_usd" in way for way in ways)
    moves = [way for way in ways if way["kind"] == "move"]
    assert all(way["displaces_usd"] > 0 for way in moves)
    assert "of other use" in desk.done("at-risk")
