"""The price sets of a service: kept here as they are read, checked by their digest; one made here is brought."""

from pathlib import Path

from neocloud.client.asks import Ask, Heard, path
from neocloud.client.groups import Operation, Sends
from neocloud.client.nouns import Listed
from neocloud.client.sending import Sender
from neocloud.documents.prices import PriceSetDocument
from neocloud.errors import Invalid, Unknown
from neocloud.store.price_sets import PriceSets

_PARQUET = "application/vnd.apache.parquet"


class PriceSetsOf(Listed[Sends, PriceSetDocument]):
    """What capacity is worth over time, as it was admitted; each with a file, named by the SHA-256 of its bytes."""

    @Operation
    def file(self, digest: str) -> Ask[bytes]:
        """Its file (Parquet). Raises Unknown."""
        return _file(digest)

    @Operation
    def bring(self, digest: str, body: bytes) -> Ask[bytes]:
        """Bring the file of a price set that is to be admitted."""
        return _brought(digest, body)


class RemotePriceSets(PriceSets):
    """Price sets of a service, with a folder of those that were read."""

    def __init__(self, sender: Sender, directory: Path) -> None:
        super().__init__(directory)
        self._sender = sender

    def bytes_of(self, digest: str) -> bytes:
        """The file: from here where it was read before, and is sound. Raises Invalid where the service has none."""
        try:
            return super().bytes_of(digest)
        except Invalid:
            body = self._fetched(digest)
        super().put(digest, body)
        return body

    def put(self, digest: str, body: bytes) -> None:
        """Keep a file here, and bring it to the service."""
        super().put(digest, body)
        self._sender.send(_brought(digest, body))

    def _fetched(self, digest: str) -> bytes:
        try:
            return self._sender.send(_file(digest))
        except Unknown:
            raise Invalid(
                f"{self._sender.url} has no file of price set {digest[:12]}; `neocloud plan --admit` makes a new one"
            ) from None


def _file(digest: str) -> Ask[bytes]:
    return Ask(method="GET", path=_where(digest), read=_content)


def _brought(digest: str, body: bytes) -> Ask[bytes]:
    return Ask(method="PUT", path=_where(digest), read=_content, body=body, media_type=_PARQUET)


def _where(digest: str) -> str:
    return path("price-sets", digest, "file")


def _content(heard: Heard) -> bytes:
    return heard.content
