"""Both clients, used in one way by one suite; and a booking to ask for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from neocloud.client import AsyncClient
from neocloud.documents.asked import BookingDocument
from neocloud.documents.leases import BlockDocument, PriceDocument

BLOCK = BlockDocument(pool="h100", gpus=64, from_="2026-07-01T00:00:00Z", until="2026-08-01T00:00:00Z")
PRICE = PriceDocument(per="gpu_hour", amount="2.5")  # type: ignore[arg-type]


class Waited:
    """An asynchronous client used as the other one is: each call is awaited here, each listing gathered."""

    def __init__(self, client: AsyncClient, run: Callable[[Awaitable[Any]], Any], of: Any = None) -> None:
        self._client, self._run, self._of = client, run, client if of is None else of

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._of, name)
        if not callable(found):
            return found if isinstance(found, int) else Waited(self._client, self._run, found)
        return lambda *said, **named: self._waited(found(*said, **named))

    def _waited(self, found: Any) -> Any:
        return iter(self._run(_gathered(found))) if isinstance(found, AsyncIterator) else self._run(found)


async def _gathered(found: AsyncIterator[Any]) -> list[Any]:
    return [each async for each in found]


@contextmanager
def awaited(url: str, key: str, **more: Any) -> Iterator[Any]:
    with asyncio.Runner() as runner:
        client = AsyncClient(url, key, **more)
        yield Waited(client, lambda awaitable: runner.run(_once(awaitable)))
        runner.run(client.close())


async def _once(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


Opening = Callable[..., AbstractContextManager[Any]]


def booking(name: str, **more: Any) -> BookingDocument:
    return BookingDocument(**{"id": name, "tenant": "acme", "blocks": [BLOCK], "prices": [PRICE], **more})
