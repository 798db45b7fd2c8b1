"""A put at the door: weighed by a plan, accepted without a lease, and part of prices and quotes from then on."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Desk

FEW = ("--futures", "2")

PUT = """requests:
  - id: cedar-put
    tenant: cedar
    put: true
    pools: [{pool: oslo-h100, gpus: 6144, price: 1.8}]
    from: 2027-01-10
    until: 2027-04-01
"""


@pytest.fixture
def asked(planner: Desk, tmp_path: Path) -> Desk:
    (tmp_path / "put.yaml").write_text(PUT, "utf-8")
    planner.done("apply", "--yes", "-f", str(tmp_path / "put.yaml"))
    return planner


def read(desk: Desk, *words: str) -> Any:
    return json.loads(desk.done(*words, "-o", "json"))


def test_a_plan_says_what_a_put_would_take_and_is_worth(asked: Desk) -> None:
    (found,) = read(asked, "plan", *FEW)["requests"]
    assert (found["advice"], found["opportunity_cost_usd"]) == ("accept", "0.00")
    assert Decimal(found["expected_gpu_hours"]) > 0 and Decimal(found["worth_usd"]) > 0
    said = asked.done("plan", *FEW)
    assert "a put, taken only where nothing else pays more: " in said
    explained = asked.done("plan", *FEW, "--explain", "cedar-put")
    assert "GPU-hours expected" in explained and "each way" not in explained
    assert read(asked, "plan", *FEW, "--explain", "cedar-put") == found
    assert "expected_gpu_hours" in asked.done("plan", *FEW, "--explain", "cedar-put", "-o", "csv")


def test_a_put_is_accepted_without_a_lease_and_prices_hold_it_from_then_on(asked: Desk) -> None:
    quote = ("lease", "quote", "--tenant", "acme", "--pool", "oslo-h100", "--gpus", "64", "--price", "3")
    span = ("--from", "2027-01-10", "--until", "2027-04-01")
    asked.done("request", "decline", "cedar-put", "--reason", "not yet")
    asked.done("plan", *FEW, "--admit")
    before = Decimal(read(asked, *quote, *span)["computed"]["quote"]["floor_usd"])
    again = PUT.replace("cedar-put", "cedar-put-2")
    (asked.directory.parent / "again.yaml").write_text(again, "utf-8")
    asked.done("apply", "--yes", "-f", str(asked.directory.parent / "again.yaml"))
    said = asked.done("request", "accept", "cedar-put-2", "--reason", "it costs nothing")
    assert said.startswith("Accepted.") and "it costs nothing" in said
    assert read(asked, "request", "show", "cedar-put-2")["computed"]["status"] == "accepted"
    assert read(asked, "request", "list") == []
    assert "cedar-put-2" not in {each["id"] for each in read(asked, "lease", "list", "--all")}
    asked.done("plan", *FEW, "--admit")
    after = read(asked, *quote, *span)["computed"]["quote"]
    assert Decimal(after["floor_usd"]) > before and Decimal(after["opportunity_cost_usd"]) > Decimal("1.7")
    (row, *_) = [each for each in read(asked, "plan", "costs", "--pool", "oslo-h100") if each["from"] >= "2027-01-10"]
    assert Decimal(row["mean_usd"]) > Decimal("1.7"), "1.80 less 0.0 of energy: no scenario says what it costs"
    large = [word if word != "64" else "2048" for word in quote]
    exact = read(asked, *large, *span)["computed"]["quote"]
    assert exact["is_exact"] and Decimal(exact["opportunity_cost_usd"]) > Decimal("1.7")


def test_what_is_no_put_is_not_accepted_by_itself(asked: Desk, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(PUT.replace("put: true", "put: false").replace("cedar-put", "c-1"), "utf-8")
    asked.done("apply", "--yes", "-f", str(tmp_path / "other.yaml"))
    said = asked("request", "accept", "c-1")
    assert said.code == 2
    assert "`neocloud lease book --request c-1`" in said.err
    assert (
        "no request is called 'cedar-puts'; did you mean 'cedar-put'?" in asked("request", "accept", "cedar-puts").err
    )
    asked.done("request", "accept", "cedar-put")
    assert "request cedar-put is accepted already" in asked("request", "accept", "cedar-put").err


WRONG = [
    (PUT.replace(", price: 1.8", ""), "its request has a price in each of its pools"),
    (PUT.replace("tenant: cedar", "tenant: research").replace("price", "value"), "an inside team has none"),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG)
def test_a_put_that_cannot_be_is_refused_in_one_sentence(
    planner: Desk,
    tmp_path: Path,
    text: str,
    sentence: str,
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text, "utf-8")
    for words in (("apply", "--yes", "-f", str(file)), ("plan", *FEW, "--requests", str(file))):
        said = planner(*words)
        assert (said.code, said.out) == (2, "")
        assert sentence in said.err and said.err.count("\n") == 1
