"""The game on the ledger: the same days and requests, decided by whoever sits at the desk, in a real journal."""

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Protocol

from benchmarks.decisions.arrays import Outcome, by_day
from benchmarks.decisions.arrivals import request_name, request_of
from benchmarks.decisions.clock import at
from benchmarks.decisions.facts import happened, lost
from benchmarks.decisions.known import Taken, View, not_carried, view_on
from benchmarks.decisions.nouns import ledger_of
from benchmarks.decisions.pools import POOLS
from benchmarks.decisions.worlds import World
from neocloud.model.leases import Lease
from neocloud.model.requests import Request
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.journal import Journal

UNSERVED = "no pool can serve it"


class Decision(Protocol):
    """What was decided on a request; `reason` says why, and is counted by what stands before a colon."""

    @property
    def accepted(self) -> bool:
        """Whether a lease was booked for it."""

    @property
    def reason(self) -> str:
        """Why."""


class Policy(Protocol):
    """Whoever decides: receives a request, and books or declines it in the ledger."""

    def consider(self, request: Request, now: int) -> Decision:
        """Decide on a request that has just arrived."""


Known = Callable[[int], View]
"""What is known on a day of now."""

Seat = Callable[[Ledger, Known], Policy]
"""Sits a policy down at a ledger."""


def play(world: World, seat: Seat) -> Outcome:
    """A policy in a world, on a ledger of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="decisions-") as folder, _journal(folder) as journal:
        ledger = ledger_of(world, journal)
        game = _Game(world, ledger, seat(ledger, lambda day: view_on(world, day)))
        for day, arriving in enumerate(by_day(world)):
            game.begin(day)
            for row in arriving.tolist():
                game.ask(row)
        return game.outcome()


def _journal(folder: str) -> closing[Journal]:
    return closing(open_journal(f"sqlite:{folder}/journal.sqlite", create=True))


class _Game:
    """A world that happens to a ledger, and who decides there."""

    def __init__(self, world: World, ledger: Ledger, policy: Policy) -> None:
        self._world = world
        self._ledger = ledger
        self._policy = policy
        self._leased: list[Taken] = []
        self._lost: list[Taken] = []
        self._reasons = Counter[str]()

    def begin(self, day: int) -> None:
        """A day begins: its facts are told, and what its supply cannot carry is lost."""
        gone = not_carried(self._world, day, self._leased)
        now, facts = at(day), happened(self._world, day)
        if facts or gone:
            ends = [lost(self._lease(each.request).id, now) for each in gone]
            self._ledger.submit(*facts, *ends, now=now)
        self._leased = [each for each in self._leased if each not in gone]
        self._lost += gone

    def ask(self, row: int) -> None:
        """A request arrives."""
        request = request_of(self._world, row)
        if request is None:
            self._reasons[UNSERVED] += 1
            return
        decision = self._policy.consider(request, request.arrived_at)
        if decision.accepted:
            self._leased.append(Taken(row, _pool(self._lease(row), request)))
        else:
            self._reasons[decision.reason.partition(":")[0]] += 1

    def outcome(self) -> Outcome:
        """What came of it; nothing that is said to be carried was changed since it was booked."""
        for each in self._leased:
            request = request_of(self._world, each.request)
            assert request is not None and _pool(self._lease(each.request), request) == each.pool
        return Outcome(tuple(self._leased), tuple(self._lost), dict(self._reasons))

    def _lease(self, row: int) -> Lease:
        """The lease of a request that was accepted, whatever its name."""
        world = self._ledger.world
        return world.leases[world.requests[request_name(row)].lease or ""]


def _pool(lease: Lease, request: Request) -> int:
    """The pool (in POOLS) of a lease; it must be what was asked for."""
    (block,) = lease.blocks
    ways = {way.pool: way.gpus for way in request.ways}
    assert lease.status == "confirmed" and block.span == request.span and ways[block.pool] == block.gpus
    return [pool.id for pool in POOLS].index(block.pool)
