"""`neocloud policy list|show`: what a second person must approve, and what is refused; `apply` brings them in."""

from typing import Any

from neocloud.cli.fleet import listing
from neocloud.model.policies import Policy
from neocloud.model.world import World


def _columns(world: World, noun: Policy, now: int) -> dict[str, Any]:
    return {
        "id": noun.id,
        "then": noun.then,
        "when": str(noun.when),
        "in_force": noun.in_force(now),
        "reason": noun.reason,
    }


policy = listing("policy", Policy, "What a second person must approve, and what is refused.", _columns)
