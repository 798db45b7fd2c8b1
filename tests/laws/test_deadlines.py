"""Deadlines: every last day is the other side of what `rights` and `decide` allow, and each has a key of its own."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from neocloud.errors import NotAllowed
from neocloud.model.commands import Reclaim, Terminate
from neocloud.model.entries import Noun
from neocloud.model.fleet import Pool, PowerStep, Site
from neocloud.model.leases import Block, Lease
from neocloud.model.terms import Right, Terms
from neocloud.model.world import World
from neocloud.rules.deadlines import deadlines, narrowed
from neocloud.rules.ledger import decide
from neocloud.rules.rights import last_days, rights
from neocloud.timeline import FOREVER, Span
from neocloud.units import DAY_S, HOUR_S
from tests.laws.histories import TENANTS, Moment, fleets, histories, lived, stable

hours = st.integers(0, 120 * 24)
FLEET = (
    Site(id="north", power=(PowerStep(watts=10**6),)),
    Pool(id="a", site="north", gpu="a", it_watts_per_gpu=1_000, installed_gpus=8),
    *TENANTS,
)


@st.composite
def worlds_of_one(draw: st.DrawFn) -> tuple[World, Lease]:
    """A lease of some days under up to three rights, each with a notice and with or without a first day for it."""
    pairs = draw(
        st.lists(
            st.sampled_from([("tenant", "terminate", False), ("tenant", "terminate", True),
                             ("operator", "terminate", False), ("operator", "reclaim", True)]),
            max_size=3, unique=True,
        )
    )  # fmt: skip
    found = []
    for holder, kind, part in pairs:
        served = draw(st.sampled_from(["serve_from_at", "serve_after_s", None]))
        given = {} if served is None else {served: draw(hours) * HOUR_S}
        found.append(Right(holder=holder, kind=kind, part=part, notice_s=draw(hours) * HOUR_S, **given))  # type: ignore[arg-type]
    start_at = draw(hours) * HOUR_S
    end_at = start_at + (1 + draw(hours)) * HOUR_S
    block = Block(pool="a", start_at=start_at, end_at=end_at, gpus=1)
    lease = Lease(id="l1", tenant="acme", terms="deal@1", blocks=(block,), status="confirmed", booked_at=0)
    terms = Terms(name="deal", version=1, rights=tuple(found))
    return World([*FLEET, terms, lease]), lease


@given(worlds_of_one(), st.integers(0, 300 * DAY_S))
@stable
def test_a_right_can_be_used_up_to_its_last_second_and_no_longer(case: tuple[World, Lease], any_at: int) -> None:
    world, lease = case
    last = {(each.right.holder, each.right.kind, each.right.part): each.at for each in last_days(world, lease)}
    for now in {any_at, *(at + after for at in last.values() for after in (0, 1))}:
        usable = {(each.right.holder, each.right.kind, each.right.part) for each in rights(world, lease, now)}
        assert usable == {right for right, at in last.items() if now <= at}


@given(worlds_of_one())
@stable
def test_notice_served_on_the_last_day_is_taken_and_a_day_later_refused(case: tuple[World, Lease]) -> None:
    world, lease = case
    last: dict[tuple[str, str], int] = {}
    for right, at in last_days(world, lease):
        last[right.holder, right.kind] = max(at, last.get((right.holder, right.kind), -1))
    assume(last)
    for (holder, kind), at in last.items():
        served = Reclaim(id="r", lease="l1") if kind == "reclaim" else Terminate(id="t", lease="l1", holder=holder)  # type: ignore[arg-type]
        after = decide(world, served, at)[0].noun
        assert isinstance(after, Lease) and (after.end_at < lease.end_at or after.status == "released")
        for later_s in (1, DAY_S):
            with pytest.raises(NotAllowed):
                decide(world, served, at + later_s)


@given(worlds_of_one())
@stable
def test_the_calendar_names_every_last_day_of_a_notice_of_a_day_or_more(case: tuple[World, Lease]) -> None:
    world, lease = case
    found = narrowed(deadlines(world, Span(0, FOREVER), 0), kinds=["notice"])
    assert [each.at for each in found] == [
        each.at for each in last_days(world, lease) if each.right.notice_s >= DAY_S
    ]


@given(fleets(), histories())
@stable
def test_no_two_deadlines_share_a_key_and_two_spans_have_what_both_together_have(
    fleet: list[Noun], history: list[Moment]
) -> None:
    world = lived(World(fleet), history)
    found = deadlines(world, Span(0, FOREVER), 0)
    assert len({each.key for each in found}) == len(found)
    assert [each.at for each in found] == sorted(each.at for each in found)
    middle = found[len(found) // 2].at if found else 0
    assert deadlines(world, Span(0, middle), 0) + deadlines(world, Span(middle, FOREVER), 0) == found
