"""What may be said of a wave, an outage, a curtailment or a site, as it is written."""

from typing import Annotated

from msgspec import Meta, Struct

from neocloud.documents.document import Length, When, duration, instant_or_none
from neocloud.model.commands import Accept, CloseOutage, Leave, Restore, Slip, Split
from neocloud.model.fleet import Stage


class SlipDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A wave comes later, or earlier, than was thought."""

    by: Annotated[Length | None, Meta(description="by how long both dates slip; -5d is earlier")] = None
    p50: When | None = None
    p90: When | None = None
    reason: str = ""

    def command(self, name: str, delivery: str, now: int) -> Slip:
        """The slip this tells of."""
        return Slip(
            id=name,
            delivery=delivery,
            by_s=None if self.by is None else signed(self.by, "by"),
            p50_at=instant_or_none(self.p50, now, "p50"),
            p90_at=instant_or_none(self.p90, now, "p90"),
            reason=self.reason,
        )


class ArrivalDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A wave, or a part of it, has come."""

    stage: Stage = "in_service"
    at: When | None = None
    gpus: Annotated[int, Meta(ge=1, description="only so many; the rest is a wave of its own")] | None = None
    rest: Annotated[str | None, Meta(description="what the rest is called")] = None

    def command(self, name: str, delivery: str, now: int) -> Accept:
        """The arrival this tells of."""
        at = instant_or_none(self.at, now, "at")
        return Accept(id=name, delivery=delivery, stage=self.stage, at=at, gpus=self.gpus, rest=self.rest)


class SplitDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A wave comes in two parts."""

    into: Annotated[str, Meta(description="what the new wave is called")]
    gpus: Annotated[int, Meta(ge=1)]
    p50: When | None = None
    p90: When | None = None
    reason: str = ""

    def command(self, name: str, delivery: str, now: int) -> Split:
        """The split this tells of."""
        return Split(
            id=name,
            delivery=delivery,
            into=self.into,
            gpus=self.gpus,
            p50_at=instant_or_none(self.p50, now, "p50"),
            p90_at=instant_or_none(self.p90, now, "p90"),
            reason=self.reason,
        )


class EndDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something is over: an outage, a curtailment; or a site must be left."""

    at: Annotated[When | None, Meta(description="left out: now; of a landlord's notice: it is withdrawn")] = None

    def closed(self, name: str, outage: str, now: int) -> CloseOutage:
        """The GPUs of an outage are back."""
        return CloseOutage(id=name, outage=outage, at=instant_or_none(self.at, now, "at"))

    def restored(self, name: str, curtailment: str, now: int) -> Restore:
        """A curtailment is over."""
        return Restore(id=name, curtailment=curtailment, at=instant_or_none(self.at, now, "at"))

    def left(self, name: str, site: str, now: int) -> Leave:
        """A site must be left."""
        return Leave(id=name, site=site, at=instant_or_none(self.at, now, "at"))


def signed(text: str, place: str) -> int:
    """A duration that may be negative: a wave that comes earlier slips by less than nothing."""
    return -duration(text[1:], place) if text.startswith("-") else duration(text.removeprefix("+"), place)
