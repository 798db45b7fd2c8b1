"""Sites, pools, deliveries and outages, as people write them."""

from decimal import Decimal
from typing import Annotated, Self

from msgspec import Meta, field

from neocloud.documents.document import (
    ALWAYS,
    NO_TIME,
    Document,
    Length,
    Megawatts,
    When,
    duration,
    instant,
    instant_or_none,
    megawatts,
    shown,
    shown_length,
    watts,
)
from neocloud.model.fleet import Curtailment, DateKind, Delivery, Outage, Pool, PowerStep, Retirement, Site, Source
from neocloud.timeline import BEGINNING, FOREVER

Sources = Annotated[
    dict[str, Source], Meta(description="for a field: where its figure comes from, and how sure it is")
]


class PowerDocument(Document, frozen=True, kw_only=True):
    """From an instant on, a site has this power."""

    mw: Megawatts
    from_: When = field(name="from", default=ALWAYS)


class SiteDocument(Document, frozen=True, kw_only=True):
    """A data centre, owned or leased, with power over time."""

    id: str
    name: str = ""
    power_mw: Annotated[
        Megawatts | list[PowerDocument], Meta(description="one figure, or steps of {from, mw} in order of time")
    ]
    pue: Annotated[Decimal, Meta(description="what the meter reads over what the servers take, 1 to 3")] = Decimal(1)
    landlord: Annotated[str, Meta(description="of whom the site is leased")] = ""
    leave: Annotated[When | None, Meta(description="by when the landlord's notice says it must be left")] = None
    sources: Sources = {}

    def noun(self, now: int) -> Site:
        """The site this describes."""
        if isinstance(self.power_mw, list):
            steps = tuple(
                PowerStep(
                    watts=watts(step.mw, f"power_mw[{i}].mw"),
                    from_at=instant(step.from_, now, f"power_mw[{i}].from"),
                )
                for i, step in enumerate(self.power_mw)
            )
        else:
            steps = (PowerStep(watts=watts(self.power_mw, "power_mw")),)
        return Site(
            id=self.id,
            name=self.name,
            power=steps,
            pue=self.pue,
            landlord=self.landlord,
            leave_at=FOREVER if self.leave is None else instant(self.leave, now, "leave"),
            sources=self.sources,
        )

    @classmethod
    def of(cls, site: Site) -> Self:
        """The site as a document."""
        steps = [PowerDocument(mw=megawatts(s.watts), from_=shown(s.from_at) or "") for s in site.power]
        one = len(steps) == 1 and site.power[0].from_at == BEGINNING
        power = steps[0].mw if one else steps
        return cls(
            id=site.id,
            name=site.name,
            power_mw=power,
            pue=site.pue,
            landlord=site.landlord,
            leave=shown(site.leave_at),
            sources=site.sources,
        )


class RetirementDocument(Document, frozen=True, kw_only=True):
    """From an instant on, fewer GPUs are in service."""

    at: When
    gpus: int


class PoolDocument(Document, frozen=True, kw_only=True):
    """Interchangeable GPUs at one site."""

    id: str
    site: str
    gpu: str
    it_watts_per_gpu: Annotated[
        int, Meta(ge=1, le=1_000_000, description="a GPU's share of its server's power, in watts, before PUE")
    ]
    installed_gpus: Annotated[int, Meta(ge=0)] = 0
    in_service: When = ALWAYS
    retirements: list[RetirementDocument] = []
    sell_unit_gpus: Annotated[int, Meta(description="leased in multiples of this: 8, 64, 72")] = 1
    spares_ratio: Annotated[Decimal, Meta(description="the part kept back, 0 to 1")] = Decimal(0)
    turnaround: Annotated[Length, Meta(description="how long a block keeps its GPUs after its end")] = NO_TIME
    sources: Sources = {}

    def noun(self, now: int) -> Pool:
        """The pool this describes."""
        return Pool(
            id=self.id,
            site=self.site,
            gpu=self.gpu,
            it_watts_per_gpu=self.it_watts_per_gpu,
            installed_gpus=self.installed_gpus,
            in_service_at=instant(self.in_service, now, "in_service"),
            retirements=tuple(
                Retirement(at=instant(r.at, now, f"retirements[{i}].at"), gpus=r.gpus)
                for i, r in enumerate(self.retirements)
            ),
            sell_unit_gpus=self.sell_unit_gpus,
            spares_ratio=self.spares_ratio,
            turnaround_s=duration(self.turnaround, "turnaround"),
            sources=self.sources,
        )

    @classmethod
    def of(cls, pool: Pool) -> Self:
        """The pool as a document."""
        return cls(
            id=pool.id,
            site=pool.site,
            gpu=pool.gpu,
            it_watts_per_gpu=pool.it_watts_per_gpu,
            installed_gpus=pool.installed_gpus,
            in_service=shown(pool.in_service_at) or "",
            retirements=[RetirementDocument(at=shown(r.at) or "", gpus=r.gpus) for r in pool.retirements],
            sell_unit_gpus=pool.sell_unit_gpus,
            spares_ratio=pool.spares_ratio,
            turnaround=shown_length(pool.turnaround_s),
            sources=pool.sources,
        )


