"""Keys: made, rotated and revoked. A secret is told once, when its key is made."""

from typing import Any

from neocloud.api.calls import Call, Reply
from neocloud.api.nouns import shown
from neocloud.api.routes import route
from neocloud.documents.answers import MadeKey
from neocloud.documents.document import duration, instant_or_none
from neocloud.documents.keys import KeyDocument, NewKeyDocument, RotationDocument
from neocloud.errors import Forbidden
from neocloud.model.commands import MakeKey, RevokeKey
from neocloud.model.keys import Key
from neocloud.operations.keys import NewKey, new_key, rotated
from neocloud.rules.access import check_no_more
from neocloud.rules.keys import key_named
from neocloud.settings import KEY_ROTATION_S


@route("POST", "/v1/keys", "keys.write", body=NewKeyDocument, answer=MadeKey, status=201,
       example={"role": "customer", "tenant": "acme", "note": "its scheduler"})  # fmt: skip
async def make_key(call: Call) -> Reply:
    """Make a key. Its token is in this answer only; said again, the same key is shown without it."""
    document: NewKeyDocument = call.body
    if call.key.once and (document.role != "admin" or document.tenant):
        raise Forbidden("the one-time key makes the first admin, and nothing else", permission="keys.write")
    made = new_key(
        document.role, tenant=document.tenant, scopes=document.scopes, note=document.note,
        expires_at=instant_or_none(document.expires, call.now, "expires"), name=document.id,
    )  # fmt: skip
    command = made.command
    if not call.key.once:
        check_no_more(call.key, command.key)
    else:
        command = MakeKey(id=command.id, key=command.key, instead_of=call.key.id)
    return await _made(call, made._replace(command=command))


@route("POST", "/v1/keys/{name}/rotate", "keys.write", body=RotationDocument, answer=MadeKey, status=201,
       example={"hold_old_for": "7d"})  # fmt: skip
async def rotate_key(call: Call) -> Reply:
    """Make a key in the place of another, which still holds for a while."""
    held = call.body.hold_old_for
    with call.world() as world:
        old = key_named(world, call.path())
    check_no_more(call.key, old)
    hold_s = KEY_ROTATION_S if held is None else duration(held, "hold_old_for")
    return await _made(call, rotated(old, now=call.now, hold_old_s=hold_s))


@route("POST", "/v1/keys/{name}/revoke", "keys.write", answer=KeyDocument)
async def revoke_key(call: Call) -> dict[str, Any]:
    """A key is of no use from now on."""
    await call.say(RevokeKey(id=call.command_id(), key=call.path()), unless_changed=(Key, call.path()))
    with call.world() as world:
        return shown(call, world, key_named(world, call.path()))


async def _made(call: Call, made: NewKey) -> Reply:
    """Make it under the caller's Idempotency-Key; a retry finds the key that was made, and no second one."""
    command = MakeKey(
        id=call.command_id(),
        key=made.command.key,
        instead_of=made.command.instead_of,
        old_until_at=made.command.old_until_at,
    )
    answer = await call.say(command)
    found = next(noun for cause, noun in reversed(answer.changes) if isinstance(noun, Key))
    with call.world() as world:
        key = shown(call, world, key_named(world, found.id))
    return Reply({"key": key, "token": None if answer.again else made.token}, 201)
