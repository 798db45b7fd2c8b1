"""What can be done with every kind of noun: one got, all listed, one brought to a form."""

from typing import Any, Generic, TypeVar

from neocloud.client.answers import Shown, one, page_of_nouns
from neocloud.client.asks import Ask, Listing, body_of, path
from neocloud.client.groups import Group, Lists, Operation, Sends
from neocloud.documents.document import Document
from neocloud.documents.prices import ListPriceDocument
from neocloud.documents.terms import TermsDocument

Noun = TypeVar("Noun", bound=Document)


class Seen(Group[Sends], Generic[Sends, Noun]):
    """A kind of noun that can be looked at."""

    def __init__(self, sender: Sends, plural: str, document: type[Noun]) -> None:
        super().__init__(sender)
        self._plural, self._document = plural, document

    @Operation
    def get(self, name: str) -> Ask[Shown[Noun]]:
        """One, by its id. Raises Unknown."""
        return Ask(method="GET", path=path(self._plural, name), read=one(self._document))

    def _said(
        self, verb: str, name: str, body: Any = None, *, key: str | None, method: str = "POST"
    ) -> Ask[Shown[Noun]]:
        """A verb about one of them."""
        where = path(self._plural, name, verb) if verb else path(self._plural, name)
        content = None if body is None else body_of(body)
        return Ask(method=method, path=where, read=one(self._document), body=content, key=key)


class Listed(Seen[Sends, Noun]):
    """A kind of noun of which all are listed."""

    @Lists
    def list(self, *, page_items: int | None = None) -> Listing[Shown[Noun]]:
        """All of them, in the order of their ids; `page_items` is how many are asked for at a time."""
        return listing(self._plural, self._document, limit=page_items)


class Applied(Listed[Sends, Noun]):
    """A kind of noun that can be brought to a form."""

    @Operation
    def apply(
        self, noun: Noun, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> Ask[Shown[Noun]]:
        """Bring one to the form given; with `if_match` only from the form that this ETag names (else Changed)."""
        headers = () if if_match is None else (("If-Match", if_match),)
        return Ask(
            method="PUT", path=path(self._plural, _name(noun)), read=one(self._document), body=body_of(noun),
            headers=headers, key=idempotency_key,
        )  # fmt: skip


class OfTenants(Seen[Sends, Noun]):
    """Leases or requests: listed by tenant and status."""

    @Lists
    def list(
        self, *, tenant: str | None = None, status: str | None = None, page_items: int | None = None
    ) -> Listing[Shown[Noun]]:
        """Those of a tenant, in a status; without either, all."""
        return listing(self._plural, self._document, tenant=tenant, status=status, limit=page_items)


def _name(noun: Any) -> str:
    """What a path calls it: its id; terms by their name, a list price by its pool and terms."""
    match noun:
        case TermsDocument() | ListPriceDocument():
            return noun.name
        case _:
            return str(noun.id)


def listing(plural: str, document: type[Noun], **query: str | int | None) -> Listing[Shown[Noun]]:
    """The listing of a kind of noun, narrowed by what is not None."""
    said = [(name, str(each)) for name, each in query.items() if each is not None]
    return Listing(path=path(plural), read=page_of_nouns(document), query=said)
