"""The ledger: quotes, refusals, durable bookings, replay and memory, at 1,000 to 1,000,000 live leases.

Two layouts: one pool, and 2,000 pools at 100 sites. Live leases start within two years and last one to
ninety days, so about one in sixteen is held at an instant. Beside each durable figure stands the
limit: the bare insert of as many bytes by the same number of commits into the same file system.

The live leases are written into the journal as bookings would have written them, without asking whether
they fit (they do): a million booked one after the other would take minutes and measure nothing more.
"""

import gc
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from neocloud.errors import Oversold
from neocloud.model.capacity import Resource
from neocloud.model.commands import Apply, Ask, Book, Command, PriceAsk
from neocloud.model.entries import Entry, Noun, content_digest, link
from neocloud.model.fleet import Pool, PowerStep, Site
from neocloud.model.leases import Lease
from neocloud.model.tenants import Tenant
from neocloud.model.world import World
from neocloud.operations.directory import SHIPPED_TERMS
from neocloud.operations.ledger import Ledger
from neocloud.rules.asks import resolve
from neocloud.rules.proposal import proposed
from neocloud.rules.rights import terms_of
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from neocloud.timeline import Span
from neocloud.units import DAY_S, Money

NOW = 1_798_761_600  # 2027-01-01
TENANTS = 1_000
GROUP = 200  # bookings in one commit
QUESTIONS, GROUPS, SINGLES = 2_000, 25, 1_000
PRICE = PriceAsk(per="gpu_hour", amount=Money("USD", 2_350_000_000))


