"""The two senders: one waits, the other is awaited. All that they share is decided in `talking` and `events`."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from neocloud.client.asks import Ask, Heard, Listing
from neocloud.client.events import Event, Following, following
from neocloud.client.talking import Service, httpx_module
from neocloud.client.trying import Patience
from neocloud.settings import CLIENT_TIMEOUT_S

if TYPE_CHECKING:
    import httpx2 as httpx

Read = TypeVar("Read")


class Sender(Service):
    """Sends, and waits for the answer. `more` goes to httpx.Client: verify, cert, proxy, transport.

    A sender may be used by one thread at a time.
    """

    def __init__(self, url: str, key: str, patience: Patience, timeout_s: float = CLIENT_TIMEOUT_S, **more: Any):
        super().__init__(url, key, patience, timeout_s)
        self.http: httpx.Client = httpx_module().Client(**self._options, **more)

    def send(self, ask: Ask[Read]) -> Read:
        """The answer to an ask. Raises what the service says no with, or ServiceUnreachable."""
        talk = self.begin(ask)
        while True:
            try:
                answer = self.http.request(**talk.request())
            except httpx_module().TransportError as error:
                time.sleep(talk.after_silence(error))
                continue
            heard = Heard(answer.status_code, answer.headers, answer.content)
            if (pause_s := talk.after(heard)) is None:
                return ask.read(heard)
            time.sleep(pause_s)

    def pages(self, listing: Listing[Read]) -> Iterator[Read]:
        """All of a listing, a page asked for when it is come to."""
        name: str | None = None
        while True:
            found, name = self.send(listing.page(name))
            yield from found
            if name is None:
                return

    def follow(self, ask: Following) -> Iterator[Event]:
        """Events as they come, without an end; after a break from the one that was seen last."""
        state = following(ask, self.patience, self.url)
        while True:
            try:
                with self.http.stream("GET", self.url + ask.path, **state.request()) as answer:
                    if not state.opened(answer.status_code, answer.headers):
                        answer.read()
                        time.sleep(state.refused(Heard(answer.status_code, answer.headers, answer.content)))
                        continue
                    for part in answer.iter_bytes():
                        yield from state.heard(part)
                time.sleep(state.after_end())
            except httpx_module().TransportError as error:
                time.sleep(state.after_silence(error))

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()


class AsyncSender(Service):
    """Sends, and is awaited. `more` goes to httpx.AsyncClient."""

    def __init__(self, url: str, key: str, patience: Patience, timeout_s: float = CLIENT_TIMEOUT_S, **more: Any):
        super().__init__(url, key, patience, timeout_s)
        self.http: httpx.AsyncClient = httpx_module().AsyncClient(**self._options, **more)

    async def send(self, ask: Ask[Read]) -> Read:
        """The answer to an ask. Raises what the service says no with, or ServiceUnreachable."""
        talk = self.begin(ask)
        while True:
            try:
                answer = await self.http.request(**talk.request())
            except httpx_module().TransportError as error:
                await asyncio.sleep(talk.after_silence(error))
                continue
            heard = Heard(answer.status_code, answer.headers, answer.content)
            if (pause_s := talk.after(heard)) is None:
                return ask.read(heard)
            await asyncio.sleep(pause_s)

    async def pages(self, listing: Listing[Read]) -> AsyncIterator[Read]:
        """All of a listing, a page asked for when it is come to."""
        name: str | None = None
        while True:
            found, name = await self.send(listing.page(name))
            for each in found:
                yield each
            if name is None:
                return

    async def follow(self, ask: Following) -> AsyncIterator[Event]:
        """Events as they come, without an end; after a break from the one that was seen last."""
        state = following(ask, self.patience, self.url)
        while True:
            try:
                async with self.http.stream("GET", self.url + ask.path, **state.request()) as answer:
                    if not state.opened(answer.status_code, answer.headers):
                        await answer.aread()
                        await asyncio.sleep(state.refused(Heard(answer.status_code, answer.headers, answer.content)))
                        continue
                    async for part in answer.aiter_bytes():
                        for each in state.heard(part):
                            yield each
                await asyncio.sleep(state.after_end())
            except httpx_module().TransportError as error:
                await asyncio.sleep(state.after_silence(error))

    async def close(self) -> None:
        """Let go of the connections."""
        await self.http.aclose()
