"""What could I sell? A history replayed on its whole fleet and on ever smaller ones."""

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct, structs

from neocloud.backtest.answer import Demand, IdleHours, Knee, Point, Reclaimable, Surplus, Waits
from neocloud.backtest.demand import InUse, demand, idle_hours
from neocloud.backtest.economics import economics
from neocloud.backtest.fleet import Fleet
from neocloud.backtest.frontier import Measured, knee, point, point_of
from neocloud.backtest.parallel import over_cores
from neocloud.backtest.policy import Estimates, Policy
from neocloud.backtest.question import Question
from neocloud.backtest.reclaimable import reclaimable
from neocloud.backtest.replay import NEVER_RUNS, Replay, Replayed
from neocloud.backtest.resamples import LEVELS, block_of, resampled_knees
from neocloud.backtest.sentence import how, sentence
from neocloud.backtest.usable import Usable, from_zero, usable
from neocloud.backtest.waits import rank_of, waits
from neocloud.errors import Invalid
from neocloud.model.traces import Reading, Trace, Whole
from neocloud.units import Progress

_TENFOLD = 10
SYNTHETIC = "example"
"""The format of a reading that was made up."""


class Answered(Struct, frozen=True, kw_only=True, eq=False):
    """The answer, and what it was measured with."""

    surplus: Surplus
    measured: Measured
    first_share: float
    first_s: int
    """The second of the history at which its first job was submitted; second 0 of the replay."""

    def starts(self) -> tuple[Trace, Whole]:
        """The jobs that were replayed, and the start of each at the first share: in seconds of the history."""
        fleet, trace = self.measured.fleet, self.measured.replay.trace
        start_s = self.measured.replay.on(fleet.less(fleet.steps_of(self.first_share))).start_s
        moved = structs.replace(trace, submit_s=trace.submit_s + self.first_s)
        return moved, np.where(start_s == NEVER_RUNS, NEVER_RUNS, start_s + self.first_s)


