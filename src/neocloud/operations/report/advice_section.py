"""What to do about each request, and promises that cannot all be kept: tables of the page of a plan."""

from collections.abc import Iterator

from neocloud.operations.planning import Plan
from neocloud.pages.page import Figure, Section, Table
from neocloud.rules.planning.advice import Advice
from neocloud.rules.planning.clashes import Clash
from neocloud.settings import OFFERED_POOLS
from neocloud.units import format_instant

_HEADINGS = (
    "request", "tenant", "what to do", "pool", "GPUs", "from", "until", "worth", "opportunity cost", "net", "why",
)  # fmt: skip
_WORDS = frozenset({0, 1, 2, 3, 10})
_SAYS = (
    "Requests were weighed together. A request is worth its price or value, less energy, over its GPU-hours; the "
    "opportunity cost is what the same GPUs would bring in their best other use."
)


def advice_section(plan: Plan) -> Section:
    """The advice on every request with its counters, and every clash."""
    figures = [Figure(table=_clashes(plan))] if plan.clashes else []
    if not plan.advice:
        return Section(title="What to do", paragraphs=("There is no request to weigh.",), figures=tuple(figures))
    rows = [row for each in plan.advice for row in _rows(each)]
    caption = "What to do about each request; worth, opportunity cost and net in USD, as far as the plan looks"
    advice = Table(caption=caption, headings=_HEADINGS, rows=tuple(rows), words=_WORDS, cards=True, open=True)
    return Section(title="What to do", paragraphs=(_SAYS,), figures=(*figures, Figure(table=advice)))


def _rows(advice: Advice) -> Iterator[tuple[str, ...]]:
    yield (
        advice.request, advice.tenant, advice.word.replace("_", " "),
        *_way(advice.pool, advice.gpus, advice.start_at, advice.end_at), *_money(advice.worth_usd, advice.cost_usd),
        advice.reason,
    )  # fmt: skip
    for each in advice.counters[:OFFERED_POOLS]:
        yield (
            "", "", "or", *_way(each.pool, each.gpus, each.start_at, each.end_at),
            *_money(each.worth_usd, each.cost_usd), each.change.replace("_", " ").replace("gpus", "GPUs"),
        )  # fmt: skip


def _way(pool: str, gpus: int, start_at: int, end_at: int) -> tuple[str, str, str, str]:
    return pool, f"{gpus:,}", format_instant(start_at), format_instant(end_at)


def _money(worth_usd: float, cost_usd: float) -> tuple[str, str, str]:
    worth, cost, net = (f"{each:,.0f}" for each in (worth_usd, cost_usd, worth_usd - cost_usd))
    return worth, cost, net


def _clashes(plan: Plan) -> Table:
    return Table(
        caption="Promises that cannot all be kept: leave any one lease of a row out, and the others could be",
        headings=("where", "worst at", "there is", "leases, and what each needs"),
        rows=tuple(map(_clash, plan.clashes)),
        words=frozenset({0, 1, 3}),
        cards=True,
        open=True,
    )


def _clash(clash: Clash) -> tuple[str, ...]:
    needs = "; ".join(f"{lease}: {clash.resource.amount(amount)}" for lease, amount in clash.leases)
    return str(clash.resource), format_instant(clash.at), clash.resource.amount(clash.supply), needs
