"""Secrets of keys: made here, told once, and kept as a digest only. A key is said as `nc_ID_SECRET`."""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple

from neocloud.errors import Invalid
from neocloud.model.commands import MakeKey
from neocloud.model.keys import Key, Role
from neocloud.model.world import World
from neocloud.settings import KEY_ROTATION_S

_SECRET_BYTES = 32
_ID_BYTES = 5
_PREFIX = "nc_"


class NewKey(NamedTuple):
    """A key that is to be made, and what its holder says; that is known here and now only."""

    command: MakeKey
    token: str


def new_key(
    role: Role,
    *,
    tenant: str = "",
    scopes: Sequence[str] = (),
    note: str = "",
    person: str = "",
    expires_at: int | None = None,
    once: bool = False,
    name: str | None = None,
) -> NewKey:
    """A key with a secret of 256 bits. Raises Invalid for an id or a role that cannot be."""
    name = secrets.token_hex(_ID_BYTES) if name is None else name
    if "_" in name:
        raise Invalid(f"{name!r} cannot be the id of a key; leave '_' out", place="id")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = Key(
        id=name, role=role, digest=_digest(secret), tenant=tenant, scopes=tuple(scopes), note=note, person=person,
        expires_at=expires_at, once=once,
    )  # fmt: skip
    return NewKey(MakeKey(id=f"key:{name}", key=key), f"{_PREFIX}{name}_{secret}")


def rotated(old: Key, *, now: int, hold_old_s: int = KEY_ROTATION_S) -> NewKey:
    """A key that takes the place of another, which still holds for a while."""
    made = new_key(
        old.role, tenant=old.tenant, scopes=old.scopes, note=old.note, person=old.person, expires_at=old.expires_at
    )
    command = MakeKey(
        id=made.command.id, key=made.command.key, instead_of=old.id, old_until_at=now + max(0, hold_old_s)
    )
    return NewKey(command, made.token)


def key_of(world: World, token: str, now: int) -> Key | None:
    """The key that a token is of, if it holds; None for whatever else is said, without a word about why."""
    name, _, secret = token.removeprefix(_PREFIX).partition("_")
    key = world.keys.get(name) if token.startswith(_PREFIX) else None
    digest = _digest(secret)
    if key is None or not compare_digest(digest, key.digest) or not key.holds(now):
        return None
    return key


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
