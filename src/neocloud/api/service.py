"""What every route shares: the ledger, the price sets of its data directory, and the keys that were used."""

import asyncio
import os
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, suppress
from functools import cached_property
from itertools import islice
from math import ceil
from pathlib import Path
from threading import Lock
from typing import TypeVar

from neocloud.api.answers import Answers
from neocloud.api.feed import Feed
from neocloud.api.kept_answers import KeptAnswers
from neocloud.api.limits import Limits
from neocloud.api.metrics import Metrics
from neocloud.api.oidc import Provider
from neocloud.api.past import Past
from neocloud.errors import Behind, Invalid, Overloaded
from neocloud.model.commands import KeyUsed
from neocloud.model.entries import Author, Batch, Entry, decode
from neocloud.model.keys import Key
from neocloud.model.leases import Lease
from neocloud.model.plans import Scenario
from neocloud.model.world import World
from neocloud.operations.ledger import Answer, Ledger, Said
from neocloud.operations.price_sets import read_costs
from neocloud.operations.quoting import Quote, quote
from neocloud.operations.sharing import SharedLedger
from neocloud.operations.webhooks import service_secret
from neocloud.rules.access import Permission
from neocloud.rules.planning.futures import Costs
from neocloud.rules.requests import newest_prices
from neocloud.settings import KNOWN_WAIT_S, MOST_WRITES_AT_ONCE
from neocloud.store import open_journal
from neocloud.store.price_sets import PriceSets
from neocloud.store.snapshots import Snapshots
from neocloud.units import DAY_S, Clock

Answered = TypeVar("Answered")


