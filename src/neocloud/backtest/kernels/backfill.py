"""First come, first served with EASY backfill, where only GPUs are counted.

The first in the queue that does not fit is promised the instant at which it will, by the estimates. A later job
may start at once if it has ended by then, or takes no GPU that the first needs then. While nothing ends, only a
job that is new can have become able to start, so a submit costs the same however long the queue is.

Running jobs are kept in the order of their ends, the next one last. A new job goes in before those that end
sooner, which are few as most jobs are short; and the promise is found by going through the estimated ends, as far
as the first in the queue needs and no further.

A job of no run time holds its GPUs for no time: it starts at its turn, and takes nothing.
"""

from typing import NamedTuple

from neocloud.backtest.kernels import sale as sales
from neocloud.backtest.kernels.compiled import JOB_BITS, JOB_MASK, NEVER_S, Column, compiled
from neocloud.backtest.kernels.falling import place_of
from neocloud.backtest.kernels.queueing import Classes, first_who_may, set_leaf
from neocloud.backtest.kernels.sale import IS_WAITING, Sale

FREE, WAITING, HEAD, PROMISED, SPARE, LATE = range(6)
"""What is known in the course of a replay: GPUs free, jobs waiting, the first of them, when it will start (-1: not
worked out), how many GPUs will be free beside it then, and how many jobs were late."""


class Jobs(NamedTuple):
    """Columns of whole numbers, a value for each job in order of submit."""

    submit_s: Column
    duration_s: Column
    estimate_s: Column
    gpus: Column


class Late(NamedTuple):
    """When to break off: after more than `most` jobs, from the `first_job` on, waited `late_s` or longer."""

    late_s: int
    most: int
    first_job: int


class Course(NamedTuple):
    """All that a replay knows while it goes on; `planned` is `ends` where estimates are exact."""

    jobs: Jobs
    classes: Classes
    late: Late
    is_exact: bool
    start_s: Column
    tree: Column
    ends: Column
    planned: Column
    known: Column


@compiled
def backfill(
    jobs: Jobs, classes: Classes, capacity: int, is_exact: bool, late: Late, sale: Sale, start_s: Column
) -> tuple[int, int, int]:
    """Fill `start_s` (-1: never runs); returns late jobs, reclaims, and GPU-seconds that the sale got.

    When it broke off, more jobs than `late.most` are late, and `start_s` is of no use.
    """
    course = _begin(jobs, classes, is_exact, late, start_s, capacity - sale.sold_gpus)
    known, ends, count = course.known, course.ends, len(jobs.submit_s)
    sold = sales.opened(sale, jobs.submit_s[-1])
    coming = 0
    while coming < count or known[WAITING]:
        now = jobs.submit_s[coming] if coming < count else NEVER_S
        if known[WAITING] and ends:
            now = min(now, ends[-1] >> JOB_BITS)
        now = min(now, sold[sales.TICK], sold[sales.DUE])
        moved = _release(course, now)
        if now >= sold[sales.DUE]:
            known[FREE] += sales.reclaim(sold)
            moved = True
        if moved and known[WAITING]:
            _serve(course, now)
        while coming < count and jobs.submit_s[coming] <= now:
            _arrive(course, coming, now, capacity)
            coming += 1
        if now >= sold[sales.TICK]:
            first = known[HEAD] if known[WAITING] else -1
            known[FREE] -= sales.look(sold, sale, now, jobs.submit_s, start_s, coming, first, known[FREE])
        if known[LATE] > late.most:
            break
    sales.settle(sold)
    return known[LATE], sold[sales.RECLAIMS], sold[sales.GOT]


@compiled
def _begin(jobs: Jobs, classes: Classes, is_exact: bool, late: Late, start_s: Column, free: int) -> Course:
    tree = [NEVER_S] * (classes.roots[-1] + 2 * classes.leaves[-1])
    ends = [0]
    ends.pop()
    planned = [0]
    planned.pop()
    known = [free, 0, 0, -1, 0, 0]
    return Course(jobs, classes, late, is_exact, start_s, tree, ends, ends if is_exact else planned, known)


