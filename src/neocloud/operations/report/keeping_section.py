"""What keeping costs: the cash refused for every inside lease, and the frontier with where we stand."""

from collections.abc import Iterator

from neocloud.operations.keeping import Keeping, Kept
from neocloud.operations.planning import Plan
from neocloud.operations.report.mix_chart import mix_chart
from neocloud.pages.amounts import share, usd
from neocloud.pages.bars import NARROW, Bar, bars
from neocloud.pages.drawing import shortened
from neocloud.pages.page import Figure, Section, Table
from neocloud.rules.planning.frontier import Point
from neocloud.units import format_instant

_BARS, _ROWS = 12, 500
_LONGEST_NAME = 20


def keeping_section(plan: Plan, found: Keeping) -> Section:
    """The bars of leases with their table, and the frontier with its."""
    figures = [_leases(found)] if found.rows else []
    if any(point.internal_usd > 0 for point in found.points):
        figures.append(_frontier(found))
    until = format_instant(plan.view.grid.within.end_at)
    return Section(title="What keeping costs", paragraphs=tuple(_said(found, until)), figures=tuple(figures))


def _said(found: Keeping, until: str) -> Iterator[str]:
    if not found.rows:
        yield "No inside team has a lease: nothing is kept."
        return
    yield (
        f"All that inside teams have leased refuses {usd(found.cash_refused_usd)} of cash to {until}, for "
        f"{usd(found.value_usd)} of internal value, which is judged and not cash."
    )
    judged = [each for each in found.rows if each.wrong_ratio is not None]
    if judged:
        yield _closest(max(judged, key=lambda each: each.wrong_ratio or 0.0))


def _closest(each: Kept) -> str:
    """By how much a value must be wrong to change a decision, of the lease that is closest to it."""
    assert each.wrong_ratio is not None, "only of leases with a value"
    if each.wrong_ratio > 1:
        return (
            f"{each.lease} refuses more cash than it is worth: its value would have to be {each.wrong_ratio:,.2f} "
            "times what is said for keeping it to be as good as selling."
        )
    return (
        f"Closest to being sold is {each.lease}: its value would have to be {each.wrong_ratio:,.2f} times what is "
        "said for selling to be as good."
    )


def _leases(found: Keeping) -> Figure:
    drawn = found.rows[:_BARS]
    most = max([each.cash_refused_usd for each in drawn], default=0.0) or 1.0
    rows = [
        Bar(shortened(each.lease, _LONGEST_NAME), max(each.cash_refused_usd, 0.0) / most, 0.0, _words(each))
        for each in drawn
    ]
    title = "The cash refused for each inside lease"
    says = (
        "What customers would have paid for the GPUs of each lease; behind it, by how much its value would have to "
        f"be wrong for selling to be as good.{f' The {_BARS} dearest are drawn.' if len(found.rows) > _BARS else ''}"
    )
    picture = bars("refused", rows, title, room=NARROW, class_="chart narrow")
    return Figure(picture=picture, says=says, table=_leases_table(found))


def _words(each: Kept) -> str:
    return usd(each.cash_refused_usd) + ("" if each.wrong_ratio is None else f", x {each.wrong_ratio:,.2f}")


def _leases_table(found: Keeping) -> Table:
    more = len(found.rows) - _ROWS
    caption = "Each inside lease, as far as the plan looks, in USD; even is the value at which selling is as good"
    left = f". {more:,} more are left out; `neocloud plan keeping --output csv` has them all" if more > 0 else ""
    return Table(
        caption=f"{caption}{left}",
        headings=("lease", "tenant", "GPU-hours", "cash refused", "even, per GPU-hour", "internal value", "wrong by",
                  "kept"),
        rows=tuple(map(_lease, found.rows[:_ROWS])), words=frozenset({0, 1, 7}), cards=True,
    )  # fmt: skip


def _lease(each: Kept) -> tuple[str, ...]:
    return (
        each.lease, each.tenant, f"{each.gpu_hours:,.0f}", f"{each.cash_refused_usd:,.0f}", f"{each.even_usd:,.4f}",
        "–" if each.value_usd is None else f"{each.value_usd:,.0f}",
        "–" if each.wrong_ratio is None else f"x {each.wrong_ratio:,.2f}", each.why,
    )  # fmt: skip


def _frontier(found: Keeping) -> Figure:
    first, last = found.points[0].values_ratio, found.points[-1].values_ratio
    says = (
        f"Cash against internal value, as values are taken times {first:g} (sell everything) to {last:g}. The square "
        "is where we stand: every inside lease kept, and later demand taken at its worth. The two are never added up."
    )
    rows = [_point(f"x {point.values_ratio:.2f}", point) for point in found.points]
    rows.append(_point("here", found.here))
    return Figure(picture=mix_chart(found), says=says, table=Table(
        caption="The frontier, in USD, mean of the futures; outside is the part of GPU-hours that customers have",
        headings=("values", "cash", "internal value", "outside"), rows=tuple(rows),
    ))  # fmt: skip


def _point(name: str, point: Point) -> tuple[str, ...]:
    return name, f"{point.cash_usd:,.0f}", f"{point.internal_usd:,.0f}", share(point.outside_ratio)
