"""Keys of the API: made, rotated, revoked and used."""

from msgspec.structs import replace

from neocloud.errors import Conflict, NotAllowed, Unknown
from neocloud.model.commands import KeyUsed, MakeKey, RevokeKey
from neocloud.model.keys import Key
from neocloud.model.world import World
from neocloud.rules.access import check_scopes
from neocloud.rules.change import Change
from neocloud.rules.proposal import tenant_named
from neocloud.units import format_instant


def make_key(world: World, command: MakeKey, now: int) -> list[Change]:
    """A new key; the one it takes the place of holds until `old_until_at`. Raises Mistaken or NotAllowed."""
    key = replace(command.key, created_at=now)
    if key.id in world.keys:
        raise Conflict(f"key {key.id} was made before; a key is made once")
    if key.tenant:
        tenant_named(world, key.tenant)
    check_scopes(key)
    if command.instead_of is None:
        return [Change("added", key, {})]
    old = standing_key(world, command.instead_of, now)
    until_at = now if command.old_until_at is None or old.once else max(now, command.old_until_at)
    until_at = until_at if old.expires_at is None else min(until_at, old.expires_at)
    return [Change("rotated", replace(old, expires_at=until_at), {}), Change("added", key, {})]


def revoke_key(world: World, command: RevokeKey, now: int) -> list[Change]:
    """A key is of no use from now on; nothing where that is so. Raises Unknown."""
    key = key_named(world, command.key)
    return [] if key.revoked_at is not None else [Change("revoked", replace(key, revoked_at=now), {})]


def key_used(world: World, command: KeyUsed, now: int) -> list[Change]:
    """A key was used on a day: a fact. Nothing where a later day is known."""
    key = key_named(world, command.key)
    if key.used_on_at is not None and key.used_on_at >= command.day_at:
        return []
    return [Change("used", replace(key, used_on_at=command.day_at), {})]


def key_named(world: World, name: str) -> Key:
    """The key with an id, or Unknown with the nearest."""
    key = world.keys.get(name)
    if key is None:
        raise Unknown("key", name, world.keys)
    return key


def standing_key(world: World, name: str, now: int) -> Key:
    """A key that may still be used, or Unknown, or NotAllowed."""
    key = key_named(world, name)
    if not key.holds(now):
        ended_at = key.revoked_at if key.revoked_at is not None else key.expires_at
        raise NotAllowed(f"key {name} ended {format_instant(ended_at or now)}; make a new one", key=name)
    return key
