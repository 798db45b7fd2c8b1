"""Room on nodes: which GPUs are free, where a job goes, and what it holds there.

The law of a room: what is free on a node and what jobs hold there come to its size. Nodes are looked up in an order
by (segment, free GPUs, node), so that the best fit is one bisection and whether a job fits is one comparison. A
segment is the nodes of one GPU type; where there are several types, one more segment has all nodes, for jobs that
take any. To move a node in its order copies part of a list: 0.1 us at 552 nodes.

Kernels: see `compiled`. To read a column off a tuple costs a compiled kernel more (5 ns) than to read a number off a
column, and to pass a tuple of twenty costs 0.2 us: what is done often has its columns in variables.
"""

from typing import Any, NamedTuple

from neocloud.backtest.kernels.compiled import compiled


class Shapes(NamedTuple):
    """How each job lies on nodes: `extra` of its `parts` hold `base` + 1 GPUs, the others `base`.

    With 0 parts a job takes whole nodes, the largest first, and what is left on one more.
    """

    gpus: Any
    segment: Any
    """Where it may run; -1 where it never runs."""

    parts: Any
    base: Any
    extra: Any
    least: Any
    """What a node has in `Room.order` at least if it can hold `base` GPUs."""


class Room(NamedTuple):
    """Nodes, what is free on them, and the parts that jobs hold, in cells that are linked job by job."""

    size: Any
    segment: Any
    by_size: Any
    """Nodes, the largest first, ties by node."""

    bounds: Any
    """Where each segment begins in `order`; one more at the end."""

    width: int
    """More than the GPUs of any node."""

    everywhere: int
    """The segment that has all nodes."""

    free: Any
    idle: Any
    """Free GPUs of each segment."""

    order: Any
    """A list of (segment * width + free) * nodes + node, ascending."""

    chosen: Any
    """The nodes of the parts that `find` found, and beside them `amount`, their GPUs."""

    amount: Any
    first_cell: Any
    """By job; -1 where it holds nothing."""

    cell_node: Any
    cell_gpus: Any
    next_cell: Any
    spare: Any
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
def has_room(
    order: Any, idle: int, start: int, end: int, least: int, more: int, parts: int, extra: int, gpus: int
) -> bool:
    """Whether `find` would find: the nodes of a segment with most free GPUs are the last of `order[start:end]`."""
    if parts == 0:
        return bool(idle >= gpus)
    if end - start < parts or order[end - parts] < least:
        return False
    return bool(extra == 0 or order[end - extra] >= more)


@compiled
def find(room: Room, shapes: Shapes, job: int) -> int:
    """Whether a job fits now: how many parts it takes (0: it does not fit), the best in `chosen` and `amount`.

    Each part goes where the fewest GPUs are free that suffice, ties to the lowest node; larger parts choose first.
    """
    order, chosen, amount, nodes = room.order, room.chosen, room.amount, len(room.size)
    parts, base, extra, segment = shapes.parts[job], shapes.base[job], shapes.extra[job], shapes.segment[job]
    start, end, least = room.bounds[segment], room.bounds[segment + 1], shapes.least[job]
    more = least + nodes
    if not has_room(order, room.idle[segment], start, end, least, more, parts, extra, shapes.gpus[job]):
        return 0
    if parts == 0:
        return find_whole(room, segment, shapes.gpus[job])
    larger = end if extra == 0 else position(order, start, end, more)
    for part in range(extra):
        chosen[part] = order[larger + part] % nodes
        amount[part] = base + 1
    at = position(order, start, end, least)
    for part in range(extra, parts):
        if at == larger:
            at += extra
        chosen[part] = order[at] % nodes
        amount[part] = base
        at += 1
    return int(parts)


@compiled
def find_whole(room: Room, segment: int, gpus: int) -> int:
    """`find` for a job of more than a node; it looks at every node."""
    left, best = lie_whole(room, room.free, segment, gpus)
    if left > 0 and best < 0:
        return 0
    parts = 0
    for node in room.by_size:
        size = room.size[node]
        if room.free[node] == size and gpus >= size and segment in (room.everywhere, room.segment[node]):
            room.chosen[parts] = node
            room.amount[parts] = size
            parts += 1
            gpus -= size
    if left > 0:
        room.chosen[parts] = best
        room.amount[parts] = left
        parts += 1
    return parts


@compiled
def lie_whole(room: Room, free: Any, segment: int, gpus: int) -> tuple[int, int]:
    """How many GPUs are left when a job has whole free nodes, the largest first; and the node for these, or -1."""
    left = gpus
    for node in room.by_size:
        size = room.size[node]
        if free[node] == size and left >= size and segment in (room.everywhere, room.segment[node]):
            left -= size
    to_lie = gpus
    best = -1
    for node in room.by_size:
        if segment not in (room.everywhere, room.segment[node]):
            continue
        size = room.size[node]
        if free[node] == size and to_lie >= size:
            to_lie -= size
        elif free[node] >= left and (best < 0 or (free[node], node) < (free[best], best)):
            best = node
    return left, best


@compiled
def take(room: Room, job: int, parts: int) -> None:
    """Have a job hold the parts that were found for it."""
    chosen, amount, spare = room.chosen, room.amount, room.spare
    cell_node, cell_gpus, next_cell = room.cell_node, room.cell_gpus, room.next_cell
    first = -1
    for part in range(parts):
        cell = spare[0]
        spare[0] = next_cell[cell]
        cell_node[cell] = chosen[part]
        cell_gpus[cell] = amount[part]
        next_cell[cell] = first
        first = cell
    room.first_cell[job] = first
    lift(room, job, -1)


@compiled
def give(room: Room, job: int) -> None:
    """Have a job hold nothing any more."""
    lift(room, job, 1)
    drop(room, job)


@compiled
def lift(room: Room, job: int, sign: int) -> None:
    """Free what a job holds (1) or take it again (-1), while it keeps its cells."""
    cell_node, cell_gpus, next_cell = room.cell_node, room.cell_gpus, room.next_cell
    free, idle, bounds, order, of_node = room.free, room.idle, room.bounds, room.order, room.segment
    width, everywhere, nodes = room.width, room.everywhere, len(room.size)
    cell = room.first_cell[job]
    while cell >= 0:
        node = cell_node[cell]
        by = sign * cell_gpus[cell]
        old = free[node]
        free[node] = old + by
        segment = of_node[node]
        while segment >= 0:
            key = (segment * width + old) * nodes + node
            start, end = bounds[segment], bounds[segment + 1]
            order.pop(position(order, start, end, key))
            key += by * nodes
            order.insert(position(order, start, end - 1, key), key)
            idle[segment] += by
            segment = -1 if segment == everywhere else everywhere
        cell = next_cell[cell]


@compiled
def drop(room: Room, job: int) -> None:
    """Give back the cells of a job whose GPUs are free already."""
    next_cell, spare = room.next_cell, room.spare
    cell = room.first_cell[job]
    while cell >= 0:
        after = next_cell[cell]
        next_cell[cell] = spare[0]
        spare[0] = cell
        cell = after
    room.first_cell[job] = -1
