"""The replay for everything that is not mere counting: nodes, GPU types, quotas of teams, and ranks that preempt.

One second after the other in which something happens: who has ended gives GPUs back, who submits queues up, and then
whoever may start does, in the order of the policy. A job whose team has its quota in use is passed over and holds
nobody up. The first that does not fit holds all others up, but under `backfill` those that delay it by nothing: it
still fits at the instant promised to it when they are placed as they would be. Under `priority` running jobs of a
worse rank are stopped for it, the worst and the latest first, and no more than it needs; their work is lost.

Waiting jobs are in classes of the same wish (GPUs, nodes, type, and team where that has a quota), each in the order
of the policy, as `queueing` keeps them: what holds for one of a class holds for all but their estimates.
"""

from typing import NamedTuple

from neocloud.backtest.kernels.compiled import JOB_BITS, JOB_MASK, NEVER_S, Column, compiled
from neocloud.backtest.kernels.falling import place_of
from neocloud.backtest.kernels.placing import Floor, Wishes, choose, copy_floor, empty_floor, fits, move
from neocloud.backtest.kernels.queueing import Classes, first_within, set_leaf

STRICT, BACKFILL, PRIORITY = range(3)
"""What is done when the first in the queue does not fit."""

IS_WAITING = -2
NO_QUOTA = -1

_WAITING, _PROMISED, _STOPS, _LOST = range(4)
"""What is known in the course: jobs waiting, when the first will fit, how often one was stopped, GPU-seconds lost."""


class Work(NamedTuple):
    """Columns of jobs: the usual ones; `turn` is the place of each in the order of the policy, `part` where its parts
    begin in `at_node`."""

    submit_s: Column
    duration_s: Column
    estimate_s: Column
    gpus: Column
    rank: Column
    turn: Column
    part: Column


class Teams(NamedTuple):
    """The quota of each team with one, what its running jobs hold, and the team of each class (`NO_QUOTA`: none)."""

    quotas: Column
    held: Column
    of_class: Column


class Course(NamedTuple):
    """All that a replay knows while it goes on. `then` is the floor as it will be at the promised instant."""

    work: Work
    classes: Classes
    wishes: Wishes
    teams: Teams
    floor: Floor
    then: Floor
    start_s: Column
    at_node: Column
    tree: Column
    ends: Column
    planned: Column
    known: Column
    chosen: Column


@compiled
def placed(
    work: Work, classes: Classes, wishes: Wishes, teams: Teams, nodes: tuple[Column, Column, int, int], manner: int,
    start_s: Column, at_node: Column,
) -> tuple[int, int]:  # fmt: skip
    """Fill `start_s` (-1: never runs) and `at_node`; returns how often jobs were stopped, and GPU-seconds lost."""
    course = _begin(work, classes, wishes, teams, nodes, start_s, at_node)
    count, coming, known = len(work.submit_s), 0, course.known
    while coming < count or known[_WAITING]:
        now = work.submit_s[coming] if coming < count else NEVER_S
        if known[_WAITING] and course.ends:
            now = min(now, course.ends[-1] >> JOB_BITS)
        while course.ends and (course.ends[-1] >> JOB_BITS) <= now:
            _give_back(course, course.ends[-1] & JOB_MASK)
        while coming < count and work.submit_s[coming] <= now:
            _queue(course, coming)
            coming += 1
        if known[_WAITING] == 1 and course.start_s[coming - 1] == IS_WAITING and _may_start(course, coming - 1):
            _start(course, coming - 1, now)  # the usual case, without a look at the queue
        _serve(course, manner, now)
    return known[_STOPS], known[_LOST]


@compiled
def _begin(
    work: Work, classes: Classes, wishes: Wishes, teams: Teams, nodes: tuple[Column, Column, int, int],
    start_s: Column, at_node: Column,
) -> Course:  # fmt: skip
    types, gpus, type_count, most_gpus = nodes
    floor, then = empty_floor(types, gpus, type_count, most_gpus), empty_floor(types, gpus, type_count, most_gpus)
    ends = [0]
    ends.pop()
    planned = [0]
    planned.pop()
    tree = [NEVER_S] * (classes.roots[-1] + 2 * classes.leaves[-1])
    chosen = [0] * (len(gpus) + 1)
    return Course(
        work, classes, wishes, teams, floor, then, start_s, at_node, tree, ends, planned, [0, -1, 0, 0], chosen
    )


