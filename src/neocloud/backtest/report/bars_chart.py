"""Few amounts as bars: what a sale earns beside what the waiting costs, and what may be sold on top of the knee."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from neocloud.backtest.answer import Economics, Surplus
from neocloud.backtest.report import saying
from neocloud.backtest.report.drawing import box, hatch, line, picture, text
from neocloud.backtest.report.tables import names_of_prices, notice

_WIDTH, _ROW, _TALL = 760, 34.0, 18.0
_LEFT, _RIGHT, _TOP = 176.0, 500.0, 8.0

Bar = tuple[str, float, float, str]
"""A name; how much of the longest bar is full, and how much is hatched after it; and what is said at its end."""


def earnings_chart(found: Economics) -> Markup:
    """A bar for each price, and a hatched one for the cost of waiting where it is in the same currency."""
    amounts = [each.per_year for each in found.earnings]
    cost = found.waiting_per_year
    shown = cost is not None and all(each.currency == cost.currency for each in amounts)
    most = max([each.nanos for each in amounts] + ([cost.nanos] if cost and shown else []), default=0) or 1
    bars: list[Bar] = [
        (f"earned, {name} price" if name else "earned", each.nanos / most, 0.0, f"{saying.money(each)} a year")
        for name, each in zip(names_of_prices(len(amounts)), amounts, strict=True)
    ]
    if cost and shown:
        bars.append(("cost of the added waiting", 0.0, max(cost.nanos, 0) / most, f"{saying.money(cost)} a year"))
    return _bars("earnings", bars, "What the sale earns, and what the waiting costs, in a year")


def reclaimable_chart(surplus: Surplus) -> Markup:
    """What may be sold at each notice under the knee, which is firm: what is delivered is full, the rest hatched."""
    firm = surplus.knee.share_ratio if surplus.knee else 0.0
    most = max(firm, *(each.share_ratio for each in surplus.reclaimable)) or 1.0
    bars = [("firm: the knee", firm / most, 0.0, saying.share(firm))]
    bars += [
        (
            f"notice {notice(each.notice_s)}" if each.notice_s else "reclaimed at once",
            each.share_ratio * each.delivered_ratio / most,
            each.share_ratio * (1 - each.delivered_ratio) / most,
            f"{saying.share(each.share_ratio)}, of which {saying.share(each.delivered_ratio)} delivered",
        )
        for each in surplus.reclaimable
    ]
    return _bars("reclaimable", bars, "How much can be sold if it may be reclaimed, by notice")


def _bars(name: str, bars: Sequence[Bar], title: str) -> Markup:
    height = int(_TOP + _ROW * len(bars)) + 6
    parts = [part for i, bar in enumerate(bars) for part in _bar(bar, _TOP + _ROW * i)]
    axis = line(_LEFT, _TOP - 2, _LEFT, height - 4, "axis")
    return picture(name, _WIDTH, height, title=title, parts=[*parts, axis],
                   describes=f"{title}: a bar each, with its number. The table below has every number.")  # fmt: skip


def _bar(bar: Bar, y: float) -> Iterator[Markup]:
    name, full, hatched, words = bar
    middle = y + _TALL / 2 + 8
    first, second = (_RIGHT - _LEFT) * full, (_RIGHT - _LEFT) * hatched
    yield text(_LEFT - 10, middle + 4, name, "label", "end")
    yield box(_LEFT, y + 8, first, _TALL, "bar")
    if second > 0:
        yield box(_LEFT + first, y + 8, second, _TALL, "rest")
        yield hatch(_LEFT + first, y + 8, second, _TALL, 5)
    yield text(_LEFT + first + second + 8, middle + 4, words, "label")
