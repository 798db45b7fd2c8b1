"""What is missing over time, who holds GPUs there, and what is left of it as leases give."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from neocloud.model.capacity import Resource
from neocloud.model.fleet import Pool
from neocloud.model.leases import Block, Lease
from neocloud.model.world import World
from neocloud.timeline import Span, Step


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


class Deficit:
    """What is missing of pools (GPUs) and of sites (watts), over time."""

    def __init__(self, steps: dict[Resource, list[Step]]) -> None:
        self.steps = steps
        self.stretches = {resource: _merged(Span(a, b) for a, b, _ in each) for resource, each in steps.items()}
        self._met: dict[str, list[Span]] = {}  # by pool

    @classmethod
    def of(cls, world: World, spans: dict[Resource, Span]) -> "Deficit":
        """Where the world is short of resources, each inside a span."""
        found: dict[Resource, list[Step]] = {}
        for resource, within in spans.items():
            steps = world.capacity(resource).available.steps_below(0, within)
            if short := [Step(start_at, end_at, -value) for start_at, end_at, value in steps]:
                found[resource] = short
        return cls(found)

    def met(self, pool: Pool, within: Span) -> list[Span]:
        """The parts of a span that lie in a stretch in which a pool, or its site's power, is short."""
        stretches = self._met.get(pool.id)
        if stretches is None:
            both = (Resource("gpus", pool.id), Resource("watts", pool.site))
            stretches = [stretch for resource in both for stretch in self.stretches.get(resource, ())]
            self._met[pool.id] = stretches
        found = [span for stretch in stretches if (span := stretch.meets(within))]
        return found if len(found) < 2 else _merged(sorted(found))


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


def row_of(world: World, position: int, block: Block, within: Span) -> Row:
    """The block at a position of its lease, over a span, as a row of a candidate."""
    pool = world.pools[block.pool]
    start_at, end_at = within
    return Row(
        position, pool.id, pool.site, start_at, end_at, block.gpus, world.watts_per_gpu(pool), pool.sell_unit_gpus
    )


class Left:
    """What is left of a deficit as leases give: a number for every cell of time in which none of it changes.

    Whole slices of cells at once: at 20,000 cells ten times faster than a step function, for all of them are
    looked at again and again.
    """

    def __init__(self, deficit: Deficit, rows: Iterable[Row]) -> None:
        import numpy as np  # noqa: PLC0415  (only where something is short)

        cuts = {at for row in rows for at in row.span}
        cuts.update(at for steps in deficit.steps.values() for a, b, _ in steps for at in (a, b))
        self._times = sorted(cuts)
        self._lengths_s = np.diff(np.array(self._times, np.int64))
        self._gpus: dict[str, Any] = {}  # by pool
        self._watts: dict[str, Any] = {}  # by site
        self._at_first: dict[str, Any] = {}  # GPUs of a pool, before anybody gave
        self._thin: dict[tuple[str, int], tuple[list[int], Any]] = {}
        for resource, steps in deficit.steps.items():
            left = np.zeros(len(self._lengths_s), np.int64)
            for start_at, end_at, value in steps:
                left[self._cells(start_at, end_at)] = value
            (self._gpus if resource.kind == "gpus" else self._watts)[resource.id] = left

    def _cells(self, start_at: int, end_at: int) -> slice:
        return slice(bisect_left(self._times, start_at), bisect_left(self._times, end_at))

    def _of(self, row: Row) -> list[tuple[Any, int]]:
        """What is left of a row's pool, and of its site's power, each with what one GPU takes of it."""
        gpus, watts = self._gpus.get(row.pool), self._watts.get(row.site)
        found = [] if gpus is None else [(gpus, 1)]
        return found if watts is None else [*found, (watts, row.watts)]

    def any(self) -> bool:
        """Whether something is still missing."""
        return any(bool((left > 0).any()) for left in (*self._gpus.values(), *self._watts.values()))

    def need(self, row: Row) -> int:
        """The most GPUs of a row's pool that are missing at an instant of its span."""
        cells = self._cells(row.start_at, row.end_at)
        return max([0, *(-(-int(left[cells].max()) // per) for left, per in self._of(row))])

    def inside(self, row: Row) -> int:
        """GPU-seconds of a row that are missing, before anybody gives: all of them, but for cells that are thin."""
        if not self._of(row):
            return 0
        cells = self._cells(row.start_at, row.end_at)
        before, thin = self._thin_cells(row)
        whole_s = row.gpus * (row.end_at - row.start_at)
        few = thin[before[cells.start] : before[cells.stop]]
        if not len(few):
            return whole_s
        there = (row.gpus - self._at_first[row.pool][few]).clip(min=0)
        return whole_s - int((there * self._lengths_s[few]).sum())

    def _thin_cells(self, row: Row) -> tuple[list[int], Any]:
        """Cells that lack fewer GPUs than a row has, up to a power of two; and how many come before each cell."""
        import numpy as np  # noqa: PLC0415

        size = row.pool, row.gpus.bit_length()
        if size not in self._thin:
            if row.pool not in self._at_first:
                missing = [-(-left // per) for left, per in self._of(row)]
                self._at_first[row.pool] = missing[0] if len(missing) == 1 else np.maximum(*missing)
            few = self._at_first[row.pool] < 1 << row.gpus.bit_length()
            self._thin[size] = [0, *few.cumsum().tolist()], few.nonzero()[0]
        return self._thin[size]

    def short_without(self, row: Row, *, part: bool) -> bool:
        """Whether something would be missing again if a row were not given, or (in part) one unit less of it."""
        cells, gpus = self._cells(row.start_at, row.end_at), row.unit_gpus if part else row.gpus
        return any(int(left[cells].max()) + gpus * per > 0 for left, per in self._of(row))

    def give(self, row: Row, sign: int = 1) -> None:
        """A row is given, or (`sign` -1) is not given after all."""
        cells = self._cells(row.start_at, row.end_at)
        for left, per in self._of(row):
            left[cells] -= sign * row.gpus * per


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch as one."""
    merged: list[Span] = []
    for start_at, end_at in spans:
        if merged and start_at <= merged[-1].end_at:
            merged[-1] = Span(merged[-1].start_at, max(merged[-1].end_at, end_at))
        else:
            merged.append(Span(start_at, end_at))
    return merged
