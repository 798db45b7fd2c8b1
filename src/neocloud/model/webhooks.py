"""Who is sent events: a webhook, of whose secret only a digest is kept, and how far it has been sent them."""

import re

from msgspec import Struct

from neocloud.errors import Invalid
from neocloud.model.checks import check_name

LONGEST_URL = 2_000
"""A longer URL of a webhook is refused (characters)."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/[!$&-;=?-Z_a-z~%]*)?",
    re.IGNORECASE,
)
"""What a URL may be: plain, so that nobody who reads it understands another host, and without user, or fragment."""


class Failure(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An event that a webhook could not be sent: its entry, when that was given up, after how many tries, and why.

    `status` is the HTTP status of the last answer, 0 where there was none.
    """

    seq: int
    at: int
    tries: int
    status: int = 0
    error: str = ""


class Webhook(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="webhook"):
    """A URL that is sent events, in order: of its `kinds` (none: of all), and of its tenant alone where it has one.

    `digest` is the SHA-256 of its secret, which follows from the service's secret, its id and `secret_version`; the
    one before still signs for a while after `rotated_at`. All events up to the entry `delivered_seq` were taken, or
    have `failures`; those of `again` are to be sent once more. `reason` says why it was dropped by itself.
    """

    id: str
    url: str
    digest: str
    kinds: tuple[str, ...] = ()
    tenant: str = ""
    note: str = ""
    created_at: int = 0
    secret_version: int = 1
    rotated_at: int | None = None
    dropped_at: int | None = None
    delivered_seq: int = 0
    failures: tuple[Failure, ...] = ()
    again: tuple[int, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        check_name(self.id)
        if "." in self.id:
            raise Invalid(f"{self.id!r} cannot be the id of a webhook; leave '.' out", place="id")
        parts_of(self.url)

    @property
    def stands(self) -> bool:
        """Whether it is still to be sent events."""
        return self.dropped_at is None


def parts_of(url: str) -> tuple[str, str, int, str]:
    """A URL's scheme, host (an IPv6 address bare), port and path. Raises Invalid for what is no plain URL."""
    found = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if found is None:
        raise Invalid(
            "write a plain URL of at most 2,000 characters, without a user, password or fragment: "
            "https://example.com/hooks",
            place="url",
        )
    scheme, port = found["scheme"].lower(), found["port"]
    number = int(port) if port else 443 if scheme == "https" else 80
    if not 0 < number < 65536:
        raise Invalid(f"there is no port {number}", place="url")
    return scheme, found["host"].strip("[]").lower(), number, found["path"] or "/"
