"""The table in `docs/benchmarks.md`, made from the results; a missed goal says so."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from benchmarks import backtest_table, desk, exporting, importing, planning_table, service_events, travel
from benchmarks.decisions import page as decisions
from benchmarks.machine import RESULTS
from benchmarks.service import page as service

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

ANY = 0


class Goal(NamedTuple):
    """A figure, and what it is to be: `bounds` by (pools, live leases), ANY of them where it holds for all."""

    title: str
    key: str
    unit: str
    sense: Literal["under", "over"] = "over"
    bounds: Mapping[tuple[int, int], float] = {}
    growth: float | None = None


GOALS = (
    Goal("quote that fits, p99", "quote_p99_ms", "ms", "under", {(ANY, ANY): 0.3}, growth=10),
    Goal("refusal with counter-offers, p99", "refusal_p99_ms", "ms", "under", {(ANY, ANY): 20}),
    Goal(
        "durable bookings in batches of 200",
        "batched_per_s",
        "/s",
        "over",
        {(1, 100_000): 3_000, (2_000, 100_000): 10_000, (ANY, 1_000_000): 5_000},
    ),
    Goal("durable bookings one by one", "one_by_one_per_s", "/s", "over", {(ANY, 100_000): 2_000}),
    Goal("replay, chain verified", "replay_per_s", "entries/s", "over", {(ANY, 100_000): 150_000}),
    Goal("replay and every timeline built", "replay_with_timelines_per_s", "entries/s"),
    Goal("resident, all timelines and indices", "resident_mb", "MB", "under", {(ANY, 1_000_000): 1_000}),
    Goal("of that for each lease", "bytes_per_lease", "bytes"),
    Goal("the peak while loading", "peak_mb", "MB"),
)
LIMITS = {"batched_per_s": "bare_batched_per_s", "one_by_one_per_s": "bare_one_by_one_per_s"}

INTRODUCTION = """# Measured

Made by `make bench` (`python -m benchmarks --million` adds a million leases); do not edit. Whole figures are of
one run each on a shared machine: expect ±30 %. A *limit* is the bare insert of the same bytes, by as many commits,
by SQLite alone (WAL, synchronous FULL) into the same file system in the same minute; *of the limit* is our figure
over it, both at the largest size. A goal without a number of leases is for every size. *Growth* is from the
smallest size to the largest. Memory is that of a process which loads the journal and has everything built.

The processor under us is shared: within an hour a plain loop took between 38 and 186 ns a turn, and three later runs
of the whole, on 24 November, came out 1.5 to 2.5 times slower than the one shown, which was the quietest; in them
some goals of rates, and that of the slip (1.1 to 1.5 s), were missed. What a figure is *of the limit*, and the answer
to a slip over a plain look, differed far less.
"""


def write_table() -> None:
    """Renew the page from what lies in `benchmarks/results`."""
    ledger = json.loads((RESULTS / "ledger.json").read_text())
    postgres = json.loads((RESULTS / "ledger-postgres.json").read_text())
    parts = [INTRODUCTION, _machine(ledger), "## SQLite\n", *_tables(ledger["rows"]), "## PostgreSQL\n"]
    sections = {"desk": desk.section, "travel": travel.section, "importing": importing.section}
    sections |= {"exporting": exporting.section}
    sections |= {"planning": planning_table.section, "backtest": backtest_table.section, "service": service.section}
    sections |= {"service-events": service_events.section}
    found = [section(json.loads((RESULTS / f"{name}.json").read_text())) for name, section in sections.items()]
    PAGE.write_text("\n".join([*parts, _postgres(postgres["rows"]), *found, decisions.section()]))


def _machine(result: dict[str, Any]) -> str:
    m = result["machine"]
    return (
        f"{result['date']}, commit {result['commit']}: {m['cores']} cores of {m['cpu']}, "
        f"Python {m['python']}, SQLite {m['sqlite']}, load {m['load']} at the end"
        + (f", a plain loop at {m['loop_ns']} ns a turn.\n" if "loop_ns" in m else ".\n")
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


def _line(goal: Goal, rows: list[dict[str, Any]], pools: int) -> str:
    measured = {row["live"]: row[goal.key] for row in rows if goal.key in row}
    last, limit = rows[-1].get(goal.key), rows[-1].get(LIMITS.get(goal.key, ""))
    growth = last / rows[0][goal.key] if measured and last is not None else None
    cells = [_number(row.get(goal.key), goal.unit) for row in rows]
    cells += [f"x{growth:.2f}" if growth else "-", _number(limit, goal.unit)]
    cells += [f"{last / limit:.0%}" if limit and last else "-", _verdicts(goal, measured, pools, growth)]
    return f"| {goal.title} | {' | '.join(cells)} |"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:.3f} ms" if unit == "ms" else f"{value:,.0f} {unit}"


def _verdicts(goal: Goal, measured: Mapping[int, float], pools: int, growth: float | None) -> str:
    worst = max if goal.sense == "under" else min
    said = []
    for (of_pools, live), bound in goal.bounds.items():
        values = [value for size, value in measured.items() if live in {ANY, size}]
        if values and of_pools in {ANY, pools}:
            at = f" at {live:,}" if live else ""
            said.append(_verdict(worst(values), goal.sense, bound, goal.unit, at))
    if goal.growth is not None and growth is not None:
        said.append(f"growth ≤ x{goal.growth:g}: {_met(growth <= goal.growth)}")
    return "; ".join(said) or "-"


def _verdict(value: float, sense: str, bound: float, unit: str, at: str = "") -> str:
    met = value < bound if sense == "under" else value >= bound
    return f"{'<' if sense == 'under' else '≥'} {bound:,} {unit}{at}: {_met(met)}"


def _met(met: bool) -> str:
    return "met" if met else "**missed**"


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
