"""The booking that accepts a request: one of its ways, or parts of several, at its price or value."""

from collections.abc import Sequence

from neocloud.model.commands import Ask, Book, PriceAsk
from neocloud.model.leases import InternalValue
from neocloud.model.requests import Judgement, Request
from neocloud.model.world import World
from neocloud.rules.proposal import tenant_named
from neocloud.units import Money


def booking(
    world: World,
    request: Request,
    index: int,
    judgement: Judgement,
    *,
    gpus: int | None = None,
    start_at: int | None = None,
    known: bool = True,
) -> Book:
    """The booking that accepts a request in one of its ways, at the price offered or the value judged.

    With other `gpus` or another start where those are given; a request that is not in the ledger is not `known`.
    """
    parts = [(index, request.ways[index].gpus if gpus is None else gpus)]
    return booking_of(world, request, parts, judgement, start_at=start_at, known=known)


def booking_of(
    world: World,
    request: Request,
    parts: Sequence[tuple[int, int]],
    judgement: Judgement,
    *,
    start_at: int | None = None,
    known: bool = True,
) -> Book:
    """The booking that accepts a request in parts, GPUs of several of its ways: one lease with a block for each.

    Its price or value is the mean over its GPUs, which comes to the same money.
    """
    start_at = request.start_at if start_at is None else start_at
    end_at = request.end_at + start_at - request.start_at
    worth = _mean(request, parts)
    is_inside = worth is None or tenant_named(world, request.tenant).kind == "inside"
    return Book(
        id=f"book:{request.id}",
        lease=request.id,
        tenant=request.tenant,
        terms=request.terms,
        asks=tuple(
            Ask(pool=request.ways[index].pool, gpus=gpus, start_at=start_at, end_at=end_at) for index, gpus in parts
        ),
        prices=() if is_inside or worth is None else (PriceAsk(per="gpu_hour", amount=worth),),
        value=InternalValue(per_gpu_hour=worth) if is_inside and worth is not None else None,
        rank=request.rank,
        request=request.id if known else None,
        judgement=judgement,
    )


def _mean(request: Request, parts: Sequence[tuple[int, int]]) -> Money | None:
    """What a GPU-hour of parts brings on average, to a nano-unit; None where a request has only a rank."""
    nanos, currency = 0, ""
    for index, gpus in parts:
        each = request.ways[index].per_gpu_hour
        if each is None:
            return None
        nanos, currency = nanos + gpus * each.nanos, each.currency
    return Money(currency, nanos // sum(gpus for _, gpus in parts))


def is_open(world: World, request: Request) -> bool:
    """Whether a request is in the ledger, and nobody has decided it."""
    known = world.requests.get(request.id)
    return known is not None and known.status == "open" and known.tenant == request.tenant
