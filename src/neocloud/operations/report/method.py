"""How a plan was made, as its page tells it: what was believed, what was drawn, and how to run it again."""

from collections.abc import Iterator

from neocloud.operations.plan_words import NO_FORECASTS, believed, gap
from neocloud.operations.planning import Plan
from neocloud.operations.report.told import Told
from neocloud.pages.page import Section
from neocloud.units import format_digest, format_instant

_SAYS = (
    "Futures were drawn from forecasts, and each was solved with all that may yet be asked for. Requests were chosen "
    "in whole numbers against what they displace there. The same journal, requests, scenario and seed give the same "
    "plan."
)


def method(plan: Plan, told: Told) -> Section:
    """The facts that make the plan again."""
    return Section(title="How it was computed", paragraphs=(_SAYS,), facts=tuple(_facts(plan, told)))


def _facts(plan: Plan, told: Told) -> Iterator[tuple[str, str]]:
    yield "Journal", f"entry {plan.journal_seq:,}, at {format_instant(plan.now)}"
    yield "Futures", f"{len(plan.streams):,}, seed {plan.seed}"
    yield "Requests", told.requests
    yield "Scenario", told.scenario
    if not plan.believed:
        yield "Forecasts", NO_FORECASTS
    for market, each in sorted(plan.believed.items()):
        yield f"Market {market}", believed(each)
    yield "Gap", gap(plan)
    admitted = "none was admitted with this plan"
    yield "Price set", format_digest(told.price_set) if told.price_set else admitted
    yield "Again", told.again