@compiled
def _release(course: Course, now: int) -> bool:
    """Who has ended gives its GPUs back; says whether anybody has."""
    before = course.known[FREE]
    while course.ends and (course.ends[-1] >> JOB_BITS) <= now:
        job = course.ends.pop() & JOB_MASK
        course.known[FREE] += course.jobs.gpus[job]
        if not course.is_exact:
            entry = ((course.start_s[job] + course.jobs.estimate_s[job]) << JOB_BITS) | job
            course.planned.pop(place_of(course.planned, entry))
    return bool(course.known[FREE] > before)


@compiled
def _serve(course: Course, now: int) -> None:
    """The queue moves on: those whose turn it is, then whoever delays the first by nothing."""
    known, jobs = course.known, course.jobs
    while known[WAITING]:
        while course.start_s[known[HEAD]] != IS_WAITING:
            known[HEAD] += 1
        if jobs.gpus[known[HEAD]] > known[FREE]:
            break
        _leave_queue(course, known[HEAD])
        _start(course, known[HEAD], now)
    known[PROMISED] = -1
    if not known[WAITING] or known[FREE] < course.classes.sizes[0]:
        return
    _promise(course)
    while True:
        window_s = known[PROMISED] - now
        job = first_who_may(course.tree, course.classes, known[FREE], known[SPARE], window_s)
        if job < 0:
            return
        _leave_queue(course, job)
        if jobs.estimate_s[job] > window_s and jobs.duration_s[job]:
            known[SPARE] -= jobs.gpus[job]
        _start(course, job, now)


@compiled
def _arrive(course: Course, job: int, now: int, capacity: int) -> None:
    """A job is submitted: it starts, or waits; when others wait already, it may only start if it delays none."""
    known, classes, gpus = course.known, course.classes, course.jobs.gpus[job]
    if gpus > capacity:
        course.start_s[job] = -1
        known[LATE] += job >= course.late.first_job
    elif gpus <= known[FREE] and (not known[WAITING] or _may_pass(course, job, now)):
        _start(course, job, now)
    else:
        if not known[WAITING]:
            known[HEAD], known[PROMISED] = job, -1
        known[WAITING] += 1
        course.start_s[job] = IS_WAITING
        k = classes.of_job[job]
        set_leaf(course.tree, classes.roots[k], classes.leaves[k], classes.places[job], course.jobs.estimate_s[job])


@compiled
def _may_pass(course: Course, job: int, now: int) -> bool:
    """Whether a new job delays the first in the queue by nothing; if it does so by room to spare, that is taken."""
    known, jobs = course.known, course.jobs
    if known[PROMISED] < 0:
        _promise(course)
    if now + jobs.estimate_s[job] <= known[PROMISED]:
        return True
    if jobs.gpus[job] > known[SPARE]:
        return False
    if jobs.duration_s[job]:
        known[SPARE] -= jobs.gpus[job]
    return True


@compiled
def _leave_queue(course: Course, job: int) -> None:
    course.known[WAITING] -= 1
    classes = course.classes
    k = classes.of_job[job]
    set_leaf(course.tree, classes.roots[k], classes.leaves[k], classes.places[job], NEVER_S)


@compiled
def _start(course: Course, job: int, now: int) -> None:
    jobs, late = course.jobs, course.late
    course.start_s[job] = now
    course.known[LATE] += job >= late.first_job and now - jobs.submit_s[job] >= late.late_s
    if jobs.duration_s[job] == 0:
        return
    course.known[FREE] -= jobs.gpus[job]
    entry = ((now + jobs.duration_s[job]) << JOB_BITS) | job
    course.ends.insert(place_of(course.ends, entry), entry)
    if not course.is_exact:
        entry = ((now + jobs.estimate_s[job]) << JOB_BITS) | job
        course.planned.insert(place_of(course.planned, entry), entry)


@compiled
def _promise(course: Course) -> None:
    """Work out when the first in the queue will fit by the estimates, and what will be free beside it."""
    known, planned, gpus = course.known, course.planned, course.jobs.gpus
    free, wanted = known[FREE], gpus[known[HEAD]]
    at_s = NEVER_S
    i = len(planned) - 1
    while i >= 0 and (free < wanted or (planned[i] >> JOB_BITS) == at_s):
        at_s = planned[i] >> JOB_BITS
        free += gpus[planned[i] & JOB_MASK]
        i -= 1
    known[PROMISED] = at_s if free >= wanted else NEVER_S
    known[SPARE] = free - wanted if free >= wanted else 0
