"""The game is one game, on arrays and on the ledger, and what its scores say follows from what was carried."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from benchmarks.decisions.arrays import Outcome, play_on_arrays
from benchmarks.decisions.baselines import BASELINES, expected_gpus, first_come
from benchmarks.decisions.demand import DAYS, Demand
from benchmarks.decisions.game import play
from benchmarks.decisions.known import Taken
from benchmarks.decisions.policies import plain
from benchmarks.decisions.results import rows_of, table
from benchmarks.decisions.scores import COMPARED, Cell, played
from benchmarks.decisions.worlds import Requests, World, generate

from neocloud.model.requests import Request

FIRST_COME_EARNS = {"right": 0.7166, "wrong": 0.7266, "collapse": 0.7949, "big_gangs": 0.7028}
"""With seed 0, where supply is what is expected: as of a policy that knows all supply before."""


@pytest.mark.parametrize("name", FIRST_COME_EARNS)
def test_first_come_first_served_earns_what_it_does(name: str) -> None:
    (score,) = played(Cell(name, 0, ["first_come"]))
    assert score.score == pytest.approx(FIRST_COME_EARNS[name], abs=5e-4)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("wrong", "first_come"),
        ("late_site", "first_come"),
        ("leaver", "inside_first"),
        ("big_gangs", "revenue_first"),
    ],
)
def test_a_policy_comes_to_the_same_on_the_ledger_and_on_arrays(name: str, policy: str) -> None:
    world, decide = generate(name, 0), BASELINES[policy]
    assert play(world, plain(decide)) == play_on_arrays(world, decide)


def late(*rows: tuple[float, int, int, int]) -> World:
    """A world whose last pool comes on day 40 instead of 21, with requests that all want that pool.

    A row is the day of arrival, first and last day, and GPUs.
    """
    arrival, start, end, gpus = map(np.array, zip(*rows, strict=True))
    count = len(rows)
    columns = np.zeros((count, 3), dtype=np.int64)
    columns[:, 2] = gpus
    requests = Requests(arrival, start, end, np.full(count, 3), gpus * 5.0, columns)
    supply_gpus = generate("late_site", 0).expected_gpus.copy()
    supply_gpus[:40, 2] = 0
    return replace(generate("late_site", 0), requests=requests, supply_gpus=supply_gpus)


@pytest.mark.parametrize("on_ledger", [False, True])
def test_a_lease_whose_gpus_are_not_there_on_its_day_is_lost_and_they_are_free_again(on_ledger: bool) -> None:
    world = late((1.5, 30, 50, 30_000), (2.5, 45, 60, 8), (30.5, 41, 50, 30_000))
    outcome = play(world, plain(first_come)) if on_ledger else play_on_arrays(world, first_come)
    assert outcome == Outcome(carried=(Taken(2, 2),), lost=(Taken(0, 2),), refusals={"no room": 1})


def test_a_wave_that_comes_on_the_day_of_a_lease_carries_it() -> None:
    outcome = play(late((1.5, 40, 50, 30_000)), plain(first_come))
    assert outcome == Outcome(carried=(Taken(0, 2),), lost=(), refusals={})


@dataclass(frozen=True)
class Dear:
    """A policy that declines, each time at another price."""

    accepted: bool = False
    reason: str = ""

    def consider(self, request: Request, now: int) -> "Dear":
        return Dear(reason=f"too dear: {request.id} at {now}")


def test_reasons_are_counted_by_what_stands_before_a_colon() -> None:
    outcome = play(late((1.5, 40, 50, 8), (2.5, 40, 50, 8)), lambda ledger, known: Dear())
    assert outcome.refusals == {"too dear": 2}


def test_less_is_expected_the_later_it_is() -> None:
    expected = expected_gpus(Demand(), inside=True)
    assert (np.diff(expected, axis=0) <= 1e-9).all()
    assert not expected[DAYS - 1].any()


def test_a_row_of_results_compares_with_the_plainest() -> None:
    scores = [score for seed in (0, 1) for score in played(Cell("big_gangs", seed, COMPARED))]
    first, inside = rows_of(scores)
    assert first["over_fcfs"] == inside["over_inside_first"] == 1
    assert inside["over_fcfs"] == pytest.approx(1 / first["over_inside_first"])
    assert first["worst"] <= first["p10"] <= first["mean"]
    assert sum(first["refusals"].values()) + sum(score["accepted"] for score in first["scores"]) == 328 + 352
    assert "first_come" in table("big_gangs", [0, 1], [first, inside])
