"""What people with keys do: keys and webhooks are made, rotated, used, sent to, and taken back."""

import random
from collections.abc import Callable

from neocloud.model.commands import (
    ChangeWebhook,
    Command,
    DropWebhook,
    KeyUsed,
    MakeKey,
    MakeWebhook,
    RevokeKey,
    WebhookDelivered,
)
from neocloud.model.keys import Key
from neocloud.model.webhooks import Failure, Webhook
from neocloud.model.world import World
from neocloud.units import DAY_S

DIGEST = "0" * 64


def access(world: World, now: int, chance: random.Random, next_id: Callable[[str], str]) -> Command:
    """One of them, of a key or webhook that there may be."""
    standing = [each.id for each in world.webhooks.values() if each.stands]
    key, hook = (chance.choice(sorted(names) or ["none"]) for names in (world.keys, standing))
    name, webhook = next_id("access"), world.webhooks.get(hook)
    seq = world.head.seq
    made = Key(id=next_id("key"), role="viewer", digest=DIGEST)
    version = 1 if webhook is None else webhook.secret_version + 1
    failing = sorted(each.id for each in world.webhooks.values() if each.stands and each.failures)
    failed = (Failure(seq=seq, at=now, tries=1),)
    commands: list[Command] = [
        MakeKey(id=name, key=made),
        MakeKey(id=name, key=made, instead_of=key, old_until_at=now + DAY_S),
        RevokeKey(id=name, key=key),
        KeyUsed(id=name, key=key, day_at=now // DAY_S * DAY_S),
        MakeWebhook(id=name, webhook=Webhook(id=next_id("hook"), url="https://example.com/", digest=DIGEST)),
        WebhookDelivered(id=name, webhook=hook, seq=seq, failed=failed if chance.random() < 0.8 else ()),
        ChangeWebhook(id=name, webhook=hook, to="rotated", secret_version=version, digest=DIGEST),
        ChangeWebhook(id=name, webhook=chance.choice(failing or ["none"]), to="retried"),
        DropWebhook(id=name, webhook=hook),
    ]
    return chance.choices(commands, (4, 2, 3, 6, 4, 6, 3, 6, 3))[0]
