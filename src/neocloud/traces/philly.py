"""Philly (`cluster_job_log`, JSON): a list of jobs, each with its attempts; times are those of US/Pacific.

Its documentation says so. A job is one job however many attempts it had: it ran as long as they did together, held
the most GPUs that any of them held, and waited from its submit to the start of the first. An attempt without a start
is passed over. If the last has no end, the job still ran, unless its status is one that a job ends in.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from neocloud.errors import Invalid
from neocloud.model.traces import Reading, Whole
from neocloud.traces.building import Account, Builder, Rows
from neocloud.traces.columns import MISSING, Cells, Clock
from neocloud.traces.tabular import clock_remarks
from neocloud.traces.text import Source

ZONE = "US/Pacific"
NO_ATTEMPT = "no attempt with times"
_ENDED = frozenset({"Pass", "Failed", "Killed"})


class _Job(NamedTuple):
    name: str
    team: str
    outcome: str
    submitted: str | None
    gpus: int
    nodes: int
    attempts: list[tuple[str, str | None]]


def read_philly(source: Source, *, zone: str | None, strict: bool) -> Reading:
    """The reading of a list of Philly's jobs. Raises Invalid, with the file."""
    content = source.json()
    if not isinstance(content, list):
        raise Invalid("it is no list of jobs, as Philly's is", place=str(source.path))
    account, clock = Account(str(source.path), strict=strict, place="job"), Clock(zone=zone or ZONE)
    builder, jobs, places = Builder(account), [], []
    for place, item in enumerate(content, 1):
        try:
            jobs.append(_job(item))
            places.append(place)
        except (AttributeError, KeyError, TypeError) as error:
            account.rows_read += 1
            account.mistake("not a job as Philly writes it", 1, place, f"not a job as Philly writes it ({error!r})")
    if jobs:
        try:
            builder.add(_rows(jobs, np.array(places, np.int64), clock, builder))
        except Invalid as error:
            raise error if error.place else error.at(account.path) from None
    trace = builder.trace()
    said = "a job of several attempts is taken to have run as long as they did together"
    return builder.reading(trace, "philly", [said, *clock_remarks(clock)])


def _job(item: Any) -> _Job:
    """One job. Raises KeyError, TypeError or AttributeError where it is none."""
    attempts, gpus, nodes = [], 0, 0
    for attempt in item["attempts"]:
        detail = attempt.get("detail") or []
        gpus = max(gpus, sum(len(each["gpus"]) for each in detail))
        nodes = max(nodes, len(detail))
        if (start := _text(attempt.get("start_time"))) is not None:
            attempts.append((start, _text(attempt.get("end_time"))))
    names = (str(item["jobid"]), str(item.get("vc") or ""), str(item.get("status") or ""))
    return _Job(*names, _text(item["submitted_time"]), gpus, nodes, attempts)


def _text(value: Any) -> str | None:
    """A time as text; the public log writes `None` as well as null."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is no time")
    return None if value in {"", "None"} else value


def _rows(jobs: list[_Job], places: Whole, clock: Clock, builder: Builder) -> Rows:
    counts = np.array([len(job.attempts) for job in jobs], np.int64)
    owner = np.repeat(np.arange(len(jobs)), counts)
    pairs = [attempt for job in jobs for attempt in job.attempts]

    def times(values: list[str | None], heading: str, lines: Whole) -> Cells:
        return clock.instants(pa.array(values, pa.string()), heading, lines)

    submit = times([job.submitted for job in jobs], "submitted_time", places)
    starts = times([start for start, _ in pairs], "start_time", places[owner])
    ends = times([end for _, end in pairs], "end_time", places[owner])
    start, end, done, since = _runs(starts.values, ends.values, owner, counts)
    return Rows(
        places,
        pa.array([job.name for job in jobs], pa.string()),
        submit=submit,
        gpus=_whole([job.gpus for job in jobs], "gpus"),
        start=_of_jobs(starts, start, owner),
        end=_of_jobs(ends, end, owner),
        duration=_whole(np.where(since == MISSING, done, MISSING), "attempts"),
        nodes=_whole([job.nodes for job in jobs], "detail"),
        team=builder.teams.codes(pa.array([job.team for job in jobs], pa.string())),
        outcome=builder.outcomes.codes(pa.array([job.outcome for job in jobs], pa.string())),
        dropped={NO_ATTEMPT: counts == 0},
        may_run=np.array([job.outcome not in _ENDED for job in jobs], np.bool_),
        done_s=done,
        runs_since=since,
    )


def _runs(starts: Whole, ends: Whole, owner: Whole, counts: Whole) -> tuple[Whole, Whole, Whole, Whole]:
    """Of each job: its first start, its last end, how long attempts with an end ran, since when one without runs."""
    jobs = len(counts)
    first, last = np.cumsum(counts) - counts, np.cumsum(counts) - 1
    some = counts > 0
    start, end, since = np.full(jobs, MISSING), np.full(jobs, MISSING), np.full(jobs, MISSING)
    start[some], end[some] = starts[first[some]], ends[last[some]]
    open_end = ends == MISSING
    done = np.zeros(jobs, np.int64)
    np.add.at(done, owner, np.where(open_end, 0, ends - starts))
    backwards = np.zeros(jobs, np.bool_)
    np.logical_or.at(backwards, owner, ~open_end & (ends < starts))
    done[backwards] = -1
    runs = np.zeros(jobs, np.bool_)
    runs[some] = open_end[last[some]] & ~backwards[some]
    since[runs] = starts[last[runs]]
    return start, end, done, since


def _of_jobs(cells: Cells, values: Whole, owner: Whole) -> Cells:
    """What was read of attempts, as a column of jobs: one bad attempt makes a bad job."""
    bad = np.zeros(len(values), np.bool_)
    texts: list[str | None] = [None] * len(values)
    for place in np.flatnonzero(cells.bad):
        bad[owner[place]] = True
        texts[owner[place]] = texts[owner[place]] or cells.texts[int(place)].as_py()
    return Cells(values.astype(np.int64), bad, cells.heading, pa.array(texts, pa.string()), cells.wanted)


def _whole(values: Any, heading: str) -> Cells:
    found = np.array(values, np.int64)
    return Cells(found, np.zeros(len(found), np.bool_), heading, pa.array(found))
