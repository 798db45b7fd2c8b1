"""Requests, as people write them: what is wanted, in one of several pools, at which price or value."""

from decimal import Decimal
from typing import Annotated, Self

from msgspec import Meta, field

from neocloud.documents.document import (
    Currency,
    Document,
    When,
    bare,
    instant,
    instant_or_none,
    made,
    plain,
    priced_at,
    shown,
)
from neocloud.errors import Invalid
from neocloud.model.requests import Exit, Request, Way
from neocloud.model.tenants import TenantKind
from neocloud.units import Money, format_instant

Amount = Decimal | None


class WayDocument(Document, frozen=True, kw_only=True):
    """One way to serve a request: so many GPUs of a pool, at a customer's price or an inside team's value."""

    pool: str
    gpus: int
    price: Annotated[Amount, Meta(description="of a customer: what it offers per GPU-hour")] = None
    value: Annotated[Amount, Meta(description="of an inside team: what a GPU-hour is worth; never cash")] = None
    currency: Currency = "USD"

    def noun(self) -> Way:
        """The way this describes."""
        if self.price is not None and self.value is not None:
            raise Invalid(
                "a price and a value contradict each other; a customer has a price, an inside team a value",
                place="value",
            )
        return Way(pool=self.pool, gpus=self.gpus, per_gpu_hour=self._per_gpu_hour())

    def _per_gpu_hour(self) -> Money | None:
        if self.price is not None:
            return priced_at("price", plain(self.price, "price"), self.currency)
        return None if self.value is None else priced_at("value", plain(self.value, "value"), self.currency)

    @classmethod
    def of(cls, way: Way, kind: TenantKind) -> Self:
        """The way as a document; whose it is says what its money is called."""
        amount = None if way.per_gpu_hour is None else bare(way.per_gpu_hour)
        return made(
            cls,
            pool=way.pool,
            gpus=way.gpus,
            price=amount if kind == "customer" else None,
            value=amount if kind == "inside" else None,
            currency="USD" if way.per_gpu_hour is None else way.per_gpu_hour.currency,
        )


class ExitDocument(Document, frozen=True, kw_only=True):
    """The tenant may be gone from an instant on, with this probability."""

    at: When
    probability_ratio: Annotated[Decimal, Meta(description="from 0 to 1")]

    def noun(self, now: int) -> Exit:
        """The exit this describes."""
        at, probability = instant(self.at, now, "at"), plain(self.probability_ratio, "probability_ratio")
        try:
            return Exit(at=at, probability_ratio=probability)
        except Invalid as error:
            raise Invalid(error.sentence, place="probability_ratio") from None


class RequestDocument(Document, frozen=True, kw_only=True):
    """What a tenant wants and is not yet promised: all of it in one of its pools, from a start to an end."""

    id: str
    tenant: str
    terms: str = "reserved"
    pools: Annotated[list[WayDocument], Meta(description="the pools that would do, each with GPUs and money")]
    from_: Annotated[When, Meta(description="the earliest start")] = field(name="from")
    until: Annotated[When, Meta(description="the end, where it starts at the earliest")]
    latest_start: Annotated[When | None, Meta(description="the latest start [the earliest]")] = None
    divisible: Annotated[bool, Meta(description="whether a part would do")] = False
    rank: Annotated[int | None, Meta(description="of an inside team, in the place of values; 1 is served first")] = (
        None
    )
    exits: Annotated[list[ExitDocument], Meta(description="when the tenant may be gone, and how likely")] = []
    put: Annotated[bool, Meta(description="whether a customer promises to take what is unsold, at its price")] = False
    forecast: Annotated[str, Meta(description="the class of demand that it counts to")] = ""
    arrived: Annotated[When | None, Meta(description="when it was made [now]")] = None

    def noun(self, now: int) -> Request:
        """The request this describes."""
        return Request(
            id=self.id,
            tenant=self.tenant,
            terms=self.terms,
            ways=self._ways(),
            start_at=instant(self.from_, now, "from"),
            end_at=instant(self.until, now, "until"),
            latest_start_at=instant_or_none(self.latest_start, now, "latest_start"),
            divisible=self.divisible,
            rank=self.rank,
            exits=tuple(_exit(f"exits[{i}]", each, now) for i, each in enumerate(self.exits)),
            put=self.put,
            forecast=self.forecast,
            arrived_at=self._arrived_at(now),
        )

    def _ways(self) -> tuple[Way, ...]:
        ways = tuple(_way(f"pools[{i}]", each) for i, each in enumerate(self.pools))
        for i, way in enumerate(self.pools):
            first = self.pools[0]
            if None not in (way.price, first.value) or None not in (way.value, first.price):
                raise Invalid("one request has prices, or values, and not both", place=f"pools[{i}]")
            if self.rank is not None and ways[i].per_gpu_hour is not None:
                raise Invalid(
                    "a rank and a price or value contradict each other; give the rank, or money in each pool",
                    place=f"pools[{i}].{'value' if way.price is None else 'price'}",
                )
            if way.currency != first.currency:
                raise Invalid("the money of one request is in one currency", place=f"pools[{i}].currency")
        return ways

    def _arrived_at(self, now: int) -> int:
        at = now if self.arrived is None else instant(self.arrived, now, "arrived")
        if at > now:
            raise Invalid(
                f"it cannot have arrived on {format_instant(at)}, after now ({format_instant(now)})", place="arrived"
            )
        return at

    def check_money(self, kind: TenantKind) -> None:
        """A customer's request says prices, an inside team's values or a rank. Invalid with the field."""
        for i, way in enumerate(self.pools):
            if kind == "inside" and way.price is not None:
                raise Invalid(
                    f"{self.tenant} is an inside team: its request has a value or a rank, not a price",
                    place=f"pools[{i}].price",
                )
            if kind == "customer" and way.value is not None:
                raise Invalid(
                    f"{self.tenant} is a customer: its request has a price, not a value", place=f"pools[{i}].value"
                )
            if kind == "customer" and way.price is None and self.rank is None:
                raise Invalid(
                    f"{self.tenant} is a customer: its request has a price in each of its pools", place=f"pools[{i}]"
                )
        if kind == "customer" and self.rank is not None:
            raise Invalid(f"{self.tenant} is a customer: its request has a price, not a rank", place="rank")

    @classmethod
    def of(cls, request: Request, kind: TenantKind) -> Self:
        """The request as a document; whose it is says what its money is called."""
        return made(
            cls,
            id=request.id,
            tenant=request.tenant,
            terms=request.terms,
            pools=[WayDocument.of(way, kind) for way in request.ways],
            from_=shown(request.start_at) or "",
            until=shown(request.end_at) or "",
            latest_start=shown(request.latest_start_at),
            divisible=request.divisible,
            rank=request.rank,
            exits=[ExitDocument(at=shown(e.at) or "", probability_ratio=e.probability_ratio) for e in request.exits],
            put=request.put,
            forecast=request.forecast,
            arrived=shown(request.arrived_at),
        )


def _way(place: str, way: WayDocument) -> Way:
    try:
        return way.noun()
    except Invalid as error:
        raise error.at(place) from None


def _exit(place: str, each: ExitDocument, now: int) -> Exit:
    try:
        return each.noun(now)
    except Invalid as error:
        raise error.at(place) from None
