"""Tenants and terms, as people write them."""

from decimal import Decimal
from typing import Annotated, Self

from msgspec import UNSET, Meta, UnsetType

from neocloud.documents.document import (
    NO_TIME,
    Document,
    Length,
    When,
    duration,
    instant_or_none,
    interned,
    shown,
    shown_length,
)
from neocloud.errors import Invalid
from neocloud.model.tenants import Tenant, TenantKind
from neocloud.model.terms import Holder, Late, Remedy, Right, RightKind, Terms


class TenantDocument(Document, frozen=True, kw_only=True):
    """Who may hold a lease: a customer, or an inside team."""

    id: str
    kind: TenantKind
    name: str = ""
    legal_entity: str = ""
    country: Annotated[str, Meta(description="ISO 3166 alpha-2: DE, US")] = ""
    screened_until: Annotated[When | None, Meta(description="its screening is valid up to this instant")] = None
    sites: Annotated[list[str], Meta(description="where it may be; left out: anywhere")] = []

    def noun(self, now: int) -> Tenant:
        """The tenant this describes."""
        return Tenant(
            id=self.id,
            kind=self.kind,
            name=self.name,
            legal_entity=self.legal_entity,
            country=self.country,
            screened_until_at=instant_or_none(self.screened_until, now, "screened_until"),
            sites=tuple(self.sites),
        )

    @classmethod
    def of(cls, tenant: Tenant) -> Self:
        """The tenant as a document."""
        return cls(
            id=tenant.id,
            kind=tenant.kind,
            name=tenant.name,
            legal_entity=tenant.legal_entity,
            country=tenant.country,
            screened_until=shown(tenant.screened_until_at),
            sites=list(tenant.sites),
        )


class RightDocument(Document, frozen=True, kw_only=True):
    """Who may terminate or reclaim, from when notice may be served, and how long it runs."""

    holder: Holder
    kind: RightKind
    notice: Length = "0s"
    serve_from: Annotated[When | None, Meta(description="notice may be served from this instant on")] = None
    serve_after: Annotated[Length | None, Meta(description="... or this long after the lease starts")] = None
    part: Annotated[bool, Meta(description="whether it may cover a part of the GPUs")] = False

    def noun(self, now: int) -> Right:
        """The right this describes."""
        return Right(
            holder=self.holder,
            kind=self.kind,
            notice_s=duration(self.notice, "notice"),
            serve_from_at=instant_or_none(self.serve_from, now, "serve_from"),
            serve_after_s=None if self.serve_after is None else duration(self.serve_after, "serve_after"),
            part=self.part,
        )

    @classmethod
    def of(cls, right: Right) -> Self:
        """The right as a document."""
        return cls(
            holder=right.holder,
            kind=right.kind,
            notice=shown_length(right.notice_s),
            serve_from=shown(right.serve_from_at),
            serve_after=None if right.serve_after_s is None else shown_length(right.serve_after_s),
            part=right.part,
        )


class RemedyDocument(Document, frozen=True, kw_only=True):
    """Under an availability in a month, this part of its fee is credited."""

    below_ratio: Decimal
    credit_ratio: Decimal


class LateDocument(Document, frozen=True, kw_only=True):
    """What a tenant may do when its capacity comes late: from a due date and a grace on."""

    due: Annotated[When | None, Meta(description="full delivery is due then")] = None
    due_after: Annotated[Length | None, Meta(description="... or this long after the lease starts")] = None
    grace: Length = NO_TIME
    terminate: bool = False
    fewer: Annotated[bool, Meta(description="take fewer GPUs at a fee that falls in proportion")] = False
    decide: Annotated[
        Length | None, Meta(description="how long it may take to decide; left out: until all is there")
    ] = None

    def noun(self, now: int) -> Late:
        """What this describes."""
        return Late(
            due_at=instant_or_none(self.due, now, "due"),
            due_after_s=None if self.due_after is None else duration(self.due_after, "due_after"),
            grace_s=duration(self.grace, "grace"),
            terminate=self.terminate,
            fewer=self.fewer,
            decide_s=None if self.decide is None else duration(self.decide, "decide"),
        )

    @classmethod
    def of(cls, late: Late) -> Self:
        """The same as a document."""
        return cls(
            due=shown(late.due_at),
            due_after=None if late.due_after_s is None else shown_length(late.due_after_s),
            grace=interned(shown_length(late.grace_s)),
            terminate=late.terminate,
            fewer=late.fewer,
            decide=None if late.decide_s is None else shown_length(late.decide_s),
        )


class TermsDocument(Document, frozen=True, kw_only=True):
    """A named set of rights, money and service conditions. New content under an old name is its next version."""

    id: Annotated[str | UnsetType, Meta(description="name@version; shown, and passed over on reading")] = UNSET
    name: str
    description: str = ""
    rights: list[RightDocument] = []
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")] = "USD"
    billing_zone: str = "UTC"
    availability_ratio: Decimal | None = None
    remedies: list[RemedyDocument] = []
    late: LateDocument | None = None
    payment_days: Annotated[int, Meta(ge=0, le=3_650)] = 30

    def noun(self, now: int) -> Terms:
        """The terms this describes, as version 1; the ledger gives the version."""
        rights = []
        for i, right in enumerate(self.rights):
            try:
                rights.append(right.noun(now))
            except Invalid as error:
                raise error.at(f"rights[{i}]") from None
        return Terms(
            name=self.name,
            version=1,
            rights=tuple(rights),
            currency=self.currency,
            billing_zone=self.billing_zone,
            availability_ratio=self.availability_ratio,
            remedies=tuple(Remedy(below_ratio=r.below_ratio, credit_ratio=r.credit_ratio) for r in self.remedies),
            late=self._late(now),
            payment_days=self.payment_days,
            description=self.description,
        )

    def _late(self, now: int) -> Late | None:
        try:
            return None if self.late is None else self.late.noun(now)
        except Invalid as error:
            raise error.at("late") from None

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """The terms as a document."""
        return cls(
            id=terms.id,
            name=terms.name,
            description=terms.description,
            rights=[RightDocument.of(right) for right in terms.rights],
            currency=interned(terms.currency),
            billing_zone=interned(terms.billing_zone),
            availability_ratio=terms.availability_ratio,
            remedies=[RemedyDocument(below_ratio=r.below_ratio, credit_ratio=r.credit_ratio) for r in terms.remedies],
            late=None if terms.late is None else LateDocument.of(terms.late),
            payment_days=terms.payment_days,
        )
