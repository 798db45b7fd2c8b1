"""The benchmarks run: at their smallest size, so that a changed law does not find them broken."""

from pathlib import Path

import numpy as np
from benchmarks.histories import trace_of
from benchmarks.peer_easy import Queue

from benchmarks import backtest, desk, exporting, ledger, planning, service_events
from neocloud.backtest.fleet import Fleet
from neocloud.backtest.policy import Policy
from neocloud.backtest.replay import Replay


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


def test_a_backfill_that_reserves_nothing_delays_the_first_in_the_queue_and_ours_does_not() -> None:
    """Of 4 GPUs 3 are taken until 10, then comes who wants all, then who wants one for long."""
    trace = trace_of(np.array([0, 1, 2]), np.array([10, 10, 100]), np.array([3, 4, 1]))
    assert Queue(trace, 4).replay().start_s == [0, 102, 2]
    ours = Replay(trace, Policy.BACKFILL, trace.duration_s).on(Fleet.of_gpus(4))
    assert ours.start_s.tolist() == [0, 10, 20]


def test_an_export_is_measured_with_the_calendar() -> None:
    row = exporting.measure(1_000)
    assert min(row["rows"], row["rows_per_s"], row["files_mb"], row["peak_mb"], row["deadlines"]) > 0
    assert exporting.misses({**row, "live": exporting.GOAL_LIVE, "export_cpu_s": 60.0}) is True
    assert exporting.misses({**row, "live": exporting.GOAL_LIVE, "export_cpu_s": 59.9}) is False


def test_a_plan_is_measured_with_its_quotes() -> None:
    row = planning.measured("plan", planning.SIZES[0])
    assert min(row["plan_cpu_s"], row["quote_p99_ms"], row["exact_cpu_s"], row["peak_mb"]) > 0


def test_a_plan_that_takes_too_long_is_said_to_miss_its_goal() -> None:
    row = {"part": "plan", **planning.LARGEST._asdict(), "plan_cpu_s": 60.0, "peak_mb": 1_999}
    assert planning.misses(row) == ["plan_cpu_s"]
    assert planning.misses({**row, "plan_cpu_s": 59.9}) == []
    assert planning.misses({**row, "part": "peer"}) == []
    stopped = {"part": "plan", **planning.LARGEST._asdict(), "stopped_s": 240}
    assert planning.misses(stopped) == ["plan_cpu_s"]


def test_events_are_measured_beside_the_plain_peer() -> None:
    (row,) = service_events.event_rows((3,), rounds=2)
    assert min(row["s"], row["peer_s"]) > 0
