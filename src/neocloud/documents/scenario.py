"""A scenario as people write it, for a plan; and as `neocloud surplus --scenario` writes it: one format."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta, Struct, field

from neocloud.documents.complaints import converted
from neocloud.documents.document import When, instant, instant_or_none, plain, priced_at
from neocloud.documents.forecasts import ForecastDocument
from neocloud.documents.manifest import placed, text_of
from neocloud.documents.text import Places, parse
from neocloud.errors import Invalid
from neocloud.model.forecasts import Forecast
from neocloud.model.leases import Block
from neocloud.model.plans import Energy, Expected, Leaving, Scenario, Spot
from neocloud.model.requests import Exit
from neocloud.settings import LONGEST_PLAN_S
from neocloud.timeline import FOREVER

Made = TypeVar("Made")

_FIELDS = "docs/plan.md"


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a scenario: what it says is what it has fields for."""


class SpotDocument(_Part, frozen=True, kw_only=True):
    """What GPUs of a pool earn that nobody has leased, USD per GPU-hour."""

    pool: str
    price: Decimal
    depth_gpus: Annotated[int | None, Meta(description="for at most so many of them [all that are free]")] = None
    watts_per_gpu: Annotated[int | None, Meta(description="at the meter [as a leased one]")] = None

    def noun(self, now: int) -> Spot:
        """The spot price this describes."""
        price = priced_at("price", plain(self.price, "price"), "USD")
        return Spot(pool=self.pool, per_gpu_hour=price, depth_gpus=self.depth_gpus, watts_per_gpu=self.watts_per_gpu)


class EnergyDocument(_Part, frozen=True, kw_only=True):
    """What a MWh costs at the meter of a site, USD."""

    site: str
    per_mwh: Decimal

    def noun(self, now: int) -> Energy:
        """The price of energy this describes."""
        return Energy(site=self.site, per_mwh=priced_at("per_mwh", plain(self.per_mwh, "per_mwh"), "USD"))


class GpusDocument(_Part, frozen=True, kw_only=True):
    """GPUs of a pool over a span: kept, or expected."""

    pool: str
    gpus: int
    from_: When = field(name="from", default="now")
    until: Annotated[When | None, Meta(description="[as long as the plan looks]")] = None

    def kept(self, now: int) -> Block:
        """Capacity that is kept."""
        return Block(pool=self.pool, gpus=self.gpus, start_at=instant(self.from_, now, "from"), end_at=self._end(now))

    def expected(self, now: int) -> Expected:
        """Supply that is expected."""
        start_at = instant(self.from_, now, "from")
        return Expected(pool=self.pool, gpus=self.gpus, start_at=start_at, end_at=self._end(now))

    def _end(self, now: int) -> int:
        return FOREVER if self.until is None else instant(self.until, now, "until")


class LeavingDocument(_Part, frozen=True, kw_only=True):
    """A lease whose tenant may be gone from an instant on."""

    lease: str
    at: When
    probability_ratio: Decimal

    def noun(self, now: int) -> Leaving:
        """The exit this describes."""
        at, probability = instant(self.at, now, "at"), plain(self.probability_ratio, "probability_ratio")
        try:
            return Leaving(lease=self.lease, exit=Exit(at=at, probability_ratio=probability))
        except Invalid as error:
            raise Invalid(error.sentence, place="probability_ratio") from None


class InsideDocument(_Part, frozen=True, kw_only=True):
    """What inside teams need by hour of the week, as a surplus says: the mean, and what nine of ten stay under."""

    zone: str | None = None
    mean: list[Decimal | None] = []
    high: list[Decimal | None] = []


