"""Slow, obvious replays to compare with: event by event, everything worked out anew from what runs.

`replay` only counts GPUs; `replay_on` has nodes, types and quotas. Neither shares code with the package.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """A job of a history. `estimate` None: as long as it runs; `nodes` 0: not known; `type` "": any."""

    submit: int
    duration: int
    gpus: int = 1
    nodes: int = 0
    estimate: int | None = None
    rank: int = 1
    team: str = "unknown"
    type: str = ""

    @property
    def expected(self) -> int:
        return self.duration if self.estimate is None else self.estimate


@dataclass(frozen=True)
class Node:
    size: int
    type: str = ""


@dataclass(frozen=True)
class Run:
    """A job that runs: since when, and on how many GPUs of which nodes."""

    job: int
    start: int
    places: Mapping[int, int]


@dataclass
class Replay:
    """The state of a replay, and what it came to."""

    jobs: Sequence[Job]
    nodes: Sequence[Node]
    policy: str
    quotas: Mapping[str, int]
    queue: list[int] = field(default_factory=list)
    running: list[Run] = field(default_factory=list)
    starts: dict[int, int] = field(default_factory=dict)
    places: dict[int, dict[int, int]] = field(default_factory=dict)
    """The GPUs of each node that each job held in its last run."""

    stops: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    promised: dict[int, int] = field(default_factory=dict)
    """The first promise that each job got as the first of the queue, under backfill."""


def replay(jobs: Sequence[Job], gpus: int, policy: str) -> list[int]:
    """When each job starts where only GPUs are counted; -1 for never."""
    state = replay_on([Job(**{**vars(job), "nodes": 0}) for job in jobs], [Node(gpus)], policy)
    return starts_of(state)


def starts_of(state: Replay) -> list[int]:
    return [state.starts.get(job, -1) for job in range(len(state.jobs))]


def replay_on(
    jobs: Sequence[Job], nodes: Sequence[Node], policy: str, quotas: Mapping[str, int] | None = None
) -> Replay:
    """Replay jobs, which are in order of submit, on nodes."""
    state = Replay(jobs, nodes, policy, quotas or {})
    order = {
        "fifo": lambda job: (job,),
        "backfill": lambda job: (job,),
        "shortest": lambda job: (jobs[job].expected, job),
        "priority": lambda job: (jobs[job].rank, job),
    }[policy]
    coming = [job for job in range(len(jobs)) if could_ever_run(state, job)]
    while coming or state.running:
        now = min([jobs[job].submit for job in coming[:1]] + [end(state, run) for run in state.running])
        state.running = [run for run in state.running if end(state, run) > now]
        while coming and jobs[coming[0]].submit == now:
            state.queue.append(coming.pop(0))
        start_what_may(state, now, order)
    return state


def end(state: Replay, run: Run) -> int:
    return run.start + state.jobs[run.job].duration


def expected_end(state: Replay, run: Run) -> int:
    return run.start + state.jobs[run.job].expected


def start_what_may(state: Replay, now: int, order: Callable[[int], tuple[int, ...]]) -> None:
    """Start the first in the queue again and again, then, under backfill, whoever may go before it."""
    while True:
        state.queue.sort(key=order)
        first = next((job for job in state.queue if has_quota(state, job)), None)
        if first is None:
            return
        places = lay(state, first, state.running)
        if places is None and state.policy == "priority":
            places = lay_by_stopping(state, first, now)
        if places is None:
            break
        begin(state, first, now, places)
    if state.policy == "backfill":
        backfill(state, first, now)


def begin(state: Replay, job: int, now: int, places: dict[int, int]) -> None:
    state.queue.remove(job)
    state.starts[job] = now
    state.places[job] = places
    if state.jobs[job].duration > 0:
        state.running.append(Run(job, now, places))


def has_quota(state: Replay, job: int, besides: int = 0) -> bool:
    team = state.jobs[job].team
    held = sum(state.jobs[run.job].gpus for run in state.running if state.jobs[run.job].team == team)
    return held + state.jobs[job].gpus + besides <= state.quotas.get(team, 10**9)


def could_ever_run(state: Replay, job: int) -> bool:
    return has_quota(state, job) and lay(state, job, []) is not None


# ---- where a job goes ----


def lay(state: Replay, job: int, running: Sequence[Run]) -> dict[int, int] | None:
    """The best places of a job beside these runs, or None if it does not fit."""
    used: Counter[int] = Counter()
    for run in running:
        used.update(run.places)
    free = {at: node.size - used[at] for at, node in enumerate(state.nodes) if takes(state, node, job)}
    largest = max((state.nodes[at].size for at in free), default=0)
    gpus, nodes = state.jobs[job].gpus, min(state.jobs[job].nodes, state.jobs[job].gpus)
    if nodes and -(-gpus // nodes) <= largest:
        return lay_parts([gpus // nodes + (part < gpus % nodes) for part in range(nodes)], free)
    if gpus <= largest:
        return lay_parts([gpus], free)
    return lay_whole(state, gpus, free)


def takes(state: Replay, node: Node, job: int) -> bool:
    wanted = state.jobs[job].type.lower()
    return not wanted or node.type == wanted or all(each.type == "" for each in state.nodes)


def lay_parts(parts: list[int], free: dict[int, int]) -> dict[int, int] | None:
    places: dict[int, int] = {}
    for part in parts:
        room = sorted((gpus, at) for at, gpus in free.items() if gpus >= part and at not in places)
        if not room:
            return None
        places[room[0][1]] = part
    return places


def lay_whole(state: Replay, gpus: int, free: dict[int, int]) -> dict[int, int] | None:
    places: dict[int, int] = {}
    for size, at in sorted((-state.nodes[at].size, at) for at in free):
        if free[at] == -size and gpus >= -size:
            places[at] = -size
            gpus += size
    rest = lay_parts([gpus], {at: room for at, room in free.items() if at not in places}) if gpus else {}
    return None if rest is None else places | rest


# ---- going before one's turn, and giving way ----


def backfill(state: Replay, first: int, now: int) -> None:
    ends = sorted({expected_end(state, run) for run in state.running})
    promised = next(at for at in ends if lay(state, first, still_there(state, at)) is not None)
    state.promised.setdefault(first, promised)
    for job in state.queue[state.queue.index(first) + 1 :]:
        same_team = state.jobs[job].team == state.jobs[first].team
        if not has_quota(state, job, besides=state.jobs[first].gpus if same_team else 0):
            continue
        places = lay(state, job, state.running)
        if places is None:
            continue
        then = still_there(state, promised)
        is_over = now + state.jobs[job].expected <= promised
        if is_over or lay(state, first, [*then, Run(job, now, places)]) is not None:
            begin(state, job, now, places)


def still_there(state: Replay, at: int) -> list[Run]:
    """What still runs after the ends that are expected up to a second."""
    return [run for run in state.running if expected_end(state, run) > at]


def lay_by_stopping(state: Replay, job: int, now: int) -> dict[int, int] | None:
    """Places for a job, once runs of a worse rank are stopped: none more than needed."""
    worse = [run for run in state.running if state.jobs[run.job].rank > state.jobs[job].rank]
    worse.sort(key=lambda run: (state.jobs[run.job].rank, run.start, run.job))
    stopped: list[Run] = []
    while lay(state, job, without(state.running, stopped)) is None:
        if not worse:
            return None
        stopped.append(worse.pop())
    for run in reversed(stopped[:]):
        fewer = [other for other in stopped if other is not run]
        if lay(state, job, without(state.running, fewer)) is not None:
            stopped = fewer
    state.running = without(state.running, stopped)
    for run in stopped:
        del state.starts[run.job]
        state.stops[run.job] += 1
        state.lost += (now - run.start) * state.jobs[run.job].gpus
        state.queue.append(run.job)
    return lay(state, job, state.running)


def without(runs: Sequence[Run], gone: Sequence[Run]) -> list[Run]:
    return [run for run in runs if all(run is not other for other in gone)]
