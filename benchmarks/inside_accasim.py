"""Runs inside AccaSim's own environment: its simulator with the FIFO or the EASY dispatcher that it ships.

    python -P inside_accasim.py JOBS GPUS fifo|backfill   where JOBS is in the Standard Workload Format

The fleet is one node of so many cores, a core being a GPU: so only GPUs are counted, as in ours. It answers in one
line of JSON; times are of the simulation alone, with its reading of jobs, which it does as it goes.
"""

import collections
import collections.abc
import json
import logging
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]  # it was written before Python 3.10

from accasim.base import additional_data, allocator_class, scheduler_class, simulator_class  # type: ignore[import-not-found]  # noqa: E402


class Starts(additional_data.AdditionalData):  # type: ignore[misc]
    """Notes when each job started, when it has ended; the simulator makes it, so what it found is the class's."""

    found: dict[int, int] = {}

    def exec_after_completion(self, removed_jobs: list[Any]) -> None:
        """Called with those that have ended."""
        self.found.update((int(each.id), each.start_time) for each in removed_jobs)

    def exec_before_submission(self, *_: Any) -> None:
        """Nothing."""

    exec_after_submission = exec_before_dispatching = exec_after_dispatching = exec_before_submission
    exec_before_completion = stop = exec_before_submission


def main() -> None:
    """Simulate them all."""
    jobs, gpus, policy = sys.argv[1:]
    dispatcher = {"fifo": scheduler_class.FirstInFirstOut, "backfill": scheduler_class.EASYBackfilling}[policy]
    with tempfile.TemporaryDirectory() as folder:
        system = Path(folder) / "system.json"
        fleet = {"groups": {"fleet": {"core": int(gpus)}}, "resources": {"fleet": 1}}
        system.write_text(json.dumps({**fleet, "equivalence": {"processor": {"core": 1}}, "start_time": 0}))
        quiet = {"scheduling_output": False, "statistics_output": False, "show_statistics": False}
        simulator = simulator_class.Simulator(
            jobs, str(system), dispatcher(allocator_class.FirstFit()), additional_data=[Starts],
            RESULTS_FOLDER_PATH=folder, LOG_LEVEL="ERROR", **quiet,
        )  # fmt: skip
        logging.getLogger("accasim").setLevel(logging.ERROR)
        wall, cpu = time.perf_counter(), time.process_time()
        simulator.start_simulation()
        took = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    begun = [Starts.found[i] for i in sorted(Starts.found)]
    print(json.dumps({"name": f"AccaSim {version('accasim')}", "starts": begun, **took}))


if __name__ == "__main__":
    main()
