"""Looking back: known at several places, and a start from a snapshot, beside a full replay in the same run.

    python -m benchmarks.travel [--million] [--save]

The journal holds so many leases, a thousand to a batch, with snapshots kept as a ledger keeps them. Start
and replay are of nouns alone; the timelines come on top, when they are first asked for.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.ledger import NOW, Desk, folder, seconds
from benchmarks.machine import machine, save
from neocloud.model.commands import Book
from neocloud.model.entries import Entry, Head, Noun, link
from neocloud.model.leases import Block, Lease, Price
from neocloud.model.world import World
from neocloud.operations.known import fold, head_at, head_of
from neocloud.operations.ledger import Ledger
from neocloud.store import open_journal
from neocloud.store.journal import Journal
from neocloud.store.snapshots import Picture, Snapshots

SIZES = (10_000, 100_000)
MILLION = "--million"
PLACES = (0.1, 0.5, 0.9, 0.99)
BATCH = 1_000
POOLS = 2_000
GOAL_S = 5.0


def measure(size: int) -> dict[str, Any]:
    """All figures at one size."""
    with folder() as path:
        journal = open_journal(f"sqlite:{path}/journal.sqlite", create=True)
        snapshots = Snapshots(path / "snapshots", warn=print)
        keep_s = _written(journal, snapshots, size)
        fleet = journal.head().seq - size
        row: dict[str, Any] = {"entries": size, "live": size, **_files(path)}
        replay_s, digest = _timed(lambda: fold(journal, None))
        start_s, started = _timed(lambda: fold(journal, Snapshots(path / "snapshots", warn=print)))
        assert started == digest, "a start from a snapshot is the same world"
        row |= {"replay_s": replay_s, "start_s": start_s, "start_ratio": start_s / replay_s}
        row |= {"keep_s": keep_s, "start_mb": _memory_mb(path)}
        for place in PLACES:
            batches = round(size * place / BATCH)
            row |= _known(journal, snapshots, fleet + batches * BATCH, NOW + batches, place, replay_s)
        journal.close()
        return row


def _written(journal: Journal, snapshots: Snapshots, size: int) -> float:
    """Fill a journal with leases, past the deciding, which is measured elsewhere; how long its last snapshot took."""
    ledger, desk = Ledger(journal), Desk(POOLS)
    ledger.submit(*desk.fleet(), now=NOW)
    world, bookings = ledger.world, iter(desk.booking, None)
    for i in range(size // BATCH):
        entries = [
            _entry(world.head, seq, command, NOW + i) for seq, command in enumerate(islice(bookings, BATCH), 1)
        ]
        batch = link(world.head, entries)
        with journal.turn():
            journal.append(batch, [entry.command for entry in entries], expected=world.head)
        world.put_all([entry.noun for entry in entries])
        world.head = batch.head
        snapshots.keep(world)
    return seconds(lambda: snapshots.save(Picture.of(world)))


def _entry(head: Head, seq: int, command: Book, recorded_at: int) -> Entry:
    ask, price = command.asks[0], command.prices[0]
    start_at, end_at = ask.start_at or NOW, ask.end_at or NOW
    noun: Noun = Lease(
        id=command.lease,
        tenant=command.tenant,
        terms="reserved@1",
        blocks=(Block(pool=ask.pool or "", start_at=start_at, end_at=end_at, gpus=ask.gpus or 0),),
        status="confirmed",
        booked_at=recorded_at,
        prices=(Price(per=price.per, amount=price.amount, start_at=start_at, end_at=end_at),),
    )
    return Entry(
        seq=head.seq + seq, recorded_at=recorded_at, command=command.id, content="0" * 32, cause="booked", noun=noun
    )


def _timed(work: Callable[[], World]) -> tuple[float, str]:
    worlds: list[World] = []
    taken_s = seconds(lambda: worlds.append(work()))
    return taken_s, worlds[0].digest()


def _known(
    journal: Journal, snapshots: Snapshots, seq: int, at: int, place: float, replay_s: float
) -> dict[str, float]:
    """From the option's number to the world, and the finding of a head by its time apart."""
    known_s = seconds(lambda: fold(journal, snapshots, until=head_of(journal, seq)))
    time_s = seconds(lambda: head_at(journal, at))
    name = f"known_at_{place * 100:.0f}"
    return {f"{name}_s": known_s, f"{name}_ratio": known_s / replay_s, f"{name}_by_time_ms": 1000 * time_s}


