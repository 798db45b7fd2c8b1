"""The example is the same for the same seed, and is made as the statistics that it cites say."""

import hashlib

import numpy as np
import pyarrow.parquet as pq
import pytest

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.synthetic.example import example
from neocloud.backtest.synthetic.generated import generated
from neocloud.backtest.synthetic.ingredients import EXAMPLE_NODES, LIMITS_S, LOAD_RATIO, LONGEST_S, OUTCOMES
from neocloud.errors import Invalid
from neocloud.model.traces import Trace, Whole
from neocloud.units import DAY_S, format_instant
from tests.public import public

EXAMPLE = example()
COLUMNS = ("submit_s", "duration_s", "gpus", "nodes", "limit_s", "rank", "waited_s", "team", "gpu_type", "outcome")


def bytes_of(trace: Trace) -> str:
    """A digest over every column."""
    digest = hashlib.sha256()
    for name in (*COLUMNS, "is_cut", "job_ids"):
        digest.update(np.ascontiguousarray(getattr(trace, name)).tobytes())
    return digest.hexdigest()


def gpu_s(trace: Trace, these: np.ndarray) -> float:
    """The part of the GPU-hours that these jobs have."""
    work = trace.gpus * trace.duration_s
    return float(work[these].sum() / work.sum())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    short = bytes_of(example(seed=7, days=14).trace)
    assert bytes_of(example(seed=7, days=14).trace) == short
    assert bytes_of(example(seed=8, days=14).trace) != short


def test_the_example_stays_as_it_is() -> None:
    """To change it is a decision: pages quote what it says."""
    assert bytes_of(EXAMPLE.trace)[:16] == "e4d6532aa31e39fc"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_shares_that_were_published_hold(seed: int) -> None:
    trace = EXAMPLE.trace if seed == 1 else example(seed=seed).trace
    gpus, large = trace.gpus, trace.gpus >= 8
    assert np.mean(gpus == 1) == pytest.approx(0.864, abs=0.03)  # Philly
    assert gpu_s(trace, gpus == 1) < 0.185  # Philly, and fewer as there are more large jobs
    assert np.mean(large) == pytest.approx(0.063, abs=0.02)
    assert 0.62 < gpu_s(trace, large) < 0.9
    assert 600 < np.median(trace.duration_s) < 1_213  # minutes, as Philly has 20
    ended = dict(zip(OUTCOMES, np.bincount(trace.outcome) / len(trace), strict=True))
    assert 0.497 < ended["completed"] < 0.541  # from the one cluster of Acme to the other
    assert 0.062 - 0.005 < ended["cancelled"] < 0.075
    assert 0.397 < ended["failed"] < 0.429
    assert gpu_s(trace, trace.outcome == OUTCOMES.index("failed")) < 0.13
    teams = np.sort(np.bincount(trace.team, gpus * trace.duration_s))[::-1]
    assert teams[:3].sum() / teams.sum() == pytest.approx(0.56, abs=0.1)  # Philly
    assert 0.6 < (gpus * trace.duration_s).sum() / (968 * 84 * DAY_S) < 0.65


