"""A plan in the terminal and for programs: advice on each request, what was believed, what capacity is worth."""

from collections.abc import Iterator, Sequence
from typing import Any

from neocloud.cli.opening_shown import opening_lines, opening_row, to_do
from neocloud.cli.output import fields, table
from neocloud.cli.plan_asked import estimate
from neocloud.operations.cost_rows import CostRow
from neocloud.operations.cost_rows import whole as whole_rows
from neocloud.operations.plan_words import NO_FORECASTS, believed, gap, looks_ahead
from neocloud.operations.planning import Plan
from neocloud.rules.planning.advice import Advice
from neocloud.rules.planning.counters import Counter
from neocloud.settings import OFFERED_POOLS
from neocloud.units import format_instant

Row = dict[str, Any]

COST_COLUMNS = (
    "id", "unit", "from", "until", "mean_usd", "low_usd", "high_usd", "gpu_usd", "power_usd", "binds",
)  # fmt: skip
"""Of the rows of opportunity costs."""

ADVICE = ("advice", "request", "pool", "gpus", "from", "until", "worth", "opportunity_cost", "net", "why")
_UNITS = {"gpu_hour": "USD per GPU-hour", "mwh": "USD per MWh"}


def lines(plan: Plan) -> str:
    """Advice as a table, what it rests on, and what capacity is worth by pool and site."""
    advice = [line for each in plan.advice for line in advice_lines(each)]
    parts = [
        *(f"promises that cannot all be kept: {each}" for each in plan.clashes),
        table(advice, ADVICE) if advice else "no requests to weigh",
        *to_do(plan, plan.advice),
        fields(list(_facts(plan))),
        cost_table(whole_rows(plan.costs), timed=False),
    ]
    return "\n\n".join(parts)


def whole(plan: Plan) -> Row:
    """Everything, for JSON and YAML: estimates as decimals in USD."""
    return {
        "now": format_instant(plan.now),
        "journal_seq": plan.journal_seq,
        "until": format_instant(plan.view.grid.within.end_at),
        "seed": plan.seed,
        "futures": len(plan.streams),
        "gap_ratio": estimate(plan.gap_ratio, 6),
        "fell_back": plan.fell_back,
        "believed": [
            {
                "market": market,
                "level_ratio": estimate(each.level, 4),
                "later_s": round(each.lateness_s),
                "factors": {name: estimate(factor, 4) for name, factor in sorted(each.factors.items())},
            }
            for market, each in sorted(plan.believed.items())
        ],
        "cannot_be_kept": [
            {
                "resource": each.resource.kind,
                "id": each.resource.id,
                "at": format_instant(each.at),
                "supply": each.supply,
                "leases": [{"id": lease, "needs": needs} for lease, needs in each.leases],
            }
            for each in plan.clashes
        ],
        "requests": advice_rows(plan),
        "costs": [cost_row(each) for each in whole_rows(plan.costs)],
    }


def advice_rows(plan: Plan) -> list[Row]:
    """The advice on each request, and its counters."""
    return [
        {
            "id": each.request,
            "tenant": each.tenant,
            "advice": each.word,
            **_place(each),
            **opening_row(each, plan.journal_seq),
            **({} if each.put_h is None else {"expected_gpu_hours": estimate(each.put_h, 2)}),
            "reason": each.reason,
            "counters": [{"change": counter.change, **_place(counter)} for counter in each.counters],
        }
        for each in plan.advice
    ]


def cost_row(row: CostRow) -> Row:
    """What a pool or site is worth over a stretch, for programs."""
    found = {
        "id": row.id,
        "unit": row.unit,
        "from": format_instant(row.start_at),
        "until": format_instant(row.end_at),
        **{f"{name}_usd": estimate(getattr(row, f"{name}_usd"), 4) for name in ("mean", "low", "high")},
    }
    parts = {"gpu_usd": estimate(row.gpu_usd, 4), "power_usd": estimate(row.power_usd, 4)}
    return {**found, **(parts if row.unit == "gpu_hour" else {}), "binds": row.binds}


def cost_table(rows: Sequence[CostRow], *, timed: bool) -> str:
    """Opportunity costs for people: pools in USD per GPU-hour, sites in USD per MWh."""
    parts = []
    for unit, said in _UNITS.items():
        chosen = [row for row in rows if row.unit == unit]
        if chosen:
            names = [*(("from", "until") if timed else ()), "mean", "low", "high"]
            names += ["gpu", "power", "binds"] if unit == "gpu_hour" else ["binds"]
            head = "pool" if unit == "gpu_hour" else "site"
            cells = [[row.id, *(_cost_cell(row, name) for name in names)] for row in chosen]
            parts.append(f"opportunity cost, {said}:\n{table(cells, [head, *names])}")
    return "\n\n".join(parts) or "no pools yet"


def _cost_cell(row: CostRow, name: str) -> str:
    match name:
        case "from":
            return format_instant(row.start_at)
        case "until":
            return format_instant(row.end_at)
        case "binds":
            return row.binds
        case _:
            digits = 4 if row.unit == "gpu_hour" else 2
            return f"{getattr(row, f'{name}_usd'):,.{digits}f}"


def advice_lines(advice: Advice) -> Iterator[list[str]]:
    """The advice on a request and its counters, as rows of a table of `ADVICE`."""
    yield _line(advice.word.replace("_", " "), advice.request, advice, advice.reason)
    if advice.opening is not None:
        yield from opening_lines(advice.opening)
    for counter in advice.counters[:OFFERED_POOLS]:
        yield _line("", "  or", counter, counter.change.replace("_", " "))


def _line(word: str, name: str, said: Advice | Counter, why: str) -> list[str]:
    money = [f"{each:,.0f}" for each in (said.worth_usd, said.cost_usd, said.worth_usd - said.cost_usd)]
    when = [format_instant(said.start_at), format_instant(said.end_at)]
    return [word, name, said.pool, f"{said.gpus:,}", *when, *money, why]


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "looks ahead", looks_ahead(plan)
    yield "futures", f"{len(plan.streams)}, seed {plan.seed}, from entry {plan.journal_seq:,}"
    if not plan.believed:
        yield "forecasts", NO_FORECASTS
    for market, each in sorted(plan.believed.items()):
        yield f"market {market}", believed(each)
    yield "gap", gap(plan)
    if plan.fell_back:
        yield "solver", "it fell back to simplex"


def _place(said: Advice | Counter) -> Row:
    return {
        "pool": said.pool,
        "gpus": said.gpus,
        "from": format_instant(said.start_at),
        "until": format_instant(said.end_at),
        "worth_usd": estimate(said.worth_usd, 2),
        "opportunity_cost_usd": estimate(said.cost_usd, 2),
        "net_usd": estimate(said.worth_usd - said.cost_usd, 2),
    }
