"""A trace: jobs of the past, used as demand. Columns, not rows: there may be ten million of them.

The law of a reading: rows read = rows used + rows left out, each of these with its reason.
"""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Whole = NDArray[np.int64]

UNKNOWN_TEAM = "unknown"
"""The team of a job whose history names none."""

ANY_TYPE = ""
"""The GPU type of a job that takes any; always the first of a trace's `gpu_types`."""


class Trace(Struct, frozen=True, kw_only=True, eq=False, gc=False):
    """Jobs in order of `submit_s`, ties in the order of the history. Every column has one value for each job.

    Seconds count from `begins_at`, the instant (UTC) of second 0; a history without a calendar has None.
    """

    job_ids: NDArray[Any]
    """As the history names them; need not be unique (a job that was started again comes twice)."""

    submit_s: Whole
    """When the job was there to be started; never falls."""

    duration_s: Whole
    """How long it ran, 0 or more; for a job that `is_cut`, as long as was seen."""

    gpus: Whole
    """How many GPUs it held, 1 or more."""

    nodes: Whole
    """On how many nodes; 0 where the history does not say."""

    limit_s: Whole
    """The run time that was asked for; 0 where the history does not say."""

    rank: Whole
    """Who is served first under the policy `priority`: 1 is; all 1 where nothing says otherwise."""

    waited_s: Whole
    """How long it really waited; -1 where the history does not say."""

    team: Whole
    """Index into `teams`."""

    gpu_type: Whole
    """Index into `gpu_types`; 0 takes any."""

    is_cut: NDArray[np.bool_]
    """Whether the job still ran when the history ended."""

    outcome: Whole
    """Index into `outcomes`: how the job ended, in the words of the history."""

    teams: tuple[str, ...] = (UNKNOWN_TEAM,)
    gpu_types: tuple[str, ...] = (ANY_TYPE,)
    outcomes: tuple[str, ...] = ("",)
    begins_at: int | None = None

    def __len__(self) -> int:
        return len(self.submit_s)


class LeftOut(Struct, frozen=True, kw_only=True, gc=False):
    """Rows of a history that were not used, for one reason; `first` is the place of the first of them."""

    reason: str
    rows: int
    first: str


class Reading(Struct, frozen=True, kw_only=True, eq=False):
    """What reading a history came to: the trace, and an account of every row."""

    trace: Trace
    path: str
    format: str
    rows_read: int
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()
    """What was assumed, and what was done to rows that were used; a sentence each."""

    quotas: tuple[tuple[str, int], ...] = ()
    """GPUs that a team may hold at once, where a mapping file says so."""

    @property
    def rows_used(self) -> int:
        """Rows that are jobs of the trace."""
        return len(self.trace)
