"""What is said about waves, outages, curtailments and sites."""

from neocloud.client.answers import Shown
from neocloud.client.asks import Ask
from neocloud.client.groups import Operation, Sends
from neocloud.client.nouns import Applied
from neocloud.documents.facts import ArrivalDocument, EndDocument, SlipDocument, SplitDocument
from neocloud.documents.fleet import CurtailmentDocument, DeliveryDocument, OutageDocument, SiteDocument


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
