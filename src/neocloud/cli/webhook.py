"""`neocloud webhook create|rotate|drop|failures|list|show`: URLs that `serve` sends events, signed."""

import os
from typing import Any
from uuid import uuid4

import click
from msgspec.structs import replace

from neocloud.cli.fleet import flat, listing
from neocloud.cli.output import fields, note, output_option, print_one, print_rows
from neocloud.cli.places import data_directory
from neocloud.cli.session import Session, session
from neocloud.cli.travel import travel_options
from neocloud.documents.document import shown
from neocloud.documents.shown import row
from neocloud.documents.webhooks import FailureRow
from neocloud.model.commands import DropWebhook
from neocloud.model.webhooks import Webhook
from neocloud.model.world import World
from neocloud.operations.webhooks import NewWebhook, new_webhook, rotated_webhook, service_secret
from neocloud.rules.webhooks import standing_webhook, webhook_named


def _columns(world: World, webhook: Webhook, now: int) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "kinds": list(webhook.kinds) or "all",
        "tenant": webhook.tenant,
        "delivered_seq": webhook.delivered_seq,
        "failed": len(webhook.failures),
        "dropped": shown(webhook.dropped_at),
    }


webhook = listing("webhook", Webhook, "URLs that `serve` sends events, each signed.", _columns)


@webhook.command()
@click.option("--url", required=True, metavar="URL", help="Where to send events: https, on the public internet.")
@click.option(
    "--kind", "kinds", multiple=True, metavar="KIND", help="Only of these kinds: lease, request; repeat it."
)
@click.option("--tenant", default="", metavar="T", help="Only what is this tenant's, as it sees it.")
@click.option("--note", "text", default="", metavar="TEXT", help="What it is for.")
@click.option("--id", "name", metavar="ID", help="The webhook's id [one is made].")
@output_option()
def create(url: str, kinds: tuple[str, ...], tenant: str, text: str, name: str | None, output: str) -> None:
    """Have a URL sent events from now on. The secret that signs them is told here, and never again.

    \b
    Examples:
      neocloud webhook create --url https://example.com/hooks --kind lease --kind request
      neocloud webhook create --url https://acme.example/gpus --tenant acme --id acme-hook
    """
    private = os.environ.get("NEOCLOUD_WEBHOOK_PRIVATE") == "1"
    with session() as opened:
        made = new_webhook(_service(), url, private=private, kinds=kinds, tenant=tenant, note=text, name=name)
        _make(opened, made, output)


@webhook.command()
@click.argument("name", metavar="WEBHOOK")
@output_option()
def rotate(name: str, output: str) -> None:
    """Sign with a new secret, which is told here; for a day the one before signs as well.

    \b
    Example:
      neocloud webhook rotate acme-hook
    """
    with session() as opened:
        _make(opened, rotated_webhook(_service(), standing_webhook(opened.ledger.world, name)), output)


@webhook.command()
@click.argument("name", metavar="WEBHOOK")
@output_option()
def drop(name: str, output: str) -> None:
    """Send a webhook nothing from now on.

    \b
    Example:
      neocloud webhook drop acme-hook
    """
    with session() as opened:
        opened.ledger.submit(DropWebhook(id=f"drop:{name}:{uuid4().hex}", webhook=name), now=opened.now)
        _show(opened, name, output)


@webhook.command()
@click.argument("name", metavar="WEBHOOK")
@travel_options
@output_option()
def failures(name: str, output: str) -> None:
    """List the last events that could not be sent: when each was given up, after how many tries, and why.

    \b
    Example:
      neocloud webhook failures acme-hook --output json
    """
    with session() as opened, opened.world() as world:
        rows = [FailureRow.of(each) for each in webhook_named(world, name).failures]
        names = FailureRow.__struct_fields__
        found = [{each: getattr(failure, each) for each in names} for failure in rows]
        print_rows(found, output, names, empty="nothing has failed")


def _service() -> bytes:
    directory = data_directory(click.get_current_context().obj)
    return service_secret(directory, os.environ.get("NEOCLOUD_SERVICE_SECRET"))


def _make(opened: Session, made: NewWebhook, output: str) -> None:
    command = replace(made.command, id=f"{made.command.id}:{uuid4().hex}")
    (answer,) = opened.ledger.submit(command, now=opened.now)
    _show(opened, answer.noun.id, output, secret=made.secret)
    note("this secret is told now, and never again")


def _show(opened: Session, name: str, output: str, **more: Any) -> None:
    with opened.world() as world:
        found = row(world, webhook_named(world, name), opened.now) | more
    print_one(found, output, lambda: fields(flat(found)))
