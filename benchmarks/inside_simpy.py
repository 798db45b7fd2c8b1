"""Runs inside SimPy's own environment: the model that an engineer would write, a process for each job.

    python -P inside_simpy.py JOBS GPUS   where JOBS has lines of submit, run time and GPUs

A Container of GPUs serves who asked first, first. It answers in one line of JSON; times are of the simulation alone.
"""

import json
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import simpy  # type: ignore[import-not-found]


def job(env: Any, free: Any, submit_s: int, duration_s: int, gpus: int, starts: list[int], i: int) -> Iterator[Any]:
    """Submitted, served, run, and gone."""
    yield env.timeout(submit_s)
    yield free.get(gpus)
    starts[i] = env.now
    yield env.timeout(duration_s)
    yield free.put(gpus)


def main() -> None:
    """Simulate them all."""
    jobs = [tuple(map(int, line.split())) for line in Path(sys.argv[1]).read_text().splitlines()]
    capacity = int(sys.argv[2])
    wall, cpu = time.perf_counter(), time.process_time()
    env, starts = simpy.Environment(), [-1] * len(jobs)
    free = simpy.Container(env, capacity, init=capacity)
    for i, (submit_s, duration_s, gpus) in enumerate(jobs):
        env.process(job(env, free, submit_s, duration_s, gpus, starts, i))
    env.run()
    took = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    print(json.dumps({"name": f"SimPy {version('simpy')}", "starts": starts, **took}))


if __name__ == "__main__":
    main()
