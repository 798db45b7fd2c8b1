"""Leases, as people write them: a booking when read, the lease as it stands when shown."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal, Self

from msgspec import Meta, field

from neocloud.documents.document import Document, When, bare, instant, instant_or_none, interned, priced_at, shown
from neocloud.documents.fleet import Sources
from neocloud.errors import Invalid
from neocloud.model.commands import Ask, Book, PriceAsk
from neocloud.model.leases import Header, InternalValue, Lease, Option, OptionKind


class BlockDocument(Document, frozen=True, kw_only=True):
    """GPUs of a pool (or all of a pool or site) from one instant to another."""

    pool: str | None = None
    site: str | None = None
    gpus: Annotated[int | Literal["all"], Meta(description="a number, or all that is free")]
    from_: When = field(name="from", default="now")
    until: Annotated[When, Meta(description="an instant, or max: as long as it fits")]
    spare_gpus: Annotated[int, Meta(ge=0, description="how many of them come out of the spares")] = 0

    def ask(self, now: int) -> Ask:
        """The capacity this asks for."""
        if (self.pool is None) == (self.site is None):
            raise Invalid("a block needs a pool, or a site; one of the two", place="pool")
        if self.site is not None and self.gpus != "all":
            raise Invalid("GPUs are booked by pool; of a site, only all", place="gpus")
        return Ask(
            pool=self.pool,
            site=self.site,
            gpus=None if self.gpus == "all" else self.gpus,
            start_at=None if self.from_ == "now" else instant(self.from_, now, "from"),
            end_at=None if self.until == "max" else instant(self.until, now, "until"),
            spare_gpus=self.spare_gpus,
        )

    @classmethod
    def of_ask(cls, ask: Ask) -> Self:
        """The block that asks for capacity."""
        return cls(
            pool=ask.pool,
            site=ask.site,
            gpus="all" if ask.gpus is None else ask.gpus,
            from_=shown(ask.start_at) or "now",
            until=shown(ask.end_at) or "max",
            spare_gpus=ask.spare_gpus,
        )


class PriceDocument(Document, frozen=True, kw_only=True, omit_defaults=False):
    """What a customer pays: per GPU-hour, or flat per calendar month. Always shown with its currency."""

    per: Literal["gpu_hour", "month"]
    amount: Decimal
    currency: str = "USD"
    from_: Annotated[When | None, Meta(description="left out: from the start of the lease")] = field(
        name="from", default=None
    )

    def ask(self, now: int) -> PriceAsk:
        """The price this names."""
        return PriceAsk(
            per=self.per,
            amount=priced_at("amount", self.amount, self.currency),
            start_at=instant_or_none(self.from_, now, "from"),
        )

    @classmethod
    def of_ask(cls, ask: PriceAsk) -> Self:
        """The price that is asked for."""
        return cls(per=ask.per, amount=bare(ask.amount), currency=ask.amount.currency, from_=shown(ask.start_at))


class ValueDocument(Document, frozen=True, kw_only=True):
    """What an inside lease is judged to be worth per GPU-hour. Never cash."""

    per_gpu_hour: Decimal
    currency: str = "USD"
    owner: str = ""
    judged: When | None = None
    reason: str = ""

    def noun(self, now: int) -> InternalValue:
        """The value this describes."""
        return InternalValue(
            per_gpu_hour=priced_at("per_gpu_hour", self.per_gpu_hour, self.currency),
            owner=self.owner,
            judged_at=instant_or_none(self.judged, now, "judged"),
            reason=self.reason,
        )

    @classmethod
    def of(cls, value: InternalValue) -> Self:
        """The value as a document."""
        return cls(
            per_gpu_hour=value.per_gpu_hour.amount.normalize() + 0,
            currency=interned(value.per_gpu_hour.currency),
            owner=value.owner,
            judged=shown(value.judged_at),
            reason=value.reason,
        )


class HeaderDocument(Document, frozen=True, kw_only=True):
    """The paper behind a lease."""

    order_form: str = ""
    legal_entity: str = ""
    amendment: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    document: Annotated[str, Meta(description="where the signed document lies")] = ""

    def noun(self) -> Header:
        """The header this describes."""
        return Header(
            order_form=self.order_form,
            legal_entity=self.legal_entity,
            amendment=self.amendment,
            document=self.document,
        )

    @classmethod
    def of(cls, header: Header) -> Self:
        """The header as a document."""
        return cls(
            order_form=header.order_form,
            legal_entity=header.legal_entity,
            amendment=header.amendment,
            document=header.document,
        )


class OptionDocument(Document, frozen=True, kw_only=True):
    """A right of a tenant to have a lease, to be exercised by an instant."""

    kind: OptionKind
    exercise_by: When
    of: Annotated[str, Meta(description="the lease that a renewal or burst is of")] = ""
    takes: Annotated[bool, Meta(description="whether it takes capacity; if not, it only ranks")] = False
    fee: Annotated[Decimal | None, Meta(description="what is paid for the option itself")] = None
    currency: str = "USD"

    def noun(self, now: int) -> Option:
        """The option this describes."""
        return Option(
            kind=self.kind,
            exercise_by_at=instant(self.exercise_by, now, "exercise_by"),
            of=self.of,
            takes=self.takes,
            fee=None if self.fee is None else priced_at("fee", self.fee, self.currency),
        )

    @classmethod
    def of_noun(cls, option: Option) -> Self:
        """The option as a document."""
        return cls(
            kind=option.kind,
            exercise_by=shown(option.exercise_by_at) or "",
            of=option.of,
            takes=option.takes,
            fee=None if option.fee is None else option.fee.amount.normalize() + 0,
            currency=interned("USD" if option.fee is None else option.fee.currency),
        )


class LeaseDocument(Document, frozen=True, kw_only=True):
    """A tenant's right to blocks of capacity, admitted whole or not at all."""

    id: str
    tenant: str
    terms: str = "reserved"
    blocks: Annotated[list[BlockDocument], Meta(min_length=1)]
    prices: list[PriceDocument] = []
    value: ValueDocument | None = None
    rank: Annotated[int | None, Meta(description="among inside leases; 1 is served first")] = None
    protected: bool = False
    prefer: Annotated[list[str], Meta(description="the order of pools where power binds")] = []
    spares: Annotated[bool, Meta(description="whether `all` takes the spares too")] = False
    hold_until: When | None = None
    option: Annotated[OptionDocument | None, Meta(description="what makes a hold an option")] = None
    header: HeaderDocument | None = None
    request: Annotated[str | None, Meta(description="the request that it answers, and so accepts")] = None
    recorded: Annotated[str | None, Meta(description="why a start in the past is right")] = None
    sources: Sources = {}

    def command(self, now: int) -> Book:
        """The booking this asks for."""
        return Book(
            id=f"book:{self.id}",
            lease=self.id,
            tenant=self.tenant,
            terms=self.terms,
            asks=tuple(placed_ask(f"blocks[{i}]", block, now) for i, block in enumerate(self.blocks)),
            prices=placed_prices(self.prices, now),
            value=None if self.value is None else self.value.noun(now),
            rank=self.rank,
            protected=self.protected,
            prefer=tuple(self.prefer),
            spares=self.spares,
            hold_until_at=self._held_until(now),
            option=None if self.option is None else self.option.noun(now),
            header=None if self.header is None else self.header.noun(),
            request=self.request,
            recorded=self.recorded,
            sources=self.sources or None,
        )

    def _held_until(self, now: int) -> int | None:
        if self.option is not None and self.hold_until is None:
            return instant(self.option.exercise_by, now, "option.exercise_by")
        return instant_or_none(self.hold_until, now, "hold_until")

    @classmethod
    def of(cls, lease: Lease) -> Self:
        """The lease as it stands."""
        value, header = lease.value, lease.header
        return cls(
            id=lease.id,
            tenant=lease.tenant,
            terms=lease.terms,
            blocks=[
                BlockDocument(
                    pool=b.pool,
                    gpus=b.gpus,
                    from_=shown(b.start_at) or "",
                    until=shown(b.end_at) or "",
                    spare_gpus=b.spare_gpus,
                )
                for b in lease.blocks
            ],
            prices=[
                PriceDocument(
                    per=p.per,
                    amount=p.amount.amount.normalize() + 0,
                    currency=p.amount.currency,
                    from_=shown(p.start_at),
                )
                for p in lease.prices
            ],
            value=None if value is None else ValueDocument.of(value),
            rank=lease.rank,
            protected=lease.protected,
            hold_until=shown(lease.expires_at),
            option=None if lease.option is None else OptionDocument.of_noun(lease.option),
            header=None if header is None else HeaderDocument.of(header),
            request=lease.request,
            recorded=lease.recorded,
            sources=lease.sources or {},
        )


def placed_prices(prices: Sequence[PriceDocument], now: int) -> tuple[PriceAsk, ...]:
    """The prices that are named; Invalid at its place."""
    return tuple(_price(f"prices[{i}]", price, now) for i, price in enumerate(prices))


def _price(place: str, price: PriceDocument, now: int) -> PriceAsk:
    try:
        return price.ask(now)
    except Invalid as error:
        raise error.at(place) from None


def placed_ask(place: str, block: BlockDocument, now: int) -> Ask:
    """The capacity that a block asks for; Invalid at its place."""
    try:
        return block.ask(now)
    except Invalid as error:
        raise error.at(place) from None
