"""Webhooks: made, rotated, retried and dropped; and how far each has been sent events, which is a fact."""

from typing import get_args

from msgspec.structs import replace

from neocloud.errors import Changed, Conflict, Invalid, NotAllowed, Unknown
from neocloud.model.commands import ChangeWebhook, DropWebhook, MakeWebhook, WebhookDelivered
from neocloud.model.entries import Entry, Noun, kind_of
from neocloud.model.keys import Key
from neocloud.model.leases import Lease
from neocloud.model.requests import Request
from neocloud.model.tenants import Tenant
from neocloud.model.webhooks import Webhook
from neocloud.model.world import World
from neocloud.rules.change import Change
from neocloud.rules.proposal import tenant_named
from neocloud.settings import MOST_WEBHOOKS, WEBHOOK_FAILURES_KEPT
from neocloud.units import format_instant

EVENT_KINDS: frozenset[str] = frozenset(kind_of(kind).replace(" ", "_") for kind in get_args(Noun))
"""The kinds of nouns, as events name them."""


def make_webhook(world: World, command: MakeWebhook, now: int) -> list[Change]:
    """A new webhook, which is sent what comes after it. Raises Mistaken, or NotAllowed where there are too many."""
    webhook = replace(command.webhook, created_at=now, delivered_seq=world.head.seq)
    if webhook.id in world.webhooks:
        raise Conflict(f"webhook {webhook.id} was made before; a webhook is made once")
    if webhook.tenant:
        tenant_named(world, webhook.tenant)
    check_kinds(webhook.kinds)
    if sum(each.stands and each.tenant == webhook.tenant for each in world.webhooks.values()) >= MOST_WEBHOOKS:
        whose = webhook.tenant or "the operator"
        raise NotAllowed(f"{whose} has {MOST_WEBHOOKS} webhooks already; drop one of them first")
    return [Change("added", webhook, {})]


def change_webhook(world: World, command: ChangeWebhook, now: int) -> list[Change]:
    """The next secret signs, or what failed is sent again; nothing where nothing did. Raises Mistaken, NotAllowed."""
    webhook = standing_webhook(world, command.webhook)
    if command.to == "rotated":
        return [Change("rotated", _rotated(webhook, command, now), {})]
    if not webhook.failures:
        return []
    again = dict.fromkeys([*webhook.again, *(each.seq for each in webhook.failures)])
    return [Change("retried", replace(webhook, again=tuple(sorted(again)), failures=()), {})]


def _rotated(webhook: Webhook, command: ChangeWebhook, now: int) -> Webhook:
    if command.secret_version != webhook.secret_version + 1:
        raise Changed(
            f"webhook {webhook.id} was rotated meanwhile, to secret {webhook.secret_version}; rotate it again",
            kind="webhook", name=webhook.id,
        )  # fmt: skip
    return replace(webhook, secret_version=command.secret_version, digest=command.digest, rotated_at=now)


def drop_webhook(world: World, command: DropWebhook, now: int) -> list[Change]:
    """A webhook is sent nothing from now on; nothing where that is so. Raises Unknown."""
    webhook = webhook_named(world, command.webhook)
    return [Change("dropped", replace(webhook, dropped_at=now, reason=command.reason), {})] if webhook.stands else []


def webhook_delivered(world: World, fact: WebhookDelivered, now: int) -> list[Change]:
    """How far a webhook was sent events: a fact. Nothing where that is known; it never goes back."""
    old = webhook_named(world, fact.webhook)
    known = {each.seq for each in old.failures}
    new = tuple(each for each in fact.failed if each.seq not in known)
    webhook = replace(
        old,
        delivered_seq=max(old.delivered_seq, fact.seq),
        failures=(*old.failures, *new)[-WEBHOOK_FAILURES_KEPT:],
        again=tuple(seq for seq in old.again if seq not in fact.retried),
    )
    return [] if webhook == old else [Change("delivered", webhook, {})]


def webhook_named(world: World, name: str) -> Webhook:
    """The webhook with an id, or Unknown with the nearest."""
    webhook = world.webhooks.get(name)
    if webhook is None:
        raise Unknown("webhook", name, world.webhooks)
    return webhook


def standing_webhook(world: World, name: str) -> Webhook:
    """A webhook that is still sent events, or Unknown, or NotAllowed."""
    webhook = webhook_named(world, name)
    if webhook.dropped_at is not None:
        raise NotAllowed(f"webhook {name} was dropped {format_instant(webhook.dropped_at)}; make a new one")
    return webhook


def check_kinds(kinds: tuple[str, ...]) -> None:
    """Raises Invalid for a kind of events that there is not."""
    for kind in kinds:
        if kind not in EVENT_KINDS:
            raise Invalid(f"{kind!r} is no kind of events; {', '.join(sorted(EVENT_KINDS))} are", place="kind")


def event_of(entry: Entry) -> str:
    """What an entry is called as an event: `lease.booked`."""
    return f"{kind_of(entry.noun).replace(' ', '_')}.{entry.cause}"


def tenant_of(noun: Noun) -> str:
    """Whose a noun is; empty for what is no tenant's, and for keys, which are nobody's to be told of."""
    match noun:
        case Lease() | Request() | Webhook():
            return noun.tenant
        case Tenant():
            return noun.id
        case _:
            return ""


def tenants_of(entry: Entry) -> tuple[str, ...]:
    """Whose an entry is to be told of: its noun's tenant, and whoever had a lease before it was transferred."""
    noun = entry.noun
    if isinstance(noun, Lease) and noun.former and entry.cause == "transferred":
        return noun.tenant, noun.former
    return (tenant_of(noun),)


def is_sent(webhook: Webhook, entry: Entry) -> bool:
    """Whether an event is for a webhook. That a key was used, or a webhook sent something, is for none."""
    if (isinstance(entry.noun, Key) and entry.cause == "used") or (
        isinstance(entry.noun, Webhook) and entry.cause == "delivered"
    ):
        return False
    if webhook.tenant and webhook.tenant not in tenants_of(entry):
        return False
    return not webhook.kinds or event_of(entry).partition(".")[0] in webhook.kinds
