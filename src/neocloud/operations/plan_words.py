"""A plan's circumstances in words, as the terminal and its page say them: how far it looks, beliefs, the gap."""

from neocloud.operations.planning import Plan
from neocloud.rules.planning.beliefs import Belief
from neocloud.units import DAY_S, format_duration, format_instant

NO_FORECASTS = "none: nothing is taken to be asked for later"


def looks_ahead(plan: Plan) -> str:
    """Until when, and how long that is in whole days."""
    within = plan.view.grid.within
    days = format_duration((within.end_at - within.start_at) // DAY_S * DAY_S)
    return f"to {format_instant(within.end_at)} ({days}); worth is what falls before that, in USD"


def believed(market: Belief) -> str:
    """The level of a market, and how much later or earlier its cycle is than forecast."""
    late_s = round(market.lateness_s)
    aside = f", its cycle {format_duration(abs(late_s))} {'later' if late_s > 0 else 'earlier'}" if late_s else ""
    return f"{market.level:.2f} times what was forecast{aside}"


def gap(plan: Plan) -> str:
    """How much better another choice could be at the most."""
    return f"{100 * plan.gap_ratio:.4f} % at the most" if plan.gap_ratio > 0 else "none: of these, nothing is better"
