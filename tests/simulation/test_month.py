"""A month of a neocloud, with crashes: the world is at all times the fold of the journal, and the law holds."""

from pathlib import Path
from typing import get_args

import pytest

from neocloud.model.entries import Cause
from tests.simulation.month import Month

STEPS = 250


@pytest.fixture(autouse=True)
def snapshots_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neocloud.store.snapshots.SNAPSHOT_EVERY_ENTRIES", 40)


def live_through(folder: Path, seed: int, steps: int = STEPS) -> Month:
    """A month; what fails in it is told with the seed."""
    month = Month(folder, seed)
    try:
        month.run(steps)
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
    return month


@pytest.mark.parametrize("seed", range(6))
def test_a_month_keeps_the_law_and_the_world_is_the_fold_of_the_journal(tmp_path: Path, seed: int) -> None:
    live_through(tmp_path, seed)


def test_every_kind_of_thing_happens_in_a_month(tmp_path: Path) -> None:
    month = live_through(tmp_path, seed=103, steps=900)
    happened = month.happened
    causes = {name.removeprefix("did ") for name in happened if name.startswith("did ")}
    assert causes >= set(get_args(Cause)) - {"expired"}, "not everything was done"
    assert any(lease.status == "expired" for lease in month.doors[0].world.leases.values())
    crashes = {"crashed before the commit", "crashed after the commit", "unknown commit", "reopened"}
    assert crashes <= set(happened)
    assert {
        "refused lease.oversold",
        "refused fleet.promised",
        "refused lease.not_allowed",
        "refused tenant.not_eligible",
    } <= set(happened)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1_000, 1_060))
def test_many_months_keep_the_law(tmp_path: Path, seed: int) -> None:
    live_through(tmp_path, seed, steps=600)
