"""Policies at the door: read from files, shown, and what they ask about asked, answered and told of."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Desk
from tests.cli.test_plan import FEW, LEASE, NOW

POLICIES = """
tenants:
  - {id: acme, kind: customer, legal_entity: Acme Inc., country: DE, screened_until: "2027-01-01", sites: [reno]}
policies:
  - {id: big, when: {gpus_above: 256}, then: ask, reason: two people look at what is large}
  - {id: quota, when: {inside_above: 64}, then: ask, reason: the quota of a team}
  - {id: floor, when: {below_floor: unquoted}, then: ask, reason: it is cheap, retired: "2026-01-01"}
  - {id: long, when: {longer_than: 1825d}, then: ask, reason: nobody knows, retired: "2026-01-01"}
  - {id: gentle, when: {reclaims: true}, then: ask, reason: it hurts}
  - {id: screen, when: {unscreened: true}, then: refuse, reason: we know whom we serve}
  - {id: export, when: {country_gpu: {countries: [KZ], gpus: [GB200], unsaid: true}}, then: refuse, reason: export}
"""
DEAL = ("--tenant", "acme", "--pool", "h100", "--gpus", "512", "--from", "+1d", "--until", "+31d", "--price", "2.35")


@pytest.fixture(autouse=True)
def ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")


@pytest.fixture
def governed(desk: Desk, tmp_path: Path) -> Desk:
    """The small desk, under policies."""
    desk.done("apply", "--yes", "-f", file(tmp_path, POLICIES))
    return desk


def file(folder: Path, text: str) -> str:
    path = folder / "policies.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def read(desk: Desk, *words: str) -> Any:
    return json.loads(desk.done(*words, "--output", "json"))


def test_what_is_shown_of_policies_and_tenants_can_be_applied_again(governed: Desk, tmp_path: Path) -> None:
    shown = governed.done("policy", "list", "--output", "yaml")
    assert governed.done("apply", "-f", file(tmp_path, f"policies:\n{shown}")) == "nothing to change\n"
    tenant = governed.done("tenant", "show", "acme", "--output", "yaml").replace("\n", "\n    ")
    assert governed.done("apply", "-f", file(tmp_path, f"tenants:\n  - {tenant}")) == "nothing to change\n"
    export = read(governed, "policy", "show", "export")["computed"]
    assert (export["in_force"], export["pools"]) == (True, ["gb200"])
    assert read(governed, "policy", "show", "floor")["computed"]["in_force"] is False


@pytest.mark.parametrize(
    ("when", "place", "sentence"),
    [
        ("{}", "", "one condition is wanted here, and there is none: below_floor, gpus_above"),
        ("{gpus_above: 8, reclaims: true}", "", "one condition is wanted here, not gpus_above and reclaims"),
        ("{reclaims: false}", "", "and there is none"),
        ("{gpus_above: 0}", ".gpus_above", "a whole number of at least 1 is wanted here"),
        ("{longer_than: forever}", ".longer_than", "forever"),
        ("{below_floor: always}", ".below_floor", "'always' is none of the choices: quoted, unquoted"),
        ("{country_gpu: {countries: [UK], gpus: [H100]}}", ".country_gpu.countries", "'UK' is no country"),
        ("{country_gpu: {countries: [], gpus: [H100]}}", ".country_gpu", "say which countries"),
        ("{credit: 5}", "", "there is no field 'credit' here"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_told_with_its_place(
    desk: Desk, tmp_path: Path, when: str, place: str, sentence: str
) -> None:
    text = f"policies:\n  - id: p\n    when: {when}\n    then: ask\n    reason: so\n"
    said = desk("apply", "-f", file(tmp_path, text))
    assert said.code == 2
    assert f" policies[0].when{place}: " in said.err
    assert sentence in said.err


def test_norway_in_quotes_is_a_country(desk: Desk, tmp_path: Path) -> None:
    said = desk("apply", "-f", file(tmp_path, "tenants:\n  - {id: fjord, kind: customer, country: NO}\n"))
    assert "put it in quotes" in said.err
    desk.done("apply", "--yes", "-f", file(tmp_path, 'tenants:\n  - {id: fjord, kind: customer, country: "NO"}\n'))


def test_a_booking_waits_until_somebody_else_approves_it(governed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = read(governed, "lease", "quote", *DEAL)["computed"]
    assert quoted["needs_approval"] == [{"policy": "big", "reason": "two people look at what is large"}]
    said = governed("lease", "book", *DEAL, "--id", "deal-7", "--output", "json")
    assert said.code == 0
    waits = json.loads(said.out)
    assert (waits["id"], waits["computed"]["status"], waits["asked_by"]) == ("book:deal-7", "asked", "shell:ada")
    assert waits["computed"]["comes_to"]["id"] == "deal-7"
    assert "waits until somebody else approves it (book:deal-7)" in said.err
    assert "asked before" in governed("lease", "book", *DEAL, "--id", "deal-7").err
    assert governed("lease", "show", "deal-7").code == 2
    refused = governed("approval", "approve", "book:deal-7")
    assert (refused.code, "somebody else must answer" in refused.err) == (2, True)
    monkeypatch.setenv("LOGNAME", "grace")
    done = governed("approval", "approve", "book:deal-7", "--note", "fine", "--id", "yes")
    assert done.out.startswith("Approved, and done.\nlease                deal-7\n")
    assert (
        "the same answer again" in governed("approval", "approve", "book:deal-7", "--note", "fine", "--id", "yes").err
    )
    assert governed.done("approval", "list") == "nothing waits\n"
    assert read(governed, "approval", "list", "--all")[0]["note"] == "fine"
    review = governed.done("review", "--since", "2026-06-05")
    assert "approved by shell:grace" in review
    assert "policies and approvals" in review


def test_what_was_asked_is_declined_or_withdrawn_with_a_note(governed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("deal-7", "deal-8"):
        governed.done("lease", "book", *DEAL, "--id", name)
    assert "Withdrawn." in governed.done("approval", "withdraw", "book:deal-7")
    monkeypatch.setenv("LOGNAME", "grace")
    assert "say why" in governed("approval", "decline", "book:deal-8", "--note", " ").err
    assert "status       declined" in governed.done("approval", "decline", "book:deal-8", "--note", "too cheap")
    again = governed("lease", "book", *DEAL, "--id", "deal-8")
    assert "status       declined" in again.out
    assert "was declined by shell:grace already" in governed("approval", "approve", "book:deal-8").err


def test_what_would_no_longer_fit_is_shown_and_what_ran_out_is_expired(governed: Desk) -> None:
    governed.done("lease", "book", *DEAL, "--id", "deal-7")
    for name in ("a", "b"):
        governed.done("lease", "book", *DEAL[:5], "256", *DEAL[6:], "--id", name)
    assert "if it is approved now, it is refused: lease deal-7 does not fit" in governed.done(
        "approval", "show", "book:deal-7"
    )
    assert read(governed, "approval", "show", "book:deal-7")["computed"]["comes_to"]["code"] == "lease.oversold"
    later = json.loads(governed("approval", "show", "book:deal-7", "--output", "json", now="2026-07-01").out)
    assert later["computed"] == {"status": "expired"}


def test_a_file_says_what_is_asked_and_what_is_made_and_asks_once(governed: Desk, tmp_path: Path) -> None:
    text = """
