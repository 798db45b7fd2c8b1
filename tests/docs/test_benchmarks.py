"""The benchmarks run: at their smallest size, so that a changed law does not find them broken."""

from pathlib import Path

from benchmarks import backtest, desk, ledger


def test_a_slip_is_measured_with_all_who_are_hit() -> None:
    row = desk.measure(400)
    assert row["hit"] >= 190
    assert row["ways_out"] > 0


def test_the_ledger_is_measured_in_both_layouts() -> None:
    for pools in (1, 40):
        row = ledger.measure(1_000, pools, lambda path: f"sqlite:{Path(path)}/journal.sqlite")
        assert min(row["batched_per_s"], row["one_by_one_per_s"], row["replay_per_s"]) > 0


def test_replays_are_measured_compiled_and_plain_and_both_find_the_same_queue() -> None:
    compiled, plain = (
        backtest.measured("growth", "backfill", 10_000, 2.0, plain=plain)["found"] for plain in (False, True)
    )
    assert min(compiled["s"], plain["s"]) > 0
    assert compiled["longest_queue"] == plain["longest_queue"] > 0
    assert compiled["mean_wait_s"] == plain["mean_wait_s"]


def test_a_replay_that_takes_too_long_is_said_to_miss_its_goal() -> None:
    row = {"part": "growth", "policy": "fifo", "load_ratio": 0.7, "jobs": 10_000_000, "s": 4.9, "peak_mb": 900}
    assert backtest.misses(row) is False
    assert backtest.misses({**row, "s": 5.0}) is True
    assert backtest.misses({**row, "peak_mb": 4_000}) is True