class ScenarioDocument(_Part, frozen=True, kw_only=True):
    """What we expect beside the ledger, and what a plan keeps to."""

    kind: Literal["scenario"]
    until: When | None = None
    since: When | None = None
    spot: list[SpotDocument] = []
    energy: list[EnergyDocument] = []
    most_outside_ratio: Decimal | None = None
    keeps: list[GpusDocument] = []
    supply: list[GpusDocument] = []
    leaving: list[LeavingDocument] = []
    forecasts: list[ForecastDocument] = []
    values_ratio: Decimal = Decimal(1)
    pool: Annotated[str | None, Meta(description="of a surplus: the pool that it was asked about")] = None
    inside_gpus: InsideDocument | None = None
    from_: Annotated[Any, Meta(description="of a surplus: its history; passed over")] = field(
        name="from", default=None
    )
    fleet_gpus: Annotated[int | None, Meta(description="of a surplus; passed over")] = None
    objective: Annotated[str | None, Meta(description="of a surplus; passed over")] = None
    sellable: Annotated[Any, Meta(description="of a surplus; passed over")] = None

    def noun(self, now: int) -> Scenario:
        """The scenario this describes."""
        ratio = self.most_outside_ratio
        return Scenario(
            until_at=self._until(now),
            since_at=instant_or_none(self.since, now, "since"),
            spot=_each("spot", self.spot, lambda one: one.noun(now)),
            energy=_each("energy", self.energy, lambda one: one.noun(now)),
            most_outside_ratio=None if ratio is None else plain(ratio, "most_outside_ratio"),
            keeps=(*_each("keeps", self.keeps, lambda one: one.kept(now)), *self._inside(now)),
            supply=_each("supply", self.supply, lambda one: one.expected(now)),
            leaving=_each("leaving", self.leaving, lambda one: one.noun(now)),
            forecasts=self._forecasts(now),
            values_ratio=plain(self.values_ratio, "values_ratio"),
        )

    def _until(self, now: int) -> int | None:
        until_at = instant_or_none(self.until, now, "until")
        if until_at is not None and until_at <= now:
            raise Invalid("it lies before now; a plan looks ahead", place="until")
        if until_at is not None and until_at > now + LONGEST_PLAN_S:
            raise Invalid("a plan looks ten years ahead at the most", place="until")
        return until_at

    def _inside(self, now: int) -> Sequence[Block]:
        """What inside teams need at their highest hour is kept, of the pool that the surplus was asked about."""
        if self.inside_gpus is None:
            return ()
        high = [each for each in self.inside_gpus.high if each is not None]
        if self.pool is None:
            raise Invalid("it does not say of which pool; write `pool: POOL` above", place="inside_gpus")
        if not high:
            raise Invalid("it has no hour with a figure; leave it out, or write `keeps`", place="inside_gpus.high")
        gpus = ceil(max(high))
        return (Block(pool=self.pool, gpus=gpus, start_at=now, end_at=FOREVER),) if gpus > 0 else ()

    def _forecasts(self, now: int) -> tuple[Forecast, ...]:
        seen: set[str] = set()
        for i, each in enumerate(self.forecasts):
            if each.id in seen:
                raise Invalid(f"{each.id} is given twice", place=f"forecasts[{i}].id")
            seen.add(each.id)
        found = []
        for i, each in enumerate(self.forecasts):
            try:
                found.append(each.noun(now))
            except Invalid as error:
                raise error.at(f"forecasts[{i}]") from None
        return tuple(found)


def read_scenario(path: Path, now: int) -> Scenario:
    """The scenario of a file. Raises Invalid, with file, line and field."""
    places = Places(str(path))
    document = converted(parse(text_of(path), places), ScenarioDocument, places, lists=_FIELDS)
    return placed(document.noun, now, "", places)


def _each(name: str, parts: Sequence[Any], make: Callable[[Any], Made]) -> tuple[Made, ...]:
    """The nouns of a list; a mistake is told with its place in it."""
    found = []
    for i, part in enumerate(parts):
        try:
            found.append(make(part))
        except Invalid as error:
            raise Invalid(error.sentence, place=f"{name}[{i}].{error.place.rpartition('.')[2]}".rstrip(".")) from None
    return tuple(found)
