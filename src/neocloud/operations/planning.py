"""The plan: from the ledger as it stands, requests and a scenario, what to accept, decline or counter, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from neocloud.model.plans import Scenario
from neocloud.model.requests import Request
from neocloud.operations.deciding import forecasts_of, since
from neocloud.operations.kept import Kept, kept
from neocloud.operations.ledger import Ledger
from neocloud.rules.planning.advice import Advice, advised, too_late
from neocloud.rules.planning.beliefs import Belief, beliefs
from neocloud.rules.planning.choosing import Choice, chosen
from neocloud.rules.planning.clashes import Clash, clashes
from neocloud.rules.planning.conditions import available
from neocloud.rules.planning.drawing import Stream, drawn
from neocloud.rules.planning.drawing import joined as together
from neocloud.rules.planning.futures import Costs, Future, costs_over, joined, moved, taken_by
from neocloud.rules.planning.futures import futures as futures_of
from neocloud.rules.planning.judging import Asker, asker
from neocloud.rules.planning.leaving import Freed, freed
from neocloud.rules.planning.opening import Case
from neocloud.rules.planning.openings import Openings, crowded, openings
from neocloud.rules.planning.outlook import Outlook, outlook
from neocloud.rules.planning.puts import accepted_puts, advised_puts, with_puts
from neocloud.rules.planning.wishes import Wished, stream_of, wished
from neocloud.rules.requests import check_request
from neocloud.settings import PLAN_FUTURES, PLAN_HORIZON_S
from neocloud.timeline import Span
from neocloud.units import Progress


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do about each request, what capacity is worth, and how sure that is.

    Requests were `weighed` against what demand still to come would pay; `costs` have these requests in them as well.
    `clashes` are promises that cannot all be kept, whatever is decided. `gap_ratio` is how far from the best choice
    it may be; `fell_back` that the solver needed its plainest method.
    """

    now: int
    journal_seq: int
    seed: int
    view: Outlook
    costs: Costs
    weighed: Costs
    streams: tuple[Stream, ...]
    freed: tuple[Freed | None, ...]
    believed: dict[str, Belief]
    requests: tuple[Request, ...]
    askers: tuple[Asker, ...]
    advice: tuple[Advice, ...]
    clashes: tuple[Clash, ...]
    gap_ratio: float
    fell_back: bool


def plan(
    ledger: Ledger,
    requests: Sequence[Request],
    scenario: Scenario,
    *,
    now: int,
    seed: int = 0,
    futures: int = PLAN_FUTURES,
    progress: Progress | None = None,
) -> Plan:
    """Weigh requests against each other and against what may yet be asked for. Raises Mistaken, or Unsolved.

    The same journal, requests, scenario and seed give the same plan to the bit.
    """
    ahead, passed = _still_possible(requests, now)
    puts, requests = [each for each in ahead if each.put], [each for each in ahead if not each.put]
    with ledger.at(now) as world:
        for request in ahead:
            check_request(world, request)
        held = [*accepted_puts(world, now), *puts]
        until_at = scenario.until_at or now + PLAN_HORIZON_S
        ratio = float(scenario.values_ratio)
        also_at = [at for each in (*requests, *held) for at in (each.start_at, each.end_at)]
        view = available(world, scenario, outlook(world, scenario, Span(now, until_at), also_at=also_at))
        view = with_puts(view, held)
        forecasts = forecasts_of(world, scenario)
        believed = beliefs(forecasts, world.requests.values(), since_at=since(world, scenario, now), now=now)
        rng = np.random.default_rng([seed, now])
        streams = drawn(forecasts, believed, view, futures=futures, rng=rng)
        gone = freed(world, scenario, view, futures=futures, rng=rng)
        wishes = wished(world, requests, view, values_ratio=ratio)
        later, choice, solved = _weighed(requests, wishes, view, (streams, gone), progress)
        booked = kept(ledger, world, requests, wishes, choice, now)
        sure = stream_of(world, requests, view, values_ratio=ratio)
        short = clashes(world, view.grid.within)
        asked_too = [together(each, sure) for each in streams]
        costs = costs_over(view, futures_of(view, asked_too, gone)) if requests else later
        asked = (*requests, *puts, *passed)
        askers = tuple(asker(world, request, ratio) for request in asked)
        left = taken_by(view, wishes.options, booked.parts)
        opened = _openings(ledger, Case(world, now, view, later, scenario), requests, askers, wishes, booked, left)
        given = advised(world, requests, askers, wishes, booked.parts, booked.refused, opened, later)
        advice = (*given, *advised_puts(puts, opened.left, solved), *map(too_late, passed))
    return Plan(
        now=now,
        journal_seq=ledger.world.head.seq,
        seed=seed,
        view=view,
        costs=costs,
        weighed=later,
        streams=tuple(streams),
        freed=tuple(gone),
        believed=believed,
        requests=asked,
        askers=askers,
        advice=advice,
        clashes=short,
        gap_ratio=choice.gap_ratio,
        fell_back=choice.fell_back or any(each.fell_back for each in solved),
    )


def _still_possible(requests: Sequence[Request], now: int) -> tuple[list[Request], list[Request]]:
    """Requests as they can still be served, those whose start has passed from now on; and those that have ended."""
    ahead, passed = [], []
    for request in requests:
        if request.end_at <= now:
            passed.append(request)
            continue
        start_at = max(request.start_at, now)
        latest_at = None if request.latest_start_at is None else max(request.latest_start_at, start_at)
        exits = tuple(each for each in request.exits if each.at >= start_at)
        ahead.append(replace(request, start_at=start_at, latest_start_at=latest_at, exits=exits))
    return ahead, passed


def _weighed(
    requests: Sequence[Request],
    wishes: Wished,
    view: Outlook,
    drawn_: tuple[Sequence[Stream], Sequence[Freed | None]],
    progress: Progress | None,
) -> tuple[Costs, Choice, list[Future]]:
    """Opportunity costs of later demand, the choice against them, and the futures.

    What is accepted raises them: so they are taken half-way between before and after, which for a value that is
    quadratic in what is taken is exact.
    """
    later = futures_of(view, *drawn_, progress=progress)
    before = costs_over(view, later)
    choice = chosen(requests, wishes, view, before)
    if not choice.served:
        return before, choice, later
    left = taken_by(view, wishes.options, choice.served)
    moved(later, left)
    halfway = joined([before, costs_over(view, later)])
    return halfway, chosen(requests, wishes, view, halfway), later


def _openings(
    ledger: Ledger,
    case: Case,
    requests: Sequence[Request],
    askers: Sequence[Asker],
    wishes: Wished,
    booked: Kept,
    left: Outlook,
) -> Openings:
    """The openings that can be made, beside all that is booked, for requests that find none."""
    served = {int(wishes.options.wish[column]) for column in booked.parts}
    unserved = {i: request for i, request in enumerate(requests) if i not in served}
    unserved = {i: request for i, request in unserved.items() if i in booked.crowded or i not in booked.refused}
    found = crowded(unserved, askers, booked.crowded, left, case.costs)
    if not found:
        return Openings({}, {}, left)
    with ledger.supposed(*booked.commands.values(), now=case.now):
        return openings(case._replace(own=frozenset(each.lease for each in booked.commands.values())), found, left)
