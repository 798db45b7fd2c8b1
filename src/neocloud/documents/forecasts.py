"""Forecasts, as people write them: classes of demand to come, and how sure we are of each."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Self

from msgspec import Meta

from neocloud.documents.document import (
    NO_TIME,
    Currency,
    Document,
    Length,
    When,
    bare,
    duration,
    instant,
    made,
    plain,
    priced_at,
    shown,
    shown_length,
)
from neocloud.errors import Invalid
from neocloud.model.forecasts import Cycle, Forecast, Served
from neocloud.model.tenants import TenantKind
from neocloud.settings import MOST_GPUS
from neocloud.units import Money

ZERO, ONE = Decimal(0), Decimal(1)
Ratio = Annotated[Decimal, Meta(description="from 0 to 1")]
Spread = Annotated[Decimal, Meta(description="0: none; 0.3: about 30 % up or down, twice in three times")]


class ServedDocument(Document, frozen=True, kw_only=True):
    """A pool that a class of demand can use."""

    pool: str
    speed: Annotated[Decimal, Meta(description="one of its GPUs does the work of so many reference GPUs")] = ONE
    tied_share: Annotated[Decimal, Meta(description="of requests tied to one pool, parts tied to this one")] = ONE

    def noun(self) -> Served:
        """The pool this describes."""
        return Served(
            pool=self.pool, speed=plain(self.speed, "speed"), tied_share=plain(self.tied_share, "tied_share")
        )

    @classmethod
    def of(cls, served: Served) -> Self:
        """The pool as a document."""
        return made(cls, pool=served.pool, speed=served.speed, tied_share=served.tied_share)


class CycleDocument(Document, frozen=True, kw_only=True):
    """Demand that swings around its mean, again in every period."""

    period: Length
    rising: Annotated[When, Meta(description="an instant at which demand passes its mean, rising")]
    swing_ratio: Ratio = ZERO
    price_swing_ratio: Ratio = ZERO
    rising_sd: Annotated[Length, Meta(description="how sure that instant is, as a standard deviation")] = NO_TIME

    def noun(self, now: int) -> Cycle:
        """The cycle this describes."""
        try:
            return Cycle(
                period_s=duration(self.period, "period"),
                rising_at=instant(self.rising, now, "rising"),
                swing_ratio=plain(self.swing_ratio, "swing_ratio"),
                price_swing_ratio=plain(self.price_swing_ratio, "price_swing_ratio"),
                rising_sd_s=duration(self.rising_sd, "rising_sd"),
            )
        except Invalid as error:
            raise Invalid(error.sentence, place=error.place.removeprefix("cycle.")) from None

    @classmethod
    def of(cls, cycle: Cycle) -> Self:
        """The cycle as a document."""
        return made(
            cls,
            period=shown_length(cycle.period_s),
            rising=shown(cycle.rising_at) or "",
            swing_ratio=cycle.swing_ratio,
            price_swing_ratio=cycle.price_swing_ratio,
            rising_sd=shown_length(cycle.rising_sd_s),
        )


class ForecastDocument(Document, frozen=True, kw_only=True):
    """One class of demand to come: how many requests a day, how large, how long, and at which price or value."""

    id: str
    kind: TenantKind
    requests_per_day: Decimal
    pools: Annotated[list[ServedDocument], Meta(description="the pools that its requests can use")]
    median_gpus: Annotated[int, Meta(description="in reference GPUs: those of a pool with speed 1")]
    size_sd_ratio: Spread = ZERO
    least_gpus: int = 1
    most_gpus: int = MOST_GPUS
    duration: Annotated[Length, Meta(description="how long its requests last, on average")]
    lead: Annotated[Length, Meta(description="how long before they start they arrive, on average")] = NO_TIME
    price: Annotated[
        Decimal | None, Meta(description="of customers: the median that they offer per reference GPU-hour")
    ] = None
    value: Annotated[
        Decimal | None, Meta(description="of inside teams: the median worth of a reference GPU-hour; never cash")
    ] = None
    currency: Currency = "USD"
    price_sd_ratio: Spread = ZERO
    tied_ratio: Annotated[Decimal, Meta(description="the part of its requests that can use one pool only")] = ZERO
    level_sd_ratio: Annotated[Decimal, Meta(description="how sure the number of requests a day is")] = ZERO
    jumps_per_year: Annotated[Decimal, Meta(description="how often that number jumps to another")] = ZERO
    market: Annotated[str, Meta(description="classes of one market rise and fall together")] = ""
    cycle: Annotated[CycleDocument | None, Meta(description="how its demand swings")] = None

    def noun(self, now: int) -> Forecast:
        """The forecast this describes."""
        names = ("requests_per_day", "size_sd_ratio", "price_sd_ratio", "tied_ratio", "level_sd_ratio")
        numbers: dict[str, Any] = {name: plain(getattr(self, name), name) for name in (*names, "jumps_per_year")}
        return Forecast(
            id=self.id,
            kind=self.kind,
            pools=tuple(_within(f"pools[{i}]", each.noun) for i, each in enumerate(self.pools)),
            median_gpus=self.median_gpus,
            least_gpus=self.least_gpus,
            most_gpus=self.most_gpus,
            duration_s=duration(self.duration, "duration"),
            lead_s=duration(self.lead, "lead"),
            per_gpu_hour=self._per_gpu_hour(),
            market=self.market,
            cycle=None if self.cycle is None else _within("cycle", lambda: self._cycle(now)),
            **numbers,
        )

    def _cycle(self, now: int) -> Cycle | None:
        return None if self.cycle is None else self.cycle.noun(now)

    def _per_gpu_hour(self) -> Money:
        """A customer's price, or an inside team's value: `kind` says which of the two there must be."""
        right, wrong = ("price", "value") if self.kind == "customer" else ("value", "price")
        whose = "customers" if self.kind == "customer" else "inside teams"
        if getattr(self, wrong) is not None:
            raise Invalid(f"a forecast of {whose} has a {right}, not a {wrong}", place=wrong)
        amount: Decimal | None = getattr(self, right)
        if amount is None:
            raise Invalid(f"the field {right!r} is missing: a forecast of {whose} has one", place="")
        return priced_at(right, plain(amount, right), self.currency)

    @classmethod
    def of(cls, forecast: Forecast) -> Self:
        """The forecast as a document."""
        amount = bare(forecast.per_gpu_hour)
        return made(
            cls,
            id=forecast.id,
            kind=forecast.kind,
            requests_per_day=forecast.requests_per_day,
            pools=[ServedDocument.of(each) for each in forecast.pools],
            median_gpus=forecast.median_gpus,
            size_sd_ratio=forecast.size_sd_ratio,
            least_gpus=forecast.least_gpus,
            most_gpus=forecast.most_gpus,
            duration=shown_length(forecast.duration_s),
            lead=shown_length(forecast.lead_s),
            price=amount if forecast.kind == "customer" else None,
            value=amount if forecast.kind == "inside" else None,
            currency=forecast.per_gpu_hour.currency,
            price_sd_ratio=forecast.price_sd_ratio,
            tied_ratio=forecast.tied_ratio,
            level_sd_ratio=forecast.level_sd_ratio,
            jumps_per_year=forecast.jumps_per_year,
            market=forecast.market,
            cycle=None if forecast.cycle is None else CycleDocument.of(forecast.cycle),
        )


def _within(place: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Invalid as error:
        raise error.at(place) from None
