"""Whose turn it is: the queue, what runs, and the two passes through the queue in which jobs start.

A job of 0 s needs room as any other, and holds it for no time: its GPUs are free again before the next start of that
second is decided.

Kernels: see `compiled`."""

from heapq import heappush
from typing import Any, NamedTuple

from neocloud.backtest.kernels.compiled import compiled
from neocloud.backtest.kernels.reservation import Later, leaves_it, put_back
from neocloud.backtest.kernels.room import Room, Shapes, drop, find, lift, position, take

STRICT, BACKFILL, PRIORITY = 0, 1, 2


class Jobs(NamedTuple):
    """What is known of each job, and what each team may hold."""

    submit: Any
    duration: Any
    estimate: Any
    rank: Any
    team: Any
    place: Any
    """Its place in the queue among all jobs."""

    at_place: Any
    """The job at each place."""

    limit: Any
    """The GPUs that each team may hold at once."""


class Course(NamedTuple):
    """How the replay stands: who waits, who runs, and what came of each job."""

    kind: int
    """STRICT, BACKFILL or PRIORITY."""

    keeps: bool
    """Whether parts are kept."""

    start: Any
    """By job; -1 while it has none."""

    end: Any
    """By job; -1 while it does not run."""

    stops: Any
    held: Any
    """GPUs held, by team."""

    lost: Any
    """GPU-seconds thrown away, in a column of one."""

    waiting: Any
    """A list of places in the queue, ascending."""

    running: Any
    """A list of jobs, ascending by (`major`, `minor`, job); empty when STRICT."""

    major: Any
    """By job: the estimated end under BACKFILL, the rank under PRIORITY."""

    minor: Any
    """By job: when it started, under PRIORITY."""

    ends: Any
    """A heap of (end, job); also of runs that were stopped."""

    first_part: Any
    """By job: the first of the parts of its last run, below."""

    part_job: Any
    part_node: Any
    part_gpus: Any
    part_from: Any
    part_until: Any


@compiled
def is_over_quota(jobs: Jobs, course: Course, shapes: Shapes, job: int) -> bool:
    """Whether the team of a job holds too much for it to start."""
    team = jobs.team[job]
    return bool(course.held[team] + shapes.gpus[job] > jobs.limit[team])


@compiled
def seat(course: Course, job: int) -> int:
    """Where a job is, or belongs, in what runs."""
    running, major, minor = course.running, course.major, course.minor
    low, high = 0, len(running)
    while low < high:
        middle = (low + high) // 2
        other = running[middle]
        if (major[other], minor[other], other) < (major[job], minor[job], job):
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def start(room: Room, jobs: Jobs, course: Course, shapes: Shapes, job: int, parts: int, now: int) -> None:
    """Start a job on the parts just found for it."""
    course.start[job] = now
    end = now + jobs.duration[job]
    if course.keeps:
        course.first_part[job] = len(course.part_job)
        for part in range(parts):
            course.part_job.append(job)
            course.part_node.append(room.chosen[part])
            course.part_gpus.append(room.amount[part])
            course.part_from.append(now)
            course.part_until.append(end)
    if end == now:
        return
    take(room, job, parts)
    course.end[job] = end
    course.held[jobs.team[job]] += shapes.gpus[job]
    heappush(course.ends, (end, job))
    if course.kind == STRICT:
        return
    if course.kind == BACKFILL:
        course.major[job] = now + jobs.estimate[job]
    else:
        course.major[job], course.minor[job] = jobs.rank[job], now
    course.running.insert(seat(course, job), job)


@compiled
def leave(jobs: Jobs, course: Course, shapes: Shapes, job: int) -> None:
    """Take a job that holds no GPUs any more out of what runs."""
    if course.kind != STRICT:
        course.running.pop(seat(course, job))
    course.end[job] = -1
    course.held[jobs.team[job]] -= shapes.gpus[job]


@compiled
def wait(waiting: Any, place: int) -> None:
    """Put the job of a place into the queue."""
    waiting.insert(position(waiting, 0, len(waiting), place), place)


@compiled
def stop(jobs: Jobs, course: Course, shapes: Shapes, job: int, now: int) -> None:
    """Send a job, whose GPUs are free again, back to its place in the queue; what it did is lost."""
    course.lost[0] += (now - course.start[job]) * shapes.gpus[job]
    course.stops[job] += 1
    course.start[job] = -1
    leave(jobs, course, shapes, job)
    wait(course.waiting, jobs.place[job])
    if course.keeps:
        part = course.first_part[job]
        while part < len(course.part_job) and course.part_job[part] == job:
            course.part_until[part] = now
            part += 1


