"""What is asked about leases, options and requests."""

from typing import Literal

from msgspec.structs import replace

from neocloud.client.answers import Shown, one
from neocloud.client.asks import Ask, Listing, body_of, path
from neocloud.client.groups import Lists, Operation, Sends
from neocloud.client.nouns import OfTenants, listing
from neocloud.documents.asked import (
    AmendmentDocument,
    BookingDocument,
    ExerciseDocument,
    NoticeDocument,
    ReasonDocument,
)
from neocloud.documents.leases import LeaseDocument
from neocloud.documents.requests import RequestDocument


class Leases(OfTenants[Sends, LeaseDocument]):
    """Leases and options: quoted, booked, held, confirmed, released, amended, ended."""

    @Lists
    def options(self, *, page_items: int | None = None) -> Listing[Shown[LeaseDocument]]:
        """Options that stand: holds that their tenant has a right to have."""
        return listing("options", LeaseDocument, limit=page_items)

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
        return self._said("decline", request, ReasonDocument(reason=reason), key=idempotency_key)

    @Operation
    def withdraw(self, request: str, *, idempotency_key: str | None = None) -> Ask[Shown[RequestDocument]]:
        """Whoever made it no longer wants it."""
        return self._said("withdraw", request, key=idempotency_key)


def _booked(booking: BookingDocument, key: str | None) -> Ask[Shown[LeaseDocument]]:
    return Ask(method="POST", path=path("leases"), read=one(LeaseDocument), body=body_of(booking), key=key)
