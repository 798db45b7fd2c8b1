"""`Client` and `AsyncClient`: every noun as an attribute, and what is about no single noun."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Generic

from neocloud.client.answers import Shown, one, value
from neocloud.client.approvals import Approvals
from neocloud.client.asks import Ask, path
from neocloud.client.entries import JournalOf
from neocloud.client.events import Event, Following
from neocloud.client.fleet import Curtailments, Deliveries, Outages, Sites
from neocloud.client.groups import Operation, Sends
from neocloud.client.keys import Keys
from neocloud.client.leases import Leases, Requests
from neocloud.client.manifests import Manifests
from neocloud.client.nouns import Applied
from neocloud.client.price_files import PriceSetsOf
from neocloud.client.reports import Reports
from neocloud.client.sending import AsyncSender, Sender
from neocloud.client.trying import Patience
from neocloud.client.webhooks import Webhooks
from neocloud.documents.answers import Health
from neocloud.documents.fleet import (
    CurtailmentDocument,
    DeliveryDocument,
    OutageDocument,
    PoolDocument,
    SiteDocument,
)
from neocloud.documents.forecasts import ForecastDocument
from neocloud.documents.keys import KeyDocument
from neocloud.documents.leases import LeaseDocument
from neocloud.documents.policies import ApprovalDocument, PolicyDocument
from neocloud.documents.prices import ListPriceDocument, PriceSetDocument
from neocloud.documents.requests import RequestDocument
from neocloud.documents.terms import TenantDocument, TermsDocument
from neocloud.documents.webhooks import WebhookDocument
from neocloud.settings import CLIENT_PAUSE_S, CLIENT_TIMEOUT_S, CLIENT_TRIES, CLIENT_WITHIN_S


class _Nouns(Reports[Sends], Generic[Sends]):
    """What both clients have: reports, each kind of noun, and the journal."""

    def __init__(self, sender: Sends) -> None:
        super().__init__(sender)
        self.sites: Sites[Sends] = Sites(sender, "sites", SiteDocument)
        self.pools: Applied[Sends, PoolDocument] = Applied(sender, "pools", PoolDocument)
        self.deliveries: Deliveries[Sends] = Deliveries(sender, "deliveries", DeliveryDocument)
        self.outages: Outages[Sends] = Outages(sender, "outages", OutageDocument)
        self.curtailments: Curtailments[Sends] = Curtailments(sender, "curtailments", CurtailmentDocument)
        self.tenants: Applied[Sends, TenantDocument] = Applied(sender, "tenants", TenantDocument)
        self.terms: Applied[Sends, TermsDocument] = Applied(sender, "terms", TermsDocument)
        self.forecasts: Applied[Sends, ForecastDocument] = Applied(sender, "forecasts", ForecastDocument)
        self.list_prices: Applied[Sends, ListPriceDocument] = Applied(sender, "list-prices", ListPriceDocument)
        self.price_sets: PriceSetsOf[Sends] = PriceSetsOf(sender, "price-sets", PriceSetDocument)
        self.requests: Requests[Sends] = Requests(sender, "requests", RequestDocument)
        self.leases: Leases[Sends] = Leases(sender, "leases", LeaseDocument)
        self.policies: Applied[Sends, PolicyDocument] = Applied(sender, "policies", PolicyDocument)
        self.approvals: Approvals[Sends] = Approvals(sender, "approvals", ApprovalDocument)
        self.keys: Keys[Sends] = Keys(sender, "keys", KeyDocument)
        self.manifests: Manifests[Sends] = Manifests(sender)
        self.webhooks: Webhooks[Sends] = Webhooks(sender, "webhooks", WebhookDocument)
        self.journal: JournalOf[Sends] = JournalOf(sender)

    @property
    def seen_seq(self) -> int:
        """The last entry that any answer knew; what is read later knows it too."""
        return self._sender.seen_seq

    @Operation
    def me(self) -> Ask[Shown[KeyDocument]]:
        """Who asks: the key that is shown, its role, and what it may do."""
        return Ask(method="GET", path=path("me"), read=one(KeyDocument))

    @Operation
    def health(self) -> Ask[Health]:
        """Whether the process lives, and its version. Needs no key."""
        return Ask(method="GET", path="/healthz", read=value(Health))


class Client(_Nouns[Sender]):
    """The service at a URL, with a key. Close it, or use it in a `with`. One thread at a time.

    The same is asked again where that may help: at the most `tries` times within `within_s` seconds, after pauses
    from about `pause_s` on, always under one Idempotency-Key. `more` goes to httpx: `verify`, `proxy`, `transport`.
    """

    def __init__(
        self, url: str, key: str = "", *, tries: int = CLIENT_TRIES, within_s: float = CLIENT_WITHIN_S,
        pause_s: float = CLIENT_PAUSE_S, timeout_s: float = CLIENT_TIMEOUT_S, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(Sender(url, key, Patience(tries, within_s, pause_s), timeout_s, **more))

    def events(self, *, after: int | None = None, kinds: Sequence[str] = ()) -> Iterator[Event]:
        """Every change (of these kinds of nouns) as it happens, without an end: after an entry, or from now on.

        After a break it goes on from the last event.
        """
        return self._sender.follow(Following(after=after, query=[("kind", each) for each in kinds]))

    def close(self) -> None:
        """Let go of the connections."""
        self._sender.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *what: object) -> None:
        self.close()


class AsyncClient(_Nouns[AsyncSender]):
    """The same for asyncio: every operation is awaited, every listing and `events` iterated with `async for`."""

    def __init__(
        self, url: str, key: str = "", *, tries: int = CLIENT_TRIES, within_s: float = CLIENT_WITHIN_S,
        pause_s: float = CLIENT_PAUSE_S, timeout_s: float = CLIENT_TIMEOUT_S, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(AsyncSender(url, key, Patience(tries, within_s, pause_s), timeout_s, **more))

    def events(self, *, after: int | None = None, kinds: Sequence[str] = ()) -> AsyncIterator[Event]:
        """Every change (of these kinds of nouns) as it happens, without an end: after an entry, or from now on.

        After a break it goes on from the last event.
        """
        return self._sender.follow(Following(after=after, query=[("kind", each) for each in kinds]))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._sender.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *what: object) -> None:
        await self.close()
