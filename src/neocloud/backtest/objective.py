"""What waits are put up with: `p95<30m` says that of 100 jobs, 95 wait less than 30 minutes."""

import re
from fractions import Fraction
from math import ceil

import numpy as np
from msgspec import Struct

from neocloud.backtest.kernels.compiled import NEVER_S
from neocloud.errors import Invalid
from neocloud.model.traces import Whole
from neocloud.units import FOREVER, format_duration, parse_duration

_OBJECTIVE = re.compile(r"p(\d{1,2}(?:\.\d{1,3})?)\s*<\s*([0-9smhdw]+)")


class Objective(Struct, frozen=True, kw_only=True):
    """The part of all jobs (`quantile`) that is to wait less than `within_s`."""

    quantile: Fraction
    within_s: int

    @classmethod
    def of(cls, text: str) -> "Objective":
        """Of `p95<30m`."""
        found = _OBJECTIVE.fullmatch(text.strip())
        within_s = parse_duration(found[2]) if found else 0
        if not found or not 0 < within_s < FOREVER or not float(found[1]):
            raise Invalid(
                f"{text!r} is no objective; write how many of 100 jobs wait less than what, such as p95<30m"
            )
        return cls(quantile=Fraction(found[1]) / 100, within_s=within_s)

    def most_late(self, jobs: int) -> int:
        """How many of so many jobs may wait `within_s` or longer."""
        return jobs - ceil(self.quantile * jobs)

    def holds(self, waits_s: Whole) -> bool:
        """Whether so many jobs, a wait each, keep it."""
        return int(np.count_nonzero(waits_s >= self.within_s)) <= self.most_late(len(waits_s))

    def wait_s(self, waits_s: Whole) -> int | None:
        """The wait at the quantile: the least that so many jobs do not exceed; None for one that never ends."""
        place = ceil(self.quantile * len(waits_s)) - 1
        wait_s = int(np.partition(waits_s, place)[place])
        return None if wait_s >= NEVER_S else wait_s

    def __str__(self) -> str:
        return f"p{float(self.quantile * 100):g}<{format_duration(self.within_s)}"
