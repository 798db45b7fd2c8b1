"""The frontier (shares sold against waits), and its knee by bisection.

All replays of one question use the same jobs: two shares differ by the fleet, and by nothing else.
"""

from collections.abc import Callable, Mapping

import numpy as np
from msgspec import Struct

from neocloud.backtest.answer import Point
from neocloud.backtest.demand import InUse
from neocloud.backtest.fleet import Fleet
from neocloud.backtest.objective import Objective
from neocloud.backtest.replay import NEVER_RUNS, Replay, Replayed, waits_of
from neocloud.backtest.waits import groups, waits
from neocloud.model.traces import Trace
from neocloud.units import HOUR_S


class Measured(Struct, frozen=True, kw_only=True, eq=False):
    """A replay, what is asked of it, and from which job on waits are measured."""

    replay: Replay
    fleet: Fleet
    objective: Objective
    first_job: int

    def keeps(self, sold_steps: int) -> bool:
        """Whether the objective holds with so many steps of the fleet sold."""
        return self.replay.keeps(self.objective, self.fleet.less(sold_steps), self.first_job)


def point(measured: Measured, sold_steps: int) -> Point:
    """What inside jobs feel when so many steps of the fleet are sold."""
    fleet = measured.fleet.less(sold_steps)
    return point_of(measured, fleet, measured.replay.on(fleet))


def point_of(measured: Measured, kept: Fleet, replayed: Replayed) -> Point:
    """What inside jobs feel in a replay on what is kept."""
    trace, first = measured.replay.trace, measured.first_job
    waits_s = waits_of(trace, replayed.start_s)[first:]
    runs = replayed.start_s != NEVER_RUNS
    lost = trace.gpus[~runs]
    waiting = runs[first:]
    return Point(
        share_ratio=1 - kept.gpus / measured.fleet.gpus,
        sold_gpus=measured.fleet.gpus - kept.gpus,
        kept_gpus=kept.gpus,
        waits=waits(waits_s),
        groups=groups(trace, waits_s, first),
        used_ratio=_used(trace, replayed, runs, first) / max(kept.gpus, 1),
        waited_gpu_h=float((waits_s[waiting] * trace.gpus[first:][waiting]).sum()) / HOUR_S,
        largest_lost_gpus=int(lost.max()) if len(lost) else 0,
        preempted=replayed.preempted,
        meets=measured.objective.holds(waits_s),
        objective_s=measured.objective.wait_s(waits_s),
    )


def _used(trace: Trace, replayed: Replayed, runs: np.ndarray, first: int) -> float:
    """GPUs in use, as a mean from the first measured submit to the last submit."""
    from_s, until_s = trace.submit_s[first], trace.submit_s[-1]
    if until_s <= from_s or not runs.any():
        return 0.0
    in_use = InUse(replayed.start_s[runs], trace.duration_s[runs], trace.gpus[runs])
    return float(np.diff(in_use.gpu_s(np.array([from_s, until_s])))[0] / (until_s - from_s))


def knee(measured: Measured, meets: Mapping[int, bool]) -> int | None:
    """The most steps of the fleet that can be sold; None if even the whole fleet does not do.

    `meets` says of some numbers of steps whether the objective holds; it is looked for beyond the largest that does.
    """
    known = {0: measured.keeps(0), **meets} if 0 not in meets else dict(meets)
    if not known[0]:
        return None
    low = max(steps for steps, held in known.items() if held)
    high = min((steps for steps in known if steps > low), default=measured.fleet.steps)
    return bisect(measured.keeps, low, high)


def bisect(keeps: Callable[[int], bool], low: int, high: int) -> int:
    """Between what keeps the objective and what does not: the last that does."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if keeps(middle) else (low, middle)
    return low
