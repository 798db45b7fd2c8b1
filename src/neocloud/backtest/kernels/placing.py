"""Where a job goes: on which nodes, and how many GPUs of each.

A job asks for parts, each on a node of its own. If the history says on how many nodes it ran, and nodes here are
large enough, it is spread over as many as evenly as may be; else it takes one node if it fits in one, and otherwise
whole nodes, the largest first, and the rest on one more. A part goes to the node with the fewest free GPUs that
suffices (best fit), the first of these. As parts are placed from the largest on, there is a way if this finds one.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels.compiled import Column, columns, compiled
from neocloud.model.traces import ANY_TYPE

ANY = 0
"""The type of a part that any node will do for; nodes are of types from 1 on."""

NO_SUCH_TYPE = -1


class Floor(NamedTuple):
    """The nodes: the type and the free GPUs of each; and for each type, how many nodes have how many free."""

    types: Column
    free: Column
    with_free: Column
    most_gpus: int
    """Of the largest node; `with_free` has a row of one more than that for each type."""


class Wishes(NamedTuple):
    """For each class of jobs, the type it must have and its parts, falling: `parts[firsts[k]:][:counts[k]]`."""

    types: Column
    firsts: Column
    counts: Column
    parts: Column


def floor_of(fleet: Fleet) -> tuple[Column, Column, int, dict[str, int]]:
    """Types and GPUs of all nodes, the GPUs of the largest, and the number of each type's name."""
    names = {name: i for i, name in enumerate(sorted({group.gpu_type for group in fleet.groups}), 1)}
    groups = [(names[g.gpu_type], *((g.count, g.gpus_each) if fleet.placed else (1, g.gpus))) for g in fleet.groups]
    types = np.repeat([kind for kind, _, _ in groups], [count for _, count, _ in groups]).astype(np.int64)
    gpus = np.repeat([each for _, _, each in groups], [count for _, count, _ in groups]).astype(np.int64)
    return (*columns(types, gpus), max(each for _, _, each in groups), names)


def type_number(name: str, names: dict[str, int]) -> int:
    """The number of the type that a job asks for; a fleet without types takes all jobs."""
    if name == ANY_TYPE or set(names) == {ANY_TYPE}:
        return ANY
    return names.get(name, NO_SUCH_TYPE)


def parts_of(gpus: int, nodes: int, sizes: Sequence[int]) -> list[int]:
    """The parts of a job, falling, on nodes of so many GPUs each; none if it is larger than all of them."""
    largest = max(sizes, default=0)
    if 0 < nodes <= gpus and -(-gpus // nodes) <= largest and len(sizes) > 1:
        even, more = divmod(gpus, nodes)
        if _fit([even + 1] * more + [even] * (nodes - more), sizes):
            return [even + 1] * more + [even] * (nodes - more)
    parts: list[int] = []
    for size in sorted(sizes, reverse=True):
        if gpus <= 0:
            break
        parts.append(min(size, gpus))
        gpus -= parts[-1]
    return sorted(parts, reverse=True) if gpus == 0 else []


def _fit(parts: Sequence[int], sizes: Sequence[int]) -> bool:
    """Whether falling parts fit on empty nodes, one each."""
    return len(parts) <= len(sizes) and all(
        part <= size for part, size in zip(parts, sorted(sizes, reverse=True), strict=False)
    )


def wishes_of(shapes: Sequence[tuple[int, int, int]], types: Column, gpus: Column) -> Wishes:
    """The wishes of classes of (GPUs, nodes, type) on these nodes; a class that never runs has no parts."""
    parts = [
        parts_of(held, nodes, [size for t, size in zip(types, gpus, strict=True) if kind in {ANY, t}])
        for held, nodes, kind in shapes
    ]
    counts = np.array([len(each) for each in parts], np.int64)
    flat = np.array([*chain.from_iterable(parts), 0], np.int64)
    kinds = np.array([kind for _, _, kind in shapes], np.int64)
    return Wishes(*columns(kinds, np.cumsum(counts) - counts, counts, flat))


@compiled
def fits(floor: Floor, wishes: Wishes, k: int) -> bool:
    """Whether a job of class k can be placed now: for each size of part, enough nodes have that many GPUs free."""
    first, count = wishes.firsts[k], wishes.counts[k]
    for i in range(count):
        part = wishes.parts[first + i]
        if i + 1 < count and wishes.parts[first + i + 1] == part:
            continue
        if _nodes_with(floor, wishes.types[k], part) < i + 1:
            return False
    return True


@compiled
def _nodes_with(floor: Floor, kind: int, gpus: int) -> int:
    """How many nodes have so many GPUs free, or more."""
    found = 0
    for free in range(gpus, floor.most_gpus + 1):
        found += _nodes_with_just(floor, kind, free)
    return found


@compiled
def _nodes_with_just(floor: Floor, kind: int, free: int) -> int:
    width = floor.most_gpus + 1
    if kind != ANY:
        return int(floor.with_free[(kind - 1) * width + free])
    found = 0
    for row in range(len(floor.with_free) // width):
        found += floor.with_free[row * width + free]
    return found


@compiled
def choose(floor: Floor, wishes: Wishes, k: int, chosen: Column) -> None:
    """Write into `chosen` the node of each part of a job of class k; it must fit."""
    first, count, kind = wishes.firsts[k], wishes.counts[k], wishes.types[k]
    for i in range(count):
        free = _least_free(floor, kind, wishes.parts[first + i])
        node = 0
        while floor.free[node] != free or not (kind == ANY or floor.types[node] == kind):
            node += 1
        chosen[i] = node
        _hide(floor, node, -1)
    for i in range(count):
        _hide(floor, chosen[i], 1)


@compiled
def _least_free(floor: Floor, kind: int, gpus: int) -> int:
    """The fewest free GPUs, but so many, that a node has."""
    free = gpus
    while _nodes_with_just(floor, kind, free) == 0:
        free += 1
    return free


@compiled
def _hide(floor: Floor, node: int, sign: int) -> None:
    """A node cannot be chosen (-1), or can again (1); the free GPUs of a hidden one are negative."""
    if sign > 0:
        floor.free[node] = -1 - floor.free[node]
    floor.with_free[(floor.types[node] - 1) * (floor.most_gpus + 1) + floor.free[node]] += sign
    if sign < 0:
        floor.free[node] = -1 - floor.free[node]


@compiled
def move(floor: Floor, node: int, gpus: int) -> None:
    """So many more GPUs of a node are free; fewer, if negative."""
    row = (floor.types[node] - 1) * (floor.most_gpus + 1)
    floor.with_free[row + floor.free[node]] -= 1
    floor.free[node] += gpus
    floor.with_free[row + floor.free[node]] += 1


@compiled
def empty_floor(types: Column, gpus: Column, type_count: int, most_gpus: int) -> Floor:
    """All GPUs of all nodes free."""
    with_free = [0] * (type_count * (most_gpus + 1))
    free = [0] * len(gpus)
    for node in range(len(gpus)):
        free[node] = gpus[node]
        with_free[(types[node] - 1) * (most_gpus + 1) + gpus[node]] += 1
    return Floor(types, free, with_free, most_gpus)


@compiled
def copy_floor(source: Floor, target: Floor) -> None:
    """Make one floor like another."""
    for node in range(len(source.free)):
        target.free[node] = source.free[node]
    for i in range(len(source.with_free)):
        target.with_free[i] = source.with_free[i]
