"""An opening for a request: one attempt, decided by the ledger's own rules, priced, and taken back.

A lease that gives way is charged at what it loses, from the earliest effect on, and is given the energy that it no
longer draws. What it gives up is not charged as opportunity cost as well: nobody else could have had it.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from neocloud.errors import Mistaken, Refused
from neocloud.model.commands import Command
from neocloud.model.leases import Lease
from neocloud.model.plans import Scenario
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.change import Change, made
from neocloud.rules.ledger import decide
from neocloud.rules.planning.conditions import available, sold_outside
from neocloud.rules.planning.futures import Costs
from neocloud.rules.planning.giver import Giver, Word, giver
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.judging import Asker, judged, stays_h
from neocloud.rules.planning.outlook import Outlook
from neocloud.rules.planning.returned import gpu_hours

_SLACK = 1e-6


class Case(NamedTuple):
    """A world with all that a plan has kept so far, and by what openings in it are judged.

    `own` are the leases that the plan itself books: none of them gives way to another. `outside` is what customers
    may still take, GPUs and kW, where the scenario says so.
    """

    world: World
    now: int
    view: Outlook
    costs: Costs
    scenario: Scenario
    own: frozenset[str] = frozenset()
    outside: tuple[Floats | None, Floats | None] = (None, None)


class Attempt(NamedTuple):
    """Commands that may make room for a request (as it would then start) in one of its ways, its booking last."""

    word: Word
    request: Request
    way: int
    commands: tuple[Command, ...]


class Opening(NamedTuple):
    """Room that leases make for a request: by which commands, who gives, and what it is worth, takes and loses (USD).

    `number` counts from 1 in the order in which a plan makes openings: each rests on those before it.
    """

    attempt: Attempt
    changes: tuple[Change, ...]
    givers: tuple[Giver, ...]
    worth_usd: float
    taken_usd: float
    lost_usd: float
    number: int = 0

    @property
    def cost_usd(self) -> float:
        """What it displaces: of what is free, and of what others have."""
        return self.taken_usd + self.lost_usd

    @property
    def net_usd(self) -> float:
        """What is gained by it."""
        return self.worth_usd - self.cost_usd


def tried(case: Case, who: Asker, attempt: Attempt) -> Opening | None:
    """What an attempt makes; None if the ledger or the scenario refuses it, or more is lost than gained."""
    with ExitStack() as stack:
        try:
            changes, pairs = _made(case, attempt, stack)
            opening = _priced(case, who, attempt, changes, pairs)
            if opening is None or opening.net_usd <= 0:
                return None
            if case.scenario.supply:  # a scenario may expect less than the ledger counts
                available(case.world, replace(case.scenario, keeps=(), most_outside_ratio=None), case.view)
        except (Mistaken, Refused):
            return None
    return None if _oversteps(case, opening, pairs) else opening


def _made(case: Case, attempt: Attempt, stack: ExitStack) -> tuple[list[Change], list[tuple[Lease, Lease]]]:
    """What the commands change, made one after the other; and each lease of others, as it was and as it would be."""
    changes, pairs = [], []
    for command in attempt.commands:
        for change in decide(case.world, command, case.now):
            old = case.world.leases.get(change.noun.id)
            if isinstance(change.noun, Lease) and old is not None:
                pairs.append((old, change.noun))
            changes.append(change)
            stack.enter_context(made(case.world, change))
    return changes, pairs


def _priced(
    case: Case, who: Asker, attempt: Attempt, changes: Sequence[Change], pairs: Sequence[tuple[Lease, Lease]]
) -> Opening | None:
    """What it is worth, takes and loses; None where nobody gives, or somebody who must not. Raises Invalid."""
    if not pairs or any(old.protected or old.id in case.own for old, _ in pairs):
        return None
    view, request, way = case.view, attempt.request, attempt.request.ways[attempt.way]
    hours = sum((_hours(new, view) - _hours(old, view) for old, new in pairs), np.zeros(view.free_gpus.shape))
    energy = float(hours.sum(axis=1) @ view.energy_usd)
    hours[view.index(way.pool)] += way.gpus * stays_h(request, view)
    verdict = next(each for each in judged(request, who, view, case.costs) if each.way == attempt.way)
    ratio = float(case.scenario.values_ratio)
    givers = tuple(giver(attempt.word, old, new, case.now, ratio) for old, new in pairs)
    return Opening(
        attempt,
        tuple(changes),
        givers,
        verdict.worth_usd,
        _taken_usd(case.costs, hours) + energy,
        sum(each.lost_usd for each in givers),
    )


def _hours(lease: Lease, view: Outlook) -> Floats:
    return gpu_hours(lease.blocks if lease.live else (), view)


def _taken_usd(costs: Costs, hours: Floats) -> float:
    """What more GPU-hours and their power displace, at opportunity costs; where they get fewer, nothing is gained."""
    view, kwh = costs.view, np.zeros((len(costs.view.sites), len(costs.view.grid)))
    np.add.at(kwh, view.site_of, hours * view.kw_per_gpu[:, None])
    gpus = np.maximum(hours, 0.0) * costs.gpu_usd.mean(axis=0)
    return float(gpus.sum() + (np.maximum(kwh, 0.0) * costs.kwh_usd.mean(axis=0)).sum())


def _oversteps(case: Case, opening: Opening, pairs: Sequence[tuple[Lease, Lease]]) -> bool:
    """Whether customers would have more than the scenario allows where they did not, or by more."""
    if all(each is None for each in case.outside):
        return False
    booked = [change.noun for change in opening.changes if isinstance(change.noun, Lease)]
    before = sold_outside(case.world, (old for old, _ in pairs), case.view)
    more = sold_outside(case.world, booked, case.view) - before
    kw = np.zeros(case.view.free_kw.shape)
    np.add.at(kw, case.view.site_of, more * case.view.kw_per_gpu[:, None])
    return any(
        left is not None and bool(((takes > _SLACK) & (takes > left + _SLACK)).any())
        for left, takes in zip(case.outside, (more, kw), strict=True)
    )
