"""The law of the ledger, against an oracle that adds up hour by hour: never oversold, never refused in vain."""

from collections.abc import Sequence

from hypothesis import event, given, reject, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.errors import FirstRefusal, Mistaken, Oversold, Refused
from neocloud.model.commands import Amend, Ask, Book
from neocloud.model.entries import Noun
from neocloud.model.leases import Block, Lease
from neocloud.model.world import World
from neocloud.rules.law import shortfalls
from neocloud.rules.ledger import decide
from neocloud.rules.offers import Offer
from neocloud.timeline import Span
from neocloud.units import HOUR_S
from tests.laws.histories import Moment, admit, bookings, fleets, histories, is_fact, lengths_s, lived, play, stable
from tests.laws.oracle import HORIZON, Oracle, fits

LATEST_START = 70


@given(fleets(), histories())
@stable
def test_no_decision_makes_demand_exceed_supply(fleet: list[Noun], history: list[Moment]) -> None:
    world = World(fleet)
    for command, answer, _ in play(world, history):
        if isinstance(answer, Mistaken | Refused):
            continue
        before, fact = Oracle(world.all()), any(is_fact(change, world) for change in answer)
        admit(world, answer)
        event(f"{'fact' if fact else 'decision'}: {type(command).__name__}")
        if not fact:
            assert Oracle(world.all()).worse_than(before) == [], command


