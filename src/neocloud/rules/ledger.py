"""`decide`: from the world, a command, `now` and its author to the changes it makes, or a refusal. Pure."""

from collections.abc import Callable
from typing import Any

from neocloud.model.commands import (
    AcceptPut,
    Admit,
    Amend,
    Answering,
    Apply,
    Approve,
    Book,
    ChangeWebhook,
    Command,
    Confirm,
    Decline,
    DropWebhook,
    Exercise,
    MakeKey,
    MakeWebhook,
    Reclaim,
    Release,
    RevokeKey,
    Terminate,
)
from neocloud.model.entries import NOBODY, Author
from neocloud.model.world import World
from neocloud.rules.amending import amend
from neocloud.rules.approvals import answer, approval_named, asked, command_of
from neocloud.rules.booking import book, confirm, release
from neocloud.rules.change import Change
from neocloud.rules.eligibility import asks_who, check_eligible
from neocloud.rules.ending import expire, reclaim, terminate
from neocloud.rules.facts import happened
from neocloud.rules.fleet import apply
from neocloud.rules.keys import make_key, revoke_key
from neocloud.rules.options import exercise
from neocloud.rules.requests import accept_put, admit, decline
from neocloud.rules.webhooks import change_webhook, drop_webhook, make_webhook

_DECISIONS: dict[type[Command], Callable[[World, Any, int], list[Change]]] = {
    Apply: apply,
    Book: book,
    Confirm: confirm,
    Exercise: exercise,
    Amend: amend,
    Terminate: terminate,
    Reclaim: reclaim,
    Release: release,
    AcceptPut: accept_put,
    Decline: decline,
    Admit: admit,
    MakeKey: make_key,
    RevokeKey: revoke_key,
    MakeWebhook: make_webhook,
    ChangeWebhook: change_webhook,
    DropWebhook: drop_webhook,
}


def decide(
    world: World, command: Command, now: int, author: Author = NOBODY, *, approved: bool = False
) -> list[Change]:
    """The changes that a command makes, all to be applied or none; empty when nothing would change.

    Where policies ask for a second person, the one change is the approval that waits; with `approved`, what the
    command would come to then. Raises Mistaken or Refused, and then nothing has happened. What is no decision is a
    fact, and never Refused.
    """
    if isinstance(command, Answering):
        return _answered(world, command, now, author)
    changes = _decided(world, command, now)
    return changes if approved or not world.policies else asked(world, command, changes, now, author)


def _decided(world: World, command: Command, now: int) -> list[Change]:
    """What a decision or a fact comes to, if nobody need be asked."""
    rule = _DECISIONS.get(type(command))
    if rule is None:
        return happened(world, command, now)  # type: ignore[arg-type]
    changes = rule(world, command, now)
    if asks_who(world, changes):
        check_eligible(world, changes, now)
    return changes


def _answered(world: World, command: Answering, now: int, author: Author) -> list[Change]:
    """An approval with its answer; if that is yes, what was asked is decided now, from the world as it is."""
    answered = answer(world, command, now, author)
    if not isinstance(command, Approve):
        return [answered]
    return [answered, *_decided(world, command_of(approval_named(world, command.approval)), now)]


def overdue(world: World, now: int) -> list[Change]:
    """The holds that have run out by `now`, as the expiries that the next decision writes first."""
    return [expire(world, lease) for lease in world.due(now)]
