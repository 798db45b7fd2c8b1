"""What of a trace is replayed and what of that is measured: rules for its two ends, and for jobs that fit nowhere."""

import numpy as np
from msgspec import Struct, structs

from neocloud.backtest.answer import Count
from neocloud.backtest.fleet import Fleet
from neocloud.errors import Invalid
from neocloud.model.traces import Trace
from neocloud.settings import LONGEST_HISTORY_S
from neocloud.units import DAY_S, FOREVER, format_duration

_COLUMNS = [name for name in Trace.__struct_fields__ if name not in {"teams", "gpu_types", "outcomes", "begins_at"}]
_DONE = frozenset({"", "completed", "complete", "pass", "passed", "success", "finished", "done"})
LARGER = "do not run on the whole fleet"
YEAR_S = 365 * DAY_S
_WARM_UP_PART = 10
"""At the most one part in so many of a history is warm-up."""


class Usable(Struct, frozen=True, kw_only=True, eq=False):
    """A trace of jobs that run on the whole fleet, the first job measured, and the rules that were applied."""

    trace: Trace
    first_job: int
    counts: tuple[Count, ...]


def from_zero(trace: Trace) -> Trace:
    """The same trace with its first submit as second 0. Raises Invalid where its times cannot all be meant."""
    first_s, last_s = int(trace.submit_s[0]), int((trace.submit_s + trace.duration_s).max())
    if last_s - first_s > LONGEST_HISTORY_S or (trace.begins_at or 0) + last_s >= FOREVER:
        raise Invalid(
            f"the history spans {(last_s - first_s) // YEAR_S:,} years; a time in it is surely a slip of the hand, "
            "or the instant that it begins at is"
        )
    begins_at = None if trace.begins_at is None else trace.begins_at + first_s
    return structs.replace(trace, submit_s=trace.submit_s - first_s, begins_at=begins_at) if first_s else trace


def usable(trace: Trace, runs: np.ndarray, fleet: Fleet, warm_up_s: int) -> Usable:
    """Leave out the jobs that do not run on the whole fleet (`runs` says which do), and find the first measured."""
    if not runs.any():
        raise Invalid(
            f"none of {len(trace):,} jobs runs on {fleet}: the smallest job holds {int(trace.gpus.min()):,} GPUs, "
            "and types and quotas count as well; give the fleet that the history is of"
        )
    kept = trace if runs.all() else structs.replace(trace, **{name: getattr(trace, name)[runs] for name in _COLUMNS})
    warm_up_s = min(warm_up_s, int(kept.submit_s[-1] - kept.submit_s[0]) // _WARM_UP_PART)
    first_job = int(np.searchsorted(kept.submit_s, kept.submit_s[0] + warm_up_s))
    counts = (
        Count(
            what=LARGER,
            jobs=int((~runs).sum()),
            rule="not replayed: larger than it, of a type that it has not, or over a quota",
        ),
        Count(
            what="in the warm-up",
            jobs=first_job,
            rule=f"submitted in the first {format_duration(warm_up_s)}: replayed, not measured; what ran before is "
            "not known",
        ),
        Count(
            what="cut at the end",
            jobs=int(kept.is_cut.sum()),
            rule="running when the history ends: replayed for as long as was seen",
        ),
        *_outcomes(kept),
    )
    return Usable(trace=kept, first_job=first_job, counts=counts)


def _outcomes(trace: Trace) -> list[Count]:
    """Jobs that did not come to a good end."""
    jobs = np.bincount(trace.outcome[~trace.is_cut], minlength=len(trace.outcomes))
    return [
        Count(
            what=f"ended as {outcome}",
            jobs=int(count),
            rule="replayed for as long as they ran: they held their GPUs",
        )
        for outcome, count in zip(trace.outcomes, jobs, strict=True)
        if count and outcome.lower() not in _DONE
    ]
