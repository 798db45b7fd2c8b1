"""A small neocloud for the tests of the journal and the ledger: one pool of 64 GPUs, two tenants."""

from decimal import Decimal

from msgspec import Struct

from neocloud.model.capacity import Resource
from neocloud.model.commands import Apply, Ask, Book, Command, PriceAsk
from neocloud.model.entries import Batch, Entry, Head, Noun, link
from neocloud.model.fleet import Pool, PowerStep, Site
from neocloud.model.requests import Request, Way
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Right, Terms
from neocloud.model.world import World
from neocloud.operations.ledger import Answer, Ledger
from neocloud.rules.law import Shortage, shortfalls
from neocloud.timeline import BEGINNING, FOREVER, Span
from neocloud.units import DAY_S, HOUR_S, Money

NOW = 1_767_225_600
"""2026-01-01T00:00:00Z."""

DAY = (NOW + DAY_S, NOW + 2 * DAY_S)
"""The day that is leased when nothing else is said."""


def apply(noun: Noun) -> Apply:
    """Bring a noun to the ledger."""
    return Apply(id=f"apply-{noun.id}", noun=noun)


def fleet(gpus: int = 64) -> list[Command]:
    """One site, one pool, a customer, an inside team, and terms that either side may end."""
    rights = (Right(holder="tenant", kind="terminate"), Right(holder="operator", kind="terminate", notice_s=HOUR_S))
    return [
        apply(Site(id="reno", power=(PowerStep(watts=1_000 * gpus),))),
        apply(Pool(id="h100", site="reno", gpu="H100", it_watts_per_gpu=1_000, installed_gpus=gpus)),
        apply(Tenant(id="acme", kind="customer")),
        apply(Tenant(id="research", kind="inside")),
        apply(Terms(name="on-demand", version=1, rights=rights)),
    ]


def book(lease: str, gpus: int = 8, span: tuple[int, int] = DAY, hold_until_at: int | None = None) -> Book:
    """Lease GPUs of the pool to acme; the command has the lease's name."""
    return Book(
        id=f"book-{lease}",
        lease=lease,
        tenant="acme",
        terms="on-demand",
        asks=(Ask(pool="h100", gpus=gpus, start_at=span[0], end_at=span[1]),),
        prices=(PriceAsk(per="gpu_hour", amount=Money.of(Decimal("2.50"))),),
        hold_until_at=hold_until_at,
    )


def request(name: str, gpus: int = 8) -> Request:
    """A wish of acme for GPUs of the pool."""
    way = Way(pool="h100", gpus=gpus, per_gpu_hour=Money.of(Decimal("2.50")))
    return Request(
        id=name, tenant="acme", terms="on-demand", ways=(way,), start_at=DAY[0], end_at=DAY[1], arrived_at=NOW
    )


def founded(ledger: Ledger, gpus: int = 64) -> Ledger:
    """The ledger, with the fleet on it."""
    ledger.submit(*fleet(gpus), now=NOW)
    return ledger


def available_gpus(world: World, span: tuple[int, int] = DAY) -> int:
    """What is free of the pool over all of a span."""
    return world.capacity(Resource("gpus", "h100")).available.low(Span(*span))


def tenant_batch(head: Head, *names: str) -> Batch:
    """A batch of new tenants, for the journal alone: it does not ask what entries mean."""
    entries = [
        Entry(
            seq=head.seq + 1 + i,
            recorded_at=max(NOW, head.recorded_at),
            command=f"add-{name}",
            content="",
            cause="added",
            noun=Tenant(id=name, kind="customer"),
        )
        for i, name in enumerate(names)
    ]
    return link(head, entries)


class Picture(Struct, frozen=True):
    """Everything that can be seen of a world: what must be the same for two worlds to be the same."""

    digest: str
    head: Head
    timelines: dict[Resource, tuple[list[tuple[int, int]], list[tuple[int, int]]]]


def resources(world: World) -> list[Resource]:
    """All resources of a world."""
    return [Resource("gpus", pool) for pool in world.pools] + [Resource("watts", site) for site in world.sites]


def picture(world: World) -> Picture:
    """What can be seen of a world."""
    timelines = {}
    for resource in resources(world):
        capacity = world.capacity(resource)
        timelines[resource] = (list(capacity.supply.breakpoints()), list(capacity.available.breakpoints()))
    return Picture(world.digest(), world.head, timelines)


def built_anew(world: World) -> Picture:
    """What the same nouns look like when all timelines are built in bulk."""
    return picture(World(list(world.all()), world.head))


def broken_law(world: World) -> list[Shortage]:
    """Every instant at which demand exceeds supply."""
    return [found for each in resources(world) for found in shortfalls(world, each, Span(BEGINNING, FOREVER))]


def answered(answer: object) -> Answer:
    """The answer, which must not be a refusal."""
    assert isinstance(answer, Answer), answer
    return answer
