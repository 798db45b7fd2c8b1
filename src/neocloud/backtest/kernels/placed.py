"""The general replay: nodes of several sizes and types, gangs, quotas, and all four policies.

Where only GPUs are counted, all GPUs of a type are one node. The rules, each beside what does it: at one second,
`seconds` and `turns`; where a job goes, `room` and `layout`; what backfill may not delay, `promise`.

A job that would not fit on the empty fleet, or that wants more than its team's quota, never runs and blocks no one.
"""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels.compiled import columns
from neocloud.backtest.kernels.layout import Layout, NodeColumns, shapes_of
from neocloud.backtest.kernels.seconds import replay
from neocloud.backtest.kernels.turns import BACKFILL, KEPT, PRIORITY, STRICT
from neocloud.backtest.policy import Policy
from neocloud.model.traces import Trace, Whole

_NO_LIMIT = 2**62
_KINDS = {Policy.FIFO: STRICT, Policy.SHORTEST: STRICT, Policy.BACKFILL: BACKFILL, Policy.PRIORITY: PRIORITY}


class Parts(Struct, frozen=True, kw_only=True, eq=False):
    """Which GPUs were held by whom: one row for each part of each run, in order of start. For tests and pictures."""

    job: Whole
    node: Whole
    """Nodes are numbered from 0 in the order of the fleet's groups."""

    gpus: Whole
    from_s: Whole
    until_s: Whole
    """When the run ended or was stopped."""


class Placed(Struct, frozen=True, kw_only=True, eq=False):
    """What came of each job of a trace, in its order."""

    start_s: Whole
    """When the run began that came to its end; -1 for a job that never runs."""

    stops: Whole
    """How often it was stopped for one of a better rank, to start again from nothing."""

    lost_gpu_s: int
    """GPU-seconds of work that was thrown away so."""

    parts: Parts | None = None


def replay_placed(
    trace: Trace,
    fleet: Fleet,
    *,
    policy: Policy,
    estimates_s: Whole,
    quotas: Mapping[str, int] = {},
    keep_parts: bool = False,
) -> Placed:
    """Replay a trace on a fleet.

    `estimates_s` are never under the run times. `quotas` are the GPUs that a team's jobs may hold at once, by the
    name of the team; a team without one may hold all.
    """
    limits = np.array([quotas.get(team, _NO_LIMIT) for team in trace.teams], np.int64)
    nodes = NodeColumns.of(fleet)
    layout = Layout()
    room = layout.room(nodes, jobs=len(trace))
    later = layout.later(nodes)
    jobs = layout.jobs(trace, estimates_s, _order(trace, policy, estimates_s), limits)
    shapes = layout.shapes(shapes_of(trace, nodes, is_placed=fleet.placed))
    course = layout.course(_KINDS[policy], keep_parts, jobs=len(trace), teams=len(trace.teams))
    (memory,) = columns(layout.memory())
    kept = replay(memory, room, later, jobs, course, shapes)
    return Placed(
        start_s=np.array(memory[course.start : course.start + len(trace)], np.int64),
        stops=np.array(memory[course.stops : course.stops + len(trace)], np.int64),
        lost_gpu_s=int(memory[course.lost]),
        parts=_parts(kept) if keep_parts else None,
    )


def _order(trace: Trace, policy: Policy, estimates_s: Whole) -> Whole:
    """All jobs in the order of the queue."""
    if policy == Policy.SHORTEST:
        return np.argsort(estimates_s, kind="stable")
    if policy == Policy.PRIORITY:
        return np.argsort(trace.rank, kind="stable")
    return np.arange(len(trace), dtype=np.int64)


def _parts(kept: list[int]) -> Parts:
    job, node, gpus, begun, until = np.array(kept, np.int64).reshape(-1, KEPT).T
    return Parts(job=job, node=node, gpus=gpus, from_s=begun, until_s=until)
