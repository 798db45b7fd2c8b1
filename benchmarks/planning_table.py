"""What plans and quotes took, as a section of `docs/benchmarks.md`."""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.plan_worlds import DAYS, Size
from benchmarks.planned import FUTURES, QUOTES
from benchmarks.planning import GOALS, Row, misses, of_a_plan
from neocloud.settings import PLAN_MOST_ROWS


class Figure(NamedTuple):
    """A row of the table: its title, its key, and how a value is written."""

    title: str
    key: str
    form: str


FIGURES = (
    Figure(f"one whole plan, {FUTURES} futures, CPU", "plan_cpu_s", "{:,.2f} s"),
    Figure("requests of one future", "requests", "{:,}"),
    Figure("resident at the most while planning", "peak_mb", "{:,} MB"),
    Figure("a price set read from its file", "load_ms", "{:,.1f} ms"),
    Figure("marginal quote, p50", "quote_p50_ms", "{:,.1f} ms"),
    Figure("marginal quote, p99", "quote_p99_ms", "{:,.1f} ms"),
    Figure("exact quote, CPU, the slowest", "exact_cpu_s", "{:,.2f} s"),
)
GROWING = ("plan_cpu_s", "peak_mb", "load_ms", "quote_p50_ms", "quote_p99_ms")

INTRODUCTION = """## Plans and quotes

{date}, commit {commit}: {cores} cores of {cpu}, Python {python}, load {loads}, a plain loop at {loops} ns a turn.
Made-up ledgers over {days} days, all leases from midnight to midnight, demand for every group of three pools. A
*marginal quote* is of a small lease from a price set in memory ({quotes} of them). An *exact quote*, of a tenth of a
pool, draws {futures} futures anew and solves each with and without the lease. In the largest ledger far periods are
longer than a day, so that no program has more than {most:,} rows.
"""

PEER = """### One future, built by linopy

linopy {version} and ours build the same program, and hand it to the same HiGHS on one thread; both find the same
optimum to a millionth. *More* is what the process then holds more than before, at the most.

| | columns | rows | build, CPU | solve, CPU | more |
|---|---:|---:|---:|---:|---:|"""


def section(result: Row) -> str:
    """All tables of one run."""
    rows, m = result["rows"], result["machine"]
    plans = [row for row in rows if row["part"] == "plan"]
    head = {"loads": _span(plans, "load"), "loops": _span(plans, "loop_ns"), "days": DAYS}
    head |= {"quotes": QUOTES, "futures": FUTURES, "most": PLAN_MOST_ROWS}
    parts = [INTRODUCTION.format(**result, **m, **head), _plans(plans)]
    peers = [row for row in rows if row["part"] == "peer"]
    return "\n".join([*parts, *([_peers(peers)] if peers else [])])


def _span(rows: Sequence[Row], key: str) -> str:
    values = [row[key] for row in rows if key in row]
    return f"{min(values)} to {max(values)}"


def _plans(rows: Sequence[Row]) -> str:
    heads = [f"{row['leases']:,} leases, {row['pools']:,} pools" for row in rows]
    lines = [f"| | {' | '.join(heads)} | growth | goal |", "|---|" + "---:|" * (len(rows) + 2)]
    for title, key, form in FIGURES:
        done = [row for row in rows if key in row]
        growth = f"x{of_a_plan(done[-1], key) / of_a_plan(done[0], key):,.1f}" if key in GROWING else "-"
        cells = [form.format(_whole(of_a_plan(row, key), form)) if key in row else _left(row) for row in rows]
        cells += [growth, _goals(rows, key, form)]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _left(row: Row) -> str:
    """Why there is no figure."""
    return f"stopped after {row['stopped_s']} s" if "stopped_s" in row else "-"


def _whole(value: float, form: str) -> float:
    return value if "f}" in form else round(value)


def _goals(rows: Sequence[Row], key: str, form: str) -> str:
    said = []
    for row in rows:
        bound = GOALS.get(Size(row["leases"], row["pools"], row["sites"]), {}).get(key)
        if bound is not None:
            met = "met" if key in row else "not measured"
            met = "**missed**" if key in misses(row) else met
            said.append(f"< {form.format(bound)} at {row['leases']:,} leases: {met}")
    return "; ".join(said) or "-"


def _peers(rows: Sequence[Row]) -> str:
    lines = [PEER.format(version=rows[0]["theirs"]["version"])]
    for row in rows:
        for name, found in (("ours", row["ours"]), ("linopy", row["theirs"])):
            figures = f"{found['build_cpu_s']:.3f} s | {found['solve_cpu_s']:.3f} s | {found['more_mb']:,} MB"
            size = f"{row['ours']['columns']:,} | {row['ours']['rows']:,}"
            lines.append(f"| {name}, {row['leases']:,} leases | {size} | {figures} |")
    return "\n".join(lines) + "\n"
