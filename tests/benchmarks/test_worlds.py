"""Worlds stay what they are: other numbers would be other worlds, and results could no longer be compared."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.decisions.bound import bound_usd
from benchmarks.decisions.demand import DAYS, Demand
from benchmarks.decisions.known import NOTICE_DAYS, View, view_on
from benchmarks.decisions.nouns import ledger_of
from benchmarks.decisions.worlds import WORLDS, World, generate

from neocloud.store import open_journal

NUMBERS = {
    "right": ((1065, 1130.043839), (969, 1198.251585), (1016, 1209.618254)),
    "wrong": ((974, 1094.778028), (1092, 1424.651233), (995, 1178.461316)),
    "collapse": ((632, 1123.044028), (672, 1063.932093), (686, 832.455389)),
    "late_site": ((938, 1109.684803), (972, 1123.207981), (977, 931.673737)),
    "leaver": ((964, 933.889458), (1068, 1035.576437), (946, 1096.368256)),
    "big_gangs": ((328, 1018.584977), (352, 1075.620443), (330, 1020.383116)),
}
"""For seeds 0, 1 and 2: requests, and the bound above spot in M USD."""


def test_every_world_has_numbers() -> None:
    assert tuple(NUMBERS) == WORLDS


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", WORLDS)
def test_a_world_has_so_many_requests_and_such_a_bound(name: str, seed: int) -> None:
    requests, bound_musd = NUMBERS[name][seed]
    world = generate(name, seed)
    assert len(world.requests) == requests
    assert bound_usd(world) / 1e6 == pytest.approx(bound_musd, rel=1e-6)


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_known_on_a_day_is_the_same_whatever_is_to_come(name: str) -> None:
    """Until a customer says that it leaves, which it may from day 14 on."""
    world = generate(name, 0)
    for day in (0, 10, 13, *(() if name == "leaver" else (25, 40, DAYS - 1))):
        assert said(view_on(world, day)) == said(view_on(otherwise(world, day), day))


def otherwise(world: World, day: int) -> World:
    """The same past, and another future: no supply, nobody leaves, and nothing is ever asked for."""
    gone = np.where(np.arange(DAYS)[:, None] > day, 0, world.supply_gpus)
    nobody = replace(world.requests, arrival_day=np.zeros(0))
    return replace(world, supply_gpus=gone, leaves_on=None, requests=nobody)


def said(view: View) -> tuple[Demand, list[list[int]], list[float]]:
    """A view as plain values."""
    return view.forecast, view.supply_gpus.tolist(), view.power_kw.tolist()


def test_no_forecast_knows_of_a_collapse_or_of_the_level_and_phase_that_come() -> None:
    for name in WORLDS:
        forecast = generate(name, 0).forecast
        assert (forecast.level, forecast.phase, forecast.collapse_day) == (1.0, 0.0, DAYS)


def test_who_leaves_is_known_fourteen_days_before_and_not_earlier() -> None:
    world = generate("leaver", 0)
    assert world.leaves_on is not None
    before, told = (view_on(world, world.leaves_on - days).supply_gpus for days in (NOTICE_DAYS + 1, NOTICE_DAYS))
    assert before.tolist() == world.expected_gpus.tolist()
    assert told.tolist() == world.supply_gpus.tolist()


def test_a_wave_that_is_not_there_is_expected_tomorrow() -> None:
    known = view_on(generate("late_site", 0), 30).supply_gpus[:, 2]
    assert known[:31].tolist() == [0] * 31
    assert known[31:].tolist() == [30_000] * (DAYS - 31)


def test_a_ledger_on_day_0_is_the_same_whatever_is_to_come(tmp_path: Path) -> None:
    def digest(name: str, seed: int) -> str:
        with closing(open_journal(f"sqlite:{tmp_path}/{name}-{seed}.sqlite", create=True)) as journal:
            return ledger_of(generate(name, seed), journal).world.digest()

    assert len({digest(name, seed) for name in ("right", "wrong", "collapse") for seed in (0, 1)}) == 1
    assert digest("late_site", 0) == digest("late_site", 1)
    assert digest("leaver", 0) == digest("leaver", 1)