@compiled
def _queue(course: Course, job: int) -> None:
    """A job waits; one of a class without parts never runs."""
    classes = course.classes
    k = classes.of_job[job]
    if course.wishes.counts[k] == 0:
        course.start_s[job] = -1
        return
    course.start_s[job] = IS_WAITING
    course.known[_WAITING] += 1
    set_leaf(course.tree, classes.roots[k], classes.leaves[k], classes.places[job], course.work.estimate_s[job])


@compiled
def _serve(course: Course, manner: int, now: int) -> None:
    """Start whoever may start now."""
    while course.known[_WAITING]:
        job = _first(course)
        if job < 0:
            return
        if not fits(course.floor, course.wishes, course.classes.of_job[job]):
            if manner == BACKFILL:
                _promise(course, job, now)
                _pass(course, job, now)
                return
            if manner == STRICT or not _preempt(course, job, now):
                return
        _start(course, job, now)


@compiled
def _may_start(course: Course, job: int) -> bool:
    k = course.classes.of_job[job]
    return bool(_has_quota(course, k) and fits(course.floor, course.wishes, k))


@compiled
def _first(course: Course) -> int:
    """The first in the queue whose team has not its quota in use, or -1."""
    found = -1
    for k in range(len(course.classes.sizes)):
        job = _first_of(course, k, NEVER_S - 1)
        if job >= 0 and (found < 0 or course.work.turn[job] < course.work.turn[found]) and _has_quota(course, k):
            found = job
    return found


@compiled
def _has_quota(course: Course, k: int) -> bool:
    """Whether the team of a class may hold that much more."""
    team = course.teams.of_class[k]
    return bool(team == NO_QUOTA or course.teams.held[team] + course.classes.sizes[k] <= course.teams.quotas[team])


@compiled
def _first_of(course: Course, k: int, most_s: int) -> int:
    classes = course.classes
    place = first_within(course.tree, classes.roots[k], classes.leaves[k], most_s)
    return int(classes.members[classes.firsts[k] + place]) if place >= 0 else -1


@compiled
def _pass(course: Course, head: int, now: int) -> None:
    """Start, in the order of the queue, those that delay its first by nothing."""
    work, head_class = course.work, course.classes.of_job[head]
    window_s = course.known[_PROMISED] - now
    while True:
        found = -1
        for k in range(len(course.classes.sizes)):
            job = _first_of(course, k, NEVER_S - 1)
            if job < 0 or (found >= 0 and work.turn[job] > work.turn[found]) or not _may_start(course, job):
                continue
            if work.estimate_s[job] > window_s and not _leaves_room(course, k, head_class):
                job = _first_of(course, k, window_s)
            if job >= 0 and (found < 0 or work.turn[job] < work.turn[found]):
                found = job
        if found < 0:
            return
        outlasts = work.estimate_s[found] > window_s and work.duration_s[found] > 0
        _start(course, found, now)
        if outlasts:
            _take_then(course, found)


@compiled
def _leaves_room(course: Course, k: int, head_class: int) -> bool:
    """Whether the first in the queue still fits at its instant if a job of class k, placed now, still runs then."""
    if course.known[_PROMISED] == NEVER_S:
        return True
    choose(course.floor, course.wishes, k, course.chosen)
    first, count = course.wishes.firsts[k], course.wishes.counts[k]
    for i in range(count):
        move(course.then, course.chosen[i], -course.wishes.parts[first + i])
    room = fits(course.then, course.wishes, head_class)
    for i in range(count):
        move(course.then, course.chosen[i], course.wishes.parts[first + i])
    return room


@compiled
def _take_then(course: Course, job: int) -> None:
    if course.known[_PROMISED] < NEVER_S:
        _move_parts(course, course.then, job, -1)


