"""URLs that are sent events: made, given a new secret, sent once more what failed, dropped."""

from neocloud.client.answers import Shown, page_of_rows, value
from neocloud.client.asks import Ask, Listing, body_of, path
from neocloud.client.groups import Lists, Operation, Sends
from neocloud.client.nouns import Listed
from neocloud.documents.webhooks import FailureRow, MadeWebhook, NewWebhookDocument, WebhookDocument


class Webhooks(Listed[Sends, WebhookDocument]):
    """URLs that are sent events, signed."""

    @Operation
    def make(self, webhook: NewWebhookDocument, *, idempotency_key: str | None = None) -> Ask[MadeWebhook]:
        """Have a URL sent events from now on; the secret that signs them is told in this answer only."""
        body = body_of(webhook)
        return Ask(method="POST", path=path("webhooks"), read=value(MadeWebhook), body=body, key=idempotency_key)

    @Operation
    def rotate(self, webhook: str, *, idempotency_key: str | None = None) -> Ask[MadeWebhook]:
        """Sign with a new secret; for a day the one before signs as well."""
        where = path("webhooks", webhook, "rotate")
        return Ask(method="POST", path=where, read=value(MadeWebhook), key=idempotency_key)

    @Operation
    def retry(self, webhook: str, *, idempotency_key: str | None = None) -> Ask[Shown[WebhookDocument]]:
        """Send what failed once more."""
        return self._said("retry", webhook, key=idempotency_key)

    @Operation
    def drop(self, webhook: str) -> Ask[Shown[WebhookDocument]]:
        """It is sent nothing from now on."""
        return self._said("", webhook, key=None, method="DELETE")

    @Lists
    def failures(self, webhook: str) -> Listing[FailureRow]:
        """The last events that it could not be sent."""
        return Listing(path=path("webhooks", webhook, "failures"), read=page_of_rows(FailureRow))
