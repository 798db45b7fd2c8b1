"""Room on nodes: which GPUs are free, where a job goes, and what it holds there.

The law of a room: what is free on a node and what jobs hold there come to its size. Nodes are looked up in an order
by (segment, free GPUs, node), so that the best fit is one bisection and whether a job fits is one comparison. A
segment is the nodes of one GPU type; where there are several types, one more segment has all nodes, for jobs that
take any. To move a node in its order copies part of a list: 0.1 us at 552 nodes.

Kernels: see `compiled`. All columns lie in one, `memory`, one behind the other, and a tuple such as `Room` says where
each begins: what is free on a node is `memory[room.free + node]`. A tuple of columns would cost a compiled kernel 10
ns for each column of each call, and most of its time.
"""

from typing import Any, NamedTuple

from neocloud.backtest.kernels.compiled import compiled


class Shapes(NamedTuple):
    """How each job lies on nodes: `extra` of its `parts` hold `base` + 1 GPUs, the others `base`.

    With 0 parts a job takes whole nodes, the largest first, and what is left on one more.
    """

    gpus: int
    segment: int
    """Where it may run; -1 where it never runs."""

    parts: int
    base: int
    extra: int
    least: int
    """What a node has in the order at least if it can hold `base` GPUs."""


class Room(NamedTuple):
    """Nodes, what is free on them, and the parts that jobs hold, in cells that are linked job by job."""

    nodes: int
    """How many."""

    width: int
    """More than the GPUs of any node. The order has (segment * width + free) * nodes + node, ascending."""

    everywhere: int
    """The segment that has all nodes."""

    size: int
    segment: int
    by_size: int
    """Nodes, the largest first, ties by node."""

    bounds: int
    """Where each segment begins in the order; one more at the end."""

    free: int
    idle: int
    """Free GPUs of each segment."""

    chosen: int
    """The nodes of the parts that `find` found, and beside them `amount`, their GPUs."""

    amount: int
    first_cell: int
    """By job; -1 where it holds nothing."""

    cell_node: int
    cell_gpus: int
    next_cell: int
    spare: int
    """The first unused cell, in a column of one."""


