"""`neocloud calendar remind --webhook`: the digest of deadlines, posted to webhooks of the ledger."""

import asyncio
import os
from collections.abc import Sequence

import click

from neocloud.cli.output import counted, note
from neocloud.cli.places import data_directory
from neocloud.errors import Invalid, Unavailable
from neocloud.model.webhooks import Webhook
from neocloud.model.world import World
from neocloud.operations.webhooks import digest_of, secret_of, service_secret
from neocloud.rules.deadlines import Deadline
from neocloud.rules.webhooks import standing_webhook
from neocloud.timeline import Span


def webhooks_named(world: World, names: Sequence[str]) -> list[Webhook]:
    """The operator's webhooks that a digest goes to, each with a secret of ours. Raises Unknown, or Invalid."""
    found = [standing_webhook(world, name) for name in names]
    for each in found:
        if each.tenant:
            raise Invalid(f"{each.id} is {each.tenant}'s; a digest is for the operator's own", place="--webhook")
        if digest_of(secret_of(service(), each.id, each.secret_version)) != each.digest:
            raise Invalid(
                f"{each.id} has a secret of another service's; let NEOCLOUD_SERVICE_SECRET be the same everywhere, "
                "or rotate it",
                place="--webhook",
            )
    return found


def post(webhooks: Sequence[Webhook], found: Sequence[Deadline], within: Span) -> None:
    """Send the digest to each. Raises Unavailable where one does not take it, after all were tried."""
    try:
        from neocloud.api.digest import digest_body, post_digest  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise Unavailable(f"{error.name} is not installed; pip install 'neocloud[server]' brings it") from None
    body, private, failed = digest_body(found, within), os.environ.get("NEOCLOUD_WEBHOOK_PRIVATE") == "1", []
    for each in webhooks:
        try:
            asyncio.run(post_digest(each, service(), body, private=private))
        except Unavailable as error:
            failed.append(str(error))
        else:
            note(f"sent to webhook {each.id}: {counted(len(found), 'deadline')}")
    if failed:
        raise Unavailable("; ".join(failed))


def service() -> bytes:
    """The service's secret, which lies beside the ledger or in the environment. Raises Invalid."""
    return service_secret(data_directory(click.get_current_context().obj), os.environ.get("NEOCLOUD_SERVICE_SECRET"))
