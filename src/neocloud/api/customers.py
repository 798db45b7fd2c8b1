"""What a customer may ask for itself: its own leases, at list price or more, and nobody gives way for it."""

from msgspec.structs import replace

from neocloud.api.calls import Call
from neocloud.errors import Invalid, NotAllowed
from neocloud.model.commands import Book, PriceAsk
from neocloud.model.leases import Lease
from neocloud.model.world import World


def own_lease(call: Call) -> str:
    """The lease of the path, if the caller may see it. Raises Unknown."""
    with call.world() as world:
        return call.named(world, Lease, "lease", call.path()).id


def as_customer(world: World, command: Book, tenant: str) -> Book:
    """A customer's booking: at list price where it names none. Raises Invalid or NotAllowed."""
    if command.tenant != tenant:
        raise Invalid(f"this key books for {tenant}", place="tenant")
    for name in ("reclaim", "protected", "spares", "value", "rank", "recorded", "option", "prefer"):
        if getattr(command, name):
            raise Invalid("only the operator says this", place=name)
    if any(ask.site is not None or ask.spare_gpus for ask in command.asks):
        raise Invalid("book GPUs of a pool that is for sale", place="blocks")
    listed = _list_price(world, command)
    if not command.prices:
        return replace(command, prices=(listed,))
    for i, price in enumerate(command.prices):
        under = price.per != "gpu_hour" or price.amount.currency != listed.amount.currency
        if under or price.amount.nanos < listed.amount.nanos:
            raise NotAllowed(f"the list price is {listed.amount} per GPU-hour; prices[{i}] is not that, or more")
    return command


def check_own_name(name: str | None, tenant: str) -> None:
    """A customer's names begin with its own: so none tells of another's. Raises Invalid."""
    if name is not None and not name.startswith(f"{tenant}-"):
        raise Invalid(f"leave the id out, or begin it with {tenant}-", place="id")


def for_sale(world: World, pool: str) -> bool:
    """Whether a pool is for sale: it is in the price book."""
    return any(price.pool == pool for price in world.list_prices.values())


def _list_price(world: World, command: Book) -> PriceAsk:
    """The list price of all that is asked, the dearest of its pools. Raises NotAllowed where one has none."""
    name = command.terms.partition("@")[0]
    found = []
    for ask in command.asks:
        price = world.list_prices.get(f"{ask.pool}:{name}")
        if price is None:
            raise NotAllowed(f"pool {ask.pool} is not for sale under {name}; ask your account manager")
        found.append(price.per_gpu_hour)
    return PriceAsk(per="gpu_hour", amount=max(found, key=lambda money: money.nanos))
