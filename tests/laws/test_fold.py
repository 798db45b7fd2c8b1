"""The world is a fold: built in bulk or moved one noun at a time, applied or undone, it is the same."""

from unittest.mock import patch

from hypothesis import event, given
from hypothesis import strategies as st

from neocloud.errors import Mistaken, Refused
from neocloud.model import timelines
from neocloud.model.capacity import Difference, Resource, stretched
from neocloud.model.entries import Noun
from neocloud.model.world import World
from neocloud.timeline import Span, Step
from neocloud.units import HOUR_S
from tests.laws.histories import Moment, admit, fleets, histories, lived, play, stable
from tests.laws.oracle import HORIZON, Levels, Oracle, sliding_maximum

Picture = tuple[object, ...]


@given(fleets(), histories())
@stable
def test_a_world_moved_step_by_step_equals_one_built_from_its_nouns(fleet: list[Noun], history: list[Moment]) -> None:
    world = lived(World(fleet), history)
    assert picture(world) == picture(World(list(world.all())))


@given(fleets(), histories())
@stable
def test_a_world_reads_as_the_oracle_adds_it_up(fleet: list[Noun], history: list[Moment]) -> None:
    world = lived(World(fleet), history)
    oracle = Oracle(world.all())
    for resource in resources(world):
        capacity = world.capacity(resource)
        assert [capacity.supply.at(hour * HOUR_S) for hour in range(HORIZON)] == oracle.supply[resource]
        assert [capacity.available.at(hour * HOUR_S) for hour in range(HORIZON)] == oracle.available[resource]
        assert all(at % HOUR_S == 0 for at, _ in capacity.available.breakpoints())


@given(fleets(), histories(8))
@stable
def test_a_world_just_loaded_moves_as_one_long_in_use_does(fleet: list[Noun], history: list[Moment]) -> None:
    world = World(fleet)
    for _, answer, _ in play(world, history):
        if not isinstance(answer, Mistaken | Refused):
            loaded = World(list(world.all()))
            admit(world, answer)
            for change in answer:
                loaded.apply(change.noun)
            assert picture(loaded) == picture(world), answer


@given(fleets(), histories())
@stable
def test_applying_and_undoing_any_stack_of_nouns_leaves_no_trace(fleet: list[Noun], history: list[Moment]) -> None:
    world, stack = World(fleet), []
    for _, answer, _ in play(world, history):
        if not isinstance(answer, Mistaken | Refused):
            stack.append((picture(world), admit(world, answer)))
    event(f"{len(stack) // 4 * 4} decisions or more")
    while stack:
        before, undos = stack.pop()
        for undo in reversed(undos):
            world.undo(undo)
        assert picture(world) == before


@given(fleets(), histories())
@stable
def test_holders_named_by_tenant_are_those_named_by_lease(fleet: list[Noun], history: list[Moment]) -> None:
    world = World(fleet)
    with patch.object(timelines, "_MANY_HOLDINGS", 0), patch.object(timelines, "_FEW_TENANTS", 0):
        assert all(world.timelines.held_by(pool) == {} for pool in world.pools), "kept from here on"
        by_tenant = picture(lived(world, history))
    assert by_tenant == picture(World(list(world.all())))


@given(fleets())
@stable
def test_a_fleet_undone_noun_by_noun_is_an_empty_world(fleet: list[Noun]) -> None:
    world = World()
    undos = [world.apply(noun) for noun in fleet]
    assert picture(world) == picture(World(fleet))
    while undos:
        world.undo(undos.pop())
    assert world.digest() == World().digest()


@given(fleets(), histories())
@stable
def test_a_decision_moves_exactly_what_the_oracle_says(fleet: list[Noun], history: list[Moment]) -> None:
    world = World(fleet)
    for command, answer, _ in play(world, history):
        if isinstance(answer, Mistaken | Refused):
            continue
        before = Oracle(world.all())
        differences = [undo.difference for undo in admit(world, answer)]
        after = Oracle(world.all())
        for resource in after.supply:
            risen = (less(after.supply, before.supply, resource), less(after.demand, before.demand, resource))
            assert moved(differences, resource) == risen, (command, resource)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=30), st.integers(0, 12))
@stable
def test_what_a_turnaround_occupies_is_the_sliding_maximum_of_what_was_held(
    runs: list[tuple[int, int]], turnaround: int
) -> None:
    steps, held, at = [], [0] * 160, 0
    for length, value in runs:
        if length:
            steps.append(Step(at, at + length, value))
            held[at : at + length] = [value] * length
        at += length
    result = [0] * 160
    for start_at, end_at, value in stretched(steps, turnaround):
        result[start_at:end_at] = [value] * (end_at - start_at)
    assert result == sliding_maximum(held, turnaround)


def picture(world: World) -> Picture:
    """All that a world knows and shows, so that two of them can be compared."""
    capacities = [
        (resource, list(function.breakpoints()))
        for resource in resources(world)
        for function in (world.capacity(resource).supply, world.capacity(resource).available)
    ]
    holders = [
        (pool, *share)
        for pool in sorted(world.pools)
        for hour in range(0, HORIZON, 3)
        for share in world.shares(pool, Span(hour * HOUR_S, (hour + 3) * HOUR_S), 9)
    ]
    return world.digest(), sorted(capacities), holders


def resources(world: World) -> list[Resource]:
    """Every resource of a world."""
    return [Resource("gpus", name) for name in world.pools] + [Resource("watts", name) for name in world.sites]


def moved(differences: list[Difference], resource: Resource) -> tuple[list[int], list[int]]:
    """By how much differences move supply, and demand, of a resource: hour by hour."""
    totals = ([0] * HORIZON, [0] * HORIZON)
    for difference in differences:
        for total, steps in zip(totals, difference.get(resource, ((), ())), strict=True):
            for start_at, end_at, value in steps:
                for hour in range(start_at // HOUR_S, min(HORIZON, end_at // HOUR_S)):
                    total[hour] += value
    return totals


def less(now: Levels, before: Levels, resource: Resource) -> list[int]:
    """By how much a resource has risen, hour by hour."""
    was = before.get(resource, [0] * HORIZON)
    return [now[resource][hour] - was[hour] for hour in range(HORIZON)]
