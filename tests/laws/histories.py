"""Small worlds, and histories of commands on them: two sites, three pools, instants of whole hours."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from neocloud.errors import Mistaken, Refused
from neocloud.model.commands import (
    Accept,
    Admit,
    Amend,
    Answering,
    Apply,
    Ask,
    Book,
    CloseOutage,
    Command,
    Confirm,
    Decline,
    Exercise,
    Leave,
    PriceAsk,
    Reclaim,
    Record,
    Release,
    Restore,
    Slip,
    Split,
    Terminate,
    Withdraw,
)
from neocloud.model.entries import NOBODY, Author, Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, PowerStep, Retirement, Site
from neocloud.model.forecasts import Forecast, Served
from neocloud.model.leases import InternalValue, Lease, Option
from neocloud.model.prices import ListPrice, PriceSet, Quoted
from neocloud.model.requests import Judgement, Request, Way
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Right, Terms
from neocloud.model.world import Undo, World
from neocloud.rules.change import Change
from neocloud.rules.ledger import decide, overdue
from neocloud.units import HOUR_S, Money

No = Mistaken | Refused

stable = settings(
    derandomize=True,
    deadline=None,
    max_examples=90,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""The same examples on every machine and every day."""

POOLS = ("a", "b", "c")
USD = Money("USD", 2 * 10**9)
VALUE = InternalValue(per_gpu_hour=USD)
TENANTS = (
    Tenant(id="acme", kind="customer"),
    Tenant(id="bolt", kind="customer"),
    Tenant(id="team", kind="inside"),
    Tenant(id="crew", kind="inside"),
)
TERMS = (
    Terms(name="reserved", version=1),
    Terms(
        name="loose",
        version=1,
        rights=(
            Right(holder="tenant", kind="terminate", part=True),
            Right(holder="operator", kind="terminate", notice_s=2 * HOUR_S),
            Right(holder="operator", kind="reclaim", notice_s=HOUR_S, part=True),
        ),
    ),
)
MONEY: dict[str, dict[str, Any]] = {
    "acme": {"prices": (PriceAsk(per="gpu_hour", amount=USD),)},
    "bolt": {"prices": (PriceAsk(per="month", amount=USD),)},
    "team": {"rank": 1},
    "crew": {"value": VALUE},
}

pool_names = st.sampled_from(POOLS)
tenants = st.sampled_from([tenant.id for tenant in TENANTS])
lease_names = st.integers(0, 7).map("l{}".format)
few = st.sampled_from((4, 4, 8, 8, 12, 16))
hours = st.integers(0, 40).map(lambda hour: hour * HOUR_S)
lengths_s = st.integers(1, 10).map(lambda hour: hour * HOUR_S)
maybe_hours = st.none() | hours


@st.composite
def pools(draw: st.DrawFn, name: str) -> Pool:
    """A pool; `a` and `b` are at the site north, `c` is at south."""
    gone = draw(st.lists(st.builds(Retirement, at=hours, gpus=st.integers(1, 6)), max_size=1))
    return Pool(
        id=name,
        site="south" if name == "c" else "north",
        gpu="h100",
        it_watts_per_gpu=draw(st.sampled_from((700, 901, 1_000))),
        installed_gpus=draw(st.sampled_from((8, 16, 24, 32))),
        in_service_at=draw(st.sampled_from((0, 0, 5 * HOUR_S))),
        retirements=tuple(gone),
        sell_unit_gpus=draw(st.sampled_from((1, 2, 4))),
        spares_ratio=Decimal(draw(st.sampled_from(("0", "0.1", "0.25", "0.5")))),
        turnaround_s=draw(st.sampled_from((0, 2, 4))) * HOUR_S,
    )


@st.composite
def sites(draw: st.DrawFn, name: str) -> Site:
    """A site whose power binds (north), now and then, or never does (south)."""
    watts = st.integers(12, 60).map(lambda kilowatts: kilowatts * 1_000)
    steps = [PowerStep(watts=draw(watts) if name == "north" else 10**6)]
    if draw(st.booleans()):
        steps.append(PowerStep(watts=draw(watts), from_at=draw(st.integers(1, 40)) * HOUR_S))
    return Site(id=name, power=tuple(steps), pue=Decimal(draw(st.sampled_from(("1", "1.25", "1.111")))))


@st.composite
def fleets(draw: st.DrawFn) -> list[Noun]:
    """Sites, pools, tenants and terms: a world before its first lease."""
    places = [draw(sites(name)) for name in ("north", "south")]
    return [*places, *(draw(pools(name)) for name in POOLS), *TENANTS, *TERMS]