@compiled
def make_room(room: Room, jobs: Jobs, course: Course, shapes: Shapes, job: int, now: int) -> int:
    """`find` for the first in the queue, at the cost of jobs of a worse rank, if that makes it fit.

    They are stopped from the worst rank and the latest start on, until it fits. From the last of them back to the
    first, each whose GPUs are not needed after all goes on.
    """
    running = course.running
    might = room.idle[shapes.segment[job]]
    chosen = 0
    while chosen < len(running) and jobs.rank[running[-1 - chosen]] > jobs.rank[job]:
        chosen += 1
        might += shapes.gpus[running[-chosen]]
    if might < shapes.gpus[job]:
        return 0
    worse = chosen
    chosen = 0
    parts = 0
    while parts == 0 and chosen < worse:
        chosen += 1
        lift(room, running[-chosen], 1)
        parts = find(room, shapes, job)
    stopped = [0 for _ in range(0)]
    for at in range(chosen, 0, -1):
        lift(room, running[-at], -1)
        if parts > 0 and find(room, shapes, job) == 0:
            lift(room, running[-at], 1)
            stopped.append(running[-at])
    for other in stopped:
        drop(room, other)
        stop(jobs, course, shapes, other, now)
    return find(room, shapes, job) if parts > 0 else 0


@compiled
def in_order(room: Room, jobs: Jobs, course: Course, shapes: Shapes, now: int, blocked: int) -> tuple[int, int]:
    """Start jobs from the front until one does not fit: that job, or -1, and its index in the queue.

    `blocked` is a job that is known not to fit, or -1. Jobs over their team's quota are passed over.
    """
    waiting = course.waiting
    at = 0
    while at < len(waiting):
        job = jobs.at_place[waiting[at]]
        if is_over_quota(jobs, course, shapes, job):
            at += 1
            continue
        if job == blocked:
            return job, at
        parts = find(room, shapes, job)
        has_stopped = False
        if parts == 0 and course.kind == PRIORITY:
            parts = make_room(room, jobs, course, shapes, job, now)
            has_stopped = parts > 0
        if parts == 0:
            return job, at
        waiting.pop(at)
        start(room, jobs, course, shapes, job, parts, now)
        if has_stopped:
            at = 0
    return -1, 0


@compiled
def early(
    room: Room,
    later: Later,
    jobs: Jobs,
    course: Course,
    shapes: Shapes,
    first: int,
    reserved: int,
    at: int,
    now: int,
) -> None:
    """Start jobs before their turn, from an index of the queue on, where that leaves the first its reservation.

    One of the first's own team must also leave it its room in their quota.
    """
    waiting, held, limit, of_job = course.waiting, course.held, jobs.limit, jobs.team
    order, idle, bounds, estimate = room.order, room.idle, room.bounds, jobs.estimate
    segment, parts, least, gpus = shapes.segment, shapes.parts, shapes.least, shapes.gpus
    refused_least, refused_parts, refused_gpus = -1, -1, -1
    own = of_job[first]
    wanted = gpus[first]
    while at < len(waiting):
        job = waiting[at]
        at += 1
        of, wants, team = segment[job], gpus[job], of_job[job]
        if parts[job] == 0:
            if idle[of] < wants:
                continue
        elif parts[job] > bounds[of + 1] - bounds[of] or order[bounds[of + 1] - parts[job]] < least[job]:
            continue
        is_long = now + estimate[job] > reserved
        if is_long and least[job] == refused_least and parts[job] == refused_parts and wants == refused_gpus:
            continue
        if held[team] + wants + (wanted if team == own else 0) > limit[team]:
            continue
        found = find(room, shapes, job)
        if found == 0:
            continue
        if is_long:
            if not leaves_it(room, later, shapes, first, found):
                refused_least, refused_parts, refused_gpus = least[job], parts[job], wants
                continue
            if jobs.duration[job] == 0:
                put_back(room, later, shapes, first, found)
        at -= 1
        waiting.pop(at)
        refused_parts = -1
        start(room, jobs, course, shapes, job, found, now)
