"""Whose turn it is: the queue, what runs, and the two passes through the queue in which jobs start.

A job of 0 s needs room as any other, and holds it for no time: its GPUs are free again before the next start of that
second is decided.

Kernels: see `compiled`, and `room` for how columns lie in `memory`.
"""

from heapq import heappush
from typing import Any, NamedTuple

from neocloud.backtest.kernels.compiled import compiled
from neocloud.backtest.kernels.promise import Later, leaves_it, put_back
from neocloud.backtest.kernels.room import Room, Shapes, drop, find, lift, position, take

STRICT, BACKFILL, PRIORITY = 0, 1, 2
KEPT = 5
"""Numbers for each part that is kept: job, node, GPUs, from, until."""


class Jobs(NamedTuple):
    """What is known of each job, and what each team may hold."""

    total: int
    """How many."""

    submit: int
    duration: int
    estimate: int
    rank: int
    team: int
    place: int
    """Its place in the queue among all jobs."""

    at_place: int
    """The job at each place."""

    limit: int
    """The GPUs that each team may hold at once."""


class Course(NamedTuple):
    """What becomes of each job."""

    kind: int
    """STRICT, BACKFILL or PRIORITY."""

    keeps: bool
    """Whether parts are kept."""

    start: int
    """By job; -1 while it has none."""

    end: int
    """By job; -1 while it does not run."""

    stops: int
    lost: int
    """GPU-seconds thrown away, in a column of one."""

    held: int
    """GPUs held, by team."""

    major: int
    """By job: the estimated end under BACKFILL, the rank under PRIORITY."""

    minor: int
    """By job: when it started, under PRIORITY."""

    first_kept: int
    """By job: where the parts of its last run begin in what is kept."""


class Lists(NamedTuple):
    """What grows and shrinks."""

    order: Any
    """The nodes, as `Room` has it."""

    waiting: Any
    """Places in the queue, ascending."""

    running: Any
    """Jobs, ascending by (`major`, `minor`, job); empty when STRICT."""

    ends: Any
    """A heap of (end, job); also of runs that were stopped."""

    kept: Any
    """The parts of each run, in order of start."""


@compiled
def is_over_quota(memory: Any, jobs: Jobs, course: Course, shapes: Shapes, job: int, besides: int) -> bool:
    """Whether a job, and so many GPUs besides, would be more than its team may hold."""
    team = memory[jobs.team + job]
    return bool(memory[course.held + team] + memory[shapes.gpus + job] + besides > memory[jobs.limit + team])


@compiled
def seat(memory: Any, running: Any, course: Course, job: int) -> int:
    """Where a job is, or belongs, in what runs."""
    major, minor = memory[course.major + job], memory[course.minor + job]
    low, high = 0, len(running)
    while low < high:
        middle = (low + high) // 2
        other = running[middle]
        if (memory[course.major + other], memory[course.minor + other], other) < (major, minor, job):
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def start(
    memory: Any, lists: Lists, room: Room, jobs: Jobs, course: Course, shapes: Shapes, job: int, parts: int, now: int
) -> None:
    """Start a job on the parts just found for it."""
    memory[course.start + job] = now
    end = now + memory[jobs.duration + job]
    if course.keeps:
        keep(memory, lists.kept, room, course, job, parts, now, end)
    if end == now:
        return
    take(memory, lists.order, room, job, parts)
    memory[course.end + job] = end
    memory[course.held + memory[jobs.team + job]] += memory[shapes.gpus + job]
    heappush(lists.ends, (end, job))
    if course.kind == STRICT:
        return
    if course.kind == BACKFILL:
        memory[course.major + job] = now + memory[jobs.estimate + job]
    else:
        memory[course.major + job], memory[course.minor + job] = memory[jobs.rank + job], now
    lists.running.insert(seat(memory, lists.running, course, job), job)


@compiled
def keep(memory: Any, kept: Any, room: Room, course: Course, job: int, parts: int, now: int, end: int) -> None:
    """Keep where a job runs."""
    memory[course.first_kept + job] = len(kept)
    for part in range(parts):
        kept.append(job)
        kept.append(memory[room.chosen + part])
        kept.append(memory[room.amount + part])
        kept.append(now)
        kept.append(end)


@compiled
def leave(memory: Any, running: Any, jobs: Jobs, course: Course, shapes: Shapes, job: int) -> None:
    """Take a job that holds no GPUs any more out of what runs."""
    if course.kind != STRICT:
        running.pop(seat(memory, running, course, job))
    memory[course.end + job] = -1
    memory[course.held + memory[jobs.team + job]] -= memory[shapes.gpus + job]


@compiled
def wait(waiting: Any, place: int) -> None:
    """Put the job of a place into the queue."""
    waiting.insert(position(waiting, 0, len(waiting), place), place)


