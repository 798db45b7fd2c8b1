"""Room on nodes: which GPUs are free, where a job goes, and what it holds there.

The law of a room: what is free on a node and what jobs hold there come to its size. Nodes are looked up in an order
by (segment, free GPUs, node), so that the best fit is one bisection and whether a job fits is one comparison. A
segment is the nodes of one GPU type; where there are several types, one more segment has all nodes, for jobs that
take any. To move a node in its order copies part of a list: 0.1 us at 552 nodes.

Kernels: see `compiled`.
"""

from typing import Any, NamedTuple

from neocloud.backtest.compiled import compiled


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
def find(room: Room, shapes: Shapes, job: int) -> int:
    """Whether a job fits now: how many parts it takes (0: it does not fit), the best in `chosen` and `amount`.

    Each part goes where the fewest GPUs are free that suffice, ties to the lowest node; larger parts choose first.
    """
    parts, base, extra, segment = shapes.parts[job], shapes.base[job], shapes.extra[job], shapes.segment[job]
    if parts == 0:
        return find_whole(room, segment, shapes.gpus[job])
    nodes = len(room.size)
    start, end = room.bounds[segment], room.bounds[segment + 1]
    least = (segment * room.width + base) * nodes
    if end - start < parts or room.order[end - parts] < least:
        return 0
    larger = end
    if extra > 0:
        if room.order[end - extra] < least + nodes:
            return 0
        larger = position(room.order, start, end, least + nodes)
    for part in range(extra):
        room.chosen[part] = room.order[larger + part] % nodes
        room.amount[part] = base + 1
    at = position(room.order, start, end, least)
    for part in range(extra, parts):
        if at == larger:
            at += extra
        room.chosen[part] = room.order[at] % nodes
        room.amount[part] = base
        at += 1
    return int(parts)


@compiled
def find_whole(room: Room, segment: int, gpus: int) -> int:
    """`find` for a job of more than a node: looks at every node, but only when enough GPUs are free at all."""
    if room.idle[segment] < gpus:
        return 0
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
    for part in range(parts):
        cell = room.spare[0]
        room.spare[0] = room.next_cell[cell]
        room.cell_node[cell] = room.chosen[part]
        room.cell_gpus[cell] = room.amount[part]
        room.next_cell[cell] = room.first_cell[job]
        room.first_cell[job] = cell
    lift(room, job, -1)


@compiled
def give(room: Room, job: int) -> None:
    """Have a job hold nothing any more."""
    lift(room, job, 1)
    drop(room, job)


@compiled
def lift(room: Room, job: int, sign: int) -> None:
    """Free what a job holds (1) or take it again (-1), while it keeps its cells."""
    cell = room.first_cell[job]
    while cell >= 0:
        node = room.cell_node[cell]
        old = room.free[node]
        new = old + sign * room.cell_gpus[cell]
        room.free[node] = new
        shift(room, room.segment[node], node, old, new)
        if room.everywhere != room.segment[node]:
            shift(room, room.everywhere, node, old, new)
        cell = room.next_cell[cell]


@compiled
def drop(room: Room, job: int) -> None:
    """Give back the cells of a job whose GPUs are free already."""
    cell = room.first_cell[job]
    while cell >= 0:
        after = room.next_cell[cell]
        room.next_cell[cell] = room.spare[0]
        room.spare[0] = cell
        cell = after
    room.first_cell[job] = -1


@compiled
def shift(room: Room, segment: int, node: int, old: int, new: int) -> None:
    """Move a node to its new place in a segment of the order."""
    nodes = len(room.size)
    start, end = room.bounds[segment], room.bounds[segment + 1]
    of = segment * room.width
    room.order.pop(position(room.order, start, end, (of + old) * nodes + node))
    to = (of + new) * nodes + node
    room.order.insert(position(room.order, start, end - 1, to), to)
    room.idle[segment] += new - old
