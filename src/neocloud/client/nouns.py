"""Operations on nouns: list, get and apply for each kind, and the verbs of leases, requests, facts and keys."""

import time
from typing import Any, Generic, Literal, TypeVar

from msgspec.structs import replace

from neocloud.client.answers import Shown, one, page_of_nouns, value
from neocloud.client.asks import Ask, Listing, body_of, path
from neocloud.client.groups import Group, Lists, Operation, Sends
from neocloud.documents.answers import MadeKey
from neocloud.documents.asked import AmendmentDocument, BookingDocument, ExerciseDocument, NoticeDocument
from neocloud.documents.document import Document
from neocloud.documents.facts import ArrivalDocument, EndDocument, SlipDocument, SplitDocument
from neocloud.documents.fleet import (
    CurtailmentDocument,
    DeliveryDocument,
    OutageDocument,
    SiteDocument,
)
from neocloud.documents.keys import KeyDocument, NewKeyDocument, RotationDocument
from neocloud.documents.leases import LeaseDocument
from neocloud.documents.requests import RequestDocument

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
        known: Any = noun
        name: str = known.noun(int(time.time())).id
        headers = () if if_match is None else (("If-Match", if_match),)
        return Ask(
            method="PUT", path=path(self._plural, name), read=one(self._document), body=body_of(noun),
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


class Leases(OfTenants[Sends, LeaseDocument]):
    """Leases and options: quoted, booked, held, confirmed, released, amended, ended."""

    @Operation
    def quote(self, booking: BookingDocument) -> Ask[Shown[LeaseDocument]]:
        """What a booking would come to, with its floor. Books nothing. Raises Oversold with what would fit."""
        return Ask(method="POST", path=path("quotes"), read=one(LeaseDocument), body=body_of(booking))

    @Operation
    def book(self, booking: BookingDocument, *, idempotency_key: str | None = None) -> Ask[Shown[LeaseDocument]]:
        """Lease capacity, or with hold_until or hold_for only hold it: all of it, or Oversold."""
        return _booked(booking, idempotency_key)

    @Operation
    def hold(
        self, booking: BookingDocument, *, hold_for: str = "7d", idempotency_key: str | None = None
    ) -> Ask[Shown[LeaseDocument]]:
        """Hold capacity for a while; a time that the booking names itself goes before `hold_for`."""
        timed = booking.hold_for is not None or booking.hold_until is not None
        return _booked(booking if timed else replace(booking, hold_for=hold_for), idempotency_key)

    @Operation
    def confirm(self, lease: str, *, idempotency_key: str | None = None) -> Ask[Shown[LeaseDocument]]:
        """Turn a hold into a confirmed lease."""
        return self._said("confirm", lease, key=idempotency_key)

    @Operation
    def release(self, lease: str, *, idempotency_key: str | None = None) -> Ask[Shown[LeaseDocument]]:
        """Give up a hold, or waive an option."""
        return self._said("release", lease, key=idempotency_key)

    @Operation
    def amend(
        self, lease: str, amendment: AmendmentDocument, *, if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> Ask[Shown[LeaseDocument]]:  # fmt: skip
        """Grow, shrink, extend, shorten, shift, move, transfer or reprice a lease."""
        return Ask(
            method="PATCH", path=path("leases", lease), read=one(LeaseDocument), body=body_of(amendment),
            headers=() if if_match is None else (("If-Match", if_match),), key=idempotency_key,
        )  # fmt: skip

    @Operation
    def terminate(
        self, lease: str, *, by: Literal["operator", "tenant"] | None = None, at: str | None = None,
        gpus: int | None = None, idempotency_key: str | None = None,
    ) -> Ask[Shown[LeaseDocument]]:  # fmt: skip
        """Serve notice under a right to terminate."""
        return self._said("terminate", lease, NoticeDocument(by=by, at=at, gpus=gpus), key=idempotency_key)

    @Operation
    def reclaim(
        self, lease: str, *, at: str | None = None, gpus: int | None = None, idempotency_key: str | None = None
    ) -> Ask[Shown[LeaseDocument]]:
        """Take GPUs back under a right to reclaim."""
        return self._said("reclaim", lease, NoticeDocument(at=at, gpus=gpus), key=idempotency_key)

    @Operation
    def exercise(
        self, option: str, exercise: ExerciseDocument | None = None, *, idempotency_key: str | None = None
    ) -> Ask[Shown[LeaseDocument]]:
        """Say yes to an option: the lease that it becomes."""
        return self._said("exercise", option, exercise or ExerciseDocument(), key=idempotency_key)


class Requests(OfTenants[Sends, RequestDocument]):
    """What tenants want and are not yet promised."""

    @Operation
    def make(self, request: RequestDocument, *, idempotency_key: str | None = None) -> Ask[Shown[RequestDocument]]:
        """Say what is wanted. It takes no capacity."""
        return Ask(
            method="POST", path=path("requests"), read=one(RequestDocument), body=body_of(request),
            key=idempotency_key,
        )  # fmt: skip

    @Operation
    def decline(
        self, request: str, *, reason: str, idempotency_key: str | None = None
    ) -> Ask[Shown[RequestDocument]]:
        """Say no to one, and why."""
        return self._said("decline", request, {"reason": reason}, key=idempotency_key)

    @Operation
    def withdraw(self, request: str, *, idempotency_key: str | None = None) -> Ask[Shown[RequestDocument]]:
        """Whoever made it no longer wants it."""
        return self._said("withdraw", request, key=idempotency_key)


class Deliveries(Applied[Sends, DeliveryDocument]):
    """Waves of GPUs on their way, and what has become of them."""

    @Operation
    def slip(
        self, wave: str, slip: SlipDocument, *, idempotency_key: str | None = None
    ) -> Ask[Shown[DeliveryDocument]]:
        """It comes later, or earlier, than was thought."""
        return self._said("slip", wave, slip, key=idempotency_key)

    @Operation
    def arrive(
        self, wave: str, arrival: ArrivalDocument | None = None, *, idempotency_key: str | None = None
    ) -> Ask[Shown[DeliveryDocument]]:
        """It, or a part of it, has come."""
        return self._said("arrive", wave, arrival or ArrivalDocument(), key=idempotency_key)

    @Operation
    def split(
        self, wave: str, split: SplitDocument, *, idempotency_key: str | None = None
    ) -> Ask[Shown[DeliveryDocument]]:
        """It comes in two parts."""
        return self._said("split", wave, split, key=idempotency_key)


class Outages(Applied[Sends, OutageDocument]):
    """GPUs out of order."""

    @Operation
    def close(
        self, outage: str, *, at: str | None = None, idempotency_key: str | None = None
    ) -> Ask[Shown[OutageDocument]]:
        """Its GPUs are back."""
        return self._said("close", outage, EndDocument(at=at), key=idempotency_key)


class Curtailments(Applied[Sends, CurtailmentDocument]):
    """Spans in which a site may draw less."""

    @Operation
    def restore(
        self, curtailment: str, *, at: str | None = None, idempotency_key: str | None = None
    ) -> Ask[Shown[CurtailmentDocument]]:
        """It is over."""
        return self._said("restore", curtailment, EndDocument(at=at), key=idempotency_key)


class Sites(Applied[Sends, SiteDocument]):
    """Data centres with power over time."""

    @Operation
    def leave(
        self, site: str, *, at: str | None = None, idempotency_key: str | None = None
    ) -> Ask[Shown[SiteDocument]]:
        """The landlord has given notice: it must be left at `at`; without a time, that is withdrawn."""
        return self._said("leave", site, EndDocument(at=at), key=idempotency_key)


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


def listing(plural: str, document: type[Noun], **query: str | int | None) -> Listing[Shown[Noun]]:
    """The listing of a kind of noun, narrowed by what is not None."""
    said = [(name, str(each)) for name, each in query.items() if each is not None]
    return Listing(path=path(plural), read=page_of_nouns(document), query=said)


def _booked(booking: BookingDocument, key: str | None) -> Ask[Shown[LeaseDocument]]:
    return Ask(method="POST", path=path("leases"), read=one(LeaseDocument), body=body_of(booking), key=key)