class Service:
    """A ledger that is served; made by the process, closed by it. `open_to_all` is permitted without a key."""

    def __init__(
        self,
        ledger: Ledger,
        url: str,
        directory: Path,
        clock: Clock,
        provider: Provider | None = None,
        open_to_all: frozenset[Permission] = frozenset(),
        limits: Limits | None = None,
    ) -> None:
        self.provider = provider
        self.url = url
        self.open_to_all = open_to_all
        self.limits = Limits() if limits is None else limits
        ledger.world.names(Lease)  # or the first listing waits for it: 0.1 s at 100,000 leases
        self.shared = SharedLedger(ledger, clock)
        self.metrics = Metrics(self.shared)
        self.directory = directory
        self.snapshots = Snapshots(directory / "snapshots", lambda _: None)
        self.past = Past(url, directory)
        self.prices = PriceSets(directory / "prices")
        self._costs: tuple[str, Costs, Scenario] | None = None  # of the price set asked for last
        self._kept = KeptAnswers()
        self._copy: Ledger | None = None  # for what takes long
        self._copying = Lock()
        self._apart = asyncio.Semaphore(1)
        self._used: dict[str, int] = {}  # the day of which it was said last that a key was used
        self._moved = asyncio.Event()
        self._handing: Answers | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.feed = Feed(self.shared, self.read_entries)
        ledger.told += [self._told, self.feed.told]

    @cached_property
    def secret(self) -> bytes:
        """The service's secret, from which those of webhooks follow. Raises Invalid, or Unavailable."""
        return service_secret(self.directory, os.environ.get("NEOCLOUD_SERVICE_SECRET"))

    @property
    def private_webhooks(self) -> bool:
        """Whether webhooks may lead to addresses that are not on the public internet."""
        return os.environ.get("NEOCLOUD_WEBHOOK_PRIVATE") == "1"

    @property
    def now(self) -> int:
        """The instant at which is asked and decided (UTC seconds)."""
        return self.shared.now

    @property
    def seq(self) -> int:
        """The last entry that is known here."""
        return self.shared.ledger.world.head.seq

    def world(self) -> AbstractContextManager[World]:
        """The world as a decision now would see it."""
        return self.shared.world()

    async def say(self, said: Said) -> Answer:
        """Have a command decided and written. Raises Mistaken, Refused or Unavailable."""
        return await self._answers().of(self.shared.say(said))

    async def say_of(self, tenant: str, said: Said) -> Answer:
        """The same for a customer, of whom only so many commands wait at once. Raises TooOften besides."""
        with self.limits.writing(tenant, self._turn_s):
            return await self.say(said)

    def _turn_s(self) -> int:
        """How long all that waits for its turn will take, by the commit before (whole seconds, at least one)."""
        commits = self.shared.waiting // MOST_WRITES_AT_ONCE + 1
        return max(1, ceil(commits * self.metrics.groups.last_s))

    async def say_all(self, said: Sequence[Said]) -> list[Answer]:
        """Have commands decided and written, all of them or none. Raises Mistaken, Refused or Unavailable."""
        return await self._answers().of(self.shared.say_all(said))

    def _answers(self) -> Answers:
        """Who hands answers over to the loop that runs."""
        loop = asyncio.get_running_loop()
        if self._handing is None or self._handing.loop is not loop:
            self._handing = Answers(loop)
        return self._handing

    async def known(self, seq: int) -> None:
        """Wait until an entry is known here. Raises Behind after KNOWN_WAIT_S."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(KNOWN_WAIT_S):
                while self.seq < seq:
                    self.shared.follow()
                    await self._moved.wait()
        except TimeoutError:
            raise Behind(f"entry {seq} is not known here yet; the last is {self.seq}", seq=self.seq) from None

    def quoted(self, world: World, lease: Lease, now: int) -> Quote | None:
        """The marginal quote of a lease from the newest price set; None without one. Raises Invalid."""
        if self.costs(world) is None or self._costs is None:
            return None
        digest, costs, scenario = self._costs
        if later := sorted({block.pool for block in lease.blocks} - set(costs.view.pools)):
            raise Invalid(f"the price set does not know pool {later[0]}, which came later")
        return quote(world, costs, scenario, lease, price_set=digest, now=now)

    def kept(self, asked: Hashable, make: Callable[[], bytes]) -> bytes:
        """What was made for what is asked, as the world is and in this minute."""
        return self._kept.of(asked, self.shared.ledger.world, self.now, make)

    def note_use(self, key: Key) -> None:
        """Write down that a key was used today, once a day; nobody waits for that."""
        day_at = self.now // DAY_S * DAY_S
        if max(key.used_on_at or 0, self._used.get(key.id, -1)) >= day_at:
            return
        fact = KeyUsed(id=f"used:{key.id}:{day_at}", key=key.id, day_at=day_at)
        try:
            written: Future[Answer] = self.shared.say(Said(fact, Author(f"key:{key.id}")))
        except Overloaded:
            return  # its next use is as good
        self._used[key.id] = day_at
        written.add_done_callback(lambda done: self._noted(key.id, done))

    async def apart(self, ask: Callable[[Ledger, int], Answered]) -> Answered:
        """What is asked of a ledger of its own, in a thread of its own, one at a time: for what takes long.

        That ledger follows the journal; nobody who reads or writes waits for it.
        """

        def asked() -> Answered:
            with self._copying:  # who asked may have given up, and its thread go on
                if self._copy is None:
                    self._copy = Ledger(open_journal(self.url), self.snapshots)
                self._copy.catch_up()
                return ask(self._copy, max(self.now, self._copy.world.head.recorded_at))

        async with self._apart:
            return await asyncio.to_thread(asked)

    def costs(self, world: World) -> Costs | None:
        """The opportunity costs of the newest price set; None without one. Raises Invalid."""
        price_set = newest_prices(world)
        if price_set is None:
            return None
        if self._costs is None or self._costs[0] != price_set.id:
            self._costs = (price_set.id, *read_costs(self.prices, price_set))
        return self._costs[1]

    async def read_entries(self, after: int, limit: int) -> list[Entry]:
        """At most so many entries after one."""

        def read() -> list[Entry]:
            found: list[Entry] = []
            with closing(open_journal(self.url)) as journal:
                for batch in journal.batches(after):
                    found += [entry for entry in decode(batch) if entry.seq > after]
                    if len(found) >= limit:
                        break
            return found[:limit]

        return await asyncio.to_thread(read)

    async def read_batches(self, after: int, limit: int) -> list[Batch]:
        """At most so many batches that end after an entry: by a connection of its own, in a thread of its own."""

        def read() -> list[Batch]:
            with closing(open_journal(self.url)) as journal:
                return list(islice(journal.batches(after), limit))

        return await asyncio.to_thread(read)

    async def read_batches_of(self, commands: Sequence[str]) -> list[Batch]:
        """The batches that hold what commands wrote."""

        def read() -> list[Batch]:
            with closing(open_journal(self.url)) as journal:
                return journal.batches_of(commands)

        return await asyncio.to_thread(read)

    def close(self) -> None:
        """Write what waits, and let go of the journal."""
        self.shared.close()
        with self._copying:
            if self._copy is not None:
                self._copy.journal.close()
        self.past.close()
        self.shared.ledger.journal.close()

    def _told(self, entries: object) -> None:
        """In the thread that writes: wake whoever waits for an entry."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended: nobody waits
                self._loop.call_soon_threadsafe(self._wake)

    def _noted(self, key: str, written: "Future[Answer]") -> None:
        """In the thread that writes: a use that could not be written is said again with the next."""
        if written.cancelled() or written.exception() is not None:
            self._used.pop(key, None)

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
