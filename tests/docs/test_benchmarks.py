"""The benchmarks run: at their smallest size, so that a changed law does not find them broken."""

from pathlib import Path

from benchmarks import desk, ledger


def test_a_slip_is_measured_with_all_who_are_hit() -> None:
    row = desk.measure(400)
    assert row["hit"] >= 190
    assert row["ways_out"] > 0


def test_the_ledger_is_measured_in_both_layouts() -> None:
    for pools in (1, 40):
        row = ledger.measure(1_000, pools, lambda path: f"sqlite:{Path(path)}/journal.sqlite")
        assert min(row["batched_per_s"], row["one_by_one_per_s"], row["replay_per_s"]) > 0
