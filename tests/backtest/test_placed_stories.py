"""The rules of the general replay, each told with a few jobs."""

import pytest

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels.placed import Placed
from tests.backtest.oracle import Job, Node, replay_on, starts_of
from tests.backtest.replays import places, replayed


def starts(found: Placed) -> list[int]:
    """When each job started; -1 for never."""
    return [int(start) for start in found.start_s]


# ---- one second ----


def test_what_ends_in_a_second_is_free_for_what_is_submitted_in_it() -> None:
    assert starts(replayed([Job(0, 5, 4), Job(5, 1, 4)], 4, "fifo")) == [0, 5]


def test_a_job_of_no_time_needs_room_and_holds_none() -> None:
    jobs = [Job(0, 5, 3), Job(0, 0, 2), Job(1, 0, 4), Job(1, 1, 4)]
    assert starts(replayed(jobs, 4, "fifo")) == [0, 5, 5, 5]


# ---- who starts next ----


def test_under_fifo_all_wait_when_the_first_does_not_fit() -> None:
    assert starts(replayed([Job(0, 9, 3), Job(1, 1, 2), Job(2, 1, 1)], 4, "fifo")) == [0, 9, 9]


def test_backfill_starts_a_job_that_is_over_before_the_first_needs_its_gpus() -> None:
    jobs = [Job(0, 9, 3), Job(1, 1, 4), Job(2, 7, 1), Job(3, 7, 1)]
    assert starts(replayed(jobs, 4, "backfill")) == [0, 9, 2, 10]


def test_backfill_starts_a_long_job_on_gpus_that_the_first_does_not_need() -> None:
    assert starts(replayed([Job(0, 9, 3), Job(1, 1, 3), Job(2, 99, 1)], 4, "backfill")) == [0, 9, 2]


def test_backfill_believes_the_estimates() -> None:
    cautious = [Job(0, 9, 3), Job(1, 1, 4), Job(2, 2, 1, estimate=50)]
    assert starts(replayed(cautious, 4, "backfill")) == [0, 9, 10]
    misled = [Job(0, 3, 3, estimate=90), Job(1, 1, 4), Job(2, 50, 1)]
    assert starts(replayed(misled, 4, "backfill")) == [0, 52, 2]


def test_backfill_takes_a_job_of_no_time_to_be_over_once_it_is() -> None:
    jobs = [Job(0, 9, 2), Job(1, 1, 3), Job(2, 0, 1, estimate=50), Job(2, 50, 1)]
    assert starts(replayed(jobs, 4, "backfill")) == [0, 9, 2, 2]


def test_backfill_refuses_a_place_and_not_a_size() -> None:
    jobs = [Job(0, 9, 3), Job(0, 99, 6), Job(1, 1, 4), Job(2, 50, 1), Job(2, 2, 1), Job(2, 50, 1)]
    assert starts(replayed(jobs, "1x4,1x8", "backfill")) == [0, 0, 9, 9, 2, 2]


def test_free_gpus_on_two_nodes_are_no_room_for_a_part_of_one() -> None:
    jobs = [Job(0, 9, 3), Job(0, 9, 3), Job(1, 5, 2), Job(2, 99, 1)]
    assert starts(replayed(jobs, "2x4", "backfill")) == [0, 0, 9, 2]
    assert starts(replayed(jobs, 8, "backfill")) == [0, 0, 1, 6]


def test_shortest_first_goes_by_the_estimates() -> None:
    jobs = [Job(0, 5, 4), Job(1, 3, 4), Job(2, 1, 4, estimate=9), Job(3, 2, 4)]
    assert starts(replayed(jobs, 4, "shortest")) == [0, 7, 10, 5]


def test_priority_stops_the_worst_rank_and_the_latest_start_first() -> None:
    jobs = [Job(0, 9, 1, rank=3), Job(1, 9, 1, rank=3), Job(2, 9, 2, rank=2), Job(3, 4, 1, rank=1)]
    found = replayed(jobs, 4, "priority")
    assert starts(found) == [0, 7, 2, 3]
    assert found.stops.tolist() == [0, 1, 0, 0]
    assert found.lost_gpu_s == 2


def test_priority_stops_no_more_than_needed() -> None:
    jobs = [Job(0, 9, 2, rank=3), Job(1, 9, 1, rank=3), Job(2, 9, 1, rank=3), Job(3, 4, 2, rank=1)]
    found = replayed(jobs, 4, "priority")
    assert found.stops.tolist() == [0, 1, 1, 0]
    wide = [Job(0, 9, 4, rank=2), Job(1, 9, 1, rank=3), Job(2, 9, 4, rank=1)]
    assert replayed(wide, "2x4", "priority").stops.tolist() == [0, 1, 0]


def test_priority_gives_back_whose_stop_is_not_needed() -> None:
    jobs = [Job(0, 9, 3, rank=2), Job(1, 9, 1, rank=3), Job(2, 9, 3, rank=1)]
    assert replayed(jobs, 4, "priority").stops.tolist() == [1, 0, 0]


def test_priority_gives_back_from_the_last_that_was_chosen_on() -> None:
    jobs = [Job(0, 9, 2, rank=2), Job(1, 9, 1, rank=3), Job(2, 9, 1, rank=3), Job(3, 9, 3, rank=1)]
    assert replayed(jobs, 4, "priority").stops.tolist() == [1, 0, 1, 0]


