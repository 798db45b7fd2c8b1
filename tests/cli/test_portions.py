"""A request that is served in several pools: told portion by portion, and booked by one command as one lease."""

import json
import shlex
from decimal import Decimal
from pathlib import Path

from tests.cli.conftest import Desk

WANTED = """requests:
  - id: cedar-5
    tenant: cedar
    divisible: true
    pools: [{pool: oslo-h100, gpus: 6000, price: 9}, {pool: tulsa-h100, gpus: 6000, price: 9.5}]
    from: 2027-02-01
    until: 2027-03-01
"""


def test_portions_are_told_and_booked_as_one_lease(planner: Desk, tmp_path: Path) -> None:
    (tmp_path / "wanted.yaml").write_text(WANTED, "utf-8")
    words = ("plan", "--futures", "2", "--requests", str(tmp_path / "wanted.yaml"))
    (found,) = json.loads(planner.done(*words, "-o", "json"))["requests"]
    assert [each["pool"] for each in found["portions"]] == ["oslo-h100", "tulsa-h100"]
    assert sum(Decimal(each["net_usd"]) for each in found["portions"]) == Decimal(found["net_usd"])
    said = planner.done(*words)
    assert "  and " in said and "to book what is served in several pools:" in said
    (line,) = found["commands"]
    assert line in said
    planner.done(*shlex.split(line)[1:])
    lease = json.loads(planner.done("lease", "show", "cedar-5", "-o", "json"))
    booked = {each["pool"]: each["gpus"] for each in lease["blocks"]}
    assert booked == {each["pool"]: each["gpus"] for each in found["portions"]}
    fee = Decimal(lease["computed"]["contracted"]["amount"])
    assert abs(fee - Decimal(found["worth_usd"])) < Decimal("0.05"), "no energy is paid for, and all of it is seen"
