"""Laws of the general replay: it is what a slow, obvious oracle says, and it keeps its promises."""

import os
from collections import defaultdict

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels import placed
from neocloud.backtest.kernels.compiled import IS_COMPILED
from neocloud.backtest.kernels.placed import Placed
from neocloud.backtest.policy import Policy
from neocloud.model.traces import Trace
from tests.backtest import oracle
from tests.backtest.oracle import Job
from tests.backtest.replays import nodes_of, places, plain, replayed
from tests.public import public

MODES = {"compiled": placed, "plain": plain()}
POLICIES = st.sampled_from([policy.value for policy in Policy])


@st.composite
def histories(draw: st.DrawFn, *, exact: bool = False, largest: int = 14) -> list[Job]:
    """A few jobs that meet: many ties, runs of 0 s, gangs, types with and without a fleet for them."""

    def job(submit: int) -> Job:
        duration = draw(st.sampled_from([0, 1, 2, 3, 5, 9]))
        return Job(
            submit=submit,
            duration=duration,
            gpus=draw(st.integers(1, largest)),
            nodes=draw(st.sampled_from([0, 0, 1, 2, 3])),
            estimate=None if exact else duration + draw(st.sampled_from([0, 0, 1, 4])),
            rank=draw(st.integers(1, 3)),
            team=draw(st.sampled_from(["unknown", "red", "blue"])),
            type=draw(st.sampled_from(["", "", "", "A100", "h100", "b200"])),
        )

    submits = draw(st.lists(st.integers(0, 12), min_size=1, max_size=14))
    return [job(submit) for submit in sorted(submits)]


FLEETS = st.one_of(
    st.integers(1, 16).map(Fleet.of_gpus),
    st.sampled_from(
        [
            "1x4",
            "3x4",
            "4x2,1x8",
            "2x8,2x2",
            "a100:2x4,h100:2x4",
            "a100:3x2,h100:1x8",
            "2x1,1x3,1x5",
            "h100:2x4,a100:1x8",
        ]
    ).map(Fleet.of_nodes),
)
QUOTAS: st.SearchStrategy[dict[str, int]] = st.one_of(
    st.just({}), st.dictionaries(st.sampled_from(["unknown", "red", "blue", "none"]), st.integers(0, 9), max_size=3)
)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=int(os.environ.get("NEOCLOUD_PLACED_EXAMPLES", "200")), deadline=None)
@given(jobs=histories(), fleet=FLEETS, policy=POLICIES, quotas=QUOTAS)
def test_a_replay_is_what_the_oracle_says(
    mode: str, jobs: list[Job], fleet: Fleet, policy: str, quotas: dict[str, int]
) -> None:
    expected = oracle.replay_on(
        jobs if fleet.placed else [Job(**{**vars(job), "nodes": 0}) for job in jobs], nodes_of(fleet), policy, quotas
    )
    found = replayed(jobs, fleet, policy, quotas, MODES[mode])
    assert found.start_s.tolist() == oracle.starts_of(expected)
    assert found.stops.tolist() == [expected.stops[job] for job in range(len(jobs))]
    assert found.lost_gpu_s == expected.lost
    for job, held in enumerate(places(found)):
        last = expected.places.get(job, {})
        assert held == last or (expected.stops[job] and last.items() <= held.items())


@settings(max_examples=150, deadline=None)
@given(jobs=histories(), gpus=st.integers(1, 16), policy=POLICIES)
def test_counted_gpus_are_what_the_small_oracle_says(jobs: list[Job], gpus: int, policy: str) -> None:
    assert replayed(jobs, gpus, policy).start_s.tolist() == oracle.replay(jobs, gpus, policy)


def test_the_plain_mode_is_plain_and_the_compiled_one_is_not() -> None:
    column = np.zeros(1, np.int64)
    assert MODES["plain"].columns(column) == ([0],)
    if not IS_COMPILED:
        pytest.skip("numba is not installed, or NEOCLOUD_PLAIN is set: both modes are plain here")
    assert MODES["compiled"].columns(column) == (column,)


@settings(max_examples=200, deadline=None)
@given(jobs=histories(), fleet=FLEETS, policy=POLICIES, quotas=QUOTAS)
def test_no_gpu_is_used_twice_and_every_part_lies_where_it_may(
    jobs: list[Job], fleet: Fleet, policy: str, quotas: dict[str, int]
) -> None:
    found = replayed(jobs, fleet, policy, quotas)
    nodes = nodes_of(fleet)
    is_typed = any(node.type for node in nodes)
    for job, at, *_ in rows(found):
        wanted = jobs[job].type.lower()
        assert not (wanted and is_typed) or nodes[at].type == wanted
    for second in range(70):
        used: dict[int, int] = defaultdict(int)
        held: dict[str, int] = defaultdict(int)
        for job, at, gpus, begun, until in rows(found):
            if begun <= second < until:
                used[at] += gpus
                held[jobs[job].team] += gpus
        assert all(used[at] <= nodes[at].size for at in used)
        assert all(held[team] <= quota for team, quota in quotas.items())


