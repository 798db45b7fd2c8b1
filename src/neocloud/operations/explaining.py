"""Why a plan decided so on a request: the few leases, requests and hours that compete with it."""

from typing import NamedTuple

import numpy as np

from neocloud.errors import Unknown
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.operations.planning import Plan
from neocloud.rules.planning.advice import Advice
from neocloud.rules.planning.drawing import options_of
from neocloud.rules.planning.judging import stays_h
from neocloud.timeline import Span

_MOST = 5


class Hours(NamedTuple):
    """A stretch in which the request displaces most: USD in all, and per GPU-hour of the GPU and of its power."""

    start_at: int
    end_at: int
    cost_usd: float
    gpu_usd: float
    power_usd: float


class Rival(NamedTuple):
    """Who competes there: a lease, another request, or demand expected later; GPUs, and what it pays per GPU-hour."""

    kind: str
    id: str
    tenant: str
    gpus: float
    usd_per_gpu_hour: float | None


class Explanation(NamedTuple):
    """A request, what was advised, where it costs most, and who else is there."""

    request: Request
    advice: Advice
    hours: tuple[Hours, ...]
    rivals: tuple[Rival, ...]


def explained(world: World, plan: Plan, name: str) -> Explanation:
    """Why a plan decided so on a request. Raises Unknown."""
    asked = {request.id: (request, advice) for request, advice in zip(plan.requests, plan.advice, strict=True)}
    if name not in asked:
        raise Unknown("request in this plan", name, asked)
    request, advice = asked[name]
    hours = tuple(_hours(plan, request, advice))
    rivals = [] if not hours else [*_leases(world, advice, hours[0]), *_requests(plan, advice, hours[0])]
    rivals += [] if not hours else _expected(plan, advice, hours[0])
    return Explanation(request, advice, hours, tuple(rivals))


def _hours(plan: Plan, request: Request, advice: Advice) -> list[Hours]:
    """The dearest stretches of a request, the dearest first."""
    view, costs = plan.view, plan.costs
    pool = view.index(advice.pool)
    each_gpu = costs.gpu_usd.mean(axis=0)[pool]
    each_power = costs.kwh_usd.mean(axis=0)[view.site_of[pool]] * view.kw_per_gpu[pool]
    spent = advice.gpus * stays_h(request, view) * (each_gpu + each_power)
    dearest = [int(k) for k in np.argsort(-spent, kind="stable")[:_MOST] if spent[k] > 0]
    cuts = view.grid.cuts
    return [
        Hours(int(cuts[k]), int(cuts[k + 1]), float(spent[k]), float(each_gpu[k]), float(each_power[k]))
        for k in dearest
    ]


def _leases(world: World, advice: Advice, hours: Hours) -> list[Rival]:
    """The largest leases on the pool in the dearest stretch."""
    held = list(world.timelines.holders_of(advice.pool, Span(hours.start_at, hours.end_at)))
    held.sort(key=lambda each: (-each[3], each[2]))
    return [
        Rival("lease", lease, tenant, float(gpus), _price(world, lease)) for _, _, lease, gpus, tenant in held[:_MOST]
    ]


def _price(world: World, name: str) -> float | None:
    lease = world.leases[name]
    if lease.value is not None:
        return float(lease.value.per_gpu_hour.amount)
    hourly = [price for price in lease.prices if price.per == "gpu_hour"]
    return float(hourly[0].amount.amount) if hourly else None


def _requests(plan: Plan, advice: Advice, hours: Hours) -> list[Rival]:
    """Other requests of the plan on that pool then, those that are accepted first."""
    found = [
        each
        for each in plan.advice
        if each.request != advice.request
        and each.pool == advice.pool
        and each.start_at < hours.end_at
        and hours.start_at < each.end_at
    ]
    found.sort(key=lambda each: (not each.word.startswith("accept"), -each.gpus, each.request))
    return [
        Rival(f"request ({each.word})", each.request, each.tenant, float(each.gpus), _asked(each))
        for each in found[:_MOST]
    ]


def _asked(advice: Advice) -> float | None:
    gpu_hours = advice.gpus * (advice.end_at - advice.start_at) / 3_600
    return advice.worth_usd / gpu_hours if gpu_hours and advice.worth_usd else None


def _expected(plan: Plan, advice: Advice, hours: Hours) -> list[Rival]:
    """What is expected to be asked of that pool then, inside and outside: mean GPUs over the futures."""
    view, found = plan.view, []
    pool, period = view.index(advice.pool), int(view.grid.first(np.array([hours.start_at]))[0])
    for outside in (True, False):
        gpus, spent = [], []
        for stream in plan.streams:
            options = options_of(view, stream)
            there = (options.pool == pool) & (options.first <= period) & (period < options.after)
            there &= options.outside == outside
            gpus.append(float(options.gpus[there].sum()))
            spent.append(float((stream.usd_per_h[options.wish[there]]).sum()))
        mean = float(np.mean(gpus)) if gpus else 0.0
        if mean:
            kind = "customers" if outside else "inside teams"
            found.append(Rival("expected later", kind, kind, mean, float(np.mean(spent)) / mean))
    return found