@st.composite
def asks(draw: st.DrawFn, *, spares: bool = True, until_max: bool = True) -> Ask:
    """Numbers of GPUs of a pool, or all that is free of a pool or site."""
    start_at = draw(hours)
    end_at = start_at + draw(lengths_s)
    what = draw(st.sampled_from(("gpus", "gpus", "gpus", "gpus", "max", "pool", "site") if until_max else ("gpus",)))
    match what:
        case "pool":
            return Ask(pool=draw(pool_names), start_at=start_at, end_at=end_at)
        case "site":
            return Ask(site=draw(st.sampled_from(("north", "south"))), start_at=start_at, end_at=end_at)
    gpus = draw(few)
    return Ask(
        pool=draw(pool_names),
        gpus=gpus,
        start_at=start_at,
        end_at=None if what == "max" else end_at,
        spare_gpus=draw(st.sampled_from((0, 0, 0, 2, gpus))) if spares else 0,
    )


@st.composite
def bookings(draw: st.DrawFn, *, blocks: int = 3, spares: bool = True, until_max: bool = True) -> Book:
    """A booking or, one time in four, a hold; `settled` gives it a name."""
    tenant = draw(tenants)
    some = st.lists(asks(spares=spares, until_max=until_max), min_size=1, max_size=blocks)
    return Book(
        id="a booking",
        lease="new",
        tenant=tenant,
        terms=draw(st.sampled_from(("reserved", "loose", "loose"))),
        asks=tuple(draw(some)),
        spares=spares and draw(st.booleans()),
        hold_until_at=draw(st.sampled_from((None, None, None, 15 * HOUR_S, 60 * HOUR_S))),
        reclaim=(reclaim := draw(st.sampled_from((False, False, True)))),
        force=reclaim and draw(st.booleans()),
        recorded="kept in a spreadsheet until now",
        **MONEY[tenant],
    )


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """A wave; its pool follows from its name, so that it does not move."""
    pool = draw(pool_names)
    p50_at, later_s = draw(hours), draw(lengths_s)
    return Delivery(
        id=f"wave-{pool}",
        pool=pool,
        gpus=draw(st.sampled_from((4, 8, 16))),
        contract_at=draw(hours),
        p50_at=p50_at,
        p90_at=p50_at + later_s,
        promise_on=draw(st.sampled_from(("contract", "p50", "p90", "p90"))),
        in_service_at=draw(maybe_hours),
    )


@st.composite
def outages(draw: st.DrawFn) -> Outage:
    """A failure, or maintenance."""
    pool, number = draw(pool_names), draw(st.integers(1, 2))
    start_at = draw(hours)
    return Outage(
        id=f"out-{pool}{number}",
        pool=pool,
        gpus=draw(st.integers(1, 10)),
        start_at=start_at,
        end_at=start_at + draw(lengths_s),
        planned=draw(st.booleans()),
    )


def applied(nouns: st.SearchStrategy[Any]) -> st.SearchStrategy[Command]:
    """The command that brings a noun to a form."""
    return nouns.map(lambda noun: Apply(id="an apply", noun=noun))


@st.composite
def amendments(draw: st.DrawFn) -> Amend:
    """One or several changes of a lease at once."""
    kinds = draw(st.sets(st.sampled_from(("gpus", "end", "start", "move", "add", "tenant")), min_size=1, max_size=2))
    back_at = draw(hours) if kinds == {"gpus"} and draw(st.booleans()) else None
    return Amend(
        id="an amendment",
        back_at=back_at,
        lease=draw(lease_names),
        at=draw(st.none() | maybe_hours),
        pool=draw(st.none() | st.none() | pool_names),
        gpus=draw(few) if "gpus" in kinds else None,
        end_at=draw(hours) if "end" in kinds else None,
        start_at=draw(hours) if "start" in kinds else None,
        move_to=draw(pool_names) if "move" in kinds else None,
        add=(draw(asks()),) if "add" in kinds else (),
        tenant=draw(tenants) if "tenant" in kinds else None,
        recorded="agreed by word of mouth",
    )


notices: st.SearchStrategy[Command] = st.builds(
    Terminate,
    id=st.just("a notice"),
    lease=lease_names,
    holder=st.sampled_from(("tenant", "tenant", "operator")),
    at=st.none() | st.none() | hours,
    gpus=st.none() | st.none() | few,
)


@st.composite
def curtailments(draw: st.DrawFn) -> Curtailment:
    """Some hours of less power, with an order in which it is shed; now and then."""
    site, start_at = draw(st.sampled_from(("north", "south"))), draw(hours)
    return Curtailment(
        id=f"heat-{site}",
        site=site,
        most_watts=draw(st.integers(0, 40)) * 1_000,
        start_at=start_at,
        end_at=start_at + draw(lengths_s),
        shed=tuple(draw(st.lists(st.sampled_from(("acme", "team", "a", "b")), max_size=2, unique=True))),
    )