@compiled
def stop(memory: Any, lists: Lists, jobs: Jobs, course: Course, shapes: Shapes, job: int, now: int) -> None:
    """Send a job, whose GPUs are free again, back to its place in the queue; what it did is lost."""
    memory[course.lost] += (now - memory[course.start + job]) * memory[shapes.gpus + job]
    memory[course.stops + job] += 1
    memory[course.start + job] = -1
    leave(memory, lists.running, jobs, course, shapes, job)
    wait(lists.waiting, memory[jobs.place + job])
    if course.keeps:
        at = memory[course.first_kept + job]
        while at < len(lists.kept) and lists.kept[at] == job:
            lists.kept[at + KEPT - 1] = now
            at += KEPT


@compiled
def make_room(
    memory: Any, lists: Lists, room: Room, jobs: Jobs, course: Course, shapes: Shapes, job: int, now: int
) -> int:
    """`find` for the first in the queue, at the cost of jobs of a worse rank, if that makes it fit.

    They are stopped from the worst rank and the latest start on, until it fits. From the last of them back to the
    first, each whose GPUs are not needed after all goes on.
    """
    running, order = lists.running, lists.order
    might = memory[room.idle + memory[shapes.segment + job]]
    worse = 0
    while worse < len(running) and memory[jobs.rank + running[-1 - worse]] > memory[jobs.rank + job]:
        worse += 1
        might += memory[shapes.gpus + running[-worse]]
    if might < memory[shapes.gpus + job]:
        return 0
    chosen, parts = 0, 0
    while parts == 0 and chosen < worse:
        chosen += 1
        lift(memory, order, room, running[-chosen], 1)
        parts = find(memory, order, room, shapes, job)
    stopped = [0 for _ in range(0)]
    for at in range(chosen, 0, -1):
        lift(memory, order, room, running[-at], -1)
        if parts > 0 and find(memory, order, room, shapes, job) == 0:
            lift(memory, order, room, running[-at], 1)
            stopped.append(running[-at])
    for other in stopped:
        drop(memory, room, other)
        stop(memory, lists, jobs, course, shapes, other, now)
    return find(memory, order, room, shapes, job) if parts > 0 else 0


@compiled
def in_order(
    memory: Any, lists: Lists, room: Room, jobs: Jobs, course: Course, shapes: Shapes, now: int, blocked: int
) -> tuple[int, int]:
    """Start jobs from the front until one does not fit: that job, or -1, and its index in the queue.

    `blocked` is a job that is known not to fit, or -1. Jobs over their team's quota are passed over.
    """
    waiting = lists.waiting
    at = 0
    while at < len(waiting):
        job = memory[jobs.at_place + waiting[at]]
        if is_over_quota(memory, jobs, course, shapes, job, 0):
            at += 1
            continue
        if job == blocked:
            return job, at
        parts = find(memory, lists.order, room, shapes, job)
        has_stopped = False
        if parts == 0 and course.kind == PRIORITY:
            parts = make_room(memory, lists, room, jobs, course, shapes, job, now)
            has_stopped = parts > 0
        if parts == 0:
            return job, at
        waiting.pop(at)
        start(memory, lists, room, jobs, course, shapes, job, parts, now)
        if has_stopped:
            at, blocked = 0, -1  # with GPUs given back, what did not fit may
    return -1, 0


@compiled
def early(
    memory: Any,
    lists: Lists,
    room: Room,
    later: Later,
    jobs: Jobs,
    course: Course,
    shapes: Shapes,
    first: int,
    promised: int,
    at: int,
    now: int,
) -> None:
    """Start jobs before their turn, from an index of the queue on, where that leaves the first its promise.

    One of the first's own team must also leave it its room in their quota. Most of a long queue does not fit, which
    is seen here without a call: Philly under backfill with 0.4 sold takes 1.5 s and not 22. What was refused last for
    the sake of the first is not tried again before something starts.
    """
    waiting, order = lists.waiting, lists.order
    own, wanted = memory[jobs.team + first], memory[shapes.gpus + first]
    refused_least, refused_gpus, refused_parts = -1, -1, -1
    while at < len(waiting):
        job = waiting[at]
        at += 1
        least, gpus, parts = memory[shapes.least + job], memory[shapes.gpus + job], memory[shapes.parts + job]
        end = memory[room.bounds + memory[shapes.segment + job] + 1]
        if parts > 0 and order[max(end - parts, 0)] < least:
            continue
        is_long = now + memory[jobs.estimate + job] > promised
        if is_long and least == refused_least and gpus == refused_gpus and parts == refused_parts:
            continue
        if is_over_quota(memory, jobs, course, shapes, job, wanted if memory[jobs.team + job] == own else 0):
            continue
        found = find(memory, order, room, shapes, job)
        if found == 0:
            continue
        if is_long:
            if not leaves_it(memory, room, later, shapes, first, found):
                refused_least, refused_gpus, refused_parts = least, gpus, parts
                continue
            if memory[jobs.duration + job] == 0:
                put_back(memory, room, later, shapes, first, found)
        at -= 1
        waiting.pop(at)
        refused_parts = -1
        start(memory, lists, room, jobs, course, shapes, job, found, now)