requests:
  - {id: r1, tenant: research, pools: [{pool: h100, gpus: 128}], from: "2026-09-01", until: "2026-10-01", rank: 1}
  - {id: r2, tenant: research, pools: [{pool: h100, gpus: 64}], from: "2026-09-01", until: "2026-10-01", rank: 1}
leases:
  - id: large
    tenant: acme
    blocks: [{pool: h100, gpus: 400, from: "2026-07-01", until: "2026-08-01"}]
    prices: [{per: gpu_hour, amount: 2}]
"""
    path = file(tmp_path, text)
    assert "make 1 change and ask for 2 approvals?" in governed("apply", "-f", path).err
    said = governed("apply", "--yes", "-f", path)
    assert (
        "ask     request  r1     research: a second person must approve it: quota (the quota of a team)" in said.out
    )
    assert "1 change made and 2 approvals asked for: `neocloud approval list`, up to entry" in said.err
    before = governed.state()
    again = governed("apply", "--yes", "-f", path)
    assert again.out == "nothing to change\n"
    assert "lease large was asked for before: asked (book:large)" in again.err
    assert governed.state() == before
    assert [each["about"] for each in read(governed, "approval", "list")] == ["r1", "large"]


def test_a_tenant_is_refused_where_it_is_not_eligible(governed: Desk, tmp_path: Path) -> None:
    governed.done("apply", "--yes", "-f", file(tmp_path, "tenants:\n  - {id: zeta, kind: customer}\n"))
    said = governed("lease", "quote", "--tenant", "zeta", *DEAL[2:], "--output", "json")
    problem = json.loads(said.out)
    assert (said.code, problem["code"], problem["policies"]) == (2, "tenant.not_eligible", ["screen"])
    assert problem["instead"] == ["a screening of zeta, said by `screened_until`"]
    governed.done("apply", "--yes", "-f", file(tmp_path, "tenants:\n  - {id: acme, kind: customer}\n"))
    assert "audit.not_eligible" in governed.done("audit")


def test_a_price_under_the_floor_it_was_quoted_waits_and_is_the_same_again(_planned: Path, tmp_path: Path) -> None:
    desk = Desk(Path(shutil.copytree(_planned, tmp_path / "planned")), NOW)
    policy = "policies:\n  - {id: floor, when: {below_floor: unquoted}, then: ask, reason: it is cheap}\n"
    desk.done("apply", "--yes", "-f", file(tmp_path, policy))
    assert "needs_approval" in read(desk, "lease", "quote", *LEASE, "--gpus", "64", "--price", "9")["computed"]
    desk.done("plan", *FEW, "--admit")
    assert "needs_approval" not in read(desk, "lease", "quote", *LEASE, "--gpus", "64", "--price", "9")["computed"]
    words = ("lease", "book", *LEASE, "--gpus", "64", "--price", "0.01", "--id", "c-1")
    assert list(read(desk, *words)["policies"]) == ["floor"]
    desk.done("plan", *FEW, "--seed", "1", "--admit")
    assert "asked before" in desk(*words).err
