"""Who starts next, and how long a job is taken to run when that is decided."""

from enum import StrEnum

import numpy as np
from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.traces import Trace, Whole

_PADDED = 2.0


class Policy(StrEnum):
    """The replay policy: the order in which waiting jobs start; `POLICIES` says it in words."""

    FIFO = "fifo"
    BACKFILL = "backfill"
    SHORTEST = "shortest"
    PRIORITY = "priority"


POLICIES = {
    Policy.FIFO: "in order of submit; when the first does not fit, all wait.",
    Policy.BACKFILL: "in order of submit, but a later job may start if that delays the first by nothing, by the "
    "estimates (EASY). The whole queue is looked through, however long.",
    Policy.SHORTEST: "in order of the estimates, the shortest first; when it does not fit, all wait.",
    Policy.PRIORITY: "in order of rank, then of submit. For the first in the queue running jobs of a worse rank are "
    "stopped, the worst rank and the latest started first; they wait again and start from nothing.",
}
"""What each policy does, in a sentence or two."""


class Estimates(Struct, frozen=True, kw_only=True, eq=False):
    """Estimated run time of each job (never under its run time), and a sentence about where they come from."""

    seconds: Whole
    said: str

    @classmethod
    def of(cls, trace: Trace, how: str) -> "Estimates":
        """Of `auto` (limits if there are any, else perfect), `limits`, `perfect` or `padded[:FACTOR]`."""
        known = trace.limit_s > 0
        if how == "auto":
            how = "limits" if known.any() else "perfect"
        if how == "perfect":
            return cls(seconds=trace.duration_s, said="perfect: every job is taken to run as long as it did")
        if how == "limits":
            return _of_limits(trace, known)
        name, _, factor = how.partition(":")
        if name != "padded":
            raise Invalid(f"{how!r} is no kind of estimate; write auto, limits, perfect, or padded:2")
        return _padded(trace, factor)


def _of_limits(trace: Trace, known: np.ndarray) -> Estimates:
    if not known.any():
        raise Invalid("the history has no run times that were asked for; write --estimates perfect or padded:2")
    outran = int((known & (trace.limit_s < trace.duration_s)).sum())
    seconds = np.where(known, np.maximum(trace.limit_s, trace.duration_s), trace.duration_s)
    others = len(trace) - int(known.sum())
    said = [f"the run times asked for, of {len(trace) - others:,} jobs"]
    if others:
        said.append(f"{others:,} without one are taken to run as long as they did")
    if outran:
        said.append(f"{outran:,} ran longer than they asked for, and are taken to run as long as they did")
    return Estimates(seconds=seconds, said="; ".join(said))


def _padded(trace: Trace, factor: str) -> Estimates:
    try:
        padding = float(factor or _PADDED)
    except ValueError:
        padding = 0.0
    if not 1 <= padding <= 1_000:
        raise Invalid(f"padded:{factor} is no padding; write a factor from 1 to 1000, such as padded:2")
    seconds = np.ceil(trace.duration_s * padding).astype(np.int64)
    return Estimates(seconds=seconds, said=f"padded: every job is taken to run {padding:g} times as long as it did")
