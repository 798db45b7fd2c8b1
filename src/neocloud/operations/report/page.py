"""The page of a plan: what to do, what capacity is worth, and what keeping costs. It shows, and decides nothing."""

from neocloud.operations.keeping import Keeping
from neocloud.operations.plan_totals import plan_totals
from neocloud.operations.planning import Plan
from neocloud.operations.report.advice_section import advice_section
from neocloud.operations.report.costs_section import costs_section
from neocloud.operations.report.headline import facts, sentence, tiles, warnings
from neocloud.operations.report.keeping_section import keeping_section
from neocloud.operations.report.method import method
from neocloud.operations.report.told import Told
from neocloud.pages.page import Page
from neocloud.units import format_instant

_NO_ORDER = "A plan is advice: nothing is booked, and estimates of what may come are no promise."


def page(plan: Plan, kept: Keeping, told: Told) -> str:
    """The whole page."""
    totals, made_at = plan_totals(plan), format_instant(plan.now)
    return Page(
        title=f"Keep or sell, {made_at}",
        kicker=f"Keep or sell · {made_at}",
        headline=f"{sentence(plan, totals)}.",
        warnings=tuple(warnings(plan)),
        tiles=tuple(tiles(plan, totals, kept)),
        facts=tuple(facts(plan)),
        sections=(
            advice_section(plan),
            costs_section(plan, told.beside),
            keeping_section(plan, kept),
            method(plan, told),
        ),
        footer=f"{_NO_ORDER} Entry {plan.journal_seq:,}, seed {plan.seed}.",
        wide=True,
    ).html()
