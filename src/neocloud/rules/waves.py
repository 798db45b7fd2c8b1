"""What happens to a wave of GPUs on its way: it slips, it is accepted, it comes in parts."""

from msgspec.structs import replace

from neocloud.errors import Conflict, Invalid, Unknown
from neocloud.model.checks import check_gpus, check_name
from neocloud.model.commands import Accept, Slip, Split
from neocloud.model.fleet import Delivery, Stage
from neocloud.model.world import World
from neocloud.rules.change import Change, changed
from neocloud.units import format_instant

_STAGES: dict[Stage, str] = {"delivered": "delivered", "burnt_in": "burnt in", "in_service": "in service"}


def slipped(world: World, fact: Slip, now: int) -> list[Change]:
    """The wave with its new likely and safe dates, which count from now on; nothing if it has them already."""
    old = _on_its_way(world, fact.delivery)
    if fact.by_s is not None and (fact.p50_at is not None or fact.p90_at is not None):
        raise Invalid("a slip by a time and a new date contradict each other; give one", place="by")
    if fact.by_s is None and fact.p50_at is None and fact.p90_at is None:
        raise Invalid("say by how long it slips, or its new P50 or P90 date", place="by")
    by_s = fact.by_s or 0
    p90_at = old.p90_at + by_s if fact.p90_at is None else fact.p90_at
    p50_at = min(old.p50_at + by_s, p90_at) if fact.p50_at is None else fact.p50_at
    new = replace(old, p50_at=p50_at, p90_at=max(p90_at, p50_at) if fact.p90_at is None else p90_at)
    if new == old:
        return []
    if new.promise_on == "contract":  # nobody holds on to that date any more
        new = replace(new, promise_on="p90")
    if new.counts_from_at < now:
        raise Invalid(
            f"delivery {old.id} would have come {format_instant(new.counts_from_at)}, before now; name a date to "
            f"come, or say that it is there by `neocloud delivery accept {old.id}`",
            place="p90",
        )
    return [changed(world, "slipped", replace(new, reason=fact.reason or old.reason))]


def accepted(world: World, fact: Accept, now: int) -> list[Change]:
    """The wave at a stage; in part, with the rest as a wave of its own."""
    old = _known(world, fact.delivery)
    at = now if fact.at is None else fact.at
    done_at = getattr(old, f"{fact.stage}_at")
    if done_at is not None:
        if done_at == at and fact.gpus in {None, old.gpus}:
            return []
        raise Invalid(f"delivery {old.id} is {_STAGES[fact.stage]} since {format_instant(done_at)}", place="at")
    _on_its_way(world, fact.delivery)
    if at > now:
        raise Invalid(f"{format_instant(at)} lies ahead; what is to come is a date of the wave (slip it)", place="at")
    whole = replace(old, **{f"{fact.stage}_at": at})
    if fact.gpus in {None, old.gpus}:
        return [changed(world, fact.stage, whole)]
    part, rest = _parted(world, old, fact.gpus or 0, fact.rest or f"{old.id}-rest")
    return [changed(world, fact.stage, replace(part, **{f"{fact.stage}_at": at})), changed(world, "split", rest)]


def split(world: World, fact: Split, now: int) -> list[Change]:
    """The wave without a part of it, and that part as a wave of its own."""
    old = _on_its_way(world, fact.delivery)
    check_gpus(fact.gpus)
    kept, into = _parted(world, old, old.gpus - fact.gpus, fact.into)
    p90_at = old.p90_at if fact.p90_at is None else fact.p90_at
    p50_at = min(old.p50_at, p90_at) if fact.p50_at is None else fact.p50_at
    into = replace(into, p50_at=p50_at, p90_at=p90_at, reason=fact.reason or old.reason)
    return [changed(world, "split", kept), changed(world, "split", into)]


def _parted(world: World, old: Delivery, first_gpus: int, name: str) -> tuple[Delivery, Delivery]:
    """A wave as two: one of `first_gpus` under its name, and the rest under another."""
    check_name(name, "into")
    if name in world.deliveries:
        raise Conflict(f"there is a delivery {name} already; choose another id for the part")
    unit = world.pools[old.pool].sell_unit_gpus
    if not 0 < first_gpus < old.gpus:
        raise Invalid(f"delivery {old.id} has {old.gpus:,} GPUs; a part has fewer, and more than none", place="gpus")
    if first_gpus % unit:
        raise Invalid(f"its parts are multiples of {unit}, the sell unit of pool {old.pool}", place="gpus")
    return replace(old, gpus=first_gpus), replace(old, id=name, gpus=old.gpus - first_gpus)


def _known(world: World, name: str) -> Delivery:
    delivery = world.deliveries.get(name)
    if delivery is None:
        raise Unknown("delivery", name, world.deliveries)
    return delivery


def _on_its_way(world: World, name: str) -> Delivery:
    delivery = _known(world, name)
    if delivery.in_service_at is not None:
        raise Invalid(
            f"delivery {name} is in service since {format_instant(delivery.in_service_at)}; what fails from now on "
            "is an outage",
            place="delivery",
        )
    return delivery
