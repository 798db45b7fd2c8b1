"""The whole answer: what could have been sold of a small cluster, and whether it adds up."""

from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.objective import Objective
from neocloud.backtest.policy import Policy
from neocloud.backtest.question import Question, shares_of
from neocloud.backtest.surplus import peak_fleet, surplus
from neocloud.errors import Invalid
from neocloud.model.traces import LeftOut, Reading, Trace
from neocloud.units import DAY_S, HOUR_S, Money
from tests.backtest.counted import Job, trace_of

USD = "USD"


def month() -> list[Job]:
    """Thirty days: at 09:00 eight jobs of 4 GPUs for six hours; on Tuesdays twelve."""
    return [
        Job(day * DAY_S + 9 * HOUR_S + i, 6 * HOUR_S, 4)
        for day in range(30)
        for i in range(12 if day % 7 == 1 else 8)
    ]


def read(trace: Trace, **more: Any) -> Reading:
    """A history of which every row was used."""
    given: dict[str, Any] = {"trace": trace, "path": "jobs.csv", "format": "csv", "rows_read": len(trace)}
    return Reading(**(given | more))


def asked(**more: Any) -> Question:
    """What is asked of the month: 100 GPUs, every tenth of them."""
    given: dict[str, Any] = {
        "fleet": Fleet.of_gpus(100), "objective": Objective.of("p95<30m"), "shares": shares_of("0:0.9:0.1"),
        "resamples": 50, "prices": (Money.of(Decimal(2), USD),),
    }  # fmt: skip
    return Question(**(given | more))


def test_what_the_busiest_hour_leaves_can_be_sold_to_the_gpu() -> None:
    """On Tuesdays 48 GPUs are in use, so 52 of 100 can be sold with nobody waiting; with less kept somebody does."""
    found = surplus(read(trace_of(month())), asked(objective=Objective.of("p99<1s"))).surplus
    assert found.knee is not None
    assert (found.knee.sold_gpus, found.knee.waits.longest_s) == (52, 0)
    assert found.sentence.startswith(
        "You could have sold 52 % (52 GPUs; 820k USD a year at 90 % let) with p99 waits of inside jobs under 1 second"
    )


def test_with_an_objective_that_forgives_the_tuesdays_more_can_be_sold() -> None:
    """On 28 GPUs one of eight jobs waits, and five of twelve on a Tuesday: 50 of the 252 measured, one in five."""
    found = surplus(read(trace_of(month())), asked(objective=Objective.of("p80<30m"))).surplus
    assert found.knee is not None
    assert found.knee.sold_gpus == 72
    assert found.knee.low_ratio is not None
    assert found.knee.high_ratio is not None
    assert found.knee.low_ratio <= found.knee.share_ratio <= found.knee.high_ratio
    assert (found.knee.resamples, found.knee.block_s) == (50, 7 * DAY_S)


def test_every_row_and_every_job_is_accounted_for() -> None:
    jobs = month()
    left_out = (LeftOut(reason="a step of a job", rows=7, first="line 3"),)
    outcome = np.array([i % 2 for i in range(len(jobs))])
    trace = msgspec.structs.replace(trace_of([*jobs, Job(40 * DAY_S, 1, 999)]), outcomes=("COMPLETED", "FAILED"))
    trace = msgspec.structs.replace(trace, outcome=np.append(outcome, 0), is_cut=trace.submit_s > 29 * DAY_S)
    found = surplus(read(trace, rows_read=len(trace) + 7, left_out=left_out), asked()).surplus
    assert found.rows_read == found.rows_used + sum(each.rows for each in found.left_out)
    counts = {each.what: each.jobs for each in found.counts}
    assert counts["do not run on the whole fleet"] == 1
    assert counts["in the warm-up"] + found.points[0].waits.jobs == len(jobs)
    assert counts["cut at the end"] == 12
    assert counts["ended as FAILED"] == (len(jobs) - 12) // 2  # those that are cut have not ended
    assert "ended as COMPLETED" not in counts
    for each in found.points:
        for of in ("team", "size"):
            assert sum(group.waits.jobs for group in each.groups if group.of == of) == each.waits.jobs


def test_a_fleet_that_was_not_given_is_the_peak_in_use() -> None:
    jobs = trace_of([Job(0, 100, 4), Job(50, 100, 4), Job(60, 5, 2)])
    assert peak_fleet(jobs).gpus == 10
    waited = msgspec.structs.replace(jobs, waited_s=np.array([0, 50, 0]))
    assert peak_fleet(waited).gpus == 6
    found = surplus(read(jobs), asked(fleet=None)).surplus
    assert (found.fleet_gpus, found.fleet_from_peak) == (10, True)


def test_actual_waits_stand_beside_the_replayed_ones() -> None:
    jobs = msgspec.structs.replace(trace_of(month()), waited_s=np.arange(len(month())) % 2 * 600)
    found = surplus(read(jobs), asked()).surplus
    assert found.actual is not None
    assert found.actual.mean_s == pytest.approx(300, abs=2)
    assert surplus(read(trace_of(month())), asked()).surplus.actual is None


