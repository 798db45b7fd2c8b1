"""Who may do what: one table of roles, each with its permissions."""

from typing import Literal, get_args

from neocloud.errors import Forbidden, Invalid
from neocloud.model.keys import Key, Role

Permission = Literal[
    "me.read",
    "capacity.read",
    "fleet.read",
    "fleet.write",
    "tenants.read",
    "tenants.write",
    "terms.read",
    "terms.write",
    "leases.read",
    "leases.write",
    "requests.read",
    "requests.write",
    "prices.read",
    "prices.write",
    "plans.read",
    "plans.write",
    "approvals.read",
    "approvals.write",
    "policies.read",
    "policies.write",
    "journal.read",
    "events.read",
    "webhooks.read",
    "webhooks.write",
    "keys.read",
    "keys.write",
    "metrics.read",
]
"""What a key may be let do: a kind of thing, and whether to look or to change."""

EVERYTHING: frozenset[str] = frozenset(get_args(Permission))

_LOOK = frozenset(name for name in EVERYTHING if name.endswith(".read")) - {"keys.read", "webhooks.read"}
_CUSTOMER = {
    "me.read", "capacity.read", "terms.read", "leases.read", "leases.write", "requests.read", "requests.write",
    "prices.read", "events.read", "webhooks.read", "webhooks.write",
}  # fmt: skip

ROLES: dict[Role, frozenset[str]] = {
    "admin": EVERYTHING,
    "operator": _LOOK | {
        "fleet.write", "leases.write", "requests.write", "plans.write", "approvals.write", "webhooks.read",
    },
    "sales": _LOOK | {"tenants.write", "leases.write", "requests.write", "approvals.write"},
    "finance": _LOOK | {"terms.write", "prices.write", "approvals.write"},
    "viewer": _LOOK,
    "customer": frozenset(_CUSTOMER),
}  # fmt: skip
"""What each role may do. A customer sees of each only what is its tenant's, and of capacity what is for sale."""


def permissions(key: Key) -> frozenset[str]:
    """What a key may do: what its role may, and of that its scopes, where it has some; one-time, make a key."""
    if key.once:
        return frozenset({"keys.write"})
    role = ROLES[key.role]
    return (role & frozenset(key.scopes)) | {"me.read"} if key.scopes else role


def check_scopes(key: Key) -> None:
    """Raises Invalid for a scope that its role does not have."""
    for scope in key.scopes:
        if scope not in EVERYTHING:
            raise Invalid(f"{scope!r} is no permission; {', '.join(sorted(EVERYTHING))} are", place="scopes")
        if scope not in ROLES[key.role]:
            allowed = ", ".join(sorted(ROLES[key.role]))
            raise Invalid(f"the role {key.role} has no {scope}; it has {allowed}", place="scopes")


def check_no_more(giver: Key, given: Key) -> None:
    """Nobody hands on what it may not do itself. Raises Forbidden."""
    more = sorted(permissions(given) - permissions(giver))
    if more:
        raise Forbidden(f"this key cannot give what it lacks: {', '.join(more)}", permission=more[0])