@st.composite
def grants(draw: st.DrawFn) -> Book:
    """An option; a renewal or burst is of some lease, in its life as far as chance has it."""
    kind, by_at = draw(st.sampled_from(("ramp", "renewal", "first_refusal", "first_refusal", "burst"))), draw(hours)
    takes = kind in {"ramp", "renewal"} and draw(st.booleans())
    of = draw(lease_names) if kind in {"renewal", "burst"} else ""
    book = draw(bookings(blocks=1, spares=False, until_max=False))
    option = Option(kind=kind, exercise_by_at=by_at, takes=takes, of=of)  # type: ignore[arg-type]
    return replace(book, option=option, reclaim=False, force=False)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A wish for one or two pools, with the money of its tenant."""
    tenant, start_at = draw(tenants), draw(hours)
    priced = "prices" in MONEY[tenant] or "value" in MONEY[tenant]
    wanted = draw(st.lists(pool_names, min_size=1, max_size=2, unique=True))
    return Request(
        id=draw(request_names),
        tenant=tenant,
        ways=tuple(Way(pool=pool, gpus=draw(few), per_gpu_hour=USD if priced else None) for pool in wanted),
        start_at=start_at,
        end_at=start_at + draw(lengths_s),
        latest_start_at=draw(st.sampled_from((None, start_at + HOUR_S))),
        arrived_at=0,
        rank=MONEY[tenant].get("rank"),
        forecast=draw(st.sampled_from(("", "", "class"))),
        divisible=draw(st.booleans()),
    )


def answers(**booking: Any) -> st.SearchStrategy[Command]:
    """A booking that answers a request, as it was quoted; `settled` finds it one."""
    quoted = Quoted(journal_seq=1, price_set="a" * 64, floor=USD)
    return st.builds(replace, bookings(**booking), request=request_names, quoted=st.just(quoted))


@st.composite
def judgements(draw: st.DrawFn) -> Judgement:
    """What a no rested on, or nothing but a reason."""
    priced = draw(st.booleans())
    worth = USD if priced else None
    return Judgement(at=0, journal_seq=1, price_set="b" * 64 if priced else "", worth=worth, reason="too little")


request_names = st.integers(0, 4).map("r{}".format)
forecasts = st.builds(
    Forecast,
    id=st.just("class"),
    kind=st.just("customer"),
    requests_per_day=st.integers(0, 3).map(Decimal),
    pools=pool_names.map(lambda pool: (Served(pool=pool),)),
    median_gpus=few,
    duration_s=lengths_s,
    per_gpu_hour=st.just(USD),
)
list_prices = st.builds(
    ListPrice, pool=pool_names, terms=st.sampled_from(("reserved", "loose")), per_gpu_hour=st.just(USD)
)
price_sets = st.builds(
    PriceSet,
    id=st.sampled_from("abc").map(lambda digit: digit * 64),
    journal_seq=st.sampled_from((0, 0, 1)),
    made_at=hours,
    until_at=hours,
    futures=st.just(200),
    seed=st.just(1),
)
wishes: st.SearchStrategy[Command] = st.one_of(
    applied(requests()),
    applied(requests()),
    applied(requests()),
    st.builds(Decline, id=st.just("not this"), request=request_names, judgement=judgements()),
    st.builds(Withdraw, id=st.just("no longer"), request=request_names),
    applied(forecasts),
    applied(list_prices),
    st.builds(Admit, id=st.just("prices"), price_set=price_sets),
)
exercises: st.SearchStrategy[Command] = st.builds(
    Exercise, id=st.just("yes please"), option=lease_names, reclaim=st.booleans(), force=st.booleans()
)
waves = st.sampled_from(("wave-a", "wave-b", "wave-c"))
facts: st.SearchStrategy[Command] = st.one_of(
    st.builds(Slip, id=st.just("a slip"), delivery=waves, by_s=st.integers(-5, 20).map(lambda h: h * HOUR_S)),
    st.builds(Slip, id=st.just("a new date"), delivery=waves, p90_at=hours),
    st.builds(Accept, id=st.just("it came"), delivery=waves, gpus=st.none() | st.just(4)),
    st.builds(Split, id=st.just("in parts"), delivery=waves, into=waves.map("{}-2".format), gpus=st.just(4)),
    st.builds(Restore, id=st.just("cool again"), curtailment=st.sampled_from(("heat-north", "heat-south"))),
    st.builds(Leave, id=st.just("a letter"), site=st.sampled_from(("north", "south")), at=maybe_hours),
    bookings(until_max=False, spares=False).map(lambda book: Record(id="a promise", book=book)),
    applied(curtailments()),
)


def commands(**booking: Any) -> st.SearchStrategy[Command]:
    """Any command, bookings most often."""
    return st.one_of(
        bookings(**booking),
        bookings(**booking),
        bookings(**booking),
        bookings(**booking),
        amendments(),
        amendments(),
        notices,
        notices,
        st.builds(Confirm, id=st.just("a yes"), lease=lease_names),
        st.builds(Release, id=st.just("a no"), lease=lease_names),
        st.builds(Reclaim, id=st.just("taken back"), lease=lease_names, gpus=st.none() | few),
        facts,
        facts,
        grants(),
        grants(),
        exercises,
        exercises,
        wishes,
        wishes,
        wishes,
        answers(**booking),
        applied(deliveries()),
        applied(outages()),
        applied(outages()),
        applied(pool_names.flatmap(pools)),
        applied(st.sampled_from(("north", "south")).flatmap(sites)),
        st.builds(CloseOutage, id=st.just("a repair"), outage=st.sampled_from(("out-a1", "out-b1", "out-c1"))),
    )


Moment = tuple[int, Command]
"""Hours since the command before it, and the command."""


def histories(most: int = 14, **booking: Any) -> st.SearchStrategy[list[Moment]]:
    """Commands one after the other; time moves on between some of them."""
    return st.lists(
        st.tuples(st.sampled_from((0, 0, 0, 1, 5)), commands(**booking)), min_size=most // 2, max_size=most
    )


def is_fact(change: Change, world: World) -> bool:
    """What no decision makes: failures, repairs, waves, a site's power, promises made elsewhere, and new pools."""
    noun = change.noun
    if isinstance(noun, Lease):
        return change.cause == "recorded"
    if isinstance(noun, Outage):
        return not noun.planned
    return isinstance(noun, Delivery | Site | Curtailment) or (isinstance(noun, Pool) and noun.id not in world.pools)


