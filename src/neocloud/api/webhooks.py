"""Webhooks: made, rotated, dropped, and what they could not be sent. A secret is told once, when it is new."""

from typing import Any

from msgspec.structs import replace

from neocloud.api.calls import Call, Reply
from neocloud.api.instants import with_instants
from neocloud.api.nouns import shown
from neocloud.api.routes import route
from neocloud.documents.webhooks import FailureRow, MadeWebhook, NewWebhookDocument, WebhookDocument
from neocloud.errors import Invalid
from neocloud.model.commands import ChangeWebhook, DropWebhook
from neocloud.model.webhooks import Webhook
from neocloud.operations.webhooks import NewWebhook, new_webhook, rotated_webhook
from neocloud.rules.customers import check_own_name
from neocloud.rules.webhooks import webhook_named


@route("POST", "/v1/webhooks", "webhooks.write", body=NewWebhookDocument, answer=MadeWebhook, status=201,
       example={"url": "https://example.com/hooks", "kinds": ["lease"]})  # fmt: skip
async def make_webhook(call: Call) -> Reply:
    """Have a URL sent events from now on, signed. Its secret is in this answer only."""
    document: NewWebhookDocument = call.body
    if call.tenant:
        check_own_name(document.id, call.tenant)
        if document.tenant not in {"", call.tenant}:
            raise Invalid(f"this key is told of what is {call.tenant}'s", place="tenant")
    made = new_webhook(
        call.service.secret, document.url, private=call.service.private_webhooks, kinds=document.kinds,
        tenant=call.tenant or document.tenant, note=document.note, name=document.id,
    )  # fmt: skip
    return await _made(call, made, 201)


@route("POST", "/v1/webhooks/{name}/rotate", "webhooks.write", answer=MadeWebhook)
async def rotate_webhook(call: Call) -> Reply:
    """Sign with a new secret, which is told here; for a day the one before signs as well."""
    return await _made(call, rotated_webhook(call.service.secret, _own(call)), 200)


@route("POST", "/v1/webhooks/{name}/retry", "webhooks.write", answer=WebhookDocument)
async def retry_webhook(call: Call) -> dict[str, Any]:
    """Send what failed once more, each event once, and then go on. What fails again is listed again."""
    name = _own(call).id
    await call.say(ChangeWebhook(id=call.command_id(), webhook=name, to="retried"))
    return _shown(call, name)


@route("DELETE", "/v1/webhooks/{name}", "webhooks.write", answer=WebhookDocument)
async def drop_webhook(call: Call) -> dict[str, Any]:
    """A webhook is sent nothing from now on."""
    name = _own(call).id
    await call.say(DropWebhook(id=call.command_id(), webhook=name))
    return _shown(call, name)


@route("GET", "/v1/webhooks/{name}/failures", "webhooks.read", answer=(FailureRow,))
def list_failures(call: Call) -> dict[str, Any]:
    """List the last events that could not be sent: when each was given up, after how many tries, and why."""
    items = [with_instants(_row(FailureRow.of(each))) for each in _own(call).failures]
    return {"items": items, "next": None, "journal_seq": call.service.seq}


def _row(failure: FailureRow) -> dict[str, Any]:
    return {name: getattr(failure, name) for name in failure.__struct_fields__}


def _own(call: Call) -> Webhook:
    """The webhook of the path, if the caller may see it. Raises Unknown."""
    with call.world() as world:
        return call.named(world, Webhook, "webhook", call.path())


def _shown(call: Call, name: str) -> dict[str, Any]:
    with call.world() as world:
        return shown(call, world, webhook_named(world, name))


async def _made(call: Call, made: NewWebhook, status: int) -> Reply:
    """Make or rotate it under the caller's Idempotency-Key; a retry finds what was made, and no second secret."""
    answer = await call.say(replace(made.command, id=call.command_id()))
    secret = None if answer.again else made.secret
    return Reply({"webhook": _shown(call, answer.noun.id), "secret": secret}, status)
