"""The World in memory: the fold of the journal, and nothing else.

To apply an entry: replace the noun, and add the difference of old and new to the timelines; `undo`
is the exact inverse. Everything else in here can be computed from the nouns alone.
"""

import heapq
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from neocloud.model.capacity import Capacity, Difference, Resource
from neocloud.model.entries import EMPTY, Head, Noun
from neocloud.model.leases import Lease
from neocloud.model.nouns import Nouns
from neocloud.model.timelines import Timelines
from neocloud.timeline import FOREVER, Span, Step, StepFunction, edges


class Undo(NamedTuple):
    """What takes one applied noun back."""

    noun: Noun
    old: Noun | None
    difference: Difference


class Share(NamedTuple):
    """GPUs that a tenant holds in a pool."""

    tenant: str
    pool: str
    gpus: int


class World(Nouns):
    """All nouns by id, and supply and demand of every resource over time."""

    def __init__(self, nouns: Iterable[Noun] = (), head: Head = EMPTY) -> None:
        super().__init__(nouns)
        self.head = head

    @cached_property
    def timelines(self) -> Timelines:
        """Supply and demand over time; until they are first asked for, nouns may be `put` in bulk."""
        return Timelines(self)

    @cached_property
    def _expiries(self) -> list[tuple[int, str]]:
        """When holds run out, as a heap; what no longer holds is passed over."""
        rows = [(at, lease.id) for lease in self.leases.values() if (at := lease.expires_at) is not None]
        heapq.heapify(rows)
        return rows

    @cached_property
    def options(self) -> set[str]:
        """The leases that are held as options."""
        return {lease.id for lease in self.leases.values() if lease.option is not None and lease.status == "held"}

    def capacity(self, resource: Resource) -> Capacity:
        """Supply and availability of a resource."""
        return self.timelines.capacity(resource)

    def difference(self, noun: Noun) -> Difference:
        """What the timelines will move by when `noun` takes the place of its old form."""
        return self.timelines.difference(noun)

    def apply(self, noun: Noun, difference: Difference | None = None) -> Undo:
        """Replace a noun by its new form, and move the timelines by the difference (if known, given)."""
        undo = Undo(
            noun,
            self.find(type(noun), noun.id),
            difference if difference is not None else self.difference(noun),
        )
        self._put(undo.old, noun)
        self.timelines.move(undo.difference, 1)
        return undo

    def undo(self, undo: Undo) -> None:
        """Take back the last noun that was applied."""
        self.timelines.move(undo.difference, -1)
        self._put(undo.noun, undo.old)

    def _put(self, old: Noun | None, new: Noun | None) -> None:
        self.timelines.leave(old)
        if new is not None:
            self.put(new)
        elif old is not None:
            self.drop(old)
        self.timelines.enter(new)
        if isinstance(new or old, Lease):
            self._note_option(new, old)
        if isinstance(new, Lease) and new.expires_at is not None:
            heapq.heappush(self._expiries, (new.expires_at, new.id))

    def _note_option(self, new: Noun | None, old: Noun | None) -> None:
        if isinstance(old, Lease) and old.option is not None:
            self.options.discard(old.id)
        if isinstance(new, Lease) and new.option is not None and new.status == "held":
            self.options.add(new.id)

    def due(self, now: int) -> list[Lease]:
        """The holds that have run out by `now`, earliest first."""
        while self._expiries and self._expiries[0][0] <= now and not self._still_held(*self._expiries[0]):
            heapq.heappop(self._expiries)
        if not self._expiries or self._expiries[0][0] > now:
            return []
        rows = sorted({row for row in self._expiries if row[0] <= now})
        return [self.leases[name] for expires_at, name in rows if self._still_held(expires_at, name)]

    @property
    def next_expiry_at(self) -> int:
        """When the next hold runs out, at the earliest; FOREVER without any."""
        return self._expiries[0][0] if self._expiries else FOREVER

    def _still_held(self, expires_at: int, name: str) -> bool:
        lease = self.leases.get(name)
        return lease is not None and lease.expires_at == expires_at

    def shares(self, pool: str, within: Span, most: int) -> list[Share]:
        """Who holds how much of a pool: the `most` largest tenants, by their peak inside a (short) span."""
        held = self._held_over(pool, within)
        largest = heapq.nsmallest(most, held, key=lambda tenant: (-held[tenant], tenant))
        return [Share(tenant, pool, held[tenant]) for tenant in largest]

    def _held_over(self, pool: str, within: Span) -> dict[str, int]:
        """The most that each tenant holds inside a span; a tenant with nothing may be left out."""
        held_by = self.timelines.held_by(pool)
        if held_by is not None:
            return {tenant: gpus for tenant, held in held_by.items() if (gpus := held.peak(within))}
        if within.end_at - within.start_at > 1:
            return self._peaks(pool, within)
        held: dict[str, int] = {}
        for _, _, _, gpus, tenant in self.timelines.holders_of(pool, within):
            held[tenant] = held.get(tenant, 0) + gpus
        return held

    def _peaks(self, pool: str, within: Span) -> dict[str, int]:
        steps: dict[str, list[Step]] = {}
        for start_at, end_at, _, gpus, tenant in self.timelines.holders_of(pool, within):
            steps.setdefault(tenant, []).append(Step(start_at, end_at, gpus))
        return {tenant: StepFunction.of(edges(rows)).peak(within) for tenant, rows in steps.items()}
