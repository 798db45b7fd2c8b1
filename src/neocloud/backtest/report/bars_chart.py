"""Few amounts as bars: what a sale earns beside what the waiting costs, and what may be sold on top of the knee."""

from markupsafe import Markup

from neocloud.backtest.answer import Economics, Surplus
from neocloud.backtest.report.tables import names_of_prices, notice
from neocloud.pages import amounts
from neocloud.pages.bars import Bar, bars


def earnings_chart(found: Economics) -> Markup:
    """A bar for each price, and a hatched one for the cost of waiting where it is in the same currency."""
    earned = [each.per_year for each in found.earnings]
    cost = found.waiting_per_year
    shown = cost is not None and all(each.currency == cost.currency for each in earned)
    most = max([each.nanos for each in earned] + ([cost.nanos] if cost and shown else []), default=0) or 1
    rows = [
        Bar(f"earned, {name} price" if name else "earned", each.nanos / most, 0.0, f"{amounts.money(each)} a year")
        for name, each in zip(names_of_prices(len(earned)), earned, strict=True)
    ]
    if cost and shown:
        said = f"{amounts.money(cost)} a year"
        rows.append(Bar("cost of the added waiting", 0.0, max(cost.nanos, 0) / most, said))
    return bars("earnings", rows, "What the sale earns, and what the waiting costs, in a year")


def reclaimable_chart(surplus: Surplus) -> Markup:
    """What may be sold at each notice under the knee, which is firm: what is delivered is full, the rest hatched."""
    firm = surplus.knee.share_ratio if surplus.knee else 0.0
    most = max(firm, *(each.share_ratio for each in surplus.reclaimable)) or 1.0
    rows = [Bar("firm: the knee", firm / most, 0.0, amounts.share(firm))]
    rows += [
        Bar(
            f"notice {notice(each.notice_s)}" if each.notice_s else "reclaimed at once",
            each.share_ratio * each.delivered_ratio / most,
            each.share_ratio * (1 - each.delivered_ratio) / most,
            f"{amounts.share(each.share_ratio)}, of which {amounts.share(each.delivered_ratio)} delivered",
        )
        for each in surplus.reclaimable
    ]
    return bars("reclaimable", rows, "How much can be sold if it may be reclaimed, by notice")
