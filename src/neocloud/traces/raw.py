"""What every format is first read into: columns of what its rows say, before any rule is applied to them.

A format knows names, units and how times are written; which rows become jobs is for `building` alone.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from neocloud.model.traces import LeftOut, Whole

MISSING = -(1 << 62)
"""In a column of whole numbers: the row says nothing."""

UNREADABLE = MISSING + 1
"""In a column of whole numbers: the row says something that cannot be read; `texts` has it."""

Names = NDArray[np.object_]
"""A text for each row; "" where it says nothing."""


class Raw(Struct, kw_only=True, eq=False):
    """Rows of a history in the order of the file; every column has one value for each.

    Instants are whole seconds: UTC where `has_calendar`, else from the start of the history.
    """

    format: str
    place: Whole
    """The line, or the row, that each came from; the word for it is `unit`."""

    unit: str = "line"
    has_calendar: bool
    job_ids: NDArray[np.generic]
    submit_s: Whole
    start_s: Whole
    end_s: Whole
    duration_s: Whole
    """Used where there is no start and end."""

    gpus: NDArray[np.float64]
    """NaN where the row says nothing, minus one where it cannot be read."""

    nodes: Whole
    limit_s: Whole
    rank: Whole
    teams: Names
    gpu_types: Names
    outcomes: Names
    is_running: NDArray[np.bool_]
    """Whether the row says that the job still runs."""

    left_out: tuple[LeftOut, ...] = ()
    """Rows that the format itself cannot use: cut lines, steps of jobs."""

    are_mistakes: tuple[bool, ...] = ()
    """For each of `left_out`, whether `strict` refuses it."""

    remarks: tuple[str, ...] = ()
