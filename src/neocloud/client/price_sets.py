"""The price sets of a service: kept here as they are read, checked by their digest; one made here is brought."""

from pathlib import Path

from neocloud.client.price_files import brought, file_of
from neocloud.client.sending import Sender
from neocloud.errors import Invalid, Unknown
from neocloud.store.price_sets import PriceSets


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
        self._sender.send(brought(digest, body))

    def _fetched(self, digest: str) -> bytes:
        try:
            return self._sender.send(file_of(digest))
        except Unknown:
            raise Invalid(
                f"{self._sender.url} has no file of price set {digest[:12]}; `neocloud plan --admit` makes a new one"
            ) from None