@settings(max_examples=150, deadline=None)
@given(jobs=histories(), fleet=FLEETS, policy=POLICIES, quotas=QUOTAS)
def test_every_run_has_all_its_gpus_on_distinct_nodes_and_never_before_its_submit(
    jobs: list[Job], fleet: Fleet, policy: str, quotas: dict[str, int]
) -> None:
    found = replayed(jobs, fleet, policy, quotas)
    last: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for job, at, gpus, begun, until in rows(found):
        assert jobs[job].submit <= begun <= until <= begun + jobs[job].duration
        if (begun, until) == (found.start_s[job], begun + jobs[job].duration):
            last[job].append((at, gpus))
    assert set(last) == {job for job, begun in enumerate(found.start_s) if begun >= 0}
    for job, parts in last.items():
        assert sum(gpus for _, gpus in parts) == jobs[job].gpus
        assert len({at for at, _ in parts}) == len(parts)


@settings(max_examples=200, deadline=None)
@given(jobs=histories(exact=True), fleet=FLEETS)
def test_with_exact_estimates_the_first_starts_when_it_was_first_reserved_to(jobs: list[Job], fleet: Fleet) -> None:
    told = oracle.replay_on(
        jobs if fleet.placed else [Job(**{**vars(job), "nodes": 0}) for job in jobs], nodes_of(fleet), "backfill"
    )
    found = replayed(jobs, fleet, "backfill")
    assert all(found.start_s[job] == promised for job, promised in told.promised.items())


@settings(max_examples=150, deadline=None)
@given(jobs=histories(), fleet=FLEETS)
def test_no_job_is_stopped_by_its_own_or_a_worse_rank(jobs: list[Job], fleet: Fleet) -> None:
    found = replayed(jobs, fleet, "priority")
    best = min(job.rank for job in jobs)
    assert all(found.stops[at] == 0 for at, job in enumerate(jobs) if job.rank == best)
    assert replayed([Job(**{**vars(job), "rank": 2}) for job in jobs], fleet, "priority").stops.sum() == 0
    for job, _, _, begun, until in rows(found):
        if until < begun + jobs[job].duration:
            starts = [other for other, _, _, since, _ in rows(found) if since == until and other != job]
            assert any(jobs[other].rank < jobs[job].rank for other in starts)


@settings(max_examples=150, deadline=None)
@given(jobs=histories(), fleet=FLEETS)
def test_strict_fifo_starts_in_order_of_submit(jobs: list[Job], fleet: Fleet) -> None:
    starts = [start for start in replayed(jobs, fleet, "fifo").start_s if start >= 0]
    assert starts == sorted(starts)


@settings(max_examples=100, deadline=None)
@given(jobs=histories(), fleet=FLEETS, policy=POLICIES)
def test_to_sell_nothing_changes_nothing(jobs: list[Job], fleet: Fleet, policy: str) -> None:
    whole, kept = replayed(jobs, fleet, policy), replayed(jobs, fleet.less(0), policy)
    assert whole.start_s.tolist() == kept.start_s.tolist()
    assert whole.lost_gpu_s == kept.lost_gpu_s


@settings(max_examples=200, deadline=None)
@given(jobs=histories(largest=6), gpus=st.integers(6, 16))
def test_strict_fifo_starts_no_job_earlier_on_fewer_counted_gpus(jobs: list[Job], gpus: int) -> None:
    jobs = [Job(**{**vars(job), "type": ""}) for job in jobs]
    more, fewer = replayed(jobs, gpus + 1, "fifo").start_s, replayed(jobs, gpus, "fifo").start_s
    assert (more <= fewer).all()


def test_strict_fifo_waits_as_long_as_the_published_simulation_says() -> None:
    names = ["submit_s", "duration_s", "gpus", "ref_sim_wait_s"]
    table = pq.read_table(public("philly_attempts_refsim"), columns=names)
    submit_s, duration_s, gpus, waited_s = (table[name].to_numpy().astype(np.int64) for name in table.column_names)
    nought = np.zeros(len(submit_s), np.int64)
    trace = Trace(
        job_ids=nought, submit_s=submit_s, duration_s=duration_s, gpus=gpus, nodes=nought, limit_s=nought,
        rank=nought + 1, waited_s=waited_s, team=nought, gpu_type=nought, is_cut=nought.astype(bool), outcome=nought,
    )  # fmt: skip
    found = placed.replay_placed(trace, Fleet.of_gpus(2490), policy=Policy.FIFO, estimates_s=duration_s)
    assert len(trace) == 86_753
    assert np.array_equal(found.start_s - submit_s, waited_s)


def rows(found: Placed) -> list[tuple[int, ...]]:
    """Every part of every run: job, node, GPUs, from, until."""
    parts = found.parts
    assert parts is not None
    return list(zip(*(getattr(parts, name).tolist() for name in parts.__struct_fields__), strict=True))
