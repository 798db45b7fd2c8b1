"""What is shown can be edited and applied again; what the ledger gives out, it takes back."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import NOW, Desk, Said, run

TABLES = {
    "site": "sites",
    "pool": "pools",
    "delivery": "deliveries",
    "outage": "outages",
    "tenant": "tenants",
    "terms": "terms",
    "lease": "leases",
}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "manifest.yaml"


def shown(desk: Desk, kind: str, name: str) -> Any:
    return yaml.safe_load(desk.done(kind, "show", name, "-o", "yaml"))


def write(file: Path, **tables: Any) -> Path:
    file.write_text(yaml.safe_dump(tables), "utf-8")
    return file


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize(("kind", "table"), TABLES.items())
def test_all_that_is_shown_can_be_applied_and_changes_nothing(
    desk: Desk, manifest: Path, kind: str, table: str, form: str
) -> None:
    listed = desk.done(kind, "list", "-o", form)
    manifest.write_text(f"{table}: {listed}" if form == "json" else f"{table}:\n{listed}", "utf-8")
    before = desk.state()
    assert desk.done("apply", "--yes", "-f", str(manifest)) == "nothing to change\n"
    assert desk.state() == before


def test_the_fleet_of_the_demo_can_be_carried_to_another_ledger(
    played: tuple[Desk, Said], tmp_path: Path, manifest: Path
) -> None:
    source, desk = played[0], Desk(tmp_path / "desk")
    assert run("--now", NOW, "init", str(desk.directory)).code == 0
    tables = {table: yaml.safe_load(source.done(kind, "list", "-o", "yaml")) for kind, table in TABLES.items()}
    write(manifest, **tables)
    desk.done("apply", "--yes", "-f", str(manifest), "--recorded", "carried over")
    for kind in TABLES:
        there = {each["id"]: each for each in yaml.safe_load(desk.done(kind, "list", "-o", "yaml"))}
        for each in tables[TABLES[kind]]:
            said = {name: value for name, value in there[each["id"]].items() if name not in {"computed", "recorded"}}
            assert said == {name: value for name, value in each.items() if name not in {"computed", "recorded"}}


def test_what_was_edited_is_what_changes(desk: Desk, manifest: Path) -> None:
    pool = shown(desk, "pool", "h100") | {"turnaround": "4h"}
    said = desk("apply", "--yes", "-f", str(write(manifest, pools=[pool])))
    assert said.code == 0 and "turnaround: - → 4h" in said.out
    assert shown(desk, "pool", "h100")["turnaround"] == "4h"


def test_a_wave_that_slips_is_a_fact_and_says_whom_it_hits(desk: Desk, manifest: Path) -> None:
    words = ["--tenant", "acme", "--pool", "h100", "--gpus", "1000", "--from", "2026-11-01", "--until", "2026-12-01"]
    desk.done("lease", "book", *words, "--price", "2", "--id", "on-wave-1")
    wave = shown(desk, "delivery", "wave-1") | {"p90": "2026-11-15"}
    said = desk("apply", "--yes", "-f", str(write(manifest, deliveries=[wave])))
    assert said.code == 0
    assert "shortfall: pool h100 is short by 381 GPUs from 2026-11-01 to 2026-11-15" in said.err
    assert "acme 1,256" in said.err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rank": 2}, "with other rank"),
        ({"tenant": "acme"}, "with other tenant"),
        ({"terms": "spot"}, "with other terms"),
        (
            {"blocks": [{"pool": "h100", "gpus": 64, "from": "2026-06-05", "until": "2028-01-01"}]},
            "with other blocks",
        ),
        ({"rank": 2, "protected": True}, "with other rank and protected"),
    ],
)
def test_a_lease_edited_in_a_file_is_not_changed_behind_its_back(
    desk: Desk, manifest: Path, change: dict[str, Any], words: str
) -> None:
    before = desk.state()
    said = desk("apply", "--yes", "-f", str(write(manifest, leases=[shown(desk, "lease", "research-1") | change])))
    assert said.code == 2 and words in said.err and "`neocloud lease amend research-1`" in said.err, said
    assert desk.state() == before


def test_a_file_stays_applied_when_its_leases_were_amended_since(desk: Desk) -> None:
    desk.done("lease", "amend", "acme-1", "--gpus", "264")
    before = desk.state()
    assert desk.done("apply", "--yes", "-f", str(Path(__file__).parent / "fleet.yaml")) == "nothing to change\n"
    assert desk.state() == before