class DeliveryDocument(Document, frozen=True, kw_only=True):
    """A wave of GPUs on its way: contract, likely (P50) and safe (P90) date, and what happened."""

    id: str
    pool: str
    gpus: int
    contract: When
    p50: When
    p90: When
    promise_on: DateKind = "p90"
    ordered: When | None = None
    delivered: When | None = None
    burnt_in: When | None = None
    in_service: When | None = None
    reason: Annotated[str, Meta(description="why its dates are what they are now")] = ""
    sources: Sources = {}

    def noun(self, now: int) -> Delivery:
        """The delivery this describes."""
        return Delivery(
            id=self.id,
            pool=self.pool,
            gpus=self.gpus,
            contract_at=instant(self.contract, now, "contract"),
            p50_at=instant(self.p50, now, "p50"),
            p90_at=instant(self.p90, now, "p90"),
            promise_on=self.promise_on,
            ordered_at=instant_or_none(self.ordered, now, "ordered"),
            delivered_at=instant_or_none(self.delivered, now, "delivered"),
            burnt_in_at=instant_or_none(self.burnt_in, now, "burnt_in"),
            in_service_at=instant_or_none(self.in_service, now, "in_service"),
            reason=self.reason,
            sources=self.sources,
        )

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The delivery as a document."""
        return cls(
            id=delivery.id,
            pool=delivery.pool,
            gpus=delivery.gpus,
            contract=shown(delivery.contract_at) or "",
            p50=shown(delivery.p50_at) or "",
            p90=shown(delivery.p90_at) or "",
            promise_on=delivery.promise_on,
            ordered=shown(delivery.ordered_at),
            delivered=shown(delivery.delivered_at),
            burnt_in=shown(delivery.burnt_in_at),
            in_service=shown(delivery.in_service_at),
            reason=delivery.reason,
            sources=delivery.sources,
        )


class OutageDocument(Document, frozen=True, kw_only=True):
    """GPUs out of order (a fact), or out for maintenance (`planned`, a decision)."""

    id: str
    pool: str
    gpus: int
    from_: When = field(name="from")
    until: Annotated[When | None, Meta(description="left out: until it is closed")] = None
    planned: bool = False
    reason: str = ""

    def noun(self, now: int) -> Outage:
        """The outage this describes."""
        return Outage(
            id=self.id,
            pool=self.pool,
            gpus=self.gpus,
            start_at=instant(self.from_, now, "from"),
            end_at=FOREVER if self.until is None else instant(self.until, now, "until"),
            planned=self.planned,
            reason=self.reason,
        )

    @classmethod
    def of(cls, outage: Outage) -> Self:
        """The outage as a document."""
        return cls(
            id=outage.id,
            pool=outage.pool,
            gpus=outage.gpus,
            from_=shown(outage.start_at) or "",
            until=shown(outage.end_at),
            planned=outage.planned,
            reason=outage.reason,
        )


class CurtailmentDocument(Document, frozen=True, kw_only=True):
    """A span in which a site may draw no more than this, whatever its power is (a fact)."""

    id: str
    site: str
    most_mw: Megawatts
    from_: When = field(name="from")
    until: When
    shed: Annotated[list[str], Meta(description="leases, tenants or pools that give power up first, in order")] = []
    reason: str = ""

    def noun(self, now: int) -> Curtailment:
        """The curtailment this describes."""
        return Curtailment(
            id=self.id,
            site=self.site,
            most_watts=watts(self.most_mw, "most_mw"),
            start_at=instant(self.from_, now, "from"),
            end_at=instant(self.until, now, "until"),
            shed=tuple(self.shed),
            reason=self.reason,
        )

    @classmethod
    def of(cls, curtailment: Curtailment) -> Self:
        """The curtailment as a document."""
        return cls(
            id=curtailment.id,
            site=curtailment.site,
            most_mw=megawatts(curtailment.most_watts),
            from_=shown(curtailment.start_at) or "",
            until=shown(curtailment.end_at) or "",
            shed=list(curtailment.shed),
            reason=curtailment.reason,
        )
