"""Price sets and their files, as they are asked for."""

from neocloud.client.asks import Ask, Heard, path
from neocloud.client.groups import Operation, Sends
from neocloud.client.nouns import Listed
from neocloud.documents.prices import PriceSetDocument

_PARQUET = "application/vnd.apache.parquet"


class PriceSetsOf(Listed[Sends, PriceSetDocument]):
    """What capacity is worth over time, as it was admitted; each with a file, named by the SHA-256 of its bytes."""

    @Operation
    def file(self, digest: str) -> Ask[bytes]:
        """Its file (Parquet). Raises Unknown."""
        return file_of(digest)

    @Operation
    def bring(self, digest: str, body: bytes) -> Ask[bytes]:
        """Bring the file of a price set that is to be admitted."""
        return brought(digest, body)


def file_of(digest: str) -> Ask[bytes]:
    """The file of a price set."""
    return Ask(method="GET", path=_where(digest), read=_content)


def brought(digest: str, body: bytes) -> Ask[bytes]:
    """A file for a price set that is to be admitted."""
    return Ask(method="PUT", path=_where(digest), read=_content, body=body, media_type=_PARQUET)


def _where(digest: str) -> str:
    return path("price-sets", digest, "file")


def _content(heard: Heard) -> bytes:
    return heard.content
