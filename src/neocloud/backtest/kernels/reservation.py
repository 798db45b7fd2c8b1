"""The reservation of the first in the queue: when it fits, by the estimated ends of what runs.

The law of a reservation: whatever starts before its turn leaves the first where it was, by the estimates. Fits are
counted, not laid out: so many nodes with so many GPUs free are enough to know, and cost one step for each part freed.

Kernels: see `compiled`.
"""

from typing import Any, NamedTuple

from neocloud.backtest.kernels.compiled import compiled
from neocloud.backtest.kernels.room import Room, Shapes, lie_whole


class Later(NamedTuple):
    """What will be free at the second of the reservation."""

    free: Any
    """By node."""

    tally: Any
    """Where the first may run: nodes that could hold a part of it; a larger part; and all free GPUs."""


@compiled
def reserve(room: Room, later: Later, shapes: Shapes, first: int, running: Any, ends: Any) -> int:
    """Reserve for a job that does not fit now, and answer from which second on it would.

    `running` has the jobs that run in order of their estimated `ends`; all that end in one second are freed together.
    """
    free, of_node, everywhere = later.free, room.segment, room.everywhere
    first_cell, cell_node, cell_gpus, next_cell = room.first_cell, room.cell_node, room.cell_gpus, room.next_cell
    segment, parts, extra, gpus = shapes.segment[first], shapes.parts[first], shapes.extra[first], shapes.gpus[first]
    base = shapes.base[first]
    holds, holds_more, idle = 0, 0, 0
    for node in range(len(free)):
        free[node] = room.free[node]
        if segment == everywhere or segment == of_node[node]:
            holds += free[node] >= base
            holds_more += free[node] > base
            idle += free[node]
    ended = 0
    now = -1
    while ended < len(running):
        now = ends[running[ended]]
        while ended < len(running) and ends[running[ended]] == now:
            cell = first_cell[running[ended]]
            while cell >= 0:
                node, by = cell_node[cell], cell_gpus[cell]
                cell = next_cell[cell]
                before = free[node]
                free[node] += by
                if segment == everywhere or segment == of_node[node]:
                    holds += before < base <= before + by
                    holds_more += before <= base < before + by
                    idle += by
            ended += 1
        if parts > 0:
            fits = holds >= parts and holds_more >= extra
        else:
            fits = idle >= gpus and lies_whole(room, later, shapes, first)
        if fits:
            break
    later.tally[0], later.tally[1], later.tally[2] = holds, holds_more, idle
    return int(now)


@compiled
def change(room: Room, later: Later, shapes: Shapes, first: int, node: int, by: int) -> None:
    """Free so many GPUs more on a node."""
    before = later.free[node]
    after = before + by
    later.free[node] = after
    if shapes.segment[first] not in (room.everywhere, room.segment[node]):
        return
    later.tally[2] += by
    for slot in range(2):
        least = shapes.base[first] + slot
        if before < least <= after:
            later.tally[slot] += 1
        elif after < least <= before:
            later.tally[slot] -= 1


@compiled
def fits_later(room: Room, later: Later, shapes: Shapes, first: int) -> bool:
    """Whether the job of the reservation fits on what will be free."""
    if shapes.parts[first] > 0:
        return bool(later.tally[0] >= shapes.parts[first] and later.tally[1] >= shapes.extra[first])
    if later.tally[2] < shapes.gpus[first]:
        return False
    return lies_whole(room, later, shapes, first)


@compiled
def lies_whole(room: Room, later: Later, shapes: Shapes, first: int) -> bool:
    """Whether a job of more than a node fits; it looks at every node."""
    left, best = lie_whole(room, later.free, shapes.segment[first], shapes.gpus[first])
    return bool(left == 0 or best >= 0)


@compiled
def leaves_it(room: Room, later: Later, shapes: Shapes, first: int, parts: int) -> bool:
    """Whether the first still fits when the parts just found are held for longer; if so they are."""
    for part in range(parts):
        change(room, later, shapes, first, room.chosen[part], -room.amount[part])
    if fits_later(room, later, shapes, first):
        return True
    put_back(room, later, shapes, first, parts)
    return False


@compiled
def put_back(room: Room, later: Later, shapes: Shapes, first: int, parts: int) -> None:
    """Take back what `leaves_it` did."""
    for part in range(parts):
        change(room, later, shapes, first, room.chosen[part], room.amount[part])
