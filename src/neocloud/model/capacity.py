"""Supply and demand of one resource, and how nouns add up to them.

> Supply of a pool: in service, minus out of order beyond the spares, minus spares. Supply of a site: its power.
> Demand: what the blocks of all leases and holds take, and the watts of that.
"""

import itertools
from array import array
from collections.abc import Iterable, Iterator
from operator import neg
from typing import Literal, NamedTuple

from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, Site
from neocloud.timeline import BEGINNING, FOREVER, Edges, Span, Step, StepFunction, edges, net
from neocloud.units import format_power

ALL_TIME = Span(BEGINNING, FOREVER)


class Resource(NamedTuple):
    """What the law holds for: the GPUs of a pool, or the watts of a site."""

    kind: Literal["gpus", "watts"]
    id: str

    def amount(self, number: int) -> str:
        """A number of this resource, with its unit."""
        return f"{number:,} GPUs" if self.kind == "gpus" else format_power(number)

    def __str__(self) -> str:
        return f"pool {self.id}" if self.kind == "gpus" else f"the power of site {self.id}"


class Capacity:
    """Supply of a resource over time, and what of it is available: supply minus demand."""

    __slots__ = ("available", "supply")

    def __init__(self, supply: StepFunction, available: StepFunction) -> None:
        self.supply = supply
        self.available = available

    @classmethod
    def of(cls, supply: Iterable[Step], demand: Edges) -> "Capacity":
        """Build in bulk from steps of supply and the edges of demand."""
        ups = edges(supply)
        free = Edges(ups.times + demand.times, ups.changes + array("q", map(neg, demand.changes)))
        return cls(StepFunction.of(ups), StepFunction.of(free))

    @classmethod
    def empty(cls) -> "Capacity":
        """Nothing there, and nothing taken."""
        return cls(StepFunction(), StepFunction())

    def demand(self, within: Span) -> Iterator[Step]:
        """Demand inside a span, as steps."""
        for start_at, end_at, available in self.available.steps(within):
            for step in self.supply.steps(Span(start_at, end_at)):
                yield Step(step.start_at, step.end_at, step.value - available)

    def add(self, changes: "Changes", sign: int = 1) -> None:
        """Apply changes of supply and demand, or take them back (`sign` -1)."""
        for start_at, end_at, value in changes.supply:
            self.supply.add(start_at, end_at, sign * value)
            self.available.add(start_at, end_at, sign * value)
        for start_at, end_at, value in changes.demand:
            self.available.add(start_at, end_at, -sign * value)


class Changes(NamedTuple):
    """What a noun changes in one resource: disjoint steps of supply, and of demand."""

    supply: list[Step]
    demand: list[Step]

    def taken(self) -> list[Step]:
        """By how much what is available falls (or rises, where negative)."""
        if not self.supply:
            return self.demand
        lost = [Step(start_at, end_at, -value) for start_at, end_at, value in self.supply]
        return net([*self.demand, *lost])


Difference = dict[Resource, Changes]


def site_supply(site: Site, curtailments: Iterable[Curtailment] = ()) -> list[Step]:
    """The power of a site until it must be left, in watts; at most what its curtailments leave of it."""
    ends = [step.from_at for step in site.power[1:]] + [FOREVER]
    steps = [
        Step(step.from_at, min(end_at, site.leave_at), step.watts)
        for step, end_at in zip(site.power, ends, strict=True)
        if step.from_at < site.leave_at
    ]
    for curtailment in curtailments:
        steps = [part for step in steps for part in _curtailed(step, curtailment)]
    return steps


def _curtailed(step: Step, curtailment: Curtailment) -> list[Step]:
    """A step of power, in up to three: before, during and after a curtailment."""
    span = Span(step.start_at, step.end_at).meets(Span(curtailment.start_at, curtailment.end_at))
    if span is None or step.value <= curtailment.most_watts:
        return [step]
    parts = [
        Step(step.start_at, span.start_at, step.value),
        Step(*span, curtailment.most_watts),
        Step(span.end_at, step.end_at, step.value),
    ]
    return [part for part in parts if part.start_at < part.end_at]


def in_service(pool: Pool, facts: Iterable[Delivery | Outage]) -> list[Step]:
    """GPUs in service: installed, plus waves as their promised date or the fact says, minus retired."""
    steps = [Step(pool.in_service_at, FOREVER, pool.installed_gpus)]
    steps += [Step(fact.counts_from_at, FOREVER, fact.gpus) for fact in facts if isinstance(fact, Delivery)]
    steps += [Step(retired.at, FOREVER, -retired.gpus) for retired in pool.retirements]
    return steps


def pool_supply(pool: Pool, facts: Iterable[Delivery | Outage], spares_leased: Iterable[Step]) -> list[Step]:
    """Sellable GPUs: in service - max(spares kept, out of order), never under zero.

    Spares absorb what is out of order, so the greater of the two is what is missing. Spares that
    were leased on request are no longer kept.
    """
    facts = list(facts)
    out = [Step(fact.start_at, fact.end_at, fact.gpus) for fact in facts if isinstance(fact, Outage)]
    layers = (in_service(pool, facts), out, spares_leased)
    changes = sorted(
        (at, layer, change) for layer, steps in enumerate(layers) for at, change in zip(*edges(steps), strict=True)
    )
    levels, result, since_at = [0, 0, 0], [], BEGINNING
    for at, layer, change in changes:
        if at > since_at:
            result.append(Step(since_at, at, _sellable(pool, *levels)))
            since_at = at
        levels[layer] += change
    return [step for step in result if step.value]


def _sellable(pool: Pool, in_service_gpus: int, out_gpus: int, spares_leased_gpus: int) -> int:
    spares_gpus = max(0, pool.spares_of(in_service_gpus) - spares_leased_gpus) if in_service_gpus > 0 else 0
    return max(0, in_service_gpus - max(spares_gpus, out_gpus))


def stretched(held: Iterable[Step], turnaround_s: int) -> list[Step]:
    """What a tenant occupies when each GPU stays taken for a turnaround after it is given up.

    At every instant the most that was held in the `turnaround_s` before it: so the same tenant
    following on absorbs the turnaround.
    """
    steps = [step for step in held if step.value]
    cuts = sorted({at for step in steps for at in (step.start_at, step.end_at + turnaround_s)})
    open_steps: list[Step] = []  # values falling from first to last, ends rising: a monotonic queue
    result, i = [], 0
    for start_at, end_at in itertools.pairwise(cuts):
        while i < len(steps) and steps[i].start_at <= start_at:
            while open_steps and open_steps[-1].value <= steps[i].value:
                open_steps.pop()
            open_steps.append(steps[i])
            i += 1
        while open_steps and open_steps[0].end_at + turnaround_s <= start_at:
            open_steps.pop(0)
        if open_steps:
            result.append(Step(start_at, end_at, open_steps[0].value))
    return result
