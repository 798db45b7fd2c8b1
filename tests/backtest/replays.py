"""What the tests of replays share: traces of a few jobs, fleets, and the package once more without numba."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np
import pytest

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.kernels.placed import Placed
from neocloud.backtest.policy import Policy
from neocloud.model.traces import Trace
from tests.backtest.oracle import Job, Node

KERNELS = ("compiled", "room", "promise", "turns", "seconds", "layout", "placed")


def trace_of(jobs: Sequence[Job]) -> Trace:
    """The jobs, which are in order of submit, as a trace."""
    teams = ("unknown", *sorted({job.team for job in jobs} - {"unknown"}))
    types = ("", *sorted({job.type for job in jobs} - {""}))

    def column(name: str) -> np.ndarray:
        return np.array([getattr(job, name) for job in jobs], np.int64)

    nought = np.zeros(len(jobs), np.int64)
    return Trace(
        job_ids=np.arange(len(jobs)),
        submit_s=column("submit"),
        duration_s=column("duration"),
        gpus=column("gpus"),
        nodes=column("nodes"),
        limit_s=nought,
        rank=column("rank"),
        waited_s=nought - 1,
        team=np.array([teams.index(job.team) for job in jobs], np.int64),
        gpu_type=np.array([types.index(job.type) for job in jobs], np.int64),
        is_cut=nought.astype(bool),
        outcome=nought,
        teams=teams,
        gpu_types=types,
    )


def nodes_of(fleet: Fleet) -> list[Node]:
    """The nodes of a fleet, as the oracle takes them."""
    if not fleet.placed:
        return [Node(group.gpus, group.gpu_type) for group in fleet.groups if group.gpus]
    return [Node(group.gpus_each, group.gpu_type) for group in fleet.groups for _ in range(group.count)]


def replayed(
    jobs: Sequence[Job],
    fleet: Fleet | str | int,
    policy: str,
    quotas: Mapping[str, int] | None = None,
    module: ModuleType | None = None,
) -> Placed:
    """What `replay_placed` makes of the jobs; a fleet may be written as text or as a number of GPUs."""
    if isinstance(fleet, int):
        fleet = Fleet.of_gpus(fleet)
    elif isinstance(fleet, str):
        fleet = Fleet.of_nodes(fleet)
    module = module or importlib.import_module("neocloud.backtest.kernels.placed")
    estimates = np.array([job.expected for job in jobs], np.int64)
    found: Placed = module.replay_placed(
        trace_of(jobs), fleet, policy=Policy(policy), estimates_s=estimates, quotas=quotas or {}, keep_parts=True
    )
    return found


def places(found: Placed) -> list[dict[int, int]]:
    """The GPUs of each node that each job held in its last run."""
    parts = found.parts
    assert parts is not None
    held: list[dict[int, int]] = [{} for _ in found.start_s]
    for job, node, gpus, begun in zip(parts.job, parts.node, parts.gpus, parts.from_s, strict=True):
        if begun == found.start_s[job]:
            held[job][int(node)] = int(gpus)
    return held


def plain() -> ModuleType:
    """`placed` as it is where numba is not installed, imported beside the compiled one."""
    names = [f"neocloud.backtest.kernels.{name}" for name in KERNELS]
    package = importlib.import_module("neocloud.backtest.kernels")
    kept = {name: importlib.import_module(name) for name in names}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEOCLOUD_PLAIN", "1")
        for name in names:
            del sys.modules[name]
        found = importlib.import_module("neocloud.backtest.kernels.placed")
    for name, module in kept.items():
        sys.modules[name] = module
        setattr(package, name.rpartition(".")[2], module)
    return found
