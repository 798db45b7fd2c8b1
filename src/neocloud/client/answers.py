"""How answers are read: nouns with what is computed of them, pages, rows; in the types of `neocloud.documents`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Struct

from neocloud import __version__
from neocloud.client.asks import Heard
from neocloud.documents.document import Document
from neocloud.errors import Unavailable

Noun = TypeVar("Noun", bound=Document)
Kind = TypeVar("Kind")

_ASKED = 202


@dataclass(frozen=True)
class Shown(Generic[Noun]):
    """A noun as the service shows it.

    `etag` names its form (send it back as `if_match`); `journal_seq` is the last entry that the answer knows;
    `again`: it was asked before under the same Idempotency-Key.
    """

    noun: Noun
    etag: str = ""
    journal_seq: int = 0
    again: bool = False

    @property
    def computed(self) -> dict[str, Any]:
        """What follows from the noun: its status, its money, what is free."""
        found = self.noun.computed
        return {} if found is UNSET else found


class Waits(Exception):
    """No error: what was asked waits until a second person approves it. `approval` is its name, `about` the lease."""

    def __init__(self, approval: str, about: str) -> None:
        super().__init__(f"{about} waits until somebody else approves it ({approval})")
        self.approval, self.about = approval, about


class _Waiting(Struct):
    approval: str
    status: str
    about: str


class _Page(Struct, Generic[Kind], kw_only=True):
    items: list[Kind]
    next: str | int | None
    journal_seq: int


def value(kind: type[Kind]) -> Callable[[Heard], Kind]:
    """Reads an answer as a type."""
    return lambda heard: decoded(heard, kind)


def text(heard: Heard) -> str:
    """Reads an answer as text."""
    return heard.content.decode("utf-8", "replace")


def one(kind: type[Noun]) -> Callable[[Heard], Shown[Noun]]:
    """Reads an answer as a noun, with what its headers say. Raises Waits where it is not done yet."""

    def read(heard: Heard) -> Shown[Noun]:
        if heard.status == _ASKED:
            waits = decoded(heard, _Waiting)
            raise Waits(waits.approval, waits.about)
        again = heard.headers.get("idempotent-replayed") == "true"
        return Shown(decoded(heard, kind), heard.headers.get("etag", ""), seq_of(heard.headers), again)

    return read


def page_of_nouns(kind: type[Noun]) -> Callable[[Heard], tuple[list[Shown[Noun]], str | None]]:
    """Reads a page of nouns."""

    def read(heard: Heard) -> tuple[list[Shown[Noun]], str | None]:
        page: _Page[Noun] = decoded(heard, _Page[kind])  # type: ignore[valid-type]
        return [Shown(each, journal_seq=page.journal_seq) for each in page.items], _named(page.next)

    return read


def page_of_rows(kind: type[Kind]) -> Callable[[Heard], tuple[list[Kind], str | None]]:
    """Reads a page of rows."""

    def read(heard: Heard) -> tuple[list[Kind], str | None]:
        page: _Page[Kind] = decoded(heard, _Page[kind])  # type: ignore[valid-type]
        return page.items, _named(page.next)

    return read


def seq_of(headers: Mapping[str, str]) -> int:
    """The Journal-Seq of an answer; 0 where it has none."""
    text = headers.get("journal-seq", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def decoded(heard: Heard, kind: type[Kind]) -> Kind:
    """The body as a type. Raises Unavailable where the server's version answers otherwise."""
    try:
        return msgspec.json.decode(heard.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable(
            f"the answer is not one that neocloud {__version__} reads ({error}); "
            "check the URL, and install the version that the server has"
        ) from None


def _named(name: str | int | None) -> str | None:
    return None if name is None else str(name)
