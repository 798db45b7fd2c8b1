"""What is measured of a replay: quantiles, GPUs in use, idle hours, objectives, the knee and its range, money."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neocloud.backtest.answer import Point
from neocloud.backtest.demand import InUse, demand, idle_hours
from neocloud.backtest.economics import economics
from neocloud.backtest.fleet import Fleet
from neocloud.backtest.frontier import Measured, knee, point
from neocloud.backtest.kernels.compiled import NEVER_S
from neocloud.backtest.objective import Objective
from neocloud.backtest.policy import Estimates, Policy
from neocloud.backtest.question import Question, shares_of
from neocloud.backtest.replay import Replay
from neocloud.backtest.resamples import GRAINS, block_of, resampled_knees
from neocloud.backtest.sentence import percent, spoken
from neocloud.backtest.waits import groups, size_class, size_names, waits
from neocloud.errors import Invalid
from neocloud.units import DAY_S, HOUR_S, Money
from tests.backtest.counted import Job, trace_of

WEEK_S = 7 * DAY_S
HALF_HOUR = Objective.of("p95<30m")
wait = st.integers(0, 100) | st.just(NEVER_S)


# ---- waits ----


@given(waited=st.lists(wait, min_size=1, max_size=60))
def test_a_quantile_is_the_least_wait_that_so_many_jobs_do_not_exceed(waited: list[int]) -> None:
    found = waits(np.array(waited))
    for percent_, quantile in ((50, found.p50_s), (95, found.p95_s), (99, found.p99_s)):
        most = NEVER_S if quantile is None else quantile
        assert sum(each <= most for each in waited) >= ceil(percent_ * len(waited) / 100)
        assert sum(each < most for each in waited) < ceil(percent_ * len(waited) / 100)
    running = [each for each in waited if each < NEVER_S]
    assert found.never == len(waited) - len(running)
    assert found.mean_s == pytest.approx(sum(running) / len(running) if running else 0)


@given(waited=st.lists(wait, min_size=1, max_size=60), within_s=st.integers(1, 100))
def test_an_objective_holds_when_its_quantile_is_under_it(waited: list[int], within_s: int) -> None:
    found = waits(np.array(waited))
    under = found.p95_s is not None and found.p95_s < within_s
    assert Objective.of(f"p95<{within_s}s").holds(np.array(waited)) == under


def test_an_objective_is_exact_where_a_float_would_not_be() -> None:
    objective = Objective.of("p99.9<1h")
    assert (objective.quantile, objective.within_s, str(objective)) == (Fraction(999, 1000), 3_600, "p99.9<1h")
    assert objective.most_late(1_000) == 1


@pytest.mark.parametrize("text", ["", "p95", "95<30m", "p95<", "p95<0s", "p100<1h", "p0<1h", "p95>30m", "p95<30"])
def test_no_objective_is_read_into_other_words(text: str) -> None:
    with pytest.raises(Invalid, match=r"p95<30m|duration"):
        Objective.of(text)


def test_waits_are_told_by_team_and_by_size() -> None:
    jobs = trace_of([Job(0, 1, 1), Job(0, 1, 4), Job(0, 1, 600), Job(0, 1, 2)], team=np.array([0, 1, 0, 1]))
    found = groups(jobs, np.array([10, 20, 30]), 1)
    assert [(g.of, g.name, g.waits.jobs, g.waits.longest_s) for g in found if g.of == "size"] == [
        ("size", "2-4", 2, 30),
        ("size", "513+", 1, 20),
    ]
    assert [size_names()[i] for i in size_class(np.array([1, 2, 8, 9, 128, 512, 513]))] == [
        "1", "2-4", "5-8", "9-32", "33-128", "129-512", "513+",
    ]  # fmt: skip


# ---- GPUs over time ----

runs = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20), st.integers(1, 5)), min_size=1, max_size=12)


@given(held=runs)
def test_gpus_in_use_are_those_of_the_jobs_that_run(held: list[tuple[int, int, int]]) -> None:
    start_s, duration_s, gpus = (np.array(column) for column in zip(*held, strict=True))
    in_use = InUse(start_s, duration_s, gpus)
    slow = [sum(g for s, d, g in held if s <= at < s + d) for at in range(60)]
    assert in_use.level(np.arange(60)).tolist() == slow
    edges = np.array([0, 7, 30, 60])
    parts = [slow[0:7], slow[7:30], slow[30:60]]
    assert in_use.peak(edges).tolist() == [max(part) for part in parts]
    assert in_use.mean(edges).tolist() == pytest.approx([sum(part) / len(part) for part in parts])


def test_demand_is_told_in_buckets_that_people_use() -> None:
    in_use = InUse(np.array([0]), np.array([90_000]), np.array([4]))
    found = demand(in_use, in_use, 20 * DAY_S)
    assert found.bucket_s == 3 * HOUR_S
    assert found.in_use_gpus[:2] == (4.0, 4.0)
    assert sum(found.in_use_gpus) * found.bucket_s == pytest.approx(4 * 90_000, rel=0.01)
    assert (found.peak_gpus[8], found.peak_gpus[9]) == (4, 0)


def test_idle_hours_are_in_local_time() -> None:
    """From Monday 2026-01-05 00:00 in Berlin (23:00 UTC on Sunday) 6 of 10 GPUs are used for an hour."""
    jobs = trace_of([Job(0, HOUR_S, 6), Job(2 * HOUR_S, 1, 1)])
    begins_at = 1_767_567_600
    jobs = type(jobs)(**{n: getattr(jobs, n) for n in jobs.__struct_fields__} | {"begins_at": begins_at})
    in_use = InUse(jobs.submit_s, jobs.duration_s, jobs.gpus)
    found = idle_hours(in_use, 10, jobs, "Europe/Berlin", from_s=0, until_s=2 * HOUR_S)
    assert (found.zone, found.mean_gpus[:3], found.low_gpus[0]) == ("Europe/Berlin", (4.0, 10.0, None), 4)
    assert found.mean_gpus[167] is None


# ---- the frontier, its knee, and the range of that ----


def busy_weeks(weeks: int, jobs_a_week: int = 40) -> list[Job]:
    """Every week the same: a burst of jobs of 1 GPU that run an hour, all submitted within one minute."""
    return [Job(week * WEEK_S + i, HOUR_S, 1) for week in range(weeks) for i in range(jobs_a_week)]


def measuring(jobs: list[Job], gpus: int, objective: Objective = HALF_HOUR) -> Measured:
    """Jobs under backfill on so many GPUs."""
    made = trace_of(jobs)
    replay = Replay(made, Policy.BACKFILL, made.duration_s)
    return Measured(replay=replay, fleet=Fleet.of_gpus(gpus), objective=objective, first_job=0)


@given(
    jobs=st.lists(st.builds(Job, st.integers(0, 60), st.integers(1, 30), st.integers(1, 6), st.just(0)), min_size=1),
    gpus=st.integers(6, 20),
)
def test_the_knee_keeps_the_objective_and_the_next_gpu_does_not(jobs: list[Job], gpus: int) -> None:
    measured = measuring(sorted(jobs), gpus, Objective.of("p90<10s"))
    found = knee(measured, {})
    if found is None:
        assert not point(measured, 0).meets
    else:
        assert point(measured, found).meets
        assert found == gpus - 1 or not point(measured, found + 1).meets


def test_a_point_says_what_inside_jobs_feel() -> None:
    """Three jobs of 2 GPUs for 100 s at once: on 6 GPUs nobody waits, on 2 one after the other, on 1 nobody runs."""
    measured = measuring([Job(0, 100, 2), Job(0, 100, 2), Job(50, 100, 2)], 6)
    whole, tight, none = point(measured, 0), point(measured, 4), point(measured, 5)
    assert (whole.waits.mean_s, whole.sold_gpus) == (0, 0)
    assert whole.used_ratio == pytest.approx(4 / 6)
    assert (tight.waits.longest_s, tight.kept_gpus) == (150, 2)
    assert tight.share_ratio == pytest.approx(4 / 6)
    assert tight.waited_gpu_h == pytest.approx(2 * (100 + 150) / 3_600)
    assert (none.waits.never, none.waits.p50_s, none.largest_lost_gpus, none.meets) == (3, None, 2, False)


def test_where_all_weeks_are_the_same_the_knee_does_not_move() -> None:
    measured = measuring(busy_weeks(6), 400)
    bend = knee(measured, {})
    knees = resampled_knees(measured, WEEK_S, resamples=20, seed=7, done=lambda: None)
    assert bend is not None
    assert set(knees) == {bend / 400}
    assert GRAINS == 400


def test_one_bad_week_of_six_moves_the_knee_down_and_up() -> None:
    jobs = [Job(submit_s=5 * WEEK_S + i, duration_s=2 * HOUR_S, gpus=1) for i in range(80)]
    measured = measuring([*busy_weeks(5), *jobs, Job(6 * WEEK_S + 1, 1, 1)], 100, Objective.of("p80<30m"))
    first, second = (resampled_knees(measured, WEEK_S, resamples=40, seed=1, done=lambda: None) for _ in range(2))
    assert first == second
    assert min(first) < max(first)


@pytest.mark.parametrize(("days", "block_s"), [(3, 0), (5, DAY_S), (27, DAY_S), (28, WEEK_S), (200, WEEK_S)])
def test_weeks_are_drawn_of_a_month_and_days_of_less(days: int, block_s: int) -> None:
    assert block_of(days * DAY_S) == block_s


# ---- what is asked, and what it comes to ----


@pytest.mark.parametrize(
    ("text", "shares"), [("0.1", (0.1,)), ("0", (0.0,)), ("0:0.4:0.2", (0.0, 0.2, 0.4)), ("0.1:0.25:0.1", (0.1, 0.2))]
)
def test_shares_are_read(text: str, shares: tuple[float, ...]) -> None:
    assert shares_of(text) == shares


@pytest.mark.parametrize(
    "text", ["", "1", "-0.1", "0.2:0.1:0.1", "0:0.5:0", "0:0.5", "a", "0:1:0.1", "nan", "0:0.9:1e-9"]
)
def test_other_shares_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match="share"):
        shares_of(text)


def test_estimates_are_never_under_the_run_time() -> None:
    jobs = trace_of([Job(0, 100, 1), Job(0, 100, 1), Job(0, 100, 1)], limit_s=np.array([0, 50, 300]))
    assert Estimates.of(jobs, "auto").seconds.tolist() == [100, 100, 300]
    assert "1 ran longer than they asked for" in Estimates.of(jobs, "limits").said
    assert Estimates.of(jobs, "padded:1.5").seconds.tolist() == [150, 150, 150]
    assert Estimates.of(jobs, "perfect").seconds.tolist() == [100, 100, 100]


@pytest.mark.parametrize("how", ["", "padded:0.5", "padded:x", "guessed", "limits"])
def test_other_estimates_are_refused(how: str) -> None:
    with pytest.raises(Invalid, match=r"perfect|factor"):
        Estimates.of(trace_of([Job(0, 100, 1)]), how)


def test_money_is_exact() -> None:
    def sold(gpus: int, waited_gpu_h: float) -> Point:
        one = waits(np.array([0]))
        return Point(
            share_ratio=0.1, sold_gpus=gpus, kept_gpus=1, waits=one, groups=(), used_ratio=0.5,
            waited_gpu_h=waited_gpu_h, largest_lost_gpus=0, preempted=0, meets=True, objective_s=0,
        )  # fmt: skip

    prices = (Money.of(Decimal("2.35")),)
    asked = Question(objective=HALF_HOUR, shares=(0.0,), prices=prices, value=Money.of(Decimal(2)))
    found = economics(asked, knee=sold(100, 30.0), whole=sold(0, 10.0), measured_s=365 * DAY_S // 2)
    assert found is not None
    assert found.earnings[0].per_year.amount == Decimal("2.35") * 100 * 8_760 * Decimal("0.9")
    assert found.waiting_per_year is not None
    assert found.waiting_per_year.amount == Decimal(2) * 40
    assert (
        economics(Question(objective=HALF_HOUR, shares=()), knee=sold(1, 0), whole=sold(0, 0), measured_s=1) is None
    )


@pytest.mark.parametrize(
    ("text", "fleet", "gpus", "steps"),
    [
        ("121x8", "968 GPUs in nodes 121x8", 968, 121),
        ("A100:2x8,h100:1x4", "20 GPUs in nodes a100:2x8,h100:1x4", 20, 3),
    ],
)
def test_nodes_are_read(text: str, fleet: str, gpus: int, steps: int) -> None:
    found = Fleet.of_nodes(text)
    assert (str(found), found.gpus, found.steps) == (fleet, gpus, steps)


@pytest.mark.parametrize("text", ["", "8", "x8", "8x", "0x8", "8x0", "121*8", "a100:121", "1x999999999"])
def test_other_nodes_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"121x8|a fleet has"):
        Fleet.of_nodes(text)


@given(count=st.integers(1, 300), sold=st.integers(0, 300))
def test_what_is_left_and_what_is_sold_come_to_the_whole(count: int, sold: int) -> None:
    fleet = Fleet.of_gpus(count)
    sold = min(sold, count)
    assert fleet.less(sold).gpus == count - sold
    assert fleet.steps_of(sold / count) == sold


def test_numbers_are_said_as_people_say_them() -> None:
    assert [percent(ratio) for ratio in (0.14, 0.096, 0.1044, 0.2, 0.0)] == [
        "14 %",
        "9.6 %",
        "10.4 %",
        "20 %",
        "0.0 %",
    ]
    assert [spoken(s) for s in (1_800, 3_600, 86_400, 172_800, 4_320, 1)] == [
        "30 minutes", "1 hour", "1 day", "2 days", "72 minutes", "1 second",
    ]  # fmt: skip
