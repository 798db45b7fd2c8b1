"""Who may use the API: keys made, rotated, revoked."""

from neocloud.client.answers import Shown, value
from neocloud.client.asks import Ask, body_of, path
from neocloud.client.groups import Operation, Sends
from neocloud.client.nouns import Listed
from neocloud.documents.answers import MadeKey
from neocloud.documents.keys import KeyDocument, NewKeyDocument, RotationDocument


class Keys(Listed[Sends, KeyDocument]):
    """Who may use the API."""

    @Operation
    def make(self, key: NewKeyDocument, *, idempotency_key: str | None = None) -> Ask[MadeKey]:
        """Make a key; its token is told in this answer only."""
        return Ask(method="POST", path=path("keys"), read=value(MadeKey), body=body_of(key), key=idempotency_key)

    @Operation
    def rotate(
        self, key: str, *, hold_old_for: str | None = None, idempotency_key: str | None = None
    ) -> Ask[MadeKey]:
        """Make a key in the place of another, which still holds for a while."""
        body = body_of(RotationDocument(hold_old_for=hold_old_for))
        where = path("keys", key, "rotate")
        return Ask(method="POST", path=where, read=value(MadeKey), body=body, key=idempotency_key)

    @Operation
    def revoke(self, key: str, *, idempotency_key: str | None = None) -> Ask[Shown[KeyDocument]]:
        """It is of no use from now on."""
        return self._said("revoke", key, key=idempotency_key)
