"""What a customer sees of its own leases and requests, and of a no: not what they displace, nor what others hold."""

import re
from typing import Any

from neocloud.errors import AtALoss, FirstRefusal, NeocloudError, NotAllowed, NotEligible, Oversold
from neocloud.model.leases import Lease
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.world import World
from neocloud.rules.customers import for_sale, sees

Row = dict[str, Any]

_HIDDEN = frozenset({"sources", "value", "rank", "protected", "forecast", "recorded", "exits"})
_HIDDEN_COMPUTED = frozenset({"quoted", "judgement", "by_pool", "in_line", "quote", "gave_way"})
_WORD = re.compile(r"[\w.-]*\w")


def for_customer(row: Row) -> Row:
    """A row without what is the operator's business."""
    found = {name: value for name, value in row.items() if name not in _HIDDEN}
    if "computed" in found:
        found["computed"] = {name: value for name, value in found["computed"].items() if name not in _HIDDEN_COMPUTED}
    return found


def told(world: World, tenant: str, error: NeocloudError) -> NeocloudError:
    """A no as a customer is told it: whoever else is in the way, it does not fit; what is offered is for sale."""
    match error:
        case Oversold() | AtALoss() | FirstRefusal():
            offers = [
                offer
                for offer in error.facts.get("offers", ())
                if all(for_sale(world, block.pool) for block in offer.blocks)
            ]
            would = "".join(f"\n  {offer}" for offer in offers)
            return Oversold(f"it does not fit{'; what would fit:' if would else ''}{would}", offers=offers)
        case NotEligible():
            return NotEligible("you are not eligible for this as things stand; ask your account manager")
        case NotAllowed() if names_others(world, tenant, str(error)):
            return NotAllowed("it is not allowed as things stand; ask your account manager")
        case _:
            return error


def names_others(world: World, tenant: str, sentence: str) -> bool:
    """Whether a sentence names what is not a tenant's business: another tenant, or its lease or request."""
    seen = sees(world, tenant)
    for word in set(_WORD.findall(sentence)):
        for kind in (Tenant, Lease, Request):
            noun = world.find(kind, word)
            if noun is not None and not seen(noun):
                return True
    return False
