"""Webhooks, as they are shown: never their secret, nor its digest; and what they could not be sent."""

from typing import Annotated, Self

from msgspec import Meta, Struct

from neocloud.documents.document import Document, When, made, shown
from neocloud.model.webhooks import Failure, Webhook


class WebhookDocument(Document, frozen=True, kw_only=True):
    """A URL that is sent events. Made by `neocloud webhook create`, and never applied."""

    id: str
    url: str
    kinds: Annotated[list[str], Meta(description="only events of these kinds of nouns; none: of all")] = []
    tenant: Annotated[str, Meta(description="only what is its own; empty: the operator's")] = ""
    note: str = ""
    created: When
    secret_version: Annotated[int, Meta(description="how many secrets it has had")] = 1
    rotated: When | None = None
    dropped: When | None = None
    reason: Annotated[str, Meta(description="why it was dropped by the service")] = ""

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """The webhook as a document."""
        return made(
            cls,
            id=webhook.id,
            url=webhook.url,
            kinds=list(webhook.kinds),
            tenant=webhook.tenant,
            note=webhook.note,
            created=shown(webhook.created_at) or "",
            secret_version=webhook.secret_version,
            rotated=shown(webhook.rotated_at),
            dropped=shown(webhook.dropped_at),
            reason=webhook.reason,
        )


class FailureRow(Struct, frozen=True, kw_only=True):
    """An event that was given up: its entry, when, after how many tries; the last answer's status, or the error."""

    seq: int
    at: When
    tries: int
    status: int
    error: str

    @classmethod
    def of(cls, failure: Failure) -> Self:
        """The failure as a row."""
        at = shown(failure.at) or ""
        return cls(seq=failure.seq, at=at, tries=failure.tries, status=failure.status, error=failure.error)


class NewWebhookDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A webhook to be made."""

    id: Annotated[str | None, Meta(description="left out, one is made")] = None
    url: Annotated[str, Meta(description="https, and on the public internet")]
    kinds: Annotated[list[str], Meta(description="only events of these kinds of nouns; none: of all")] = []
    tenant: Annotated[str, Meta(description="only what is its own; a customer's is always that")] = ""
    note: str = ""


class MadeWebhook(Struct, frozen=True, kw_only=True):
    """A webhook with the secret that signs from now on, which is told here and never again."""

    webhook: WebhookDocument
    secret: str | None
