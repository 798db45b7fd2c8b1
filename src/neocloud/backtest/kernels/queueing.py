"""The waiting jobs, so kept that the first who may start is found in a time that hardly grows with the queue.

Jobs of the same number of GPUs are one class. Each class has a tournament tree over its jobs in order of submit:
a leaf is the estimated run time of a job that waits, `NEVER_S` of one that does not; a knot is the least of both
below it. So "the first of this class that runs no longer than so" is one walk down. All trees lie in one column;
the one of class k begins at `roots[k]`, its leaves at `roots[k] + leaves[k]`.
"""

from typing import NamedTuple

import numpy as np

from neocloud.backtest.kernels.compiled import NEVER_S, Column, columns, compiled
from neocloud.model.traces import Whole


class Classes(NamedTuple):
    """The class of each job and its place in that; then for each class its size in GPUs (rising), the root and the
    number of leaves of its tree, and where its jobs begin in `members`."""

    of_job: Column
    places: Column
    sizes: Column
    roots: Column
    leaves: Column
    firsts: Column
    members: Column


def classes_of(gpus: Whole) -> Classes:
    """The classes of jobs that hold so many GPUs each, in order of submit."""
    sizes, of_job = np.unique(gpus, return_inverse=True)
    return classes_by(sizes, of_job, np.argsort(of_job, kind="stable"))


def classes_by(sizes: Whole, of_job: Whole, members: Whole) -> Classes:
    """Classes of these sizes; `members` has the jobs class by class, each class in the order of their turn."""
    counts = np.bincount(of_job, minlength=len(sizes))
    leaves = np.array([1 << int(count - 1).bit_length() for count in counts], np.int64)
    roots, firsts = (np.cumsum(each) - each for each in (2 * leaves, counts))
    places = np.empty(len(of_job), np.int64)
    places[members] = np.arange(len(of_job)) - np.repeat(firsts, counts)
    parts = (of_job, places, sizes, roots, leaves, firsts, members)
    return Classes(*columns(*(part.astype(np.int64, copy=False) for part in parts)))


@compiled
def set_leaf(tree: Column, root: int, leaf_count: int, place: int, value: int) -> None:
    """Write a leaf, and the knots above it that change by it."""
    knot = leaf_count + place
    tree[root + knot] = value
    while knot > 1:
        knot >>= 1
        least = min(tree[root + 2 * knot], tree[root + 2 * knot + 1])
        if tree[root + knot] == least:
            break
        tree[root + knot] = least


@compiled
def first_within(tree: Column, root: int, leaf_count: int, most: int) -> int:
    """The place of the first leaf that is at most `most`, or -1."""
    if tree[root + 1] > most:
        return -1
    knot = 1
    while knot < leaf_count:
        knot *= 2
        if tree[root + knot] > most:
            knot += 1
    return knot - leaf_count


@compiled
def first_who_may(tree: Column, classes: Classes, free: int, spare: int, window_s: int) -> int:
    """The first waiting job of at most `free` GPUs that runs at most `window_s`, or takes at most `spare`; or -1."""
    found = -1
    for k in range(len(classes.sizes)):
        if classes.sizes[k] > free:
            break
        most = NEVER_S - 1 if classes.sizes[k] <= spare else window_s
        place = first_within(tree, classes.roots[k], classes.leaves[k], most)
        if place >= 0:
            job = int(classes.members[classes.firsts[k] + place])
            if found < 0 or job < found:
                found = job
    return found
