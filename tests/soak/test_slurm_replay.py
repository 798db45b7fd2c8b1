"""Sixty jobs on a real Slurm, and the same jobs replayed: how far apart they start.

A replay decides in no time and Slurm does not: it starts a job about a second after it could, plans in turns, and
counts the end of a job only when all of it is cleaned away. It also reserves whole nodes for the first in the queue,
where a replay counts GPUs. So starts differ; by how much is printed, and bounded.
"""

import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import correlation, quantiles
from typing import NamedTuple

import numpy as np
import pytest
from benchmarks.histories import trace_of
from benchmarks.peer_desk import run
from benchmarks.peer_slurm import NO_LAB, Cluster, cluster_of, lab_script

from neocloud.backtest.demand import InUse
from neocloud.backtest.fleet import Fleet
from neocloud.backtest.policy import Policy
from neocloud.backtest.replay import Replay
from neocloud.model.traces import Whole

NODES, GPUS_EACH, JOBS = 3, 8, 60
MEAN_GAP_S = 1.0
LIMIT_MIN = (1, 2)
"""What jobs ask for; Slurm counts in minutes."""

FINISHED_WITHIN_S = 400
EASY = "bf_interval=1,bf_resolution=1,bf_continue,bf_job_part_count_reserve=1,batch_sched_delay=0"
"""Plan every second, to the second, and reserve for the first in the queue alone: EASY backfill."""


class Ran(NamedTuple):
    """A job as Slurm accounts for it, in order of submit."""

    number: int
    submit_s: int
    start_s: int
    end_s: int
    limit_s: int
    gpus: int


@pytest.mark.soak
def test_jobs_start_on_a_real_slurm_when_a_replay_says(request: pytest.FixtureRequest) -> None:
    script = lab_script()
    if script is None:
        pytest.skip(NO_LAB)
    with cluster_of(script, NODES) as cluster:
        plan_every_second(cluster)
        submit(cluster, random.Random(4))
        ran = accounted(cluster)
    submit_s, start_s, end_s, limit_s, gpus = (np.array(each, np.int64) for each in tuple(zip(*ran, strict=True))[1:])
    trace = trace_of(submit_s - submit_s[0], end_s - start_s, gpus)
    theirs = start_s - submit_s[0]
    fleet, asked_s = Fleet.of_gpus(NODES * GPUS_EACH), np.maximum(limit_s, trace.duration_s)
    ours = {policy: Replay(trace, policy, asked_s).on(fleet).start_s for policy in (Policy.BACKFILL, Policy.FIFO)}
    tell(request, trace.submit_s, theirs, ours)
    assert InUse(theirs, trace.duration_s, gpus).gpus.max() <= fleet.gpus, "Slurm gave a GPU twice"
    apart_s = np.abs(theirs - ours[Policy.BACKFILL])
    assert np.median(apart_s) < 3
    assert rank_correlation(theirs, ours[Policy.BACKFILL]) > 0.9
    assert passed(theirs) > 0, "nobody was backfilled, so nothing was seen of it"
    assert (theirs - trace.submit_s).max() > 10, "nobody waited, so nothing was seen"


def plan_every_second(cluster: Cluster) -> None:
    """Slurm plans every 10 seconds in steps of a minute, unless told otherwise."""
    path = Path(cluster["SLURM_CONF"])
    lines = path.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("SchedulerParameters=")]
    path.write_text("\n".join([*kept, f"SchedulerParameters={EASY}", ""]))
    code, printed, _ = run(["scontrol", "reconfigure"], cluster)
    assert code == 0, printed


def submit(cluster: Cluster, chance: random.Random) -> None:
    """Jobs that sleep, a task for each GPU, so that they may lie over nodes; they come at random."""
    for _ in range(JOBS):
        gpus = chance.choices((1, 2, 4, 8, 16), (30, 25, 20, 15, 10))[0]
        asked = [f"--ntasks={gpus}", "--gpus-per-task=1", f"--time={chance.choice(LIMIT_MIN)}", "--output=/dev/null"]
        sleep = f"--wrap=sleep {chance.randint(2, 20)}"
        code, printed, _ = run(["sbatch", "--parsable", "--chdir=/", *asked, sleep], cluster)
        assert code == 0, printed
        time.sleep(chance.expovariate(1 / MEAN_GAP_S))


def accounted(cluster: Cluster) -> list[Ran]:
    """All jobs by `sacct`, when they have all ended; in the order in which they were submitted."""
    until = time.monotonic() + FINISHED_WITHIN_S
    while True:
        ran = sorted(jobs_of(cluster))
        if len(ran) == JOBS:
            return ran
        assert time.monotonic() < until, f"only {len(ran)} of {JOBS} jobs have ended"
        time.sleep(1)


def jobs_of(cluster: Cluster) -> Iterator[Ran]:
    """Those that have ended."""
    fields = "JobIDRaw,Submit,Start,End,TimelimitRaw,AllocTRES,State"
    command = ["sacct", "-X", "--parsable2", "--noheader", "--starttime=now-1hour", f"--format={fields}"]
    code, printed, _ = run(command, {**cluster, "SLURM_TIME_FORMAT": "%s"})
    assert code == 0, printed
    for line in printed.splitlines():
        number, submit_s, start_s, end_s, limit_min, resources, state = line.split("|")
        if state == "COMPLETED":
            gpus = dict(part.split("=") for part in resources.split(","))["gres/gpu"]
            yield Ran(int(number), int(submit_s), int(start_s), int(end_s), 60 * int(limit_min), int(gpus))


def passed(start_s: Whole) -> int:
    """How many jobs started before one that was submitted earlier."""
    return int((start_s[1:] < np.maximum.accumulate(start_s)[:-1]).sum())


def rank_correlation(a: Whole, b: Whole) -> float:
    """Of the orders in which jobs start, 1 for the same (Spearman)."""
    of_a, of_b = (np.argsort(np.argsort(each, kind="stable"), kind="stable") for each in (a, b))
    return correlation(of_a.tolist(), of_b.tolist())


def tell(request: pytest.FixtureRequest, submit_s: Whole, theirs: Whole, ours: dict[Policy, Whole]) -> None:
    """The report: waits of either, and how far their starts are apart."""
    waited_s = theirs - submit_s
    lines = [
        f"{JOBS} jobs on {NODES} Slurm nodes of {GPUS_EACH} GPUs, load {os.getloadavg()[0]:.1f}: waits had a mean "
        f"of {waited_s.mean():.1f} s, the longest {waited_s.max()} s; {passed(theirs)} jobs passed another"
    ]
    for policy, start_s in ours.items():
        apart_s = np.abs(theirs - start_s)
        p95_s = quantiles(apart_s.tolist(), n=20)[-1]
        lines.append(
            f"replayed with {policy.value}: waits had a mean of {(start_s - submit_s).mean():.1f} s, "
            f"{passed(start_s)} passed; starts apart by {np.median(apart_s):.1f} s (median), {p95_s:.1f} s (p95), "
            f"{apart_s.max()} s (worst); order correlated {rank_correlation(theirs, start_s):.3f}"
        )
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