def test_what_is_cited_of_the_philly_trace_is_in_it() -> None:
    table = pq.read_table(public("philly_jobs"))
    gpus, run_s, submit_s = (table[name].to_numpy() for name in ("gpus", "duration_s", "submit_s"))
    work, one, large = gpus * run_s, gpus == 1, gpus >= 8
    assert (one.mean(), large.mean()) == pytest.approx((0.864, 0.063), abs=0.0005)
    assert (work[one].sum() / work.sum(), work[large].sum() / work.sum()) == pytest.approx((0.18, 0.62), abs=0.005)
    assert [np.median(run_s[these]) / 60 for these in (one | ~one, one, gpus == 8)] == pytest.approx(
        [20, 19, 177], abs=0.5
    )
    logarithm = np.log(np.maximum(run_s, 1))
    assert [logarithm[these].std() for these in (one, gpus == 8)] == pytest.approx([2.26, 3.16], abs=0.005)
    assert (gpus.max(), round(run_s.max() / DAY_S)) == (128, 60)
    later = submit_s[submit_s > 42 * DAY_S] + 10 * 3_600 + 181  # it begins on a Monday at 10:03:01 at its site
    days = np.bincount(later // DAY_S % 7, minlength=7) / len(later) * 7
    assert days[5:].mean() == pytest.approx(0.57, abs=0.005)
    names = np.array([name or "" for name in table["tenant"].to_pylist()])
    teams = np.sort([work[names == name].sum() for name in set(names) - {""}])[::-1] / work[names != ""].sum()
    assert len(teams) == 15
    assert (teams[0], teams[:3].sum()) == pytest.approx((0.26, 0.56), abs=0.005)
    assert teams[-4:].sum() < 0.001


def test_weekends_and_nights_are_quiet() -> None:
    trace = EXAMPLE.trace
    days = np.bincount(trace.submit_s // DAY_S % 7, minlength=7) / len(trace) * 7
    assert days[5:].mean() == pytest.approx(0.57, abs=0.05)
    hours = np.bincount(trace.submit_s % DAY_S // 3_600, minlength=24)
    assert hours[2:6].max() * 2 < hours[9:18].min()


def test_failed_and_cancelled_jobs_end_early_and_limits_are_round_and_padded() -> None:
    trace = EXAMPLE.trace
    part = trace.duration_s / trace.limit_s
    completed, cancelled, failed = (np.median(part[trace.outcome == each]) for each in range(3))
    assert failed < cancelled < completed < 0.5
    assert set(np.unique(trace.limit_s)) <= set(LIMITS_S)
    assert (trace.limit_s >= trace.duration_s).all()
    assert trace.duration_s.max() <= LONGEST_S


def test_the_example_is_a_trace() -> None:
    trace = EXAMPLE.trace
    assert EXAMPLE.rows_read == EXAMPLE.rows_used == len(trace)
    assert (EXAMPLE.path, EXAMPLE.format) == ("example", "example")
    assert "SYNTHETIC" in EXAMPLE.remarks[0]
    assert {column.shape for column in columns(trace)} == {(len(trace),)}
    assert {column.dtype for column in columns(trace)} == {np.dtype(np.int64)}
    assert (np.diff(trace.submit_s) >= 0).all()
    assert trace.submit_s[0] >= 0
    assert trace.submit_s[-1] < 84 * DAY_S
    assert trace.duration_s.min() >= 1
    assert trace.gpus.max() <= Fleet.of_nodes(EXAMPLE_NODES).gpus
    assert not trace.is_cut.any()
    assert len(set(trace.job_ids)) == len(trace)
    assert format_instant(trace.begins_at or 0) == "2026-01-05"


def columns(trace: Trace) -> list[Whole]:
    return [getattr(trace, name) for name in COLUMNS]


@pytest.mark.parametrize("days", [1, 8])
def test_a_short_example_comes_to_the_load_as_well(days: int) -> None:
    trace = example(days=days).trace
    work = (trace.gpus * trace.duration_s)[:-1].sum()
    assert work < 968 * days * DAY_S * LOAD_RATIO <= work + trace.gpus[-1] * trace.duration_s[-1]
    assert trace.submit_s[-1] < days * DAY_S


@pytest.mark.parametrize("days", [0, -1, 1_000_000])
def test_an_example_of_no_days_is_refused(days: int) -> None:
    with pytest.raises(Invalid, match="give 1 to 3,660"):
        example(days=days)


# ---- generated ----


def test_generated_jobs_come_to_the_load() -> None:
    trace = generated(200_000, seed=1, gpus=1_000, load_ratio=0.8)
    assert len(trace) == 200_000
    load = (trace.gpus * trace.duration_s).sum() / (1_000 * (trace.submit_s[-1] - trace.submit_s[0]))
    assert load == pytest.approx(0.8, rel=0.01)
    assert (np.diff(trace.submit_s) >= 0).all()
    assert {column.dtype for column in columns(trace)} == {np.dtype(np.int64)}
    assert bytes_of(trace) == bytes_of(generated(200_000, seed=1, gpus=1_000, load_ratio=0.8))
    assert bytes_of(trace) != bytes_of(generated(200_000, seed=2, gpus=1_000, load_ratio=0.8))


def test_generated_jobs_are_never_larger_than_the_fleet() -> None:
    assert generated(10_000, seed=1, gpus=16, load_ratio=0.5).gpus.max() == 16


@pytest.mark.parametrize(("n", "gpus", "load"), [(0, 8, 0.5), (1, 0, 0.5), (1, 8, 0.0), (1, 8, float("nan"))])
def test_what_cannot_be_generated_is_refused(n: int, gpus: int, load: float) -> None:
    with pytest.raises(Invalid, match="cannot be made"):
        generated(n, seed=1, gpus=gpus, load_ratio=load)
