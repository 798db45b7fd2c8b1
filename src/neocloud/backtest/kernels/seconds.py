"""The seconds of a replay at which something happens, one after the other.

In one second jobs that end are released first, then the new ones are submitted, then jobs start. What was blocked
stays blocked until something is released, and a reservation stays as it is, so in between only new
jobs are looked at.

Kernels: see `compiled`.
"""

from heapq import heappop
from typing import Any

from neocloud.backtest.kernels.compiled import compiled
from neocloud.backtest.kernels.reservation import Later, reserve
from neocloud.backtest.kernels.room import Room, Shapes, find, give
from neocloud.backtest.kernels.turns import BACKFILL, Course, Jobs, early, in_order, leave, wait


@compiled
def replay(of_jobs: Any, of_shapes: Any, of_room: Any, of_course: Any, of_later: Any, kind: int, keeps: bool) -> Any:
    """Replay columns: `start`, `stops` and `lost` of the `Course`, and its parts after them."""
    jobs, shapes, later = Jobs(*of_jobs), Shapes(*of_shapes), Later(*of_later)
    room, course = open_room(of_room), open_course(of_course, kind, keeps)
    mark_never(room, jobs, shapes)
    arrived, blocked, reserved = 0, -1, -1
    submit, place, waiting, ends = jobs.submit, jobs.place, course.waiting, course.ends
    while arrived < len(submit) or len(ends) > 0:
        now = next_second(submit, ends, arrived)
        if len(ends) > 0 and ends[0][0] == now and release(room, jobs, course, shapes, now):
            blocked = -1
        new = len(waiting)
        while arrived < len(submit) and submit[arrived] == now:
            if shapes.segment[arrived] >= 0:
                wait(waiting, place[arrived])
            arrived += 1
        if len(waiting) == 0:
            continue
        first, at = in_order(room, jobs, course, shapes, now, blocked)
        if kind == BACKFILL and first >= 0:
            if first != blocked:
                reserved = reserve(room, later, shapes, first, course.running, course.major)
                new = at + 1
            early(room, later, jobs, course, shapes, first, reserved, new, now)
        blocked = first
    parts = (course.part_job, course.part_node, course.part_gpus, course.part_from, course.part_until)
    return course.start, course.stops, course.lost[0], *parts


@compiled
def open_room(columns: Any) -> Room:
    """A room in which nothing runs."""
    size, segment, by_size, bounds, free, idle, chosen, amount, first_cell, cell_node, cell_gpus, linked, spare = (
        columns
    )
    nodes, width, segments = len(size), 1, len(bounds) - 1
    for each in size:
        width = max(width, each + 1)
    order = [0 for _ in range(0)]
    for at in range(segments):
        for node in range(nodes):
            if at in (segments - 1, segment[node]):
                order.append((at * width + size[node]) * nodes + node)
    order.sort()
    return Room(
        size, segment, by_size, bounds, width, segments - 1, free, idle, order, chosen, amount,
        first_cell, cell_node, cell_gpus, linked, spare,
    )  # fmt: skip


@compiled
def open_course(columns: Any, kind: int, keeps: bool) -> Course:
    """A course in which nothing happened yet."""
    start, end, stops, held, lost, major, minor, first_part = columns
    waiting, running = [0 for _ in range(0)], [0 for _ in range(0)]
    ends = [(0, 0) for _ in range(0)]
    job, node, gpus = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)]
    begun, until = [0 for _ in range(0)], [0 for _ in range(0)]
    return Course(
        kind, keeps, start, end, stops, held, lost, waiting, running, major, minor, ends,
        first_part, job, node, gpus, begun, until,
    )  # fmt: skip


@compiled
def mark_never(room: Room, jobs: Jobs, shapes: Shapes) -> None:
    """Have jobs run nowhere that would not fit on the empty fleet, or want more than their team's quota."""
    for job in range(len(jobs.submit)):
        if shapes.segment[job] < 0:
            continue
        if shapes.gpus[job] > jobs.limit[jobs.team[job]] or find(room, shapes, job) == 0:
            shapes.segment[job] = -1


@compiled
def next_second(submit: Any, ends: Any, arrived: int) -> int:
    """The next second at which a job is submitted or a run ends."""
    if arrived == len(submit):
        return int(ends[0][0])
    if len(ends) == 0:
        return int(submit[arrived])
    return int(min(submit[arrived], ends[0][0]))


@compiled
def release(room: Room, jobs: Jobs, course: Course, shapes: Shapes, now: int) -> bool:
    """End the jobs whose end has come, and say whether there were any."""
    ends, end_of = course.ends, course.end
    has_ended = False
    while len(ends) > 0 and ends[0][0] == now:
        end, job = heappop(ends)
        if end_of[job] == end:
            give(room, job)
            leave(jobs, course, shapes, job)
            has_ended = True
    return has_ended
