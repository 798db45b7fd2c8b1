"""Approvals: what policies ask of a second person, and what becomes of it.

A decision that falls under such policies is not made: an approval that waits is, and it takes no capacity. Another
author than the one who asked says yes, and what was asked is then decided anew, from the world as it is by then.
"""

import re
from collections.abc import Sequence
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from neocloud.errors import Conflict, NotAllowed, Unknown
from neocloud.model.approvals import Approval, ApprovalStatus
from neocloud.model.commands import Answering, Apply, Approve, Command, WithdrawApproval
from neocloud.model.entries import Author
from neocloud.model.leases import Lease
from neocloud.model.policies import Policy
from neocloud.model.requests import Request
from neocloud.model.world import World
from neocloud.rules.change import Change
from neocloud.rules.policies import covering
from neocloud.settings import APPROVAL_S
from neocloud.units import format_instant

_encode = msgspec.json.Encoder().encode
_NOT_OF_A_PATH = re.compile(r"[/\\%?#]")
_decode = msgspec.json.Decoder(Command).decode


def asking(world: World, changes: Sequence[Change], now: int) -> list[Policy]:
    """The policies that ask for a second person before changes are made, by id."""
    return [policy for policy, _ in covering(world, changes, now, "ask")] if changes else []


def asked(world: World, command: Command, changes: list[Change], now: int, author: Author) -> list[Change]:
    """What a decision comes to: its changes, or the approval that it waits for; nothing where that waits already.

    Raises NotAllowed where nobody is said to ask, and Conflict where the id was used to ask for something else.
    """
    policies = asking(world, changes, now)
    if not policies:
        return changes
    if asked_already(world, command, now) is not None:
        return []
    named = ", ".join(policy.id for policy in policies)
    if not author.by:
        raise NotAllowed(
            f"policy {named} asks for a second person, and nobody is said to be the first; say who asks",
            policies=[policy.id for policy in policies],
        )
    noun = changes[-1].noun
    assert isinstance(noun, Lease | Request), "a policy is about leases and requests"
    approval = Approval(
        id=approval_id(command.id),
        command=_encode(command).decode(),
        kind="lease" if isinstance(noun, Lease) else "request",
        about=noun.id,
        tenant=noun.tenant,
        policies={policy.id: policy.reason for policy in policies},
        asked_by=author.by,
        asked_at=now,
        expires_at=now + APPROVAL_S,
    )
    return [Change("asked", approval, {})]


def asked_already(world: World, command: Command, now: int) -> Approval | None:
    """The approval that was asked for by the same command, or that waits with the same form of a noun.

    A noun in a file comes under a new id each time. Raises Conflict where the id asked for something else.
    """
    known = asked_by(world, command.id)
    if known is not None:
        if known.command != _encode(command).decode():
            raise Conflict(f"command {command.id!r} asked for something else; choose another id", command=command.id)
        return known
    if isinstance(command, Apply):
        for each in world.approvals.values():
            if each.status_at(now) == "asked" and each.kind == "request" and each.about == command.noun.id:
                waiting = command_of(each)
                if isinstance(waiting, Apply) and _same_wish(waiting.noun, command.noun):
                    return each
    return None


def approval_id(command: str) -> str:
    """The id of an approval that a command waits for: the command's own, unless a path of a URL cannot hold that."""
    plain = _NOT_OF_A_PATH.sub("-", command)
    if plain == command and command not in {".", ".."}:
        return command
    return f"{plain}~{sha256(command.encode()).hexdigest()[:12]}"


def asked_by(world: World, command: str) -> Approval | None:
    """The approval that a command with an id asked for; before there were ids for paths it had the command's."""
    return world.approvals.get(approval_id(command)) or world.approvals.get(command)


def command_of(approval: Approval) -> Command:
    """The command that waits, as it was said."""
    command: Command = _decode(approval.command)
    return command


def approval_named(world: World, name: str) -> Approval:
    """The approval with an id, or Unknown with the nearest."""
    approval = world.approvals.get(name)
    if approval is None:
        raise Unknown("approval", name, world.approvals)
    return approval


def answer(world: World, command: Answering, now: int, author: Author) -> Change:
    """The approval with its answer. Raises Unknown, or NotAllowed: answered before, too old, or the wrong author."""
    approval = approval_named(world, command.approval)
    _check_waits(approval, now)
    _check_author(approval, command, author)
    status: ApprovalStatus = "declined"
    if isinstance(command, Approve | WithdrawApproval):
        status = "approved" if isinstance(command, Approve) else "withdrawn"
    noun = replace(approval, status=status, answered_by=author.by, answered_at=now, note=command.note)
    return Change(status, noun, {})


def _check_waits(approval: Approval, now: int) -> None:
    if approval.status != "asked":
        raise NotAllowed(
            f"approval {approval.id} was {approval.status} by {approval.answered_by} already; ask anew by another id",
            approval=approval.id,
        )
    if approval.expires_at <= now:
        raise NotAllowed(
            f"approval {approval.id} ran out {format_instant(approval.expires_at)}; ask anew by another id",
            approval=approval.id,
        )


def _check_author(approval: Approval, command: Answering, author: Author) -> None:
    """Who asked withdraws; somebody else approves or declines; nobody does neither."""
    if not author.by:
        raise NotAllowed(f"approval {approval.id} is answered by somebody; say who answers", approval=approval.id)
    withdraws = isinstance(command, WithdrawApproval)
    if withdraws and author.by != approval.asked_by:
        raise NotAllowed(
            f"approval {approval.id} was asked for by {approval.asked_by}, who alone may withdraw it; others decline",
            approval=approval.id,
        )
    if not withdraws and author.by == approval.asked_by:
        raise NotAllowed(
            f"approval {approval.id} was asked for by {author.by}: somebody else must answer; to take it back, "
            "withdraw it",
            approval=approval.id,
        )


def _same_wish(one: object, other: object) -> bool:
    """Whether two forms of a request say the same; when it arrived is not of it."""
    if not isinstance(one, Request) or not isinstance(other, Request):
        return False
    return replace(one, arrived_at=0) == replace(other, arrived_at=0)
