"""The seconds of a replay at which something happens, one after the other.

In one second jobs that end are released first, then the new ones are submitted, then jobs start. What was blocked
stays blocked until something is released, and a promise stays as it is, so in between only new jobs are looked
at.

Kernels: see `compiled`, and `room` for how columns lie in `memory`.
"""

from heapq import heappop
from typing import Any

from neocloud.backtest.kernels.compiled import compiled
from neocloud.backtest.kernels.promise import Later, promise
from neocloud.backtest.kernels.room import Room, Shapes, find, give
from neocloud.backtest.kernels.turns import BACKFILL, Course, Jobs, Lists, early, in_order, leave, wait


@compiled
def replay(memory: Any, room: Room, later: Later, jobs: Jobs, course: Course, shapes: Shapes) -> Any:
    """Replay jobs, by which `start`, `stops` and `lost` of the `Course` are filled; and the parts kept, if any."""
    lists = open_lists(memory, room)
    waiting, running, ends = lists.waiting, lists.running, lists.ends
    mark_never(memory, lists.order, room, jobs, shapes)
    arrived, blocked, promised = 0, -1, -1
    while arrived < jobs.total or len(ends) > 0:
        now = next_second(memory, ends, jobs, arrived)
        if release(memory, lists, room, jobs, course, shapes, now):
            blocked = -1
        new = len(waiting)
        while arrived < jobs.total and memory[jobs.submit + arrived] == now:
            if memory[shapes.segment + arrived] >= 0:
                wait(waiting, memory[jobs.place + arrived])
            arrived += 1
        first, at = in_order(memory, lists, room, jobs, course, shapes, now, blocked)
        if course.kind == BACKFILL and first >= 0:
            if first != blocked:
                promised = promise(memory, lists.order, room, later, shapes, first, running, course.major)
                new = at + 1
            early(memory, lists, room, later, jobs, course, shapes, first, promised, new, now)
        blocked = first
    return lists.kept


@compiled
def open_lists(memory: Any, room: Room) -> Lists:
    """The lists before anything happens: only nodes are in order."""
    order = [0 for _ in range(0)]
    for segment in range(room.everywhere + 1):
        for node in range(room.nodes):
            if segment in (room.everywhere, memory[room.segment + node]):
                order.append((segment * room.width + memory[room.size + node]) * room.nodes + node)
    order.sort()
    waiting, running, kept = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)]
    return Lists(order, waiting, running, [(0, 0) for _ in range(0)], kept)


@compiled
def mark_never(memory: Any, order: Any, room: Room, jobs: Jobs, shapes: Shapes) -> None:
    """Have jobs run nowhere that would not fit on the empty fleet, or want more than their team's quota."""
    for job in range(jobs.total):
        if memory[shapes.segment + job] < 0:
            continue
        limit = memory[jobs.limit + memory[jobs.team + job]]
        if memory[shapes.gpus + job] > limit or find(memory, order, room, shapes, job) == 0:
            memory[shapes.segment + job] = -1


@compiled
def next_second(memory: Any, ends: Any, jobs: Jobs, arrived: int) -> int:
    """The next second at which a job is submitted or a run ends."""
    if arrived == jobs.total:
        return int(ends[0][0])
    if len(ends) == 0:
        return int(memory[jobs.submit + arrived])
    return int(min(memory[jobs.submit + arrived], ends[0][0]))


@compiled
def release(memory: Any, lists: Lists, room: Room, jobs: Jobs, course: Course, shapes: Shapes, now: int) -> bool:
    """End the jobs whose end has come, and say whether there were any."""
    ends = lists.ends
    has_ended = False
    while len(ends) > 0 and ends[0][0] == now:
        end, job = heappop(ends)
        if memory[course.end + job] == end:
            give(memory, lists.order, room, job)
            leave(memory, lists.running, jobs, course, shapes, job)
            has_ended = True
    return has_ended
