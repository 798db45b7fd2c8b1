"""What a lease must earn at the least, and what to ask for it under each terms: a quote, from a price set."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from neocloud.errors import Invalid
from neocloud.model.leases import Block, Lease
from neocloud.model.plans import Scenario
from neocloud.model.prices import Quoted
from neocloud.model.terms import Terms
from neocloud.model.world import World
from neocloud.operations.deciding import forecasts_of, since
from neocloud.operations.price_sets import read_costs
from neocloud.rules.planning.beliefs import beliefs
from neocloud.rules.planning.conditions import available
from neocloud.rules.planning.drawing import drawn
from neocloud.rules.planning.futures import Costs, displacements, taken
from neocloud.rules.planning.futures import futures as futures_of
from neocloud.rules.planning.grid import Floats
from neocloud.rules.planning.judging import is_large
from neocloud.rules.planning.leaving import freed
from neocloud.rules.planning.outage_reserve import outage_reserve_usd
from neocloud.rules.planning.outlook import Outlook, usd
from neocloud.rules.planning.puts import accepted_puts, with_puts
from neocloud.rules.planning.returned import gpu_hours
from neocloud.rules.planning.terms_prices import Cashflow, gain_usd, may_leave, notice_of, price_for
from neocloud.rules.requests import newest_prices
from neocloud.settings import LEAVES_PER_DAY, PLAN_FUTURES
from neocloud.store.price_sets import PriceSets
from neocloud.units import HOUR_S, NANOS, Money

Displaced = Callable[[Outlook], float]

SAFE_RATIO = 0.9
"""A firm price is to pay in so many of the futures."""


class TermsQuote(NamedTuple):
    """A lease under terms, USD per GPU-hour: the least to ask, what the price book says, what to ask.

    `recommended_usd` gains as much as the firm lease does at its own; `discount_ratio` is how much less that is.
    """

    terms: str
    floor_usd: float
    list_usd: float | None
    recommended_usd: float
    discount_ratio: float


class Quote(NamedTuple):
    """What a lease displaces and must cover, USD per GPU-hour over its whole life.

    `low_usd` and `high_usd` are the opportunity cost in one of ten futures each. `priced_until_at` is where the price
    set ends: what lies beyond is taken at the mean of what lies before. `binding` says whether GPUs or power are
    what is scarce.
    """

    price_set: str
    journal_seq: int
    opportunity_cost_usd: float
    low_usd: float
    high_usd: float
    energy_usd: float
    outage_reserve_usd: float
    is_exact: bool
    binding: str
    priced_until_at: int
    terms: tuple[TermsQuote, ...]

    @property
    def floor_usd(self) -> float:
        """The least to ask of a firm lease."""
        return self.opportunity_cost_usd + self.energy_usd + self.outage_reserve_usd

    def quoted(self) -> Quoted:
        """What a lease keeps of its quote."""
        return Quoted(journal_seq=self.journal_seq, price_set=self.price_set, floor=per_gpu_hour(self.floor_usd))


def per_gpu_hour(amount_usd: float) -> Money:
    """An estimate as a price: to a hundredth of a cent."""
    return Money("USD", round(amount_usd * 10_000) * (NANOS // 10_000))


def quoted(world: World, files: PriceSets, lease: Lease, *, now: int, futures: int = PLAN_FUTURES) -> Quote | None:
    """The quote of a lease from the newest price set; None where none was admitted. Raises Invalid.

    For a large lease futures are drawn anew and solved with and without it: its exact displacement.
    """
    price_set = newest_prices(world)
    if price_set is None:
        return None
    costs, scenario = read_costs(files, price_set)
    if later := sorted(set(world.pools) - set(costs.view.pools)):
        raise Invalid(f"the price set does not know pool {later[0]}, which came later; `neocloud plan --admit` anew")

    def displaced(less: Outlook) -> float:
        view = with_puts(available(world, scenario, costs.view), accepted_puts(world, now))
        forecasts = forecasts_of(world, scenario)
        believed = beliefs(forecasts, world.requests.values(), since_at=since(world, scenario, now), now=now)
        rng = np.random.default_rng([price_set.seed, price_set.made_at])
        streams = drawn(forecasts, believed, view, futures=futures, rng=rng)
        solved = futures_of(view, streams, freed(world, scenario, view, futures=futures, rng=rng))
        return float(displacements(solved, less).mean())

    return quote(world, costs, scenario, lease, price_set=price_set.id, now=now, displaced=displaced)


def quote(
    world: World,
    costs: Costs,
    scenario: Scenario,
    lease: Lease,
    *,
    price_set: str,
    now: int,
    displaced: Displaced | None = None,
) -> Quote:
    """The quote of a lease that fits. Exact for a large one where `displaced` is given, else marginal."""
    view = available(world, scenario, costs.view)
    all_in = costs.per_gpu_hour()
    hours = gpu_hours(lease.blocks, view)
    total = float(sum(each.gpu_seconds for each in lease.blocks)) / HOUR_S
    each_usd = np.array([_cost_usd(all_in[i], hours, lease.blocks, view) / total for i in range(len(all_in))])
    cost, exact = float(each_usd.mean()), False
    if displaced is not None and any(_is_large(view, block) for block in lease.blocks) and hours.sum():
        part: float = (displaced(_less(view, lease.blocks)) + float(costs.spot() @ hours.sum(axis=1))) / hours.sum()
        cost, exact = max(cost, part), True
    energy = float(view.energy_usd @ _by_pool(lease.blocks, view)) / total
    reserve = outage_reserve_usd(world, lease, cost + energy, now)
    more = cost - float(each_usd.mean()) + energy + reserve
    flow = _cashflow(lease, costs, view, more, now)
    safe = float(np.quantile(each_usd, SAFE_RATIO)) + more
    return Quote(
        price_set=price_set,
        journal_seq=world.head.seq,
        opportunity_cost_usd=cost,
        low_usd=float(np.quantile(each_usd, 0.1)),
        high_usd=float(np.quantile(each_usd, 0.9)),
        energy_usd=energy,
        outage_reserve_usd=reserve,
        is_exact=exact,
        binding=_binding(costs, hours, view),
        priced_until_at=view.grid.within.end_at,
        terms=tuple(_by_terms(world, lease, flow, safe)),
    )


def displaced_usd(costs: Costs, moved: Iterable[tuple[Lease | None, Lease]]) -> float:
    """What changes of leases displace more than they free, at marginal opportunity costs inside the outlook, USD."""
    mean, total = costs.mean(), 0.0
    for old, new in moved:
        for lease, sign in ((old, -1.0), (new, 1.0)):
            if lease is not None and lease.live:
                total += sign * float((gpu_hours(lease.blocks, costs.view) * mean).sum())
    return total


def _cost_usd(per_hour: Floats, hours: Floats, blocks: Iterable[Block], view: Outlook) -> float:
    """What blocks cost in one future: inside the outlook period by period, beyond it at the mean of each pool."""
    beyond = _by_pool(blocks, view) - hours.sum(axis=1)
    return float((per_hour * hours).sum() + _means(per_hour, view) @ beyond)


def _means(per_hour: Floats, view: Outlook) -> Floats:
    """The mean over the outlook, of arrays whose last axis is its periods."""
    found: Floats = per_hour @ view.grid.hours / max(float(view.grid.hours.sum()), 1e-9)
    return found


def _by_pool(blocks: Iterable[Block], view: Outlook) -> Floats:
    found = np.zeros(len(view.pools))
    for block in blocks:
        found[view.index(block.pool)] += block.gpu_seconds / HOUR_S
    return found


def _is_large(view: Outlook, block: Block) -> bool:
    first, after = _periods(view, block)
    return is_large(view, view.index(block.pool), block.gpus, first, after)


def _periods(view: Outlook, block: Block) -> tuple[int, int]:
    first = int(view.grid.first(np.array([block.start_at]))[0])
    return first, max(first, int(view.grid.after(np.array([block.end_at]))[0]))


def _less(view: Outlook, blocks: Iterable[Block]) -> Outlook:
    for block in blocks:
        view = taken(view, view.index(block.pool), block.gpus, *_periods(view, block))
    return view


def _cashflow(lease: Lease, costs: Costs, view: Outlook, more_usd: float, now: int) -> Cashflow:
    """The lease per GPU as its terms are weighed: the mean over its pools, and what each hour costs beside.

    What lies beyond the outlook is one more period, at the mean of what lies before.
    """
    hours, all_in = gpu_hours(lease.blocks, view), costs.per_gpu_hour()
    beyond = np.maximum(_by_pool(lease.blocks, view) - hours.sum(axis=1), 0.0)
    per_period = np.append(hours.sum(axis=0), beyond.sum())
    each = np.column_stack([(all_in * hours).sum(axis=1), _means(all_in, view) @ beyond])
    mean = each / np.maximum(per_period, 1e-9) + more_usd
    begins = view.grid.cuts.astype(np.float64)
    ahead_s, since_s = np.maximum(begins - now, 0.0), np.maximum(begins - lease.start_at, 0.0)
    top = max(float(per_period.max(initial=0.0)), 1e-9)
    return Cashflow(per_period / top, ahead_s, since_s, np.maximum(mean, 0.0))


def _by_terms(world: World, lease: Lease, flow: Cashflow, safe_usd: float) -> Iterable[TermsQuote]:
    """Each terms of the ledger in its newest version: what the firm ones gain, the others must.

    Firm, the list price is asked, and at the least what pays in nine of ten futures.
    """
    every = newest_terms(world)
    firm = next((terms for terms in every if not terms.rights), None)
    asked = _list_usd(world, lease, firm) if firm is not None else None
    target = max(safe_usd, asked or 0.0)
    least = float(flow.cost_usd.min(axis=0) @ flow.hours) / max(float(flow.hours.sum()), 1e-9)
    gain = max(0.0, gain_usd(flow, target, notice_s=None, leaves_per_day=0.0))
    for terms in every:
        leaves = LEAVES_PER_DAY if may_leave(terms) else 0.0
        notice_s = notice_of(terms)
        at = price_for(flow, gain, notice_s=notice_s, leaves_per_day=leaves)
        floor = max(price_for(flow, 0.0, notice_s=notice_s, leaves_per_day=leaves), least)
        yield TermsQuote(terms.name, floor, _list_usd(world, lease, terms), at, 1 - at / target if target else 0.0)


def newest_terms(world: World) -> Sequence[Terms]:
    """Each terms in its newest version: the firm ones first, then by notice, the longest first."""
    names = sorted({terms.name for terms in world.terms.values()})
    found = [terms for name in names if (terms := world.terms_named(name)) is not None]
    return sorted(found, key=lambda terms: (bool(terms.rights), -(notice_of(terms) or 0), terms.name))


def _list_usd(world: World, lease: Lease, terms: Terms) -> float | None:
    """The list price of a lease under terms, the mean over its pools; None unless each has one."""
    hours, found = 0.0, 0.0
    for block in lease.blocks:
        price = world.list_prices.get(f"{block.pool}:{terms.name}")
        if price is None:
            return None
        hours += block.gpu_seconds
        found += block.gpu_seconds * usd(price.per_gpu_hour)
    return found / hours


def _binding(costs: Costs, hours: Floats, view: Outlook) -> str:
    """Which is scarcer where the lease lies: its GPUs, or its site's power; neither where nothing is displaced."""
    gpus = float(((costs.gpu_usd.mean(axis=0) - costs.spot()[:, None]) * hours).sum())
    watts = float((costs.kwh_usd.mean(axis=0)[view.site_of] * view.kw_per_gpu[:, None] * hours).sum())
    if max(gpus, watts) <= 0:
        return "neither"
    return "gpus" if gpus >= watts else "power"
