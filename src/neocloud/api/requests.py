"""Requests: what tenants want and are not yet promised; made, declined, withdrawn. A booking accepts one."""

from typing import Any

from neocloud.api.calls import Call, Reply
from neocloud.api.nouns import tagged
from neocloud.api.routes import route
from neocloud.documents.asked import ReasonDocument
from neocloud.documents.requests import RequestDocument
from neocloud.errors import Forbidden, Invalid
from neocloud.model.commands import Apply, Decline, Withdraw
from neocloud.model.requests import Judgement, Request
from neocloud.rules.customers import check_request

_EXAMPLE: dict[str, Any] = {
    "id": "acme-7",
    "tenant": "acme",
    "pools": [{"pool": "oslo-h100", "gpus": 64, "price": "2.35"}],
    "from": "2027-02-01T00:00:00Z",
    "until": "2027-05-01T00:00:00Z",
}


@route("POST", "/v1/requests", "requests.write", body=RequestDocument, answer=RequestDocument, status=201,
       example=_EXAMPLE)  # fmt: skip
async def make_request(call: Call) -> Reply:
    """Say what is wanted. It takes no capacity; it is open until it is accepted, declined or withdrawn."""
    document: RequestDocument = call.body
    with call.world() as world:
        if call.tenant:
            check_request(world, document, call.tenant)
        tenant = world.tenants.get(document.tenant)
    if tenant is not None:
        document.check_money(tenant.kind)
    wish = document.noun(call.now)
    await call.say(Apply(id=call.command_id(), noun=wish))
    return _shown(call, wish.id, 201)


@route("POST", "/v1/requests/{name}/decline", "requests.write", body=ReasonDocument, answer=RequestDocument,
       example={"reason": "the pool is worth more to research in May"})  # fmt: skip
async def decline(call: Call) -> Reply:
    """Say no to a request."""
    if call.tenant:
        raise Forbidden(
            "a request is declined by the operator, and withdrawn by its tenant", permission="requests.write"
        )
    if not call.body.reason.strip():
        raise Invalid("say why, in a word or more", place="reason")
    judgement = Judgement(at=call.now, journal_seq=call.service.seq, reason=call.body.reason)
    command = Decline(id=call.command_id(), request=call.path(), judgement=judgement)
    await call.say(command, unless_changed=(Request, call.path()))
    return _shown(call, call.path())


@route("POST", "/v1/requests/{name}/withdraw", "requests.write", answer=RequestDocument)
async def withdraw(call: Call) -> Reply:
    """Whoever made a request no longer wants it."""
    with call.world() as world:
        wish = call.named(world, Request, "request", call.path())
    await call.say(Withdraw(id=call.command_id(), request=wish.id), unless_changed=(Request, wish.id))
    return _shown(call, wish.id)


def _shown(call: Call, name: str, status: int = 200) -> Reply:
    with call.world() as world:
        return tagged(call, world, call.named(world, Request, "request", name), status)
