"""The columns that the kernels of the general replay work on: nodes, where jobs may lie, and all of it in one column.

Why one: see `room`.
"""

import numpy as np
from msgspec import Struct

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels.promise import Later
from neocloud.backtest.kernels.room import Room, Shapes
from neocloud.backtest.kernels.turns import Course, Jobs
from neocloud.model.traces import Trace, Whole


class NodeColumns(Struct, frozen=True, kw_only=True, eq=False):
    """A fleet as columns, one row for each node; a segment is the nodes of a type, and after these all nodes."""

    size: Whole
    segment: Whole
    by_size: Whole
    bounds: Whole
    types: tuple[str, ...]

    @classmethod
    def of(cls, fleet: Fleet) -> "NodeColumns":
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
    def width(self) -> int:
        """More than the GPUs of any node."""
        return int(self.size.max(initial=0)) + 1

    @property
    def everywhere(self) -> int:
        """The segment that has all nodes."""
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


def shapes_of(trace: Trace, nodes: NodeColumns, *, is_placed: bool) -> tuple[Whole, ...]:
    """The columns of `Shapes`.

    A job whose nodes the history knows lies on as many, as evenly as its GPUs divide, with a GPU or more on each.
    Where no node is as large as that, or the nodes are not known, or GPUs are only counted, it lies on one node if
    one could hold it, and else on whole nodes, the largest first, with what is left on one more.
    """
    segment = nodes.segments_of(trace)
    largest = np.zeros(len(trace), np.int64)
    for each in range(nodes.everywhere + 1):
        largest[segment == each] = nodes.sizes_in(each).max(initial=0)
    spread = np.minimum(trace.nodes, trace.gpus) if is_placed else np.zeros(len(trace), np.int64)
    knows = (spread > 0) & (-(-trace.gpus // np.maximum(spread, 1)) <= largest)
    parts = np.where(knows, spread, (trace.gpus <= largest).astype(np.int64))
    base, extra = np.divmod(trace.gpus, np.maximum(parts, 1))
    base, extra = np.where(parts > 0, base, 0), np.where(parts > 0, extra, 0)
    least = (segment * nodes.width + base) * len(nodes.size)
    return trace.gpus, segment, parts, base, extra, least


class Layout:
    """Columns, one behind the other in one memory."""

    def __init__(self) -> None:
        self._columns: list[Whole] = []
        self._length = 0

    def memory(self) -> Whole:
        """All columns that were added."""
        return np.concatenate(self._columns).astype(np.int64)

    def room(self, nodes: NodeColumns, *, jobs: int) -> Room:
        """A room in which nothing runs."""
        gpus = int(nodes.size.sum())
        idle = np.array([nodes.sizes_in(each).sum() for each in range(nodes.everywhere + 1)], np.int64)
        return Room(
            nodes=len(nodes.size),
            width=nodes.width,
            everywhere=nodes.everywhere,
            size=self._add(nodes.size),
            segment=self._add(nodes.segment),
            by_size=self._add(nodes.by_size),
            bounds=self._add(nodes.bounds),
            free=self._add(nodes.size),
            idle=self._add(idle),
            chosen=self._fill(len(nodes.size) + 1),
            amount=self._fill(len(nodes.size) + 1),
            first_cell=self._fill(jobs, -1),
            cell_node=self._fill(gpus + 1),
            cell_gpus=self._fill(gpus + 1),
            next_cell=self._add(np.arange(1, gpus + 2)),
            spare=self._fill(1),
        )

    def later(self, nodes: NodeColumns) -> Later:
        """A promise for nothing yet."""
        return Later(
            free=self._fill(len(nodes.size)), holds=self._fill(1), holds_more=self._fill(1), idle=self._fill(1)
        )

    def jobs(self, trace: Trace, estimates_s: Whole, order: Whole, limits: Whole) -> Jobs:
        """The jobs of a trace, which wait in this order, and the GPUs that each team may hold."""
        place = np.empty(len(trace), np.int64)
        place[order] = np.arange(len(trace))
        return Jobs(
            total=len(trace),
            submit=self._add(trace.submit_s),
            duration=self._add(trace.duration_s),
            estimate=self._add(estimates_s),
            rank=self._add(trace.rank),
            team=self._add(trace.team),
            place=self._add(place),
            at_place=self._add(order),
            limit=self._add(limits),
        )

    def shapes(self, shapes: tuple[Whole, ...]) -> Shapes:
        """What `shapes_of` answers."""
        return Shapes(*(self._add(column) for column in shapes))

    def course(self, kind: int, keeps: bool, *, jobs: int, teams: int) -> Course:
        """A course in which nothing happened yet."""
        return Course(
            kind=kind,
            keeps=keeps,
            start=self._fill(jobs, -1),
            end=self._fill(jobs, -1),
            stops=self._fill(jobs),
            lost=self._fill(1),
            held=self._fill(teams),
            major=self._fill(jobs),
            minor=self._fill(jobs),
            first_kept=self._fill(jobs),
        )

    def _add(self, column: Whole) -> int:
        """Where the column begins in the memory."""
        begin = self._length
        self._columns.append(column)
        self._length += len(column)
        return begin

    def _fill(self, length: int, value: int = 0) -> int:
        return self._add(np.full(length, value, np.int64))