def test_a_stop_lets_a_better_rank_go_that_its_teams_quota_had_held() -> None:
    jobs = [Job(0, 9, 2, rank=3, team="red"), Job(1, 1, 1, rank=1, team="red"), Job(2, 5, 3, rank=2, team="blue")]
    found = replayed(jobs, 4, "priority", {"red": 2})
    assert starts(found) == [7, 2, 2]


def test_priority_stops_nothing_when_that_would_not_be_enough() -> None:
    jobs = [Job(0, 9, 2, rank=1), Job(1, 5, 2, rank=3), Job(2, 1, 4, rank=1)]
    found = replayed(jobs, 4, "priority")
    assert starts(found) == [0, 1, 9]
    assert found.lost_gpu_s == 0


def test_a_rank_does_not_stop_its_own() -> None:
    assert starts(replayed([Job(0, 9, 4, rank=2), Job(1, 1, 1, rank=2)], 4, "priority")) == [0, 9]


# ---- where a job goes ----


def test_a_job_goes_where_the_fewest_gpus_are_free_that_suffice() -> None:
    jobs = [Job(0, 9, 5), Job(0, 9, 2), Job(0, 9, 3), Job(0, 9, 1)]
    assert places(replayed(jobs, "2x8", "fifo")) == [{0: 5}, {0: 2}, {1: 3}, {0: 1}]


def test_a_gang_lies_on_as_many_nodes_as_the_history_says_as_evenly_as_it_divides() -> None:
    assert places(replayed([Job(0, 9, 8, nodes=2), Job(0, 9, 7, nodes=3)], "4x8", "fifo")) == [
        {0: 4, 1: 4},
        {0: 3, 1: 2, 2: 2},
    ]


def test_a_gang_that_no_node_could_hold_a_part_of_is_laid_on_whole_nodes() -> None:
    assert places(replayed([Job(0, 9, 16, nodes=2)], "5x4", "fifo")) == [{0: 4, 1: 4, 2: 4, 3: 4}]


def test_a_job_of_more_than_a_node_takes_whole_nodes_the_largest_first_and_the_rest_on_one() -> None:
    jobs = [Job(0, 9, 1, nodes=1), Job(0, 9, 11)]
    assert places(replayed(jobs, "3x2,2x8", "fifo")) == [{0: 1}, {3: 8, 1: 2, 0: 1}]


def test_a_job_of_a_type_runs_only_there_and_one_without_anywhere() -> None:
    jobs = [Job(0, 9, 4, type="H100"), Job(0, 9, 4, type="h100"), Job(0, 1, 2), Job(0, 9, 1, type="b200")]
    found = replayed(jobs, "a100:1x4,h100:1x4", "backfill")
    assert starts(found) == [0, 9, 0, -1]
    assert places(found)[2] == {0: 2}
    assert starts(replayed(jobs, "2x4", "backfill")) == [0, 0, 9, 9]


# ---- who may not start ----


@pytest.mark.parametrize("policy", ["fifo", "backfill", "shortest", "priority"])
def test_a_job_larger_than_the_fleet_never_runs_and_blocks_no_one(policy: str) -> None:
    assert starts(replayed([Job(0, 1, 9), Job(0, 2, 4)], 8, policy)) == [-1, 0]


def test_a_job_over_its_teams_quota_is_passed_over() -> None:
    jobs = [Job(0, 9, 2, team="red"), Job(1, 9, 1, team="red"), Job(2, 9, 2, team="blue"), Job(3, 1, 3, team="red")]
    assert starts(replayed(jobs, 8, "fifo", {"red": 2})) == [0, 9, 2, -1]


def test_backfill_leaves_the_first_its_room_in_its_teams_quota() -> None:
    jobs = [
        Job(0, 9, 3, team="blue"),
        Job(1, 9, 3, team="red"),
        Job(2, 99, 1, team="red"),
        Job(3, 99, 1, team="blue"),
    ]
    assert starts(replayed(jobs, 4, "backfill", {"red": 3})) == [0, 9, 18, 3]


@pytest.mark.parametrize("policy", ["fifo", "backfill", "shortest", "priority"])
def test_nothing_runs_where_all_is_sold_and_no_jobs_are_no_trouble(policy: str) -> None:
    for fleet in (Fleet.of_nodes("2x8").less(2), Fleet.of_gpus(8).less(8)):
        assert starts(replayed([Job(0, 1, 1), Job(2, 0, 16)], fleet, policy)) == [-1, -1]
    assert starts(replayed([], 8, policy)) == []


def test_what_was_blocked_may_start_when_somebody_better_has_others_stopped() -> None:
    """Red was blocked; the first of x has the run of b stopped, with which there is room for red as well."""
    jobs = [Job(0, 10, 2, team="b", rank=2), Job(0, 100, 5, team="b", rank=2), Job(0, 1000, 6, team="r", rank=2),
            Job(20, 1000, 3, team="x", rank=1)]  # fmt: skip
    found = replayed(jobs, 8, "priority", {"b": 6})
    assert starts(found) == [0, 20, 1020, 20]
    assert starts(found) == starts_of(replay_on(jobs, [Node(8)], "priority", {"b": 6}))
