"""Two simulators from PyPI, each in an environment made for the run, and our replay: the same jobs, one by one.

    python -m benchmarks.peer_simulators [--save]

SimPy has no scheduler, so it runs the model that an engineer would write of strict FIFO. AccaSim is a simulator of
schedulers, and runs the FIFO and the EASY backfill that it ships.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.backtest import measured
from benchmarks.histories import busy, philly
from benchmarks.ledger import folder
from benchmarks.machine import save
from benchmarks.peer_desk import run
from benchmarks.peer_easy import Queue
from neocloud.model.traces import Trace

SIZES, ALL = (2_000, 10_000), 1_000_000
TRIES, PLAIN_TRIES, THEIR_TRIES = 5, 2, 3
LIMIT_S = 600
"""For one simulation of a peer."""

LONG_S = 10
"""One that takes longer is tried once."""

GOAL_RATIO = 50
SHIFT_S = 10
"""AccaSim takes an instant of 0 for none, so its jobs come a little later."""


class Peer(NamedTuple):
    """What is installed, and what of it is run."""

    wanted: str
    program: str
    policies: tuple[str, ...]
    jobs: str
    """The name of the file that it reads."""


PEERS = (
    Peer("simpy==4.1.2", "inside_simpy.py", ("fifo",), "jobs.txt"),
    Peer("accasim==1.1.3", "inside_accasim.py", ("fifo", "backfill"), "jobs.swf"),
)


def simulator_rows(sizes: Sequence[int] = (*SIZES, ALL)) -> list[dict[str, Any]] | str:
    """A row for each peer, policy and number of jobs; or why none can be had."""
    why = philly()
    if isinstance(why, str):
        return why
    rows: list[dict[str, Any]] = []
    with folder() as path:
        for peer in PEERS:
            python = _installed(path / peer.program, peer.wanted)
            if isinstance(python, str):
                return python
            for jobs in sizes:
                rows += _rows(python, peer, jobs, path)
    return rows


def _installed(path: Path, wanted: str) -> Path | str:
    venv.create(path, with_pip=True)
    code, printed, _ = run([path / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", wanted])
    if code:
        return f"{wanted} cannot be installed: {printed.splitlines()[-1] if printed else code}"
    return path / "bin" / "python"


def _rows(python: Path, peer: Peer, jobs: int, path: Path) -> Iterator[dict[str, Any]]:
    trace, gpus = busy(jobs)
    (path / "jobs.txt").write_text("".join(map("{} {} {}\n".format, trace.submit_s, trace.duration_s, trace.gpus)))
    (path / "jobs.swf").write_text("".join(_swf(trace)))
    command = [python, "-W", "ignore", "-P", Path(__file__).parent / peer.program, path / peer.jobs, gpus]
    for policy in peer.policies:
        theirs = _theirs([*command, policy])
        ours = measured("same", policy, jobs, TRIES)["found"]
        plain = measured("same", policy, jobs, PLAIN_TRIES, plain=True)["found"]
        assert ours["starts"] == plain["starts"], "plain Python starts every job when compiled code does"
        row = {"peer": theirs.get("name", peer.wanted), "policy": policy, "jobs": len(trace), "gpus": gpus}
        row |= {f"our_{key}": ours[key] for key in ("wall_s", "cpu_s")}
        row |= {"plain_cpu_s": plain["cpu_s"], "load": round(os.getloadavg()[0], 1)}
        row |= _beside(trace, theirs, ours["starts"], policy, gpus) if theirs else {}
        print("simulator", row, flush=True)
        yield row


def _swf(trace: Trace) -> Iterator[str]:
    """A line for each job: its run time is also the time it asks for, so estimates are perfect."""
    for i, (submit_s, duration_s, gpus) in enumerate(zip(trace.submit_s, trace.duration_s, trace.gpus, strict=True)):
        yield f"{i} {submit_s + SHIFT_S} -1 {duration_s} {gpus} -1 -1 {gpus} {duration_s} -1 1 1 1 -1 1 1 -1 -1\n"


def _theirs(command: Sequence[object]) -> dict[str, Any]:
    """What the peer answers, the least of some tries; nothing if it does not answer within the limit."""
    found: list[dict[str, Any]] = []
    while len(found) < THEIR_TRIES and (not found or found[-1]["wall_s"] < LONG_S):
        try:
            done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            return {}
        found.append(json.loads(done.stdout))
    return found[-1] | {key: min(each[key] for each in found) for key in ("wall_s", "cpu_s")}


def _beside(trace: Trace, theirs: dict[str, Any], ours: Sequence[int], policy: str, gpus: int) -> dict[str, Any]:
    """How many jobs start at another second, how many of these for no reason that we know, and what all wait."""
    shift_s, is_easy = (SHIFT_S, policy == "backfill") if "AccaSim" in theirs["name"] else (0, False)
    their_start_s, our_start_s = np.array(theirs["starts"]) - shift_s, np.array(ours)
    differ = int((their_start_s != our_start_s).sum())
    assert "SimPy" not in theirs["name"] or not differ, "SimPy's model is strict FIFO to the second"
    known = Queue(trace, gpus).replay().start_s if is_easy else ours
    row = {"their_wall_s": theirs["wall_s"], "their_cpu_s": theirs["cpu_s"], "differ": differ}
    row["unexplained"] = int((their_start_s != np.array(known)).sum())
    waits_s = {"their_mean_wait_s": their_start_s, "our_mean_wait_s": our_start_s}
    return row | {key: float((start_s - trace.submit_s).mean()) for key, start_s in waits_s.items()}


if __name__ == "__main__":
    found = simulator_rows()
    if isinstance(found, str):
        print(found)
    elif "--save" in sys.argv:
        save("peer-simulators", found)