@given(fleets(), histories())
@stable
def test_a_shortfall_is_told_where_there_is_one_and_nowhere_else(fleet: list[Noun], history: list[Moment]) -> None:
    world = lived(World(fleet), history)
    for resource, available in Oracle(world.all()).available.items():
        found = shortfalls(world, resource, Span(0, HORIZON * HOUR_S))
        told = {hour for each in found for hour in range(each.start_at // HOUR_S, each.end_at // HOUR_S)}
        assert {hour for hour in range(HORIZON) if available[hour] < 0} <= told
        for each in found:
            hours = range(each.start_at // HOUR_S, each.end_at // HOUR_S)
            assert min(available[hour] for hour in hours) == -each.short_by == available[each.worst_at // HOUR_S]
            assert available[hours[0]] < 0 > available[hours[-1]]


@given(fleets(), histories(), bookings(until_max=False))
@stable
def test_a_booking_is_refused_only_where_demand_would_exceed_supply(
    fleet: list[Noun], history: list[Moment], booking: Book
) -> None:
    world = World(fleet)
    for command, answer, now in play(world, [*history, (0, booking)]):
        numbers = isinstance(command, Book) and all(ask.gpus and ask.end_at for ask in command.asks)
        if numbers and isinstance(command, Book) and command.option is None:
            if isinstance(answer, Oversold):
                assert not fits(world.all(), asked(command, now))
            elif not isinstance(answer, Mistaken | Refused) and len(answer) == 1:
                assert fits(world.all(), asked(command, now))
            event(type(answer).__name__)
        if not isinstance(answer, Mistaken | Refused):
            admit(world, answer)


@given(fleets(), histories(), bookings(until_max=False))
@stable
def test_what_a_refusal_offers_is_accepted_when_it_is_booked(
    fleet: list[Noun], history: list[Moment], booking: Book
) -> None:
    world = World(fleet)
    for command, answer, now in play(world, [*history, (0, booking)]):
        if not isinstance(answer, Mistaken | Refused):
            admit(world, answer)
        elif isinstance(answer, Oversold) and isinstance(command, Book):
            for offer in answer.facts["offers"]:
                event(offer.change)
                assert decide(world, taking(command, offer), now)


@given(fleets(), histories(), st.integers(0, 3), st.sampled_from((16, 20, 24, 32)), st.none() | lengths_s)
@stable
def test_what_a_refused_amendment_offers_is_accepted_when_it_is_asked_for(
    fleet: list[Noun], history: list[Moment], number: int, gpus: int, longer_s: int | None
) -> None:
    world = lived(World(fleet), history)
    simple = [lease for lease in world.leases.values() if lease.live and len(lease.blocks) == 1]
    if not simple:
        reject()
    lease = simple[number % len(simple)]
    amend = Amend(id="an amendment", lease=lease.id, gpus=gpus)
    if longer_s is not None:
        amend = Amend(id="an amendment", lease=lease.id, end_at=lease.end_at + longer_s * 20)
    try:
        decide(world, amend, 0)
    except Oversold as refusal:
        for offer in refusal.facts["offers"]:
            event(offer.change)
            end_at = max(block.end_at for block in offer.blocks)
            less = replace(amend, gpus=offer.gpus) if longer_s is None else replace(amend, end_at=end_at)
            assert decide(world, less, 0)
    except (Mistaken, Refused):
        reject()


@given(fleets(), histories(10), bookings(blocks=1, spares=False, until_max=False))
@settings(stable, max_examples=50)
def test_the_fewer_gpus_offered_are_the_most_that_fit(
    fleet: list[Noun], history: list[Moment], booking: Book
) -> None:
    world, lease, found = refused(fleet, history, booking)
    block, unit = lease.blocks[0], world.pools[lease.blocks[0].pool].sell_unit_gpus
    fitting = (gpus for gpus in range(block.gpus - unit, 0, -unit) if fits(world.all(), with_block(lease, gpus=gpus)))
    most = next(fitting, None)
    event("some" if most else "none")
    assert [offer.blocks[0].gpus for offer in found if offer.change == "fewer_gpus"] == ([most] if most else [])


@given(fleets(), histories(10), bookings(blocks=1, spares=False, until_max=False))
@settings(stable, max_examples=50)
def test_the_later_start_offered_is_the_earliest_for_the_full_amount(
    fleet: list[Noun], history: list[Moment], booking: Book
) -> None:
    world, lease, found = refused(fleet, history, booking)
    starts = range(lease.start_at, LATEST_START * HOUR_S, HOUR_S)
    earliest = next((at for at in starts if fits(world.all(), with_block(lease, start_at=at))), None)
    event("some" if earliest else "none")
    offered = [offer.blocks[0].start_at for offer in found if offer.change == "later_start"]
    assert offered == ([] if earliest is None else [earliest])


@given(fleets(), histories(10), bookings(blocks=1, until_max=False))
@stable
def test_until_max_resolves_to_the_latest_end_that_fits(
    fleet: list[Noun], history: list[Moment], booking: Book
) -> None:
    world = lived(World(fleet), history)
    ask = replace(booking.asks[0], spare_gpus=0)
    booking = replace(booking, lease="new", asks=(replace(ask, end_at=None),), hold_until_at=None, reclaim=False)
    try:
        (change,) = decide(world, booking, 0)
    except Oversold:
        shortest = replace(ask, end_at=(ask.start_at or 0) + HOUR_S)
        assert not fits(world.all(), asked(replace(booking, asks=(shortest,)), 0))
        event("nothing fits")
        return
    except (Mistaken, Refused):
        reject()
    assert isinstance(change.noun, Lease)
    event("some end")
    assert fits(world.all(), change.noun)
    assert not fits(world.all(), with_block(change.noun, end_at=change.noun.end_at + HOUR_S, start_at=None))


@given(fleets(), histories(10), st.sampled_from("abc"), bookings(blocks=1, until_max=False))
@stable
def test_all_of_a_pool_is_what_fits_and_one_more_unit_does_not(
    fleet: list[Noun], history: list[Moment], pool: str, booking: Book
) -> None:
    world = lived(World(fleet), history)
    ask = replace(booking.asks[0], pool=pool, gpus=None, spare_gpus=0)
    booking = replace(booking, lease="new", asks=(ask,), hold_until_at=None, reclaim=False, spares=False)
    unit = world.pools[pool].sell_unit_gpus
    try:
        (change,) = decide(world, booking, 0)
    except Oversold:
        one = replace(booking, asks=(replace(ask, gpus=unit),))
        assert not fits(world.all(), asked(one, 0))
        event("nothing fits")
        return
    except FirstRefusal:
        reject()
    assert isinstance(change.noun, Lease)
    event("something fits")
    assert fits(world.all(), change.noun)
    assert not fits(world.all(), with_block(change.noun, gpus=change.noun.blocks[0].gpus + unit))


@given(fleets(), histories(10), bookings(blocks=1, until_max=False), st.booleans())
@stable
def test_all_of_a_site_fits_and_leaves_no_unit_of_any_pool(
    fleet: list[Noun], history: list[Moment], booking: Book, spares: bool
) -> None:
    world = lived(World(fleet), history)
    ask = replace(booking.asks[0], pool=None, site="north", gpus=None, spare_gpus=0)
    booking = replace(booking, lease="new", asks=(ask,), hold_until_at=None, reclaim=False, spares=spares)
    try:
        (change,) = decide(world, booking, 0)
    except Oversold as refusal:
        assert str(refusal).startswith("nothing is free"), "all of a site, resolved, must fit"
        return
    except FirstRefusal:
        reject()
    world.apply(change.noun, change.difference)
    for pool in world.pools_of("north"):
        assert ask.start_at is not None and ask.end_at is not None
        one = Ask(pool=pool.id, gpus=pool.sell_unit_gpus, start_at=ask.start_at, end_at=ask.end_at)
        assert not fits(world.all(), replace(asked(replace(booking, asks=(one,)), 0), id="one more"))


# ---- what the laws ask ----


def refused(fleet: list[Noun], history: list[Moment], booking: Book) -> tuple[World, Lease, Sequence[Offer]]:
    """The world after a history, a lease that it refuses, and what it offers instead."""
    world = lived(World(fleet), history)
    booking = replace(booking, lease="new", hold_until_at=None, reclaim=False)
    try:
        decide(world, booking, 0)
    except (Mistaken, Refused) as refusal:
        if isinstance(refusal, Oversold):
            return world, asked(booking, 0), refusal.facts["offers"]
    return reject()


def asked(command: Book, now: int) -> Lease:
    """The lease that a booking in numbers asks for."""
    blocks = []
    for ask in command.asks:
        assert ask.pool is not None and ask.gpus is not None and ask.end_at is not None
        start_at = now if ask.start_at is None else ask.start_at
        blocks.append(
            Block(pool=ask.pool, gpus=ask.gpus, start_at=start_at, end_at=ask.end_at, spare_gpus=ask.spare_gpus)
        )
    return Lease(
        id=command.lease,
        tenant=command.tenant,
        terms="reserved@1",
        blocks=tuple(blocks),
        status="confirmed",
        booked_at=now,
    )


def with_block(
    lease: Lease, *, gpus: int | None = None, start_at: int | None = None, end_at: int | None = None
) -> Lease:
    """A lease of one block, with other GPUs, another start (as long as before) or another end."""
    (block,) = lease.blocks
    if gpus is not None:
        block = replace(block, gpus=gpus)
    if start_at is not None:
        block = replace(block, start_at=start_at, end_at=start_at + block.end_at - block.start_at)
    if end_at is not None:
        block = replace(block, end_at=end_at)
    return replace(lease, blocks=(block,))


def taking(command: Book, offer: Offer) -> Book:
    """The booking that takes an offer."""
    return replace(
        command,
        asks=tuple(
            Ask(pool=b.pool, gpus=b.gpus, start_at=b.start_at, end_at=b.end_at, spare_gpus=b.spare_gpus)
            for b in offer.blocks
        ),
    )
