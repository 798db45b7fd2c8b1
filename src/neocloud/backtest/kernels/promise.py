"""The promise of the first in the queue: the earliest second when it fits, by the estimated ends of what runs.

The law of a promise: whatever starts before its turn leaves the first where it was, by the estimates. Fits are
counted, not laid out: so many nodes with so many GPUs free are enough to know, and cost one step for each part freed.

Kernels: see `compiled`, and `room` for how columns lie in `memory`.
"""

from typing import Any, NamedTuple

from neocloud.backtest.kernels.compiled import compiled
from neocloud.backtest.kernels.room import Room, Shapes, is_in, lie_whole, position


class Later(NamedTuple):
    """What will be free at the second of the promise, where the first may run."""

    free: int
    """By node."""

    holds: int
    """How many nodes could hold a part of it; here and below, in a column of one."""

    holds_more: int
    """How many could hold a part that has the one GPU more."""

    idle: int
    """All free GPUs."""


@compiled
def promise(
    memory: Any, order: Any, room: Room, later: Later, shapes: Shapes, first: int, running: Any, ends: int
) -> int:
    """Promise a job that does not fit now, and answer from which second on it would.

    `running` has the jobs that run in order of their estimated `ends`; all that end in one second are freed together.
    """
    as_it_is(memory, order, room, later, shapes, first)
    ended, now = 0, -1
    while ended < len(running):
        now = memory[ends + running[ended]]
        while ended < len(running) and memory[ends + running[ended]] == now:
            free_all(memory, room, later, shapes, first, running[ended])
            ended += 1
        if fits_later(memory, room, later, shapes, first):
            break
    return int(now)


@compiled
def as_it_is(memory: Any, order: Any, room: Room, later: Later, shapes: Shapes, first: int) -> None:
    """Begin with what is free now."""
    segment, least = memory[shapes.segment + first], memory[shapes.least + first]
    start, end = memory[room.bounds + segment], memory[room.bounds + segment + 1]
    memory[later.free : later.free + room.nodes] = memory[room.free : room.free + room.nodes]
    memory[later.holds] = end - position(order, start, end, least)
    memory[later.holds_more] = end - position(order, start, end, least + room.nodes)
    memory[later.idle] = memory[room.idle + segment]


@compiled
def free_all(memory: Any, room: Room, later: Later, shapes: Shapes, first: int, job: int) -> None:
    """Free what a job holds."""
    cell = memory[room.first_cell + job]
    while cell >= 0:
        change(memory, room, later, shapes, first, memory[room.cell_node + cell], memory[room.cell_gpus + cell])
        cell = memory[room.next_cell + cell]


@compiled
def change(memory: Any, room: Room, later: Later, shapes: Shapes, first: int, node: int, by: int) -> None:
    """Free so many GPUs more on a node."""
    before = memory[later.free + node]
    after = before + by
    memory[later.free + node] = after
    if not is_in(memory, room, memory[shapes.segment + first], node):
        return
    base = memory[shapes.base + first]
    memory[later.idle] += by
    if (before < base) != (after < base):
        memory[later.holds] += 1 if before < after else -1
    if (before <= base) != (after <= base):
        memory[later.holds_more] += 1 if before < after else -1


@compiled
def fits_later(memory: Any, room: Room, later: Later, shapes: Shapes, first: int) -> bool:
    """Whether the job of the promise fits on what will be free."""
    parts, gpus = memory[shapes.parts + first], memory[shapes.gpus + first]
    if parts > 0:
        return bool(memory[later.holds] >= parts and memory[later.holds_more] >= memory[shapes.extra + first])
    if memory[later.idle] < gpus:
        return False
    left, best = lie_whole(memory, room, later.free, memory[shapes.segment + first], gpus)
    return bool(left == 0 or best >= 0)


@compiled
def leaves_it(memory: Any, room: Room, later: Later, shapes: Shapes, first: int, parts: int) -> bool:
    """Whether the first still fits when the parts just found are held for longer; if so they are."""
    for part in range(parts):
        change(memory, room, later, shapes, first, memory[room.chosen + part], -memory[room.amount + part])
    if fits_later(memory, room, later, shapes, first):
        return True
    put_back(memory, room, later, shapes, first, parts)
    return False


@compiled
def put_back(memory: Any, room: Room, later: Later, shapes: Shapes, first: int, parts: int) -> None:
    """Take back what `leaves_it` did."""
    for part in range(parts):
        change(memory, room, later, shapes, first, memory[room.chosen + part], memory[room.amount + part])