class Desk:
    """A made-up desk with so many pools; the same seed makes the same leases."""

    def __init__(self, pools: int) -> None:
        self.pools, self.sites = pools, max(1, pools // 20)
        self._random, self._count = random.Random(7), 0

    def fleet(self) -> list[Command]:
        """Sites that power all they hold, pools of a million GPUs over the size, tenants and terms."""
        sites = [Site(id=f"s{i}", power=(PowerStep(watts=10**12),)) for i in range(self.sites)]
        pools = [
            Pool(
                id=f"p{i}",
                site=f"s{i % self.sites}",
                gpu="H100",
                it_watts_per_gpu=1280,
                installed_gpus=10_000_000,
                sell_unit_gpus=8,
            )
            for i in range(self.pools)
        ]
        tenants = [Tenant(id=f"t{i}", kind="customer") for i in range(TENANTS)]
        nouns: list[Noun] = [*SHIPPED_TERMS, *sites, *pools, *tenants]
        return [Apply(id=f"fleet-{i}", noun=noun) for i, noun in enumerate(nouns)]

    def booking(self) -> Book:
        """A lease of one block, 8 to 64 GPUs, one to ninety days."""
        self._count += 1
        start_at = NOW + self._random.randrange(730 * DAY_S)
        ask = Ask(
            pool=f"p{self._random.randrange(self.pools)}",
            gpus=8 * self._random.randrange(1, 9),
            start_at=start_at,
            end_at=start_at + self._random.randrange(DAY_S, 90 * DAY_S),
        )
        lease, tenant = f"lease-{self._count}", f"t{self._random.randrange(TENANTS)}"
        return Book(id=f"book-{lease}", lease=lease, tenant=tenant, terms="reserved", asks=(ask,), prices=(PRICE,))

    def bookings(self, number: int) -> list[Book]:
        """So many of them."""
        return [self.booking() for _ in range(number)]


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on the file system of the project, not in memory."""
    path = Path(tempfile.mkdtemp(prefix=".bench-", dir=Path(__file__).parent.parent))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentiles(work: Callable[[Any], object], items: Iterable[Any]) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds, one call each."""
    times = sorted(1000 * seconds(lambda item=item: work(item)) for item in items)  # type: ignore[misc]
    return times[len(times) // 2], times[len(times) * 99 // 100]


def measure(live: int, pools: int, url: Callable[[Path], str]) -> dict[str, Any]:
    """All figures at one size."""
    with folder() as path:
        desk = Desk(pools)
        with closing(open_journal(url(path), create=True)) as journal:
            stock(journal, desk, live)
            row = {"live": live, "pools": pools, **memory(url(path), live)}
            ledger = Ledger(journal)
            warm(ledger.world)
            gc.collect()
            gc.freeze()
            row |= {**_questions(ledger, desk), **_bookings(ledger, desk), **_replay(journal, ledger)}
        return row


def stock(journal: Journal, desk: Desk, live: int) -> None:
    """A fleet, and so many live leases, written as bookings would have written them."""
    ledger = Ledger(journal)
    ledger.submit(*desk.fleet(), now=NOW)
    world, head = ledger.world, ledger.world.head
    for _ in range(live // 1_000):
        commands = desk.bookings(1_000)
        entries = [
            Entry(
                seq=head.seq + i,
                recorded_at=NOW,
                command=command.id,
                content=content_digest(command),
                cause="booked",
                noun=_lease(world, command),
            )
            for i, command in enumerate(commands, 1)
        ]
        batch = link(head, entries)
        with journal.turn():
            journal.append(batch, [command.id for command in commands], expected=head)
        head = batch.head


def _lease(world: World, command: Book) -> Lease:
    blocks = resolve(world, command.tenant, command.asks, NOW)
    return proposed(command, terms_of(world, command.terms), blocks, NOW)


def warm(world: World) -> None:
    """Have every timeline built, and every index of holders in order: the first question about a site does that."""
    for site in world.sites:
        world.capacity(Resource("watts", site))
    for pool in world.pools:
        next(world.timelines.holders_of(pool, Span(NOW, NOW + 1)), None)


def memory(url: str, live: int) -> dict[str, float]:
    """What a process of its own holds in memory: all leases, every timeline and every index; and its peak."""
    command = [sys.executable, "-m", "benchmarks.memory", url]
    said = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True)
    before, resident, peak = map(int, said.stdout.split())
    return {"resident_mb": resident / 1e6, "peak_mb": peak / 1e6, "bytes_per_lease": (resident - before) / live}


def _questions(ledger: Ledger, desk: Desk) -> dict[str, float]:
    quotes, too_many = desk.bookings(QUESTIONS), []
    for command in desk.bookings(QUESTIONS // 4):
        ask = command.asks[0]
        available = ledger.world.capacity(Resource("gpus", ask.pool or "")).available
        free = available.low(Span(ask.start_at or NOW, ask.end_at or NOW))
        too_many.append(replace(command, asks=(replace(ask, gpus=free + 8),)))
    quote = percentiles(lambda command: ledger.preview(command, now=NOW), quotes)
    refusal = percentiles(lambda command: _refused(ledger, command), too_many)
    names = ("quote_p50_ms", "quote_p99_ms", "refusal_p50_ms", "refusal_p99_ms")
    return dict(zip(names, (*quote, *refusal), strict=True))


def _refused(ledger: Ledger, command: Book) -> None:
    try:
        ledger.preview(command, now=NOW)
    except Oversold as refusal:
        assert refusal.facts["offers"]
    else:
        raise AssertionError("it should not fit")


def _bookings(ledger: Ledger, desk: Desk) -> dict[str, float]:
    groups = [desk.bookings(GROUP) for _ in range(GROUPS)]
    singles = desk.bookings(SINGLES)
    grouped_s = seconds(lambda: [ledger.submit_each(group, NOW) for group in groups])
    singly_s = seconds(lambda: [ledger.submit(command, now=NOW) for command in singles])
    return {"batched_per_s": GROUP * GROUPS / grouped_s, "one_by_one_per_s": SINGLES / singly_s}


def _replay(journal: Journal, ledger: Ledger) -> dict[str, float]:
    entries, fresh = ledger.world.head.seq, []
    gc.collect()
    fold_s = seconds(lambda: fresh.append(Ledger(journal)))
    world = fresh[0].world
    build_s = seconds(lambda: [world.capacity(Resource("watts", site)) for site in world.sites])
    assert len(world.leases) == len(ledger.world.leases) and world.head == ledger.world.head
    return {"replay_per_s": entries / fold_s, "replay_with_timelines_per_s": entries / (fold_s + build_s)}


def bare_inserts() -> dict[str, float]:
    """The limit: SQLite with WAL and FULL, the same bytes and the same number of commits, and nothing else."""
    body = b"x" * 440
    with folder() as path:
        db = sqlite3.connect(path / "bare.sqlite", isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB, chain BLOB)")

        def commit(bodies: Sequence[bytes]) -> int:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO rows (body, chain) VALUES (?, ?)", [(each, bytes(32)) for each in bodies])
            db.execute("COMMIT")
            return len(bodies)

        grouped_s = seconds(lambda: [commit([body] * GROUP) for _ in range(GROUPS)])
        singly_s = seconds(lambda: [commit([body]) for _ in range(SINGLES)])
        db.close()
    return {"bare_batched_per_s": GROUP * GROUPS / grouped_s, "bare_one_by_one_per_s": SINGLES / singly_s}


def sqlite_rows(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Every size in both layouts, each with the bare inserts of the same minute."""
    rows = []
    for pools in (1, 2_000):
        for live in sizes:
            rows.append({**measure(live, pools, lambda path: f"sqlite:{path}/journal.sqlite"), **bare_inserts()})
            _print(rows[-1])
    return rows


def _print(row: dict[str, Any]) -> None:
    print("  ".join(f"{name} {value:,.3f}" if value < 10 else f"{name} {value:,.0f}" for name, value in row.items()))
