"""A trace replayed on a fleet under a policy: when does each job start?

Where only GPUs are counted, a kernel for each policy does it; types, nodes, quotas and ranks are for `placed`.
"""

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from msgspec import Struct

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels.backfill import Jobs, Late, backfill
from neocloud.backtest.kernels.compiled import JOB_MASK, LATEST_S, NEVER_S, columns, is_compiled_yet
from neocloud.backtest.kernels.fifo import fifo
from neocloud.backtest.kernels.placed import replay_placed
from neocloud.backtest.kernels.queueing import Classes, classes_of
from neocloud.backtest.kernels.sale import Sale
from neocloud.backtest.kernels.seconds import replay as general
from neocloud.backtest.kernels.shortest import shortest
from neocloud.backtest.objective import Objective
from neocloud.backtest.policy import Policy
from neocloud.errors import Invalid
from neocloud.model.traces import Trace, Whole

NEVER_RUNS = -1
"""In `start_s`, of a job that does not run on this fleet."""


class Replayed(Struct, frozen=True, kw_only=True, eq=False):
    """When each job started (`NEVER_RUNS`: not at all), how often one was stopped for another, and what that lost."""

    start_s: Whole
    preempted: int = 0
    lost_gpu_s: int = 0


class Sold(Struct, frozen=True, kw_only=True, eq=False):
    """A replay beside a reclaimable sale: the starts, the GPU-seconds the customer got, and how often it gave way."""

    start_s: Whole
    got_gpu_s: int
    reclaims: int


class Replay:
    """One trace under one policy, to be replayed on many fleets."""

    def __init__(
        self, trace: Trace, policy: Policy, estimate_s: Whole, quotas: Mapping[str, int] | None = None
    ) -> None:
        if len(trace) > JOB_MASK:
            raise Invalid(f"{len(trace):,} jobs are more than can be replayed; {JOB_MASK:,} can")
        if len(trace) and int(trace.submit_s[-1]) + int(trace.duration_s.sum()) + int(estimate_s.max()) >= LATEST_S:
            raise Invalid(
                "all jobs one after the other would take 8,700 years or more; leave out those that run longest"
            )
        self.trace, self.policy, self.quotas = trace, policy, dict(quotas or {})
        self._estimate_s = estimate_s
        self._is_exact = bool((estimate_s == trace.duration_s).all())

    def prepare(self) -> None:
        """Build what all replays share, before threads would each do it."""
        _ = self._jobs
        if self.policy is Policy.BACKFILL:
            _ = self._classes

    def on(self, fleet: Fleet) -> Replayed:
        """Replay on a fleet."""
        if not self._is_counted(fleet):
            placed = replay_placed(
                self.trace, fleet, policy=self.policy, estimates_s=self._estimate_s, quotas=self.quotas
            )
            return Replayed(start_s=placed.start_s, preempted=int(placed.stops.sum()), lost_gpu_s=placed.lost_gpu_s)
        (start_s,) = columns(np.zeros(len(self.trace), np.int64))
        jobs = self._jobs
        match self.policy:
            case Policy.FIFO:
                fifo(jobs.submit_s, jobs.duration_s, jobs.gpus, fleet.gpus, start_s)
            case Policy.SHORTEST:
                shortest(jobs.submit_s, jobs.duration_s, jobs.estimate_s, jobs.gpus, fleet.gpus, start_s)
            case _:
                self._backfill(fleet.gpus, Late(NEVER_S, len(self.trace), 0), Sale(), start_s)
        return Replayed(start_s=np.asarray(start_s, np.int64))

    def keeps(self, objective: Objective, fleet: Fleet, first_job: int = 0) -> bool:
        """Whether the jobs from the first measured one on keep an objective; broken off once they cannot."""
        if self.policy is not Policy.BACKFILL or not self._is_counted(fleet):
            return objective.holds(waits_of(self.trace, self.on(fleet).start_s)[first_job:])
        most = objective.most_late(len(self.trace) - first_job)
        (start_s,) = columns(np.zeros(len(self.trace), np.int64))
        late, _, _ = self._backfill(fleet.gpus, Late(objective.within_s, most, first_job), Sale(), start_s)
        return late <= most

    def beside(self, sale: Sale, gpus: int) -> Sold:
        """Replay with backfill on so many counted GPUs, of which some are sold so that they may be reclaimed."""
        (start_s,) = columns(np.zeros(len(self.trace), np.int64))
        _, reclaims, got_gpu_s = self._backfill(gpus, Late(NEVER_S, len(self.trace), 0), sale, start_s)
        return Sold(start_s=np.asarray(start_s, np.int64), got_gpu_s=got_gpu_s, reclaims=reclaims)

    def _backfill(self, gpus: int, late: Late, sale: Sale, start_s: object) -> tuple[int, int, int]:
        return backfill(self._jobs, self._classes, gpus, self._is_exact, late, sale, start_s)

    def _is_counted(self, fleet: Fleet) -> bool:
        return is_counted(self.policy, fleet, self.quotas)

    @cached_property
    def _jobs(self) -> Jobs:
        trace = self.trace
        return Jobs(*columns(trace.submit_s, trace.duration_s, self._estimate_s, trace.gpus))

    @cached_property
    def _classes(self) -> Classes:
        return classes_of(self.trace.gpus)


def is_counted(policy: Policy, fleet: Fleet | None, quotas: Mapping[str, int]) -> bool:
    """Whether a kernel that counts GPUs does; None is a fleet that is counted."""
    placed = fleet is not None and (fleet.placed or len(fleet.groups) > 1)
    return not (placed or quotas or policy is Policy.PRIORITY)


def compiles_first(policy: Policy, fleet: Fleet | None, quotas: Mapping[str, int]) -> bool:
    """Whether such a replay is the first of its kind on this machine, so that its kernel is compiled before it."""
    kernels: dict[Policy, Callable[..., object]]
    kernels = {Policy.FIFO: fifo, Policy.SHORTEST: shortest, Policy.BACKFILL: backfill}
    return not is_compiled_yet(kernels[policy] if is_counted(policy, fleet, quotas) else general)


def waits_of(trace: Trace, start_s: Whole) -> Whole:
    """The wait of each job; of one that never runs, `NEVER_S`."""
    return np.where(start_s == NEVER_RUNS, NEVER_S, start_s - trace.submit_s)
