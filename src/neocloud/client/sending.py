"""The two senders: one waits, the other is awaited. All that they share is decided in `_Conversation`."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from neocloud import __version__
from neocloud.client.answers import seq_of
from neocloud.client.asks import Ask, Heard, Listing
from neocloud.client.events import Event, Following, following
from neocloud.client.problems import said_no
from neocloud.client.trying import AGAIN, Patience, Tries, asked_for, may_help, unreachable
from neocloud.errors import Invalid, Unavailable
from neocloud.settings import CLIENT_CONNECT_S, CLIENT_TIMEOUT_S

if TYPE_CHECKING:
    import httpx2 as httpx

Read = TypeVar("Read")


class _Sends:
    """What both senders know: where the service is, who asks, and the last entry that was seen."""

    def __init__(self, url: str, key: str, patience: Patience, timeout_s: float) -> None:
        self.url = checked_url(url)
        self.seen_seq = 0
        """The highest Journal-Seq of all answers: what is read later is never older."""
        self._patience = patience
        self._headers = {"User-Agent": f"neocloud/{__version__}", "Accept": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {_checked_key(key)}"
        self._options: dict[str, Any] = {
            "headers": self._headers,
            "timeout": _httpx().Timeout(timeout_s, connect=CLIENT_CONNECT_S),
            "follow_redirects": False,
        }

    def begin(self, ask: Ask[Any]) -> "_Conversation":
        """What is said about an ask, from the first try to the answer."""
        return _Conversation(self, ask)


class _Conversation:
    """One ask: the same request for every try, and what an answer or its absence comes to."""

    def __init__(self, sends: _Sends, ask: Ask[Any]) -> None:
        self._sends, self._ask = sends, ask
        self._tries = Tries(sends._patience)
        self._key = (ask.key or uuid4().hex) if ask.writes else None

    def request(self) -> dict[str, Any]:
        """What is sent, as httpx takes it."""
        headers = dict(self._ask.headers)
        if self._key is not None:
            headers["Idempotency-Key"] = self._key
        if self._ask.body is not None:
            headers["Content-Type"] = self._ask.media_type
        if self._sends.seen_seq and self._ask.path.startswith("/v1/"):
            headers["If-Known"] = str(self._sends.seen_seq)
        url = self._sends.url + self._ask.path
        params = list(self._ask.query) or None
        return {
            "method": self._ask.method, "url": url, "headers": headers, "content": self._ask.body, "params": params
        }  # fmt: skip

    def after(self, heard: Heard) -> float | None:
        """How long to wait before the next try; None where this answer is the one. Raises what it says no with."""
        if 200 <= heard.status < 300:
            self._sends.seen_seq = max(self._sends.seen_seq, seq_of(heard.headers))
            return None
        pause_s = self._tries.pause(asked_for(heard)) if heard.status in AGAIN else None
        if pause_s is None:
            raise said_no(heard, self._sends.url + self._ask.path)
        return pause_s

    def after_silence(self, error: Exception) -> float:
        """How long to wait where there was no answer. Raises ServiceUnreachable where it is not to be tried again."""
        pause_s = self._tries.pause() if may_help(error) else None
        if pause_s is None:
            raise unreachable(error, self._sends.url, self._key) from None
        return pause_s


class Sender(_Sends):
    """Sends, and waits for the answer. `more` goes to httpx.Client: verify, cert, proxy, transport.

    A sender may be used by one thread at a time.
    """

    def __init__(self, url: str, key: str, patience: Patience, timeout_s: float = CLIENT_TIMEOUT_S, **more: Any):
        super().__init__(url, key, patience, timeout_s)
        self.http: httpx.Client = _httpx().Client(**self._options, **more)

    def send(self, ask: Ask[Read]) -> Read:
        """The answer to an ask. Raises what the service says no with, or ServiceUnreachable."""
        talk = self.begin(ask)
        while True:
            try:
                answer = self.http.request(**talk.request())
            except _httpx().TransportError as error:
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
        state = following(ask, self._patience, self.url)
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
            except _httpx().TransportError as error:
                time.sleep(state.after_silence(error))

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()


class AsyncSender(_Sends):
    """Sends, and is awaited. `more` goes to httpx.AsyncClient."""

    def __init__(self, url: str, key: str, patience: Patience, timeout_s: float = CLIENT_TIMEOUT_S, **more: Any):
        super().__init__(url, key, patience, timeout_s)
        self.http: httpx.AsyncClient = _httpx().AsyncClient(**self._options, **more)

    async def send(self, ask: Ask[Read]) -> Read:
        """The answer to an ask. Raises what the service says no with, or ServiceUnreachable."""
        talk = self.begin(ask)
        while True:
            try:
                answer = await self.http.request(**talk.request())
            except _httpx().TransportError as error:
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
        state = following(ask, self._patience, self.url)
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
            except _httpx().TransportError as error:
                await asyncio.sleep(state.after_silence(error))

    async def close(self) -> None:
        """Let go of the connections."""
        await self.http.aclose()


def checked_url(text: str) -> str:
    """Where a service is, as it is written everywhere: `https://HOST[:PORT][/PREFIX]`. Raises Invalid."""
    try:
        parts = urlsplit(text.strip())
        there = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        if there and not parts.query and not parts.fragment and parts.username is None:
            return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
    except ValueError:
        pass
    raise Invalid(f"{text!r} is not the URL of a server; write https://HOST:PORT", place="url")


def _checked_key(key: str) -> str:
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Invalid("a key is plain text without spaces: nc_ID_SECRET", place="key")
    return key


def _httpx() -> Any:
    """httpx, loaded when something is to be sent. Raises Unavailable where it is not installed."""
    try:
        import httpx2 as httpx  # noqa: PLC0415
    except ModuleNotFoundError:
        raise Unavailable("httpx2 is not installed; pip install 'neocloud[client]' brings it") from None
    return httpx
