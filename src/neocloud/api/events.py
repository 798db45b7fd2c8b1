"""Server-sent events: every entry of the journal as it is written, or from an earlier one on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from neocloud.api.calls import Call
from neocloud.api.feed import Feed, Listener
from neocloud.api.routes import route
from neocloud.errors import Invalid, Unavailable
from neocloud.model.keys import Key
from neocloud.rules.webhooks import check_kinds
from neocloud.settings import EVENTS_PAGE, HEARTBEAT_S, LISTENER_STALL_S

_BEGIN = b"retry: 2000\n\n"
_HEARTBEAT = b":\n\n"
_LONGEST_SEQ = 15


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events."""

    after: Annotated[int, Meta(ge=0, le=10**15, description="after this entry; left out: from now")] | None = None
    kind: Annotated[list[str], Meta(description="only of these kinds of nouns: lease, request, list_price")] = []


@route("GET", "/v1/events", "events.read", query=Wanted, media_type="text/event-stream")
def events(call: Call) -> Response:
    """Listen: every entry is an event, from now on, or after `Last-Event-ID` or `after`, for as long as you stay.

    Its id is the entry's number, its name its kind and cause (`lease.booked`), its data the entry as `/v1/journal`
    shows it. A customer is sent what is its own. The stream of one who is too slow ends: go on from the last id.
    """
    query: Wanted = call.query
    check_kinds(tuple(query.kind))
    feed = call.service.feed
    feed.start()
    said = call.request.headers.get("last-event-id")
    after = _seq(said) if said else feed.last_seq if query.after is None else query.after
    listener = Listener(call.key, frozenset(query.kind), after)
    if call.request.method == "HEAD":
        return Response(None, 200, {"Cache-Control": "no-store"}, media_type="text/event-stream")
    feed.join(listener)
    return EventStream(feed, listener)


def _seq(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_SEQ:
        raise Invalid(f"{text!r} is not the number of an entry", place="Last-Event-ID")
    return int(text)


class EventStream(Response):
    """The answer to one who listens, which goes on until it leaves, is too slow, or the service stops."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, listener: Listener) -> None:
        super().__init__(None, 200, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._feed = feed
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what there is, and what comes."""
        leaving = asyncio.ensure_future(self._until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async with aclosing(frames(self._feed, self._listener)) as found:
                async for frame in found:
                    async with asyncio.timeout(LISTENER_STALL_S):
                        await send(_body(frame, more=True))
            await send(_body(b"", more=False))
        except TimeoutError:
            pass  # nobody reads; the server closes what is not finished
        finally:
            self._feed.leave(self._listener)
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._listener.end()


def _body(content: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def frames(feed: Feed, listener: Listener) -> AsyncGenerator[bytes, None]:
    """What is sent to a listener: what it has missed, a page at a time, then what comes, and a sign of life."""
    yield _BEGIN
    after = listener.after
    while not listener.ending:
        try:
            page = await feed.page(after, EVENTS_PAGE)
        except Unavailable:
            return  # the journal cannot be read now; whoever listens comes back
        if not page:
            break
        after = page[-1].entry.seq
        missed = [each.frame(feed.shared, listener.audience) for each in page if listener.wants(each)]
        yield b"".join(missed) or _HEARTBEAT
    feed.tell(listener)
    while True:
        idle = await _idle(listener)
        if not _still_holds(feed, listener.key):
            return
        found = b"".join(listener.queue)
        listener.queue.clear()
        listener.moved.clear()
        if found or idle:
            yield found or _HEARTBEAT
        if listener.ending:
            return


async def _idle(listener: Listener) -> bool:
    """Wait for something to send; True where a while has gone without."""
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            await listener.moved.wait()
    except TimeoutError:
        return True
    return False


def _still_holds(feed: Feed, key: Key) -> bool:
    """Whether the key that was shown may still be used: a stream may outlive it by one sign of life."""
    return feed.shared.ledger.world.keys.get(key.id, key).holds(feed.shared.now)
