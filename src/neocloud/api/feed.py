"""Entries as they are written, for those who listen: each is encoded once for an audience, and the last are kept.

All of it but `told` is for the thread of the event loop; so a look at what is kept, and joining those who are told
what comes next, have nothing in between.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import cached_property
from itertools import islice

import msgspec

from neocloud.api.entry_rows import Row, entry_row, entry_row_for
from neocloud.errors import Overloaded
from neocloud.model.entries import Entry
from neocloud.model.keys import Key
from neocloud.operations.sharing import SharedLedger
from neocloud.rules.webhooks import event_of, tenants_of
from neocloud.settings import EVENTS_KEPT, LISTENER_QUEUE, MOST_LISTENERS

_log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode

ReadEntries = Callable[[int, int], Awaitable[list[Entry]]]


class Event:
    """An entry, and its frames by audience: a tenant's, or with an empty name the operator's.

    What is said of it is found when somebody asks: of most entries nobody ever does.
    """

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self._frames: dict[str, bytes] = {}

    @cached_property
    def name(self) -> str:
        """What kind of event it is: `lease.booked`."""
        return event_of(self.entry)

    @cached_property
    def kind(self) -> str:
        """What kind of thing it is about: `lease`."""
        return self.name.partition(".")[0]

    @cached_property
    def tenants(self) -> Collection[str]:
        """Whose business it is, beside the operator's."""
        return tenants_of(self.entry)

    def row(self, shared: SharedLedger, audience: str) -> Row:
        """What an audience is shown of it."""
        if not audience:
            return entry_row(self.entry)
        with shared.world() as world:
            return entry_row_for(world, self.entry, audience)

    def frame(self, shared: SharedLedger, audience: str) -> bytes:
        """The event as a stream has it."""
        if audience not in self._frames:
            head = f"id: {self.entry.seq}\nevent: {self.name}\ndata: ".encode()
            self._frames[audience] = head + _encode(self.row(shared, audience)) + b"\n\n"
        return self._frames[audience]

    def body(self, shared: SharedLedger, audience: str) -> bytes:
        """The event as a webhook is sent it."""
        row = self.row(shared, audience)
        return _encode({"type": self.name, "timestamp": row["recorded"], "data": row})


class Listener:
    """Whoever listens: with a tenant, to what is its own; with kinds, to those alone. Its queue is bounded."""

    def __init__(self, key: Key, kinds: frozenset[str], after: int) -> None:
        self.key = key
        self.audience = key.tenant
        self.kinds = kinds
        self.after = after
        self.queue: deque[bytes] = deque()
        self.moved = asyncio.Event()
        self.ending = False

    def wants(self, event: Event) -> bool:
        """Whether an event is for it."""
        mine = not self.audience or self.audience in event.tenants
        return mine and event.entry.seq > self.after and (not self.kinds or event.kind in self.kinds)

    def put(self, frame: bytes) -> None:
        """Hand it a frame; where it is too far behind, it gets what it has, and no more."""
        if len(self.queue) >= LISTENER_QUEUE:
            self.ending = True
        if not self.ending:
            self.queue.append(frame)
        self.moved.set()

    def end(self) -> None:
        """Have its stream end."""
        self.ending = True
        self.moved.set()


class Feed:
    """The last entries, and all who listen. `read` reads older ones: so many at the most after an entry."""

    def __init__(self, shared: SharedLedger, read: ReadEntries) -> None:
        self.shared = shared
        self._read = read
        self._loop: asyncio.AbstractEventLoop | None = None
        self._kept: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._listeners: set[Listener] = set()
        self._told: dict[str, set[Listener]] = {}  # by audience, those who are told what comes next
        self._moved = asyncio.Event()
        self.last_seq = 0
        """The last entry that listeners were told of."""
        self.closed = False

    @property
    def listening(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def start(self) -> None:
        """From now on entries are handed on, in the running event loop; once is enough."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self.last_seq = self.shared.ledger.world.head.seq

    def told(self, entries: Sequence[Entry]) -> None:
        """In the thread that writes: entries are on disk."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread, entries)

    def _spread(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.seq <= self.last_seq:
                continue  # written between the start of the loop and the look at the head
            event = Event(entry)
            self._kept.append(event)
            self.last_seq = entry.seq
            for audience in {"", *event.tenants} if self._told else ():
                self._hand(event, audience)
        self._wake()

    def _hand(self, event: Event, audience: str) -> None:
        wanted = [each for each in self._told.get(audience, ()) if each.wants(event)]
        if not wanted:
            return
        try:
            frame = event.frame(self.shared, audience)
        except Exception:
            _log.exception("entry %s cannot be shown", event.entry.seq)
            for listener in wanted:
                listener.end()  # nobody goes on as if there had been nothing
            return
        for listener in wanted:
            listener.put(frame)

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    # ---- looking back ----

    async def page(self, after: int, limit: int) -> list[Event]:
        """At most so many events after an entry, from memory or the journal; none at the end."""
        if after >= self.last_seq:
            return []
        if self._kept and after + 1 >= (first := self._kept[0].entry.seq):
            return list(islice(self._kept, after + 1 - first, after + 1 - first + limit))
        entries = await self._read(after, limit)
        return [Event(entry) for entry in entries if entry.seq <= self.last_seq]

    async def moved(self, timeout_s: float) -> None:
        """Wait until something was written, and no longer than that."""
        moved = self._moved
        try:
            async with asyncio.timeout(timeout_s):
                await moved.wait()
        except TimeoutError:
            return

    # ---- listening ----

    def join(self, listener: Listener) -> None:
        """Count one who listens. Raises Overloaded where there are too many, or the service stops."""
        if self.closed:
            raise Overloaded("the service stops; ask again in a moment")
        if len(self._listeners) >= MOST_LISTENERS:
            raise Overloaded(f"{MOST_LISTENERS:,} listen to events already; ask again later")
        self._listeners.add(listener)

    def tell(self, listener: Listener) -> None:
        """Hand it what is written from now on."""
        self._told.setdefault(listener.audience, set()).add(listener)

    def leave(self, listener: Listener) -> None:
        """It no longer listens."""
        self._listeners.discard(listener)
        told = self._told.get(listener.audience, set())
        told.discard(listener)
        if not told:
            self._told.pop(listener.audience, None)

    def close(self) -> None:
        """End every stream, and let nobody listen any more."""
        self.closed = True
        for listener in self._listeners:
            listener.end()
        self._wake()
