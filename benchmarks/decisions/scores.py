"""What a game is worth: value above spot over the hindsight bound, and what goes with it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.decisions.arrays import Outcome, play_on_arrays
from benchmarks.decisions.baselines import BASELINES
from benchmarks.decisions.bound import bound_usd
from benchmarks.decisions.demand import INSIDE
from benchmarks.decisions.game import play
from benchmarks.decisions.policies import PLANS, plain
from benchmarks.decisions.worlds import World, generate

FIRST_COME, INSIDE_FIRST = "first_come", "inside_first"
COMPARED = (FIRST_COME, INSIDE_FIRST)
"""Always played: the others are told as a ratio of these."""

POLICIES = (*BASELINES, *PLANS)


@dataclass(frozen=True)
class Score:
    """One policy in one world. Values are above spot; `outside_usd` is all that outside requests pay."""

    policy: str
    world: str
    seed: int
    requests: int
    score: float
    value_usd: float
    bound_usd: float
    accepted: int
    lost: int
    outside_usd: float
    inside_gpu_h: float
    leased_gpu_h: float
    refusals: dict[str, int]
    took_s: float


@dataclass(frozen=True)
class Cell:
    """A world by name and seed, and who is to play it; plain policies on a ledger too, if that is wanted."""

    world: str
    seed: int
    policies: Sequence[str]
    on_ledger: bool = False


def played(cell: Cell) -> list[Score]:
    """Everyone's score in one world."""
    world = generate(cell.world, cell.seed)
    bound = bound_usd(world)
    return [_score(world, bound, policy, _player(cell, policy)) for policy in cell.policies]


def _player(cell: Cell, policy: str) -> Callable[[World], Outcome]:
    if policy in PLANS:
        return partial(play, seat=PLANS[policy](cell.seed))
    if cell.on_ledger:
        return partial(play, seat=plain(BASELINES[policy]))
    return partial(play_on_arrays, decide=BASELINES[policy])


def _score(world: World, bound: float, policy: str, player: Callable[[World], Outcome]) -> Score:
    began = time.perf_counter()
    outcome = player(world)
    took_s = time.perf_counter() - began
    rows = np.array([each.request for each in outcome.carried], dtype=np.int64)
    pools = np.array([each.pool for each in outcome.carried], dtype=np.int64)
    requests = world.requests
    hours, inside = requests.hours[rows], INSIDE[requests.kind[rows]]
    gpu_h = requests.gpus[rows, pools] * hours
    value = float(requests.value_usd()[rows, pools].sum())
    return Score(
        policy=policy,
        world=world.name,
        seed=world.seed,
        requests=len(requests),
        score=value / bound,
        value_usd=value,
        bound_usd=bound,
        accepted=len(outcome.carried) + len(outcome.lost),
        lost=len(outcome.lost),
        outside_usd=float((requests.usd_per_h[rows] * hours)[~inside].sum()),
        inside_gpu_h=float(gpu_h[inside].sum()),
        leased_gpu_h=float(gpu_h.sum()),
        refusals=outcome.refusals,
        took_s=took_s,
    )
