"""The booking that accepts a request: one of its ways, at the price offered or the value judged."""

from neocloud.model.commands import Ask, Book, PriceAsk
from neocloud.model.leases import InternalValue
from neocloud.model.requests import Judgement, Request
from neocloud.model.world import World
from neocloud.rules.proposal import tenant_named


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
    start_at = request.start_at if start_at is None else start_at
    end_at = request.end_at + start_at - request.start_at
    way, worth = request.ways[index], request.ways[index].per_gpu_hour
    is_inside = worth is None or tenant_named(world, request.tenant).kind == "inside"
    return Book(
        id=f"book:{request.id}",
        lease=request.id,
        tenant=request.tenant,
        terms=request.terms,
        asks=(Ask(pool=way.pool, gpus=way.gpus if gpus is None else gpus, start_at=start_at, end_at=end_at),),
        prices=() if is_inside or worth is None else (PriceAsk(per="gpu_hour", amount=worth),),
        value=InternalValue(per_gpu_hour=worth) if is_inside and worth is not None else None,
        rank=request.rank,
        request=request.id if known else None,
        judgement=judgement,
    )


def is_open(world: World, request: Request) -> bool:
    """Whether a request is in the ledger, and nobody has decided it."""
    known = world.requests.get(request.id)
    return known is not None and known.status == "open" and known.tenant == request.tenant
