"""The service as a part of `docs/benchmarks.md`; a missed goal says so."""

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]

OF_THE_LIMIT = 0.5
BOOKINGS = {"sqlite": 1_500, "postgresql": 1_000}
HALF_P99_MS = 50.0
READS = {"capacity": "GET /v1/capacity?pool=", "lease": "GET /v1/leases/{id}", "quote": "POST /v1/quotes"}
GOALS_OF = ("capacity", "quote")


def section(result: dict[str, Any]) -> str:
    """All of it."""
    rows = result["rows"]
    reads = [row for row in rows if row["part"] == "reads"]
    bookings = [row for row in rows if row["part"] == "bookings"]
    return "\n".join(
        [
            "## The service\n",
            *_about(result, rows),
            *_reads(reads),
            "",
            *_bookings(bookings),
            "",
            *(_soak(row) for row in rows if row["part"] == "soak"),
            "",
        ]
    )


def _about(result: dict[str, Any], rows: list[Row]) -> Iterable[str]:
    m = result["machine"]
    note_us = next(row["note_us"] for row in rows if row["part"] == "counting")
    return [
        f"{result['date']}, commit {result['commit']}: {m['cores']} cores of {m['cpu']}, Python {m['python']}, load",
        f"{result['load_before']} before and {m['load']} at the end; wrk and other work have the same cores.",
        "`neocloud serve` on loopback, 32 connections of wrk, one pool or lease after the other of 200 pools. The",
        "limit is a bare FastAPI route that answers one field, under the same uvicorn, asked in turn with ours: of a",
        "POST one that reads the same body with pydantic. Every figure is the median of such turns. *CPU* is the",
        "server's processor time for one answer, which a crowded machine moves less than a rate; *of the limit*",
        "follows each.",
        f"Counting a request for `/metrics` takes {note_us:.1f} us. {result.get('said', '')}".rstrip() + "\n",
    ]


def _reads(rows: list[Row]) -> Iterable[str]:
    yield "| leases | asked | answers | limit | of the limit | CPU | limit | of the limit | p99, half load | goals |"
    yield "|---:|---|" + "---:|" * 7 + "---|"
    for row in rows:
        for name, title in READS.items():
            yield _read(row, name, title)


def _read(row: Row, name: str, title: str) -> str:
    bare = "bare" if title.startswith("POST") else "bare_get"
    rate, cpu = row[f"{name}_per_s"] / row[f"{bare}_per_s"], row[f"{bare}_cpu_us"] / row[f"{name}_cpu_us"]
    half_ms = row[f"{name}_half_p99_ms"]
    goals = [f"< {HALF_P99_MS:g} ms: {_met(0 < half_ms < HALF_P99_MS)}"]
    if name in GOALS_OF:
        goals.insert(0, f"≥ {OF_THE_LIMIT:.0%}: {_met(rate >= OF_THE_LIMIT)}")
    cells = [
        f"{row['live']:,}", f"`{title}`", f"{row[f'{name}_per_s']:,.0f} /s", f"{row[f'{bare}_per_s']:,.0f} /s",
        f"{rate:.0%}", f"{row[f'{name}_cpu_us']:.0f} us", f"{row[f'{bare}_cpu_us']:.0f} us", f"{cpu:.0%}",
        f"{half_ms:.1f} ms", "; ".join(goals),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _bookings(rows: list[Row]) -> Iterable[str]:
    yield "| durable bookings over HTTP, 32 clients | bookings | CPU | p50 | p99 | p99 at half load | goals |"
    yield "|---|" + "---:|" * 5 + "---|"
    for row in rows:
        goal, half_ms = BOOKINGS[row["store"]], row["book_half_p99_ms"]
        goals = (
            f"≥ {goal:,} /s: {_met(row['book_per_s'] >= goal)}; < {HALF_P99_MS:g} ms: {_met(half_ms < HALF_P99_MS)}"
        )
        cells = [
            row["store"], f"{row['book_per_s']:,.0f} /s", f"{row['book_cpu_us']:.0f} us",
            f"{row['book_p50_ms']:.1f} ms", f"{row['book_p99_ms']:.1f} ms", f"{half_ms:.1f} ms", goals,
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _soak(row: Row) -> str:
    return (
        f"Memory: {row['first_mb']:,.0f} MB with 2,000 leases; after {row['seconds'] / 2:,.0f} s of bookings and "
        f"reads {row['middle_mb']:,.0f} MB,\nafter {row['seconds']:,.0f} s {row['last_mb']:,.0f} MB. In the second "
        f"half {row['entries']:,} entries came, {row['bytes_per_entry']:,.0f} bytes each: a lease\nand its "
        f"indices. A fresh process that only read this ledger has {row['fresh_mb']:,.0f} MB: what grew is the ledger."
    )


def _met(met: bool) -> str:
    return "met" if met else "**missed**"
