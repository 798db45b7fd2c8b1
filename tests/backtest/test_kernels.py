"""Where GPUs are counted, each kernel does what its policy says: beside a slow oracle, and by laws."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels.compiled import IS_COMPILED
from neocloud.backtest.kernels.sale import Sale
from neocloud.backtest.objective import Objective
from neocloud.backtest.policy import Policy
from neocloud.backtest.replay import Replay, waits_of
from neocloud.errors import Invalid
from tests.backtest.counted import Job, replay, replay_beside, trace_of
from tests.public import public

COUNTED = (Policy.FIFO, Policy.BACKFILL, Policy.SHORTEST)

job = st.builds(
    Job,
    submit_s=st.integers(0, 30),
    duration_s=st.integers(0, 12) | st.integers(0, 60),
    gpus=st.integers(1, 9),
    estimate_s=st.just(0) | st.integers(1, 60),
)
histories = st.lists(job, min_size=1, max_size=14).map(lambda jobs: sorted(jobs, key=lambda job: job.submit_s))
exact_histories = histories.map(lambda jobs: [each._replace(estimate_s=0) for each in jobs])


def replaying(jobs: list[Job], policy: Policy) -> Replay:
    """The replay of jobs."""
    return Replay(trace_of(jobs), policy, np.array([each.planned_s for each in jobs], np.int64))


def starts(jobs: list[Job], gpus: int, policy: Policy) -> list[int]:
    """When each job starts by our kernel."""
    return [int(start) for start in replaying(jobs, policy).on(Fleet.of_gpus(gpus)).start_s]


@pytest.mark.parametrize("policy", COUNTED)
@settings(max_examples=300)
@given(jobs=histories, gpus=st.integers(1, 12))
def test_a_replay_is_as_the_slow_one(policy: Policy, jobs: list[Job], gpus: int) -> None:
    assert starts(jobs, gpus, policy) == replay(jobs, gpus, policy)


@given(jobs=histories, gpus=st.integers(1, 12), policy=st.sampled_from(COUNTED))
def test_no_gpu_is_used_twice_and_no_job_starts_before_its_submit(jobs: list[Job], gpus: int, policy: Policy) -> None:
    begun = starts(jobs, gpus, policy)
    for at in begun:
        held = sum(j.gpus for j, s in zip(jobs, begun, strict=True) if 0 <= s <= at < s + j.duration_s)
        assert held <= gpus
    assert all(s == -1 or s >= j.submit_s for j, s in zip(jobs, begun, strict=True))
    assert all((s == -1) == (j.gpus > gpus) for j, s in zip(jobs, begun, strict=True))


@given(jobs=histories, gpus=st.integers(1, 12), fewer=st.integers(1, 12))
def test_under_strict_fifo_no_job_starts_earlier_on_a_smaller_fleet(jobs: list[Job], gpus: int, fewer: int) -> None:
    small, large = sorted((gpus, fewer))
    jobs = [each for each in jobs if each.gpus <= small]
    if jobs:
        pairs = zip(starts(jobs, small, Policy.FIFO), starts(jobs, large, Policy.FIFO), strict=True)
        assert all(on_small >= on_large for on_small, on_large in pairs)


@given(jobs=histories, gpus=st.integers(1, 12))
def test_under_strict_fifo_work_is_conserved(jobs: list[Job], gpus: int) -> None:
    """The first in the queue never waits while it would fit."""
    begun = starts(jobs, gpus, Policy.FIFO)
    runs = [(j, s) for j, s in zip(jobs, begun, strict=True) if s >= 0]
    for i, (late, start) in enumerate(runs):
        turn = max([late.submit_s, *(s for _, s in runs[:i])])
        for at in range(turn, start):
            held = sum(j.gpus for j, s in runs[:i] if s <= at < s + j.duration_s)
            assert gpus - held < late.gpus


@given(jobs=exact_histories, gpus=st.integers(1, 12))
def test_with_exact_estimates_nobody_first_in_the_queue_is_delayed_by_backfill(jobs: list[Job], gpus: int) -> None:
    """Whoever is first and does not fit starts when all that runs then would let it, and not later."""
    begun = starts(jobs, gpus, Policy.BACKFILL)
    for first, start in enumerate(begun):
        ahead = [s for s in begun[:first] if s >= 0]
        turn = max([jobs[first].submit_s, *ahead])
        if start <= turn:
            continue
        running = [j for j, s in zip(jobs, begun, strict=True) if 0 <= s < turn < s + j.duration_s]
        running += [j for j, s in zip(jobs[:first], begun[:first], strict=True) if s == turn and j.duration_s]
        ends = sorted(
            {s + j.duration_s for j, s in zip(jobs, begun, strict=True) if j in running and s >= 0} | {turn}
        )
        held_at = {
            at: sum(
                j.gpus
                for i, (j, s) in enumerate(zip(jobs, begun, strict=True))
                if (0 <= s < turn or (i < first and s == turn)) and at < s + j.duration_s
            )
            for at in ends
        }
        promised = next(at for at in ends if gpus - held_at[at] >= jobs[first].gpus)
        assert start <= promised


@given(jobs=histories, gpus=st.integers(1, 12), late_s=st.integers(1, 30), first=st.integers(0, 13))
def test_breaking_off_early_gives_the_same_verdict(jobs: list[Job], gpus: int, late_s: int, first: int) -> None:
    first = min(first, len(jobs) - 1)
    objective = Objective.of(f"p80<{late_s}s")
    ours = replaying(jobs, Policy.BACKFILL)
    fleet = Fleet.of_gpus(gpus)
    waits_s = waits_of(ours.trace, ours.on(fleet).start_s)[first:]
    assert ours.keeps(objective, fleet, first) == objective.holds(waits_s)


@given(jobs=histories, gpus=st.integers(1, 12))
def test_selling_nothing_changes_nothing(jobs: list[Job], gpus: int) -> None:
    ours = replaying(jobs, Policy.BACKFILL)
    whole = ours.on(Fleet.of_gpus(gpus))
    assert ours.on(Fleet.of_gpus(gpus).less(0)).start_s.tolist() == whole.start_s.tolist()
    sold = ours.beside(Sale(sold_gpus=0, notice_s=60, late_s=5, allowed_millionths=50_000, memory_s=3600), gpus)
    assert (sold.start_s.tolist(), sold.got_gpu_s, sold.reclaims) == (whole.start_s.tolist(), 0, 0)


def test_strict_fifo_waits_on_philly_are_those_that_others_published() -> None:
    """Of every one of 86,753 rows; and of every prefix tried, as later jobs cannot move earlier ones."""
    table = parquet.read_table(public("philly_attempts_refsim"))
    submit_s, duration_s, gpus = (
        table[name].to_numpy().astype(np.int64) for name in ("submit_s", "duration_s", "gpus")
    )
    published = table["ref_sim_wait_s"].to_numpy()
    for count in (1_000, 40_000, len(published)):
        jobs = trace_of([], submit_s=submit_s[:count], duration_s=duration_s[:count], gpus=gpus[:count])
        ours = Replay(jobs, Policy.FIFO, jobs.duration_s).on(Fleet.of_gpus(2_490))
        assert np.array_equal(ours.start_s - jobs.submit_s, published[:count])


@pytest.mark.skipif(not IS_COMPILED, reason="numba is not installed")
def test_plain_python_says_the_same_as_compiled_code() -> None:
    """This file again, with kernels as the plain Python they are."""
    names = ["slow_one", "same_verdict", "published"]
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", " or ".join(names)],
        env={**os.environ, "NEOCLOUD_PLAIN": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout


# ---- beside a sale that may be reclaimed ----

hours = st.integers(0, 60).map(lambda hour: hour * 1_800)
long_jobs = st.builds(Job, submit_s=hours, duration_s=hours, gpus=st.integers(1, 9), estimate_s=st.just(0))
long_histories = st.lists(long_jobs, min_size=1, max_size=20).map(lambda jobs: sorted(jobs, key=lambda j: j.submit_s))
sales = st.builds(
    Sale,
    sold_gpus=st.integers(1, 8),
    notice_s=st.sampled_from([60, 3_600, 40_000]),
    late_s=st.sampled_from([1, 1_800, 10_000]),
    allowed_millionths=st.sampled_from([0, 50_000, 500_000]),
    memory_s=st.sampled_from([3_600, 86_400]),
)


@given(jobs=long_histories, sale=sales)
def test_beside_a_sale_every_job_runs_and_the_customer_gets_no_more_than_was_sold(
    jobs: list[Job], sale: Sale
) -> None:
    sold = replaying(jobs, Policy.BACKFILL).beside(sale, 9)
    assert all(start >= job.submit_s for start, job in zip(sold.start_s, jobs, strict=True))
    assert 0 <= sold.got_gpu_s <= sale.sold_gpus * jobs[-1].submit_s


@given(jobs=long_histories, sale=sales)
def test_a_sale_that_is_never_reclaimed_is_a_smaller_fleet(jobs: list[Job], sale: Sale) -> None:
    kept = 9 - sale.sold_gpus
    jobs = [each._replace(gpus=min(each.gpus, kept)) for each in jobs]
    firm = sale._replace(notice_s=10**9)
    ours = replaying(jobs, Policy.BACKFILL)
    sold = ours.beside(firm, 9)
    assert sold.start_s.tolist() == ours.on(Fleet.of_gpus(kept)).start_s.tolist()
    assert (sold.reclaims, sold.got_gpu_s) == (0, sale.sold_gpus * jobs[-1].submit_s)


@settings(max_examples=200)
@given(
    jobs=st.lists(
        st.builds(
            Job,
            submit_s=st.integers(0, 150).map(lambda i: i * 600),
            duration_s=st.integers(1, 60).map(lambda i: i * 600),
            gpus=st.integers(1, 6),
            estimate_s=st.just(0),
        ),
        min_size=1,
        max_size=14,
    ),
    sale=st.builds(
        Sale,
        sold_gpus=st.integers(1, 5),
        notice_s=st.sampled_from([600, 3_600, 40_200]),
        late_s=st.sampled_from([600, 1_800, 10_200]),
        allowed_millionths=st.sampled_from([0, 50_000, 300_000]),
        memory_s=st.sampled_from([3_600, 86_400]),
    ),
)
def test_a_replay_beside_a_sale_is_as_the_slow_one(jobs: list[Job], sale: Sale) -> None:
    jobs = sorted(jobs, key=lambda job: job.submit_s)
    sold = replaying(jobs, Policy.BACKFILL).beside(sale, 6)
    assert (sold.start_s.tolist(), sold.got_gpu_s, sold.reclaims) == replay_beside(jobs, 6, sale)


def test_what_is_reclaimed_is_sold_again_when_nobody_waits() -> None:
    """4 of 8 sold. The second job waits two hours for its GPUs and is done in one; a day on, its wait is forgotten.

    Sold from 0 to 7,200 s; again, as far as it is free, from the first look on that no longer sees the late job, at
    90,000 s, until the last submit.
    """
    jobs = [Job(0, 10_000, 4), Job(600, 3_600, 4), Job(100_000, 60, 1)]
    sale = Sale(sold_gpus=4, notice_s=3_600, late_s=1_800, allowed_millionths=50_000, memory_s=86_400)
    sold = replaying(jobs, Policy.BACKFILL).beside(sale, 8)
    assert sold.start_s.tolist() == [0, 7_200, 100_000]
    assert sold.reclaims == 1
    assert sold.got_gpu_s == 4 * 7_200 + 4 * (100_000 - 90_000)


def test_times_that_would_not_fit_are_refused() -> None:
    with pytest.raises(Invalid, match="8,700 years"):
        replaying([Job(0, 10**12, 4), Job(0, 20, 8)], Policy.BACKFILL)


def test_what_is_reclaimed_is_inside_when_its_notice_has_run_out() -> None:
    """Two jobs of 4 GPUs, 4 of 8 sold: the second waits, notice is served at the next full hour, and runs an hour."""
    jobs = [Job(0, 100_000, 4), Job(600, 100_000, 4)]
    sale = Sale(sold_gpus=4, notice_s=3_600, late_s=1_800, allowed_millionths=50_000, memory_s=86_400)
    sold = replaying(jobs, Policy.BACKFILL).beside(sale, 8)
    assert sold.start_s.tolist() == [0, 7_200]
    assert sold.reclaims == 1
