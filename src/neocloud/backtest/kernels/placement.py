"""From a trace and a fleet to what `placed` replays, and back."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels import placed as kernel
from neocloud.backtest.kernels.compiled import columns
from neocloud.backtest.kernels.placing import NO_SUCH_TYPE, floor_of, type_number, wishes_of
from neocloud.backtest.kernels.queueing import classes_by
from neocloud.backtest.policy import Policy
from neocloud.model.traces import Trace, Whole

_MANNERS = {Policy.BACKFILL: kernel.BACKFILL, Policy.PRIORITY: kernel.PRIORITY}


class Placed(Struct, frozen=True, kw_only=True, eq=False):
    """The start of each job, -1 of one that never runs; how often one was stopped, the GPU-seconds that lost; and for
    each job the nodes of its parts, `at_node[firsts[job] : firsts[job + 1]]`."""

    start_s: Whole
    preempted: int
    lost_gpu_s: int
    at_node: Whole
    firsts: Whole


def replay_placed(
    trace: Trace, fleet: Fleet, *, policy: Policy, estimates_s: Whole, quotas: Mapping[str, int]
) -> Placed:
    """Replay a trace on nodes (a counted fleet is one node), by types, quotas and ranks."""
    types, gpus, most_gpus, names = floor_of(fleet)
    kinds = np.array([type_number(name, names) for name in trace.gpu_types], np.int64)[trace.gpu_type]
    team = np.array([i if name in quotas else kernel.NO_QUOTA for i, name in enumerate(trace.teams)], np.int64)
    limits = np.array([quotas.get(name, 0) for name in trace.teams], np.int64)
    wanted = np.stack([trace.gpus, trace.nodes if fleet.placed else trace.nodes * 0, kinds, team[trace.team]], axis=1)
    shapes, of_job = np.unique(wanted, axis=0, return_inverse=True)
    over = (shapes[:, 3] != kernel.NO_QUOTA) & (shapes[:, 0] > limits[shapes[:, 3]])
    shapes[over, 2] = NO_SUCH_TYPE
    order = _order(trace, policy, estimates_s)
    turn = np.empty(len(trace), np.int64)
    turn[order] = np.arange(len(trace))
    wishes = wishes_of([(int(g), int(n), int(k)) for g, n, k, _ in shapes], types, gpus)
    firsts = np.concatenate([[0], np.cumsum(np.asarray(wishes.counts, np.int64)[of_job])])
    classes = classes_by(shapes[:, 0].copy(), of_job, np.lexsort((turn, of_job)))
    work = columns(trace.submit_s, trace.duration_s, estimates_s, trace.gpus, trace.rank, turn, firsts)
    teams = columns(limits, np.zeros(len(limits), np.int64), shapes[:, 3].copy())
    start_s, at_node = columns(np.zeros(len(trace), np.int64), np.zeros(firsts[-1] + 1, np.int64))
    nodes = (types, gpus, len(names), most_gpus)
    stops, lost_gpu_s = kernel.placed(
        kernel.Work(*work),
        classes,
        wishes,
        kernel.Teams(*teams),
        nodes,
        _MANNERS.get(policy, kernel.STRICT),
        start_s,
        at_node,
    )
    return Placed(
        start_s=np.asarray(start_s, np.int64),
        preempted=stops,
        lost_gpu_s=lost_gpu_s,
        at_node=np.asarray(at_node, np.int64),
        firsts=firsts,
    )


def _order(trace: Trace, policy: Policy, estimates_s: Whole) -> Whole:
    """The jobs in the order of a policy; ties go by the order of the history."""
    match policy:
        case Policy.SHORTEST:
            return np.argsort(estimates_s, kind="stable")
        case Policy.PRIORITY:
            return np.argsort(trace.rank, kind="stable")
        case _:
            return np.arange(len(trace))
