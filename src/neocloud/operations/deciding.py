"""The desk: requests as they come, decided one by one on the opportunity cost of what they would take.

It plans anew when its plan is old, keeps the costs of the last few plans, and writes every decision into the journal:
an accepted request is booked in the same commit, one that is declined says what it was worth and what it displaced.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from neocloud.errors import Refused
from neocloud.model.commands import AcceptPut, Apply, Decline
from neocloud.model.forecasts import Forecast
from neocloud.model.plans import Scenario
from neocloud.model.requests import Judgement, Request
from neocloud.model.world import World
from neocloud.operations.ledger import Ledger
from neocloud.rules.planning.accepting import booking
from neocloud.rules.planning.advice import why_not
from neocloud.rules.planning.beliefs import beliefs
from neocloud.rules.planning.conditions import available
from neocloud.rules.planning.drawing import drawn
from neocloud.rules.planning.futures import Costs, Future, costs_over, displacements, joined, moved
from neocloud.rules.planning.futures import futures as futures_of
from neocloud.rules.planning.judging import Verdict, asker, judged
from neocloud.rules.planning.leaving import freed
from neocloud.rules.planning.outlook import Outlook, outlook
from neocloud.rules.planning.piece import same
from neocloud.rules.planning.puts import accepted_puts, net_usd, with_puts
from neocloud.rules.requests import check_request
from neocloud.settings import DESK_FUTURES, PLAN_HORIZON_S, PLAN_KEPT, REPLAN_S
from neocloud.timeline import Span
from neocloud.units import NANOS, Money


class Decision(NamedTuple):
    """What was decided on a request: accepted in a way (an index of its ways) or not, and why."""

    accepted: bool
    way: int | None
    reason: str


class Desk:
    """Decides on requests as they come, on one ledger, under one scenario."""

    def __init__(
        self,
        ledger: Ledger,
        scenario: Scenario,
        *,
        seed: int = 0,
        futures: int = DESK_FUTURES,
        replan_s: int = REPLAN_S,
        exact: bool = True,
    ) -> None:
        self._ledger, self._scenario = ledger, scenario
        self._seed, self._count, self._replan_s = seed, futures, replan_s
        self._exact = exact
        self._planned_at: int | None = None
        self._kept: list[Costs] = []
        self._futures: list[Future] = []
        self._view: Outlook
        self._stands: Outlook
        self._costs: Costs

    def consider(self, request: Request, now: int) -> Decision:
        """Receive a request, decide on it, and write both down in one commit. Raises Mistaken."""
        with self._ledger.at(now) as world:
            check_request(world, request)
            if self._is_old(request, now):
                self._plan(world, now)
            if request.put:
                return self._promised(request, now)
            view = self._view = available(world, self._scenario, self._view)
            who = asker(world, request, float(self._scenario.values_ratio))
            exact = self._displaced if self._exact else None
            verdict = judged(request, who, view, self._costs, exact)[0]
            gained = verdict.net_usd > 0 or request.rank is not None  # what a rank displaces is written down
            reason = "accepted" if verdict.fits and gained else why_not(request, verdict, view)
        judgement = self._judgement(verdict, reason, now)
        receive = Apply(id=f"receive:{request.id}", noun=request)
        if reason == "accepted":
            try:
                self._ledger.submit(receive, booking(self._ledger.world, request, verdict.way, judgement), now=now)
                return Decision(True, verdict.way, reason)
            except Refused as refusal:  # the law sees more than a plan: rights of first refusal, turnarounds
                reason = f"no room: {refusal.code}"
                judgement = replace(judgement, reason=reason)
        no = Decline(id=f"decline:{request.id}", request=request.id, judgement=judgement)
        self._ledger.submit(receive, no, now=now)
        return Decision(False, None, reason)

    def _promised(self, put: Request, now: int) -> Decision:
        """Accept a put where it pays more than the energy it draws: it is taken only where nothing else pays more."""
        pays = any(net_usd(put, index, self._view) > 0 for index in range(len(put.ways)))
        reason = "accepted" if pays else "a put that pays no more than the energy it would draw"
        judgement = Judgement(at=now, journal_seq=self._ledger.world.head.seq, reason=reason)
        receive = Apply(id=f"receive:{put.id}", noun=put)
        if not pays:
            no = Decline(id=f"decline:{put.id}", request=put.id, judgement=judgement)
            self._ledger.submit(receive, no, now=now)
            return Decision(False, None, reason)
        self._ledger.submit(receive, AcceptPut(id=f"accept:{put.id}", request=put.id, judgement=judgement), now=now)
        self._planned_at = None  # from now on what is unsold is worth more
        return Decision(True, None, reason)

    def _is_old(self, request: Request, now: int) -> bool:
        """Whether there is no plan yet, it was made long ago, or it does not know a pool that came since."""
        if self._planned_at is None or now - self._planned_at >= self._replan_s:
            return True
        return any(way.pool not in self._view.pools for way in request.ways)

    def _plan(self, world: World, now: int) -> None:
        """Draw futures from what is believed by now, and price capacity in each."""
        forecasts = forecasts_of(world, self._scenario)
        until_at = self._scenario.until_at or now + PLAN_HORIZON_S
        puts = accepted_puts(world, now)
        also_at = [at for each in puts for at in (each.start_at, each.end_at)]
        view = outlook(world, self._scenario, Span(now, until_at), also_at=also_at)
        self._view = with_puts(available(world, self._scenario, view), puts)
        since_at = since(world, self._scenario, now)
        believed = beliefs(forecasts, world.requests.values(), since_at=since_at, now=now)
        rng = np.random.default_rng([self._seed, now])
        streams = drawn(forecasts, believed, self._view, futures=self._count, rng=rng)
        gone = freed(world, self._scenario, self._view, futures=self._count, rng=rng)
        self._futures = futures_of(self._view, streams, gone)
        known = [costs for costs in self._kept if costs.view.pools == view.pools]
        self._kept = [*known, costs_over(self._view, self._futures)][-PLAN_KEPT:]
        self._costs = joined(self._kept)
        self._planned_at, self._stands = now, self._view

    def _displaced(self, less: Outlook) -> float:
        """What having less costs, the mean over the futures, USD."""
        if not same(self._stands, self._view):  # others book as well
            moved(self._futures, self._view)
            self._stands = self._view
        return float(displacements(self._futures, less).mean())

    def _judgement(self, verdict: Verdict, reason: str, now: int) -> Judgement:
        return Judgement(
            at=now,
            journal_seq=self._ledger.world.head.seq,
            worth=dollars(verdict.worth_usd),
            opportunity_cost=dollars(verdict.cost_usd),
            reason=reason,
        )


def forecasts_of(world: World, scenario: Scenario) -> Sequence[Forecast]:
    """The forecasts of a ledger, those of the scenario in their place."""
    known = {**world.forecasts, **{each.id: each for each in scenario.forecasts}}
    return [known[name] for name in sorted(known)]


def since(world: World, scenario: Scenario, now: int) -> int:
    """From when on requests tell of demand: as the scenario says, or from the first that is known."""
    if scenario.since_at is not None:
        return scenario.since_at
    return min((each.arrived_at for each in world.requests.values()), default=now)


def dollars(amount_usd: float) -> Money:
    """An estimate as money, to the cent."""
    return Money("USD", round(amount_usd * 100) * (NANOS // 100))
