"""Who gives way first where there is not enough: one order for reclaims and for shortfalls.

Ascending by the money lost per GPU-hour that is freed inside the deficit (an inside lease loses its internal
value; one that has only a rank loses no money, and the last rank goes first), then the fewest GPUs, the newest,
the id. Protected leases come last. After the pick, a pass from the last one back drops whoever is not needed.
"""

from collections.abc import Iterable
from typing import NamedTuple

from neocloud.model.leases import Lease
from neocloud.rules.deficit import Deficit, Left, Row
from neocloud.timeline import FOREVER, Span, Step, StepFunction, edges
from neocloud.units import HOUR_S, Money

Key = tuple[int, bool, int, int, int, int, str]


class Candidate(NamedTuple):
    """A lease that may have to give way: what it could give, what that loses, and whether a part is enough."""

    lease: Lease
    rows: tuple[Row, ...]
    lost: Money | None
    part: bool
    shed: int = 0


class Taken(NamedTuple):
    """What a candidate gives: so many GPUs of each of its rows that are needed."""

    candidate: Candidate
    rows: tuple[Row, ...]

    @property
    def gpus(self) -> int:
        """The most GPUs that it gives at one instant."""
        given = StepFunction.of(edges(Step(*row.span, row.gpus) for row in self.rows))
        return given.peak(Span(0, FOREVER))


def weakest(deficit: Deficit, candidates: Iterable[Candidate]) -> tuple[list[Taken], bool]:
    """Who gives way, in order, until nothing is missing or nobody is left; and whether nothing is missing then."""
    candidates = list(candidates)
    left, taken = Left(deficit, (row for each in candidates for row in each.rows)), []
    for candidate in sorted(candidates, key=lambda each: _order(left, each)):
        if rows := _given(left, candidate):
            taken.append(Taken(candidate, rows))
    return _needed(left, taken), not left.any()


def _order(left: Left, candidate: Candidate) -> Key:
    """The place of a candidate in the order: the least goes first."""
    lease, lost = candidate.lease, candidate.lost
    freed_s = sum(left.inside(row) for row in candidate.rows)
    unpriced = lost is None and lease.rank is None  # nobody said what it is worth: it goes last
    per_gpu_hour = lost.nanos * HOUR_S // max(1, freed_s) if lost is not None else 0
    gpus = max((row.gpus for row in candidate.rows), default=0)
    last = lease.protected or unpriced
    return candidate.shed, last, per_gpu_hour, -(lease.rank or 0), gpus, -lease.booked_at, lease.id


def _given(left: Left, candidate: Candidate) -> tuple[Row, ...]:
    """If it is needed, a candidate gives all of its rows, or where a part is enough, what is missing of each."""
    rows: list[Row] = []
    if not candidate.part and any(left.need(row) for row in candidate.rows):
        rows += candidate.rows
        for row in rows:
            left.give(row)
    elif candidate.part:
        for row in candidate.rows:
            gpus = min(row.gpus, -(-left.need(row) // row.unit_gpus) * row.unit_gpus)
            if gpus:
                rows.append(row._replace(gpus=gpus))
                left.give(rows[-1])
    return tuple(rows)


def _needed(left: Left, taken: list[Taken]) -> list[Taken]:
    """Without those, and of parts without what, is not needed after all; looked for from the last one back."""
    kept = []
    for each in reversed(taken):
        if len(each.rows) == 1 and left.short_without(each.rows[0], part=each.candidate.part):
            kept.append(each)
            continue
        for row in each.rows:
            left.give(row, -1)
        if rows := _given(left, each.candidate):
            kept.append(each._replace(rows=rows))
    return kept[::-1]
