"""The table in `docs/benchmarks.md`, made from the results; a missed goal says so."""

import json
from pathlib import Path
from typing import Any

from benchmarks.importing import section
from benchmarks.machine import RESULTS

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

GOALS = (
    ("quote that fits, p99", "quote_p99_ms", "ms", "under", 0.3),
    ("refusal with counter-offers, p99", "refusal_p99_ms", "ms", "under", 20),
    ("durable bookings in batches of 200", "batched_per_s", "/s", "over", {1: 3_000, 2_000: 10_000}),
    ("durable bookings one by one", "one_by_one_per_s", "/s", "over", 2_000),
    ("replay, chain verified", "replay_per_s", "entries/s", "over", 150_000),
    ("replay and every timeline built", "replay_with_timelines_per_s", "entries/s", "", None),
)
LIMITS = {"batched_per_s": "bare_batched_per_s", "one_by_one_per_s": "bare_one_by_one_per_s"}

INTRODUCTION = """# Measured

Made by `make bench`; do not edit. Whole figures are of one run each on a shared machine: expect ±30 %.
A *limit* is the bare insert of the same bytes, by as many commits, by SQLite alone (WAL, synchronous FULL)
into the same file system in the same minute; *of the limit* is our figure over it. Goals are for 100,000 live leases.
"""


def write_table() -> None:
    """Renew the page from what lies in `benchmarks/results`."""
    ledger = json.loads((RESULTS / "ledger.json").read_text())
    postgres = json.loads((RESULTS / "ledger-postgres.json").read_text())
    parts = [INTRODUCTION, _machine(ledger), "## SQLite\n", *_tables(ledger["rows"]), "## PostgreSQL\n"]
    imported = json.loads((RESULTS / "importing.json").read_text())
    PAGE.write_text("\n".join([*parts, _postgres(postgres["rows"]), section(imported)]))


def _machine(result: dict[str, Any]) -> str:
    m = result["machine"]
    return (
        f"{result['date']}, commit {result['commit']}: {m['cores']} cores of {m['cpu']}, "
        f"Python {m['python']}, SQLite {m['sqlite']}, load {m['load']} at the end.\n"
    )


def _tables(rows: list[dict[str, Any]]) -> list[str]:
    result = []
    for pools in sorted({row["pools"] for row in rows}):
        of = [row for row in rows if row["pools"] == pools]
        head = " | ".join(f"{row['live']:,} live" for row in of)
        lines = [f"### {'One pool' if pools == 1 else f'{pools:,} pools at {pools // 20} sites'}\n"]
        lines += [f"| | {head} | growth | limit | of the limit | goal |", "|---|" + "---:|" * (len(of) + 4)]
        lines += [_line(goal, of, pools) for goal in GOALS]
        result.append("\n".join(lines) + "\n")
    return result


def _line(goal: tuple[Any, ...], rows: list[dict[str, Any]], pools: int) -> str:
    title, key, unit, sense, bound = goal
    values = [row[key] for row in rows]
    bound = bound[pools] if isinstance(bound, dict) else bound
    limit = rows[-1].get(LIMITS.get(key, ""))
    cells = [_number(value, unit) for value in values]
    cells += [f"x{values[-1] / values[0]:.2f}", _number(limit, unit) if limit else "-"]
    cells += [f"{values[-1] / limit:.0%}" if limit else "-", _verdict(values[-1], sense, bound, unit)]
    return f"| {title} | {' | '.join(cells)} |"


def _number(value: float, unit: str) -> str:
    return f"{value:.3f} ms" if unit == "ms" else f"{value:,.0f} {unit}"


def _verdict(value: float, sense: str, bound: float | None, unit: str) -> str:
    if bound is None:
        return "-"
    met = value < bound if sense == "under" else value >= bound
    goal = f"{'<' if sense == 'under' else '≥'} {bound:,} {unit}"
    return f"{goal}: {'met' if met else '**missed**'}"


def _postgres(rows: list[dict[str, Any]]) -> str:
    lines = ["| live leases | pools | batched | one by one | replay | goal (batched) |"]
    lines.append("|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        verdict = _verdict(row["batched_per_s"], "over", 5_000, "/s")
        lines.append(
            f"| {row['live']:,} | {row['pools']:,} | {row['batched_per_s']:,.0f} /s | "
            f"{row['one_by_one_per_s']:,.0f} /s | {row['replay_per_s']:,.0f} /s | {verdict} |"
        )
    return "\n".join(lines) + "\n"