def _files(path: Path) -> dict[str, float]:
    kept = list((path / "snapshots").glob("*.snapshot"))
    return {
        "snapshots": len(kept),
        "snapshots_mb": sum(file.stat().st_size for file in kept) / 1e6,
        "largest_mb": max(file.stat().st_size for file in kept) / 1e6,
        "journal_mb": sum(file.stat().st_size for file in path.glob("journal.sqlite*")) / 1e6,
    }


_START = """
import sys, resource
from neocloud.operations.known import fold
from neocloud.store import open_journal
from neocloud.store.snapshots import Snapshots
from pathlib import Path
fold(open_journal(f"sqlite:{sys.argv[1]}/journal.sqlite"), Snapshots(Path(sys.argv[1]) / "snapshots", print))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def _memory_mb(path: Path) -> int:
    """The most memory that a process of its own takes for a start."""
    answer = subprocess.run([sys.executable, "-c", _START, path], capture_output=True, text=True, check=True)
    return int(answer.stdout)


def travel_rows(sizes: Sequence[int] = SIZES, *, million: bool = False) -> list[dict[str, Any]]:
    """Every size, each with a replay in the same run."""
    rows = []
    for size in [*sizes, *([1_000_000] if million else [])]:
        rows.append(measure(size))
        slowest = max(value for name, value in rows[-1].items() if name.startswith("known") and name.endswith("_s"))
        for name, value in rows[-1].items():
            print(f"{name:24} {value:,.3f}" if isinstance(value, float) else f"{name:24} {value:,}")
        for what, taken_s in (("start from a snapshot", rows[-1]["start_s"]), ("known at, slowest", slowest)):
            print(f"{what}: {taken_s:.2f} s, goal < {GOAL_S:.0f} s: {'met' if taken_s < GOAL_S else 'MISSED'}")
    return rows


def section(result: dict[str, Any]) -> str:
    """The figures as a part of the page."""
    head = f"{result['date']}, commit {result['commit']}, load {result['machine']['load']} at the end."
    lines = [
        "## Looking back\n",
        f"{head} SQLite, a journal of live leases alone. A start from the newest snapshot, and the world as it was",
        "known after 10, 50, 90 and 99 in 100 of the entries, beside a full replay in the same run. At a million:",
        "a start in under 5 s, known-at in under 5 s.\n",
        "| entries | full replay | start | of replay | known at 10 | 50 | 90 | 99 | keeping | memory | goals |",
        "|---:|" + "---:|" * 10,
    ]
    for row in result["rows"]:
        slowest = max(row[f"known_at_{place}_s"] for place in (10, 50, 90, 99))
        goals = f"start {_met(row['start_s'])}, known-at {_met(slowest)}" if row["entries"] >= 1_000_000 else "-"
        cells = [
            f"{row['entries']:,}",
            f"{row['replay_s']:.2f} s",
            f"{row['start_s']:.2f} s",
            f"x{row['start_ratio']:.2f}",
        ]
        cells += [f"{row[f'known_at_{place}_s']:.2f} s" for place in (10, 50, 90, 99)]
        cells += [f"{row['keep_s']:.2f} s", f"{row['start_mb']:,} MB", goals]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _met(seconds: float) -> str:
    return "met" if seconds < 5 else "**missed**"


if __name__ == "__main__":
    print(machine())
    found = travel_rows(million=MILLION in sys.argv)
    print(machine())
    if "--save" in sys.argv:
        save("travel", found)