@compiled
def position(order: Any, low: int, high: int, key: int) -> int:
    """The first place from `low` to `high` of an ascending list that holds `key` or more."""
    while low < high:
        middle = (low + high) // 2
        if order[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def has_room(memory: Any, order: Any, room: Room, shapes: Shapes, job: int) -> bool:
    """Whether a job fits now: the nodes of a segment with most free GPUs come last in the order."""
    segment, parts, extra = memory[shapes.segment + job], memory[shapes.parts + job], memory[shapes.extra + job]
    if parts == 0:
        gpus = memory[shapes.gpus + job]
        if memory[room.idle + segment] < gpus:
            return False
        left, best = lie_whole(memory, room, room.free, segment, gpus)
        return bool(left == 0 or best >= 0)
    start, end, least = memory[room.bounds + segment], memory[room.bounds + segment + 1], memory[shapes.least + job]
    if end - start < parts or order[end - parts] < least:
        return False
    return bool(extra == 0 or order[end - extra] >= least + room.nodes)


@compiled
def find(memory: Any, order: Any, room: Room, shapes: Shapes, job: int) -> int:
    """How many parts a job takes now (0: it does not fit), the best of them in `chosen` and `amount`.

    Each part goes where the fewest GPUs are free that suffice, ties to the lowest node; larger parts choose first.
    """
    if not has_room(memory, order, room, shapes, job):
        return 0
    segment, parts = memory[shapes.segment + job], memory[shapes.parts + job]
    if parts == 0:
        return find_whole(memory, room, segment, memory[shapes.gpus + job])
    base, extra, least = memory[shapes.base + job], memory[shapes.extra + job], memory[shapes.least + job]
    start, end = memory[room.bounds + segment], memory[room.bounds + segment + 1]
    larger = end if extra == 0 else position(order, start, end, least + room.nodes)
    for part in range(extra):
        memory[room.chosen + part] = order[larger + part] % room.nodes
        memory[room.amount + part] = base + 1
    at = position(order, start, end, least)
    for part in range(extra, parts):
        if at == larger:
            at += extra
        memory[room.chosen + part] = order[at] % room.nodes
        memory[room.amount + part] = base
        at += 1
    return int(parts)


@compiled
def find_whole(memory: Any, room: Room, segment: int, gpus: int) -> int:
    """`find` for a job of more than a node; it looks at every node."""
    left, best = lie_whole(memory, room, room.free, segment, gpus)
    parts = 0
    for at in range(room.nodes):
        node = memory[room.by_size + at]
        size = memory[room.size + node]
        if memory[room.free + node] == size and gpus >= size and is_in(memory, room, segment, node):
            memory[room.chosen + parts] = node
            memory[room.amount + parts] = size
            parts += 1
            gpus -= size
    if left > 0:
        memory[room.chosen + parts] = best
        memory[room.amount + parts] = left
        parts += 1
    return parts


@compiled
def lie_whole(memory: Any, room: Room, free: int, segment: int, gpus: int) -> tuple[int, int]:
    """How many GPUs are left when a job has whole free nodes, the largest first; and the node for these, or -1."""
    left = gpus
    for at in range(room.nodes):
        node = memory[room.by_size + at]
        size = memory[room.size + node]
        if memory[free + node] == size and left >= size and is_in(memory, room, segment, node):
            left -= size
    best, best_free = -1, 0
    for at in range(room.nodes):
        node = memory[room.by_size + at]
        if not is_in(memory, room, segment, node):
            continue
        size, here = memory[room.size + node], memory[free + node]
        if here == size and gpus >= size:
            gpus -= size
        elif here >= left and (best < 0 or here < best_free or (here == best_free and node < best)):
            best, best_free = node, here
    return left, best


@compiled
def is_in(memory: Any, room: Room, segment: int, node: int) -> bool:
    """Whether a node is in a segment."""
    return bool(segment == room.everywhere or segment == memory[room.segment + node])


@compiled
def take(memory: Any, order: Any, room: Room, job: int, parts: int) -> None:
    """Have a job hold the parts that were found for it."""
    for part in range(parts):
        cell = memory[room.spare]
        memory[room.spare] = memory[room.next_cell + cell]
        memory[room.cell_node + cell] = memory[room.chosen + part]
        memory[room.cell_gpus + cell] = memory[room.amount + part]
        memory[room.next_cell + cell] = memory[room.first_cell + job]
        memory[room.first_cell + job] = cell
    lift(memory, order, room, job, -1)


@compiled
def give(memory: Any, order: Any, room: Room, job: int) -> None:
    """Have a job hold nothing any more."""
    lift(memory, order, room, job, 1)
    drop(memory, room, job)


@compiled
def lift(memory: Any, order: Any, room: Room, job: int, sign: int) -> None:
    """Free what a job holds (1) or take it again (-1), while it keeps its cells."""
    cell = memory[room.first_cell + job]
    while cell >= 0:
        node = memory[room.cell_node + cell]
        by = sign * memory[room.cell_gpus + cell]
        old = memory[room.free + node]
        memory[room.free + node] = old + by
        segment = memory[room.segment + node]
        shift(memory, order, room, segment, node, old, by)
        if segment != room.everywhere:
            shift(memory, order, room, room.everywhere, node, old, by)
        cell = memory[room.next_cell + cell]


@compiled
def shift(memory: Any, order: Any, room: Room, segment: int, node: int, old: int, by: int) -> None:
    """Move a node, on which so many GPUs more are free, to its new place in a segment of the order."""
    start, end = memory[room.bounds + segment], memory[room.bounds + segment + 1]
    key = (segment * room.width + old) * room.nodes + node
    order.pop(position(order, start, end, key))
    key += by * room.nodes
    order.insert(position(order, start, end - 1, key), key)
    memory[room.idle + segment] += by


@compiled
def drop(memory: Any, room: Room, job: int) -> None:
    """Give back the cells of a job whose GPUs are free already."""
    cell = memory[room.first_cell + job]
    while cell >= 0:
        after = memory[room.next_cell + cell]
        memory[room.next_cell + cell] = memory[room.spare]
        memory[room.spare] = cell
        cell = after
    memory[room.first_cell + job] = -1
