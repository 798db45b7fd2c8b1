"""`decide`: from the world, a command and `now` to the changes it makes, or a refusal. Pure."""

from collections.abc import Callable
from typing import Any

from neocloud.model.commands import (
    AcceptPut,
    Admit,
    Amend,
    Apply,
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
from neocloud.model.world import World
from neocloud.rules.amending import amend
from neocloud.rules.booking import book, confirm, release
from neocloud.rules.change import Change
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


def decide(world: World, command: Command, now: int) -> list[Change]:
    """The changes that a command makes, all to be applied or none; empty when nothing would change.

    Raises Mistaken or Refused, and then nothing has happened. What is no decision is a fact, and never Refused.
    """
    rule = _DECISIONS.get(type(command), happened)
    return rule(world, command, now)


def overdue(world: World, now: int) -> list[Change]:
    """The holds that have run out by `now`, as the expiries that the next decision writes first."""
    return [expire(world, lease) for lease in world.due(now)]
