"""What can be asked of the service: a method, a path, a body, and how the answer is read. Nothing is sent here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

Read = TypeVar("Read")
Query = Sequence[tuple[str, str]]

_WRITES = frozenset({"POST", "PUT", "PATCH"})


class Heard(NamedTuple):
    """An answer as it came: status, headers (by their names in lower case), and the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Ask(Generic[Read]):
    """One request, and what its answer is read as.

    `key` is its Idempotency-Key; a write without one is given one, and keeps it over every try.
    """

    method: str
    path: str
    read: Callable[[Heard], Read]
    body: bytes | None = None
    media_type: str = "application/json"
    query: Query = ()
    headers: tuple[tuple[str, str], ...] = ()
    key: str | None = None

    @property
    def writes(self) -> bool:
        """Whether it may change the ledger."""
        return self.method in _WRITES


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[Read]):
    """Many things, a page at a time: `read` makes of a page what is on it, and what the next one is called.

    The first page is asked for with `first`, each other with its name as `next`.
    """

    path: str
    read: Callable[[Heard], tuple[list[Read], str | None]]
    query: Query = ()
    next: str = "cursor"
    first: Query = ()

    def page(self, name: str | None) -> Ask[tuple[list[Read], str | None]]:
        """The ask for a page; the first has no name."""
        more = self.first if name is None else ((self.next, name),)
        return Ask(method="GET", path=self.path, read=self.read, query=(*self.query, *more))


def path(*parts: str) -> str:
    """The path of something under /v1: its parts, each quoted."""
    return "/".join(["/v1", *(quote(part, safe="") for part in parts)])


def body_of(said: Any) -> bytes:
    """A document, or plain values without those that are None, as JSON."""
    if isinstance(said, dict):
        said = {name: value for name, value in said.items() if value is not None}
    return msgspec.json.encode(said)
