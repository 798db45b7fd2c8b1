"""What waits for a second person: approved, declined, or withdrawn by whoever asked."""

from typing import Any
from urllib.parse import quote

from neocloud.api.calls import Call, Reply
from neocloud.api.nouns import tagged
from neocloud.api.routes import route
from neocloud.documents.policies import ApprovalDocument, NoteDocument
from neocloud.errors import Invalid
from neocloud.model.approvals import Approval
from neocloud.model.commands import Answering, Approve, DeclineApproval, WithdrawApproval

_EXAMPLE: dict[str, Any] = {"note": "as agreed on Monday"}


@route("POST", "/v1/approvals/{name}/approve", "approvals.write", body=NoteDocument, answer=ApprovalDocument,
       example=_EXAMPLE)  # fmt: skip
async def approve(call: Call) -> Reply:
    """Say yes to what somebody else asked: it is decided now, and refused if it no longer fits."""
    return await _answered(call, Approve(id=call.command_id(), approval=call.path(), note=call.body.note))


@route("POST", "/v1/approvals/{name}/decline", "approvals.write", body=NoteDocument, answer=ApprovalDocument,
       example={"note": "too cheap"})  # fmt: skip
async def decline_approval(call: Call) -> Reply:
    """Say no to what somebody else asked."""
    if not call.body.note.strip():
        raise Invalid("say why, in a word or more", place="note")
    return await _answered(call, DeclineApproval(id=call.command_id(), approval=call.path(), note=call.body.note))


@route("POST", "/v1/approvals/{name}/withdraw", "approvals.write", body=NoteDocument, answer=ApprovalDocument,
       example=_EXAMPLE)  # fmt: skip
async def withdraw_approval(call: Call) -> Reply:
    """Take back what you asked."""
    return await _answered(call, WithdrawApproval(id=call.command_id(), approval=call.path(), note=call.body.note))


async def _answered(call: Call, command: Answering) -> Reply:
    await call.say(command)
    with call.world() as world:
        found = call.named(world, Approval, "approval", command.approval)
        reply = tagged(call, world, found)
    where = f"/v1/{found.kind}s/{quote(found.about, safe='')}"
    return reply._replace(headers={**reply.headers, "Content-Location": where})
