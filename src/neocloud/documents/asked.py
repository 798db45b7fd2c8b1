"""What may be asked about a lease, as it is written: a booking, an amendment, notice, the exercise of an option."""

from typing import Annotated, Any, Literal, Self

from msgspec import Meta, Struct
from msgspec import field as named
from msgspec.structs import replace

from neocloud.documents.document import Length, When, duration, instant_or_none, shown, shown_length
from neocloud.documents.leases import (
    BlockDocument,
    HeaderDocument,
    LeaseDocument,
    OptionDocument,
    PriceDocument,
    ValueDocument,
    placed_ask,
    placed_prices,
)
from neocloud.errors import Invalid
from neocloud.model.commands import Amend, Book, Exercise, Reclaim, Terminate
from neocloud.model.terms import Holder


class BookingDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Capacity to be leased: all of what is asked, or a refusal that says what would fit."""

    id: Annotated[str | None, Meta(description="the lease's id; left out, one is made")] = None
    tenant: str
    terms: str = "reserved"
    blocks: Annotated[list[BlockDocument], Meta(min_length=1)]
    prices: list[PriceDocument] = []
    value: ValueDocument | None = None
    rank: Annotated[int, Meta(description="among inside leases; 1 is served first", ge=1, le=1_000_000)] | None = None
    protected: bool = False
    prefer: Annotated[list[str], Meta(description="the order of pools where power binds")] = []
    spares: Annotated[bool, Meta(description="whether `all` takes the spares too")] = False
    hold_until: When | None = None
    hold_for: Annotated[Length | None, Meta(description="hold it for so long, from when it is decided")] = None
    option: OptionDocument | None = None
    reclaim: Annotated[bool, Meta(description="weaker leases whose rights allow it in time give way")] = False
    force: Annotated[bool, Meta(description="with reclaim: even if more is lost than is gained")] = False
    header: HeaderDocument | None = None
    request: Annotated[str | None, Meta(description="the request that it answers, and so accepts")] = None
    recorded: Annotated[str | None, Meta(description="why a start in the past is right")] = None

    def command(self, lease: str, now: int) -> Book:
        """The booking this asks for, of a lease with an id. Raises Invalid with the place."""
        if self.hold_for is not None and self.hold_until is not None:
            raise Invalid("give hold_until or hold_for, one of the two", place="hold_for")
        if self.force and not self.reclaim:
            raise Invalid("force goes with reclaim: it says that a loss is meant", place="force")
        said: dict[str, Any] = {name: getattr(self, name) for name in _AS_A_LEASE}
        book = LeaseDocument(id=lease, **said).command(now)
        if self.hold_for is None and not self.reclaim:
            return book
        hold_s = None if self.hold_for is None else duration(self.hold_for, "hold_for")
        return replace(book, hold_s=hold_s, reclaim=self.reclaim, force=self.force)

    @classmethod
    def of(cls, book: Book, *, named: bool) -> Self:
        """The document that asks for a booking; its lease keeps the name it has there where it was `named`."""
        return cls(
            id=book.lease if named else None,
            tenant=book.tenant,
            terms=book.terms,
            blocks=[BlockDocument.of_ask(ask) for ask in book.asks],
            prices=[PriceDocument.of_ask(price) for price in book.prices],
            value=None if book.value is None else ValueDocument.of(book.value),
            rank=book.rank,
            protected=book.protected,
            prefer=list(book.prefer),
            spares=book.spares,
            hold_until=shown(book.hold_until_at),
            hold_for=None if book.hold_s is None else shown_length(book.hold_s),
            reclaim=book.reclaim,
            force=book.force,
            header=None if book.header is None else HeaderDocument.of(book.header),
            request=book.request,
            recorded=book.recorded,
        )


_AS_A_LEASE = (
    "tenant", "terms", "blocks", "prices", "value", "rank", "protected", "prefer", "spares", "hold_until", "option",
    "header", "request", "recorded",
)  # fmt: skip


class AmendmentDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a lease is to change, all of it in one step: grow, shrink, extend, shorten, shift, move, transfer."""

    at: Annotated[When | None, Meta(description="from when on; left out: now, or the lease's start")] = None
    back: Annotated[When | None, Meta(description="only until then; from then on it has what it had")] = None
    pool: Annotated[str | None, Meta(description="which pool of the lease, where it has several")] = None
    gpus: Annotated[int, Meta(ge=0)] | None = None
    from_: Annotated[When | None, Meta(description="shift the whole lease, so that it starts then")] = named(
        name="from", default=None
    )
    until: When | None = None
    move_to: Annotated[str | None, Meta(description="another pool")] = None
    add: Annotated[list[BlockDocument], Meta(description="more blocks")] = []
    tenant: Annotated[str | None, Meta(description="transfer it to another tenant")] = None
    successor: Annotated[str | None, Meta(description="id of the rest of a lease transferred after its start")] = None
    prices: list[PriceDocument] = []
    value: ValueDocument | None = None
    rank: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    header: HeaderDocument | None = None
    recorded: str | None = None

    def command(self, name: str, lease: str, now: int) -> Amend:
        """The amendment this asks for. Raises Invalid with the place."""
        return Amend(
            id=name,
            lease=lease,
            at=instant_or_none(self.at, now, "at"),
            back_at=instant_or_none(self.back, now, "back"),
            pool=self.pool,
            gpus=self.gpus,
            start_at=instant_or_none(self.from_, now, "from"),
            end_at=instant_or_none(self.until, now, "until"),
            move_to=self.move_to,
            add=tuple(placed_ask(f"add[{i}]", block, now) for i, block in enumerate(self.add)),
            tenant=self.tenant,
            successor=self.successor,
            prices=placed_prices(self.prices, now),
            value=None if self.value is None else self.value.noun(now),
            rank=self.rank,
            header=None if self.header is None else self.header.noun(),
            recorded=self.recorded,
        )


class NoticeDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Notice under a right of a lease: to end it, or to take GPUs of it back."""

    at: Annotated[When | None, Meta(description="when it takes effect; left out: as early as it may")] = None
    gpus: Annotated[int, Meta(ge=1, description="only so many, where the right allows a part")] | None = None
    by: Annotated[Literal["operator", "tenant"] | None, Meta(description="who serves it")] = None

    def terminate(self, name: str, lease: str, now: int, holder: Holder) -> Terminate:
        """Notice that ends the lease."""
        at = instant_or_none(self.at, now, "at")
        return Terminate(id=name, lease=lease, holder=holder, at=at, gpus=self.gpus)

    def reclaim(self, name: str, lease: str, now: int) -> Reclaim:
        """Notice that takes GPUs back."""
        return Reclaim(id=name, lease=lease, at=instant_or_none(self.at, now, "at"), gpus=self.gpus)


class ExerciseDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tenant says yes to an option: to all of it, or of a burst to a part for a while."""

    gpus: Annotated[int, Meta(ge=1)] | None = None
    from_: When | None = named(name="from", default=None)
    until: When | None = None
    into: Annotated[str | None, Meta(description="of a burst: the id of its lease")] = None
    reclaim: bool = False
    force: bool = False

    def command(self, name: str, option: str, now: int) -> Exercise:
        """The exercise this asks for."""
        return Exercise(
            id=name,
            option=option,
            gpus=self.gpus,
            start_at=instant_or_none(self.from_, now, "from"),
            end_at=instant_or_none(self.until, now, "until"),
            into=self.into,
            reclaim=self.reclaim,
            force=self.force,
        )


class ReasonDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; it stays with the request."""

    reason: str