def test_the_shorter_the_notice_the_more_can_be_sold() -> None:
    asked_at_notice = asked(objective=Objective.of("p90<30m"), notices_s=(60, 7 * DAY_S), resamples=0)
    jobs = [*month(), *(Job(12 * DAY_S + i, DAY_S, 4) for i in range(22))]
    found = surplus(read(trace_of(sorted(jobs))), asked_at_notice).surplus
    short, long = found.reclaimable
    assert short.delivered_gpus >= long.delivered_gpus
    assert found.knee is not None
    for each in found.reclaimable:
        assert each.delivered_gpus == pytest.approx(each.sold_gpus * each.delivered_ratio)
        assert each.extra_gpus == each.delivered_gpus - found.knee.sold_gpus >= 0
        assert each.worth_ratio == pytest.approx(found.knee.sold_gpus / each.delivered_gpus)
        assert 0 <= each.delivered_ratio <= 1
    assert found.knee.resamples == 0


def test_where_even_the_whole_fleet_makes_jobs_wait_nothing_could_have_been_sold() -> None:
    found = surplus(read(trace_of(month())), asked(fleet=Fleet.of_gpus(8))).surplus
    assert found.knee is None
    assert found.economics is None
    assert found.sentence.startswith("Nothing could have been sold with p95 waits of inside jobs")


@pytest.mark.parametrize("policy", [Policy.FIFO, Policy.BACKFILL, Policy.SHORTEST])
def test_the_same_question_has_the_same_answer(policy: Policy) -> None:
    first, second = (surplus(read(trace_of(month())), asked(policy=policy)).surplus for _ in range(2))
    assert first == second


def test_progress_rises_to_its_end() -> None:
    seen: list[tuple[int, int]] = []
    surplus(read(trace_of(month())), asked(notices_s=(60,)), lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


def test_a_history_that_begins_at_a_large_second_has_the_same_answer() -> None:
    early = trace_of(month())
    late = msgspec.structs.replace(early, submit_s=early.submit_s + 1_700_000_000)
    first, second = (surplus(read(trace), asked(notices_s=(3_600,))) for trace in (early, late))
    assert first.surplus == second.surplus
    (_, starts), (_, moved) = first.starts(), second.starts()
    assert np.array_equal(starts + 1_700_000_000, moved)


def test_jobs_longer_than_the_warm_up_are_a_doubt_that_is_said() -> None:
    long = [Job(day * DAY_S, 5 * DAY_S, 4) for day in range(30)]
    doubts = [
        [
            remark
            for remark in surplus(read(trace_of(jobs)), asked()).surplus.remarks
            if "longer than the warm-up" in remark
        ]
        for jobs in (month(), long)
    ]
    assert doubts[0] == []
    assert doubts[1][0].startswith("100 % of the GPU-hours")


def test_a_history_of_a_thousand_years_is_refused() -> None:
    jobs = trace_of([Job(0, 1, 1), Job(10**11, 1, 1)])
    with pytest.raises(Invalid, match="the history spans 3,170 years"):
        surplus(read(jobs), asked())


def test_where_nothing_could_be_sold_the_sentence_says_the_quantile_of_the_objective() -> None:
    found = surplus(
        read(trace_of(month())), asked(fleet=Fleet.of_gpus(36), objective=Objective.of("p99<30m"))
    ).surplus
    assert found.points[0].objective_s == found.points[0].waits.p99_s
    assert "with p99 waits" in found.sentence
    assert "on the whole fleet, p99 is 6 h already." in found.sentence


def test_waits_grow_tenfold_from_the_first_share_on_whose_mean_is_ten_times_that_at_the_knee() -> None:
    found = surplus(read(trace_of(month())), asked(objective=Objective.of("p95<1s"), shares=shares_of("0:0.8:0.02")))
    knee, points = found.surplus.knee, found.surplus.points
    assert knee is not None
    tenfold_s = 10 * knee.waits.mean_s
    beyond = [each for each in points if each.sold_gpus > knee.sold_gpus and each.waits.mean_s >= tenfold_s]
    assert knee.tenfold_ratio == beyond[0].share_ratio


def test_knee_and_range_are_shares_of_the_same_gpus_on_nodes_of_two_sizes() -> None:
    found = surplus(read(trace_of(month())), asked(fleet=Fleet.of_nodes("8x8,9x4"))).surplus
    assert found.knee is not None
    assert found.knee.low_ratio is not None
    assert found.knee.high_ratio is not None
    assert found.knee.low_ratio <= found.knee.share_ratio <= found.knee.high_ratio
    assert len({each.sold_gpus for each in found.points}) == len(found.points)


def test_less_than_a_day_says_nothing_about_the_waiting_of_a_year() -> None:
    jobs = [Job(i, 100, 8) for i in range(200)]
    found = surplus(read(trace_of(jobs)), asked(value=Money.of(Decimal(2)), objective=Objective.of("p95<1h"))).surplus
    assert found.economics is not None
    assert found.economics.waiting_per_year is None


def test_a_fleet_that_no_job_fits_is_refused() -> None:
    with pytest.raises(Invalid, match=r"none of 260 jobs runs on 3 GPUs: the smallest job holds 4 GPUs"):
        surplus(read(trace_of(month())), asked(fleet=Fleet.of_gpus(3)))


def test_a_notice_goes_with_backfill_only() -> None:
    with pytest.raises(Invalid, match="backfill"):
        surplus(read(trace_of(month())), asked(policy=Policy.FIFO, notices_s=(60,)))
