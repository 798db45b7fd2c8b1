"""Who gives way first where there is not enough: one order for reclaims and for shortfalls.

Ascending by the money lost per GPU-hour that is freed inside the deficit (an inside lease loses its internal
value; one that has only a rank loses no money, and the last rank goes first), then the fewest GPUs, the newest,
the id. Protected leases come last. After the pick, a pass from the last one back drops whoever is not needed.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from neocloud.model.capacity import Resource
from neocloud.model.leases import Block, Lease
from neocloud.model.world import World
from neocloud.timeline import FOREVER, Span, Step, StepFunction, edges
from neocloud.units import HOUR_S, Money

Key = tuple[int, bool, int, int, int, int, str]


class Row(NamedTuple):
    """GPUs of a pool over a span that a lease could give, out of its `block`; `watts` is what one of them takes."""

    block: int
    pool: str
    site: str
    start_at: int
    end_at: int
    gpus: int
    watts: int
    unit_gpus: int

    @property
    def span(self) -> Span:
        """When they would be free."""
        return Span(self.start_at, self.end_at)


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


class Deficit:
    """What is missing of pools (GPUs) and sites (watts) over time; it shrinks as candidates give."""

    def __init__(self, short: dict[Resource, Sequence[Step]]) -> None:
        self.stretches = {resource: _stretches(steps) for resource, steps in short.items()}
        self._left = {resource: StepFunction.of(edges(steps)) for resource, steps in short.items()}

    @classmethod
    def of(cls, world: World, spans: dict[Resource, Span]) -> "Deficit":
        """Where the world is short of resources, each inside a span."""
        found: dict[Resource, Sequence[Step]] = {}
        for resource, within in spans.items():
            steps = world.capacity(resource).available.steps(within)
            short = [Step(start_at, end_at, -value) for start_at, end_at, value in steps if value < 0]
            if short:
                found[resource] = short
        return cls(found)

    def __bool__(self) -> bool:
        return any(left.peak(span) > 0 for r, left in self._left.items() for span in self.stretches[r])

    def need(self, row: Row, within: Span | None = None) -> int:
        """The most GPUs of a row's pool that are missing at an instant of its span (or of `within` it)."""
        span = within or row.span
        return max((self._peak(resource, span, per) for resource, per in _resources(row)), default=0)

    def narrowed(self, row: Row) -> list[Row]:
        """The parts of a row in which something is missing; each from its first to its last such instant."""
        spans = sorted(
            span
            for resource, _ in _resources(row)
            for stretch in self.stretches.get(resource, ())
            if (span := stretch.meets(row.span))
        )
        return [row._replace(start_at=a, end_at=b) for a, b in _merged(spans)]

    def inside(self, row: Row) -> int:
        """GPU-seconds of a row that are missing."""
        total = 0
        for part in self.narrowed(row):
            left = [(self._left[r], per) for r, per in _resources(row) if r in self._left]
            if len(left) == 1 and left[0][0].low(part.span) >= row.gpus * left[0][1]:
                total += row.gpus * (part.end_at - part.start_at)
            else:
                total += sum(min(row.gpus, n) * (b - a) for a, b, n in _missing(left, part.span))
        return total

    def give(self, row: Row, sign: int = 1) -> None:
        """A row is given, or (`sign` -1) is not given after all."""
        for resource, per in _resources(row):
            if resource in self._left:
                self._left[resource].add(row.start_at, row.end_at, -sign * row.gpus * per)

    def _peak(self, resource: Resource, within: Span, per: int) -> int:
        left = self._left.get(resource)
        return 0 if left is None else max(0, -(-left.peak(within) // per))


def weakest(deficit: Deficit, candidates: Iterable[Candidate]) -> list[Taken]:
    """Who gives way, in order, until nothing is missing or nobody is left. The deficit is what then remains."""
    taken: list[Taken] = []
    for candidate in sorted(candidates, key=lambda each: order(deficit, each)):
        if rows := _given(deficit, candidate):
            taken.append(Taken(candidate, rows))
            for row in rows:
                deficit.give(row)
    return _needed(deficit, taken)


def order(deficit: Deficit, candidate: Candidate) -> Key:
    """The place of a candidate in the order: the least goes first."""
    lease, lost = candidate.lease, candidate.lost
    freed_s = sum(deficit.inside(row) for row in candidate.rows)
    unpriced = lost is None and lease.rank is None  # nobody said what it is worth: it goes last
    per_gpu_hour = lost.nanos * HOUR_S // max(1, freed_s) if lost is not None else 0
    gpus = max((row.gpus for row in candidate.rows), default=0)
    return (
        candidate.shed,
        lease.protected or unpriced,
        per_gpu_hour,
        -(lease.rank or 0),
        gpus,
        -lease.booked_at,
        lease.id,
    )


def row_of(world: World, position: int, block: Block, within: Span) -> Row:
    """The block at a position of its lease, over a span, as a row of a candidate."""
    pool = world.pools[block.pool]
    per_gpu, unit_gpus = world.watts_per_gpu(pool), pool.sell_unit_gpus
    return Row(position, pool.id, pool.site, *within, block.gpus, per_gpu, unit_gpus)


def holders_in(world: World, deficit: Deficit) -> Iterator[Lease]:
    """Every lease that holds GPUs of a pool where, or at a site whose power, is missing, while it is."""
    seen: set[str] = set()
    for resource, stretches in deficit.stretches.items():
        pools = [resource.id] if resource.kind == "gpus" else [pool.id for pool in world.pools_of(resource.id)]
        for pool in pools:
            for span in stretches:
                for _, _, name, _, _ in world.timelines.holders_of(pool, span):
                    if name not in seen:
                        seen.add(name)
                        yield world.leases[name]


def _given(deficit: Deficit, candidate: Candidate) -> tuple[Row, ...]:
    """What of its rows a candidate gives: all of them, or where a part is enough, what is missing of each."""
    if not candidate.part:
        return candidate.rows if any(deficit.need(row) for row in candidate.rows) else ()
    rows = []
    for row in candidate.rows:
        gpus = min(row.gpus, -(-deficit.need(row) // row.unit_gpus) * row.unit_gpus)
        if gpus:
            rows.append(row._replace(gpus=gpus))
    return tuple(rows)


def _needed(deficit: Deficit, taken: list[Taken]) -> list[Taken]:
    """Without those, and of parts without what, is not needed after all; looked for from the last one back."""
    kept = []
    for each in reversed(taken):
        for row in each.rows:
            deficit.give(row, -1)
        if rows := _given(deficit, each.candidate):
            kept.append(each._replace(rows=rows))
        for row in rows:
            deficit.give(row)
    return kept[::-1]


def _resources(row: Row) -> tuple[tuple[Resource, int], tuple[Resource, int]]:
    """What a GPU of a row takes: one of its pool, and its watts of its site."""
    return (Resource("gpus", row.pool), 1), (Resource("watts", row.site), row.watts)


def _missing(left: list[tuple[StepFunction, int]], within: Span) -> Iterable[Step]:
    """GPUs missing over a span, by the resource that is missed most."""
    cuts = sorted({within.start_at, within.end_at, *(s.start_at for f, _ in left for s in f.steps(within))})
    for start_at, end_at in pairwise(cuts):
        yield Step(start_at, end_at, max(0, *(-(-f.at(start_at) // per) for f, per in left)))


def _stretches(steps: Sequence[Step]) -> list[Span]:
    return _merged([Span(step.start_at, step.end_at) for step in steps])


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that touch as one."""
    merged: list[Span] = []
    for start_at, end_at in spans:
        if merged and start_at <= merged[-1].end_at:
            merged[-1] = Span(merged[-1].start_at, max(merged[-1].end_at, end_at))
        else:
            merged.append(Span(start_at, end_at))
    return merged
