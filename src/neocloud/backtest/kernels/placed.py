"""The general replay: nodes of several sizes and types, gangs, quotas, and all four policies.

Where only GPUs are counted, all GPUs of a type are one node. The rules, each beside what does it: at one second,
`seconds` and `turns`; where a job goes, `room` and `shapes_of`; what backfill may not delay, `reservation`.

A job that would not fit on the empty fleet, or that wants more than its team's quota, never runs and blocks no one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels.compiled import columns
from neocloud.backtest.kernels.seconds import replay
from neocloud.backtest.kernels.turns import BACKFILL, PRIORITY, STRICT
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
    nodes = _Nodes.of(fleet)
    limits = np.array([quotas.get(team, _NO_LIMIT) for team in trace.teams], np.int64)
    order = _order(trace, policy, estimates_s)
    place = np.empty(len(trace), np.int64)
    place[order] = np.arange(len(trace))
    start_s, stops, lost, *parts = replay(
        columns(trace.submit_s, trace.duration_s, estimates_s, trace.rank, trace.team, place, order, limits),
        columns(*shapes_of(trace, nodes, is_placed=fleet.placed)),
        _room(nodes, jobs=len(trace)),
        _course(jobs=len(trace), teams=len(trace.teams)),
        columns(nodes.size.copy(), np.zeros(3, np.int64)),
        _KINDS[policy],
        keep_parts,
    )
    return Placed(
        start_s=np.asarray(start_s, np.int64),
        stops=np.asarray(stops, np.int64),
        lost_gpu_s=int(lost),
        parts=_parts(parts) if keep_parts else None,
    )


def _parts(found: list[Any]) -> Parts:
    job, node, gpus, begun, until = (np.asarray(column, np.int64) for column in found)
    return Parts(job=job, node=node, gpus=gpus, from_s=begun, until_s=until)


def _order(trace: Trace, policy: Policy, estimates_s: Whole) -> Whole:
    """All jobs in the order of the queue."""
    if policy == Policy.SHORTEST:
        return np.argsort(estimates_s, kind="stable")
    if policy == Policy.PRIORITY:
        return np.argsort(trace.rank, kind="stable")
    return np.arange(len(trace), dtype=np.int64)


class _Nodes(Struct, frozen=True, kw_only=True, eq=False):
    """A fleet as columns, one row for each node; a segment is the nodes of a type, and after these all nodes."""

    size: Whole
    segment: Whole
    by_size: Whole
    bounds: Whole
    types: tuple[str, ...]

    @classmethod
    def of(cls, fleet: Fleet) -> "_Nodes":
        types = tuple(dict.fromkeys(group.gpu_type.lower() for group in fleet.groups))
        sizes: list[int] = []
        segments: list[int] = []
        for group in fleet.groups:
            of = [group.gpus_each] * group.count if fleet.placed else [group.gpus] * (group.gpus > 0)
            sizes += of
            segments += [types.index(group.gpu_type.lower())] * len(of)
        size, segment = np.array(sizes, np.int64), np.array(segments, np.int64)
        counts = np.bincount(segment, minlength=len(types))
        bounds = np.cumsum([0, *counts, *([len(size)] if len(types) > 1 else [])])
        by_size = np.argsort(-size, kind="stable")
        return cls(size=size, segment=segment, by_size=by_size, bounds=bounds.astype(np.int64), types=types)

    @property
    def everywhere(self) -> int:
        return len(self.bounds) - 2

    def segments_of(self, trace: Trace) -> Whole:
        """Where each job may run; -1 where the fleet has no nodes of its type."""
        known = {name: at for at, name in enumerate(self.types)}
        without = self.everywhere if self.types == ("",) else -1
        named = [known.get(name.lower(), without) if name else self.everywhere for name in trace.gpu_types]
        return np.array(named, np.int64)[trace.gpu_type]

    def sizes_in(self, segment: int) -> Whole:
        """The sizes of the nodes of a segment."""
        return self.size if segment == self.everywhere else self.size[self.segment == segment]


def shapes_of(trace: Trace, nodes: _Nodes, *, is_placed: bool) -> tuple[Whole, ...]:
    """The columns of `Shapes`.

    A job whose nodes the history knows lies on as many, as evenly as its GPUs divide, with a GPU or more on each.
    Where no node is as large as that, or the nodes are not known, or GPUs are only counted, it lies on one node if
    one could hold it, and else on whole nodes, the largest first, with what is left on one more.
    """
    segment = nodes.segments_of(trace)
    largest = np.zeros(len(trace), np.int64)
    for each in range(len(nodes.bounds) - 1):
        largest[segment == each] = nodes.sizes_in(each).max(initial=0)
    spread = np.minimum(trace.nodes, trace.gpus) if is_placed else np.zeros(len(trace), np.int64)
    knows = (spread > 0) & (-(-trace.gpus // np.maximum(spread, 1)) <= largest)
    parts = np.where(knows, spread, (trace.gpus <= largest).astype(np.int64))
    base, extra = np.divmod(trace.gpus, np.maximum(parts, 1))
    base, extra = np.where(parts > 0, base, 0), np.where(parts > 0, extra, 0)
    least = (segment * (nodes.size.max(initial=0) + 1) + base) * len(nodes.size)
    return trace.gpus, segment, parts, base, extra, least


def _room(nodes: _Nodes, *, jobs: int) -> tuple[Any, ...]:
    """The columns of a `Room` in which nothing runs; see `open_room`."""
    gpus = int(nodes.size.sum())
    idle = np.array([nodes.sizes_in(each).sum() for each in range(len(nodes.bounds) - 1)], np.int64)
    parts = np.zeros(len(nodes.size) + 1, np.int64)
    cells = np.zeros(gpus + 1, np.int64)
    return columns(
        nodes.size, nodes.segment, nodes.by_size, nodes.bounds,
        nodes.size.copy(), idle, parts, parts.copy(),
        np.full(jobs, -1, np.int64), cells, cells.copy(), np.arange(1, gpus + 2), np.zeros(1, np.int64),
    )  # fmt: skip


def _course(*, jobs: int, teams: int) -> tuple[Any, ...]:
    """The columns of a `Course` in which nothing happened yet; see `open_course`."""
    nothing, nought = np.full(jobs, -1, np.int64), np.zeros(jobs, np.int64)
    return columns(
        nothing, nothing.copy(), nought, np.zeros(teams, np.int64), np.zeros(1, np.int64),
        nought.copy(), nought.copy(), nought.copy(),
    )  # fmt: skip