@compiled
def _promise(course: Course, head: int, now: int) -> None:
    """Work out when the first in the queue will fit by the estimates, and the floor as it will be then."""
    k, planned, then = course.classes.of_job[head], course.planned, course.then
    copy_floor(course.floor, then)
    at_s = now
    i = len(planned) - 1
    while i >= 0:
        if (planned[i] >> JOB_BITS) > at_s and fits(then, course.wishes, k):
            break
        at_s = planned[i] >> JOB_BITS
        _move_parts(course, then, planned[i] & JOB_MASK, 1)
        i -= 1
    course.known[_PROMISED] = at_s if fits(then, course.wishes, k) else NEVER_S


@compiled
def _move_parts(course: Course, floor: Floor, job: int, sign: int) -> None:
    """The parts of a job are free on a floor, or taken."""
    wishes, k = course.wishes, course.classes.of_job[job]
    first = wishes.firsts[k]
    for i in range(wishes.counts[k]):
        move(floor, course.at_node[course.work.part[job] + i], sign * wishes.parts[first + i])


@compiled
def _start(course: Course, job: int, now: int) -> None:
    """A job leaves the queue and takes its nodes; one of no run time takes nothing."""
    work, classes = course.work, course.classes
    k = classes.of_job[job]
    set_leaf(course.tree, classes.roots[k], classes.leaves[k], classes.places[job], NEVER_S)
    course.known[_WAITING] -= 1
    course.start_s[job] = now
    choose(course.floor, course.wishes, k, course.chosen)
    for i in range(course.wishes.counts[k]):
        course.at_node[work.part[job] + i] = course.chosen[i]
    if work.duration_s[job] == 0:
        return
    _move_parts(course, course.floor, job, -1)
    if course.teams.of_class[k] != NO_QUOTA:
        course.teams.held[course.teams.of_class[k]] += work.gpus[job]
    for order, length_s in ((course.ends, work.duration_s[job]), (course.planned, work.estimate_s[job])):
        entry = ((now + length_s) << JOB_BITS) | job
        order.insert(place_of(order, entry), entry)


@compiled
def _give_back(course: Course, job: int) -> None:
    """A running job gives back what it holds."""
    work, start_s = course.work, course.start_s[job]
    for order, length_s in ((course.ends, work.duration_s[job]), (course.planned, work.estimate_s[job])):
        order.pop(place_of(order, ((start_s + length_s) << JOB_BITS) | job))
    _move_parts(course, course.floor, job, 1)
    k = course.classes.of_job[job]
    if course.teams.of_class[k] != NO_QUOTA:
        course.teams.held[course.teams.of_class[k]] -= work.gpus[job]


@compiled
def _preempt(course: Course, head: int, now: int) -> bool:
    """Stop running jobs of a worse rank so that the first in the queue fits; if none are enough, none."""
    work, k = course.work, course.classes.of_job[head]
    victims = _victims(course, head)
    copy_floor(course.floor, course.then)
    needed = 0
    while needed < len(victims) and not fits(course.then, course.wishes, k):
        _move_parts(course, course.then, victims[needed], 1)
        needed += 1
    if not fits(course.then, course.wishes, k):
        return False
    for i in range(needed - 1, -1, -1):
        _move_parts(course, course.then, victims[i], -1)
        if fits(course.then, course.wishes, k):
            continue  # this one need not be stopped
        _move_parts(course, course.then, victims[i], 1)
        _give_back(course, victims[i])
        course.known[_STOPS] += 1
        course.known[_LOST] += work.gpus[victims[i]] * (now - course.start_s[victims[i]])
        _queue(course, victims[i])
    return True


@compiled
def _victims(course: Course, head: int) -> Column:
    """Running jobs of a worse rank, the worst first, then the latest started, then the last in the history."""
    work = course.work
    keys = [(0, 0, 0)]
    keys.pop()
    for entry in course.ends:
        job = entry & JOB_MASK
        if work.rank[job] > work.rank[head]:
            keys.append((-work.rank[job], -course.start_s[job], -job))
    keys.sort()
    return [-key[2] for key in keys]