class _Done:
    """Tells how much of the work is done: a replay each, more or less."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def __call__(self) -> None:
        self._done += 1
        self._progress(min(self._done, self._total), self._total)


def surplus(reading: Reading, question: Question, progress: Progress = lambda _done, _total: None) -> Answered:
    """Replay a history as a question asks. Raises Invalid where it cannot be."""
    if question.notices_s and (question.policy is not Policy.BACKFILL or question.quotas):
        raise Invalid(
            "a sale at a notice is replayed under --policy backfill and without quotas; leave one of them out"
        )
    done = _Done(len(question.shares) + LEVELS + len(question.notices_s), progress)
    fleet = question.fleet or peak_fleet(reading.trace)
    trace = from_zero(reading.trace)
    ready, estimates, start_s = _ready(trace, fleet, question)
    measured = Measured(
        replay=Replay(ready.trace, question.policy, estimates.seconds, question.quotas),
        fleet=fleet,
        objective=question.objective,
        first_job=ready.first_job,
    )
    whole = point_of(measured, fleet, start_s)
    measured.replay.prepare()
    steps = _steps(fleet, question.shares)
    points = over_cores(lambda sold: point(measured, sold) if sold else whole, steps, done)
    bend = knee(measured, {sold: each.meets for sold, each in zip(steps, points, strict=True)})
    at_knee = None if bend is None else point(measured, bend)
    if at_knee and at_knee.sold_gpus not in {each.sold_gpus for each in points}:
        points = sorted([*points, at_knee], key=lambda each: each.sold_gpus)
    answer = Surplus(
        sentence="",
        history=reading.path,
        format=reading.format,
        is_synthetic=reading.format == SYNTHETIC,
        fleet=str(fleet),
        fleet_gpus=fleet.gpus,
        fleet_from_peak=question.fleet is None,
        gpu_name=_gpu_name(fleet, ready.trace),
        policy=question.policy.value,
        estimates=estimates.said,
        objective=str(question.objective),
        seed=question.seed,
        begins_at=ready.trace.begins_at,
        span_s=_span_s(ready.trace),
        rows_read=reading.rows_read,
        rows_used=reading.rows_used,
        left_out=reading.left_out,
        counts=ready.counts,
        actual=_actual(ready),
        points=tuple(points),
        knee=None if at_knee is None else _knee(measured, at_knee, points, question, done),
        demand=_demand(ready.trace, start_s),
        idle=_idle(ready, start_s, fleet, question.zone),
        economics=None
        if at_knee is None
        else economics(question, knee=at_knee, whole=whole, measured_s=_measured_s(ready)),
        reclaimable=() if at_knee is None else _reclaimable(measured, at_knee, question, done),
        largest_job_gpus=int(ready.trace.gpus.max()),
        remarks=(*reading.remarks, *how(measured, question)),
    )
    said = sentence(question.objective, answer.knee, whole, answer.gpu_name, answer.economics)
    return Answered(
        surplus=structs.replace(answer, sentence=said),
        measured=measured,
        first_share=question.shares[0],
        first_s=int(reading.trace.submit_s[0]),
    )


def _steps(fleet: Fleet, shares: Sequence[float]) -> list[int]:
    """The steps of shares, rising; the first of those that leave the same."""
    return sorted(
        {fleet.less(step).gpus: step for step in sorted(map(fleet.steps_of, shares), reverse=True)}.values()
    )


def peak_fleet(trace: Trace) -> Fleet:
    """As many GPUs as were in use at the peak: as it really was, where the history says when jobs started."""
    in_use = InUse(trace.submit_s + np.maximum(trace.waited_s, 0), trace.duration_s, trace.gpus)
    return Fleet.of_gpus(max(int(in_use.gpus.max()), int(trace.gpus.max())))


def _ready(trace: Trace, fleet: Fleet, question: Question) -> tuple[Usable, Estimates, Replayed]:
    """The trace that runs on the whole fleet, its estimates, and its replay there."""
    estimates = Estimates.of(trace, question.estimates)
    replayed = Replay(trace, question.policy, estimates.seconds, question.quotas).on(fleet)
    runs = replayed.start_s != NEVER_RUNS
    ready = usable(trace, runs, fleet, question.warm_up_s)
    kept = Estimates(seconds=estimates.seconds[runs], said=estimates.said)
    return ready, kept, structs.replace(replayed, start_s=replayed.start_s[runs])


def _knee(
    measured: Measured, at_knee: Point, points: Sequence[Point], question: Question, done: Callable[[], None]
) -> Knee:
    trace = measured.replay.trace
    block_s = block_of(int(trace.submit_s[-1] - trace.submit_s[measured.first_job])) if question.resamples else 0
    knees = (
        resampled_knees(measured, block_s, resamples=question.resamples, seed=question.seed, done=done)
        if block_s
        else []
    )
    tenfold_s = _TENFOLD * max(at_knee.waits.mean_s, 1.0)
    beyond = (each for each in points if each.share_ratio > at_knee.share_ratio)
    return Knee(
        share_ratio=at_knee.share_ratio,
        sold_gpus=at_knee.sold_gpus,
        waits=at_knee.waits,
        low_ratio=knees[rank_of(5, len(knees))] if knees else None,
        high_ratio=knees[rank_of(95, len(knees))] if knees else None,
        resamples=len(knees),
        block_s=block_s,
        tenfold_ratio=next((each.share_ratio for each in beyond if each.waits.mean_s >= tenfold_s), None),
    )


def _reclaimable(
    measured: Measured, at_knee: Point, question: Question, done: Callable[[], None]
) -> tuple[Reclaimable, ...]:
    return tuple(over_cores(lambda notice_s: reclaimable(measured, at_knee, notice_s), question.notices_s, done))


def _actual(ready: Usable) -> Waits | None:
    waited_s = ready.trace.waited_s[ready.first_job :]
    known = waited_s[waited_s >= 0]
    return waits(known) if len(known) else None


def _demand(trace: Trace, replayed: Replayed) -> Demand:
    in_use = InUse(replayed.start_s, trace.duration_s, trace.gpus)
    wanted = InUse(trace.submit_s, trace.duration_s, trace.gpus)
    return demand(in_use, wanted, int(trace.submit_s[-1]) + 1)


def _idle(ready: Usable, replayed: Replayed, fleet: Fleet, zone: str) -> IdleHours:
    """From the first measured job on: while a fleet fills up, it is idle for no reason that will come again."""
    trace = ready.trace
    in_use = InUse(replayed.start_s, trace.duration_s, trace.gpus)
    from_s = int(trace.submit_s[ready.first_job])
    return idle_hours(in_use, fleet.gpus, trace, zone, from_s=from_s, until_s=int(trace.submit_s[-1]) + 1)


def _span_s(trace: Trace) -> int:
    ends_s = trace.submit_s + np.maximum(trace.waited_s, 0) + trace.duration_s
    return int(ends_s.max() - trace.submit_s[0])


def _measured_s(ready: Usable) -> int:
    return int(ready.trace.submit_s[-1] - ready.trace.submit_s[ready.first_job])


def _gpu_name(fleet: Fleet, trace: Trace) -> str:
    """`A100s` where all GPUs are of one type, else `GPUs`."""
    types = {group.gpu_type for group in fleet.groups} - {""} or set(trace.gpu_types) - {""}
    return f"{types.pop().upper()}s" if len(types) == 1 else "GPUs"