def play(
    world: World, history: list[Moment], people: Sequence[Author] = (NOBODY,)
) -> Iterator[tuple[Command | None, list[Change] | No, int]]:
    """Decide commands one after the other: each answer as it is given, before its changes are applied.

    The caller applies them (with `admit`), as the ledger does. An expiry has no command. People take turns in saying
    them, and who says them is in their ids.
    """
    now = 0
    for i, (later, said) in enumerate(history):
        now += later * HOUR_S
        if expired := overdue(world, now):
            yield None, expired, now
        author = people[i % len(people)]
        command = replace(settled(world, said), id=f"{author.by}-{i}")
        try:
            yield command, decide(world, command, now, author), now
        except (Mistaken, Refused) as refusal:
            yield command, refusal, now


def settled(world: World, command: Command) -> Command:
    """A booking with the next free name for its lease; what else is said of a lease, of one that there is."""
    if isinstance(command, Book):
        return _answering(world, _granted(world, replace(command, lease=_free(world))))
    if isinstance(command, Exercise):
        return replace(command, option=_one_of(sorted(world.options), command.option))
    if isinstance(command, Record):
        return replace(command, book=replace(command.book, lease=_free(world)))
    if isinstance(command, Answering):
        return replace(command, approval=_one_of(sorted(world.approvals), command.approval))
    if isinstance(command, Decline | Withdraw):
        return replace(command, request=_one_of(sorted(world.requests), command.request))
    if isinstance(command, Amend | Terminate | Reclaim | Confirm | Release) and world.leases:
        return replace(command, lease=_one_of(sorted(world.leases), command.lease))
    return command


def _free(world: World) -> str:
    """A name that no lease has, and none that is asked for."""
    return f"l{len(world.leases) + len(world.approvals)}"


def _granted(world: World, book: Book) -> Book:
    """An option of a lease is of one that there is, for the tenant that has it."""
    option = book.option
    if option is None or not option.of or not world.leases:
        return book
    base = world.leases[_one_of(sorted(world.leases), option.of)]
    money = {"prices": (), "value": None, "rank": None, **MONEY[base.tenant]}
    return replace(book, option=replace(option, of=base.id), tenant=base.tenant, **money)


def _answering(world: World, book: Book) -> Book:
    """A booking that answers a request answers one that its tenant has; now and then one that is decided."""
    if book.request is None:
        return book
    own = sorted(name for name, each in world.requests.items() if each.tenant == book.tenant)
    return replace(book, request=_one_of(own, book.request) if own else None)


def _one_of(names: list[str], said: str) -> str:
    """The name that a number comes to, if there is any."""
    return names[int(said[1:]) % len(names)] if names else said


def admit(world: World, changes: list[Change]) -> list[Undo]:
    """Apply the changes of one decision, as the ledger does: a difference holds for the first of them alone."""
    return [world.apply(change.noun, change.difference if i == 0 else None) for i, change in enumerate(changes)]


def lived(world: World, history: list[Moment], people: Sequence[Author] = (NOBODY,)) -> World:
    """The world after a history."""
    for _, answer, _ in play(world, history, people):
        if not isinstance(answer, Mistaken | Refused):
            admit(world, answer)
    return world
