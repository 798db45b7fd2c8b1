"""Commands for those who follow the journal: said as they are, decided here, answered with raw nouns."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from neocloud.api.calls import Call, Reply, read_body
from neocloud.api.problems import document, status_of
from neocloud.api.routes import route
from neocloud.errors import Denied, Forbidden, Invalid, Mistaken, NeocloudError, Refused
from neocloud.model.approvals import Approval
from neocloud.model.commands import (
    Accept,
    AcceptPut,
    Admit,
    Amend,
    Apply,
    Approve,
    Book,
    ChangeWebhook,
    CloseOutage,
    Command,
    Confirm,
    Decline,
    DeclineApproval,
    DropWebhook,
    Exercise,
    KeyUsed,
    Leave,
    MakeKey,
    MakeWebhook,
    Reclaim,
    Record,
    Release,
    Restore,
    RevokeKey,
    Slip,
    Split,
    Terminate,
    WebhookDelivered,
    Withdraw,
    WithdrawApproval,
)
from neocloud.model.entries import Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Pool, Site
from neocloud.model.forecasts import Forecast
from neocloud.model.keys import Key
from neocloud.model.leases import Lease
from neocloud.model.policies import Policy
from neocloud.model.prices import ListPrice, PriceSet
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.terms import Terms
from neocloud.model.webhooks import Webhook
from neocloud.operations.ledger import Answer, Said
from neocloud.rules.access import Permission, check_no_more, permissions
from neocloud.settings import MOST_MONEY, MOST_UPLOAD_BYTES
from neocloud.timeline import BEGINNING, FOREVER
from neocloud.units import NANOS

NEEDS: dict[type[Command], Permission | None] = {
    Book: "leases.write",
    Confirm: "leases.write",
    Exercise: "leases.write",
    Release: "leases.write",
    Amend: "leases.write",
    Terminate: "leases.write",
    Reclaim: "leases.write",
    Record: "leases.write",
    AcceptPut: "requests.write",
    Decline: "requests.write",
    Approve: "approvals.write",
    DeclineApproval: "approvals.write",
    WithdrawApproval: "approvals.write",
    Withdraw: "requests.write",
    Admit: "plans.write",
    MakeKey: "keys.write",
    RevokeKey: "keys.write",
    CloseOutage: "fleet.write",
    Slip: "fleet.write",
    Accept: "fleet.write",
    Split: "fleet.write",
    Restore: "fleet.write",
    Leave: "fleet.write",
    Apply: None,
    KeyUsed: None,
    MakeWebhook: None,
    ChangeWebhook: None,
    DropWebhook: "webhooks.write",
    WebhookDelivered: None,
}
"""The permission that each command needs: that of its own route. Of Apply see `APPLYING`; that a key was used, or a
webhook delivered, nobody says but the service, which also holds the secrets of webhooks."""

APPLYING: dict[type[Noun], Permission | None] = {
    Site: "fleet.write",
    Pool: "fleet.write",
    Delivery: "fleet.write",
    Outage: "fleet.write",
    Curtailment: "fleet.write",
    Tenant: "tenants.write",
    Terms: "terms.write",
    Forecast: "plans.write",
    ListPrice: "prices.write",
    Request: "requests.write",
    Lease: None,
    PriceSet: None,
    Policy: "policies.write",
    Approval: None,
    Key: None,
    Webhook: None,
}
"""The same for Apply, by what is applied. Leases are booked, price sets admitted, keys and webhooks made, and
approvals asked for instead."""

_MOST_COMMANDS = 100_000
_MOST_NUMBER = MOST_MONEY * NANOS


class CommandsDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Commands, each with its id, as `neocloud.model.commands` has them."""

    commands: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=_MOST_COMMANDS)]
    together: Annotated[bool, Meta(description="all of them or none; else each by itself")] = True


class _Commands(Struct, kw_only=True):
    commands: list[Command]
    together: bool = True


class AnsweredCommand(Struct, frozen=True, kw_only=True):
    """What a command came to: the new form of each noun with its cause; or the problem that it met."""

    command: str
    again: bool = False
    changes: list[dict[str, Any]] = []
    problem: dict[str, Any] | None = None


class AnsweredCommands(Struct, frozen=True, kw_only=True):
    """What commands came to, in their order."""

    answers: list[AnsweredCommand]


@route("POST", "/v1/commands", "journal.read", body=CommandsDocument, answer=AnsweredCommands,
       most_bytes=MOST_UPLOAD_BYTES,
       example={"commands": [{"type": "release", "id": "release:deal-7", "lease": "deal-7"}]})  # fmt: skip
async def say_commands(call: Call) -> Reply:
    """Say commands as they are, all of them or none: for programs that follow the journal. Facts of a no are raw."""
    call.command_id()
    try:
        said = [Said(each, call.author) for each in _commands(call)]
        if call.body.together:
            return Reply({"answers": [_row(each) for each in await call.service.say_all(said)]})
        return Reply({"answers": [await _each(call, each) for each in said]})
    except NeocloudError as error:
        if isinstance(error, Denied) or not isinstance(error, Mistaken | Refused):
            raise
        return Reply(document(error, raw=True), status_of(error), media_type="application/problem+json")


async def _each(call: Call, said: Said) -> dict[str, Any]:
    try:
        return _row(await call.service.say(said))
    except (Mistaken, Refused) as error:
        return {"command": said.command.id, "problem": document(error, raw=True)}


def _commands(call: Call) -> list[Command]:
    """What is said, where this key may say it. Raises Invalid or Forbidden."""
    commands = read_body(call.raw, _Commands).commands
    for i, each in enumerate(commands):
        check_allowed(call.key, each)
        check_bounds(each, f"commands[{i}]")
    return commands


def check_allowed(key: Key, command: Command) -> None:
    """Raises Forbidden where a key may not say a command, nobody may, or it would give more than it has."""
    kind = type(command.noun) if isinstance(command, Apply) else type(command)
    needed = APPLYING[kind] if isinstance(command, Apply) else NEEDS[kind]  # type: ignore[index]
    if needed is None:
        raise Forbidden(f"nobody says {kind.__struct_config__.tag} so")
    if needed not in permissions(key):
        raise Forbidden(f"this key may not: it lacks {needed}", permission=needed)
    if isinstance(command, MakeKey):
        check_no_more(key, command.key)


def check_bounds(value: Any, place: str) -> None:
    """Raises Invalid for an instant outside of the years 1970 to 9999, or a number that nothing has."""
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            check_bounds(getattr(value, name), f"{place}.{name}")
    elif isinstance(value, tuple | list):
        for i, each in enumerate(value):
            check_bounds(each, f"{place}[{i}]")
    elif isinstance(value, int) and not isinstance(value, bool):
        low, high = (BEGINNING, FOREVER) if place.endswith("_at") else (-_MOST_NUMBER, _MOST_NUMBER)
        if not low <= value <= high:
            raise Invalid(f"{value} cannot be here; say a number from {low} to {high}", place=place)


def _row(answer: Answer) -> dict[str, Any]:
    changes = [{"cause": cause, "noun": noun} for cause, noun in answer.changes]
    return {"command": answer.command, "again": answer.again, "changes": changes}
