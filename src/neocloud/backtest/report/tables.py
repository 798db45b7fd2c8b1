"""The tables of the report: every number that a chart shows, and what no chart can show."""

from collections.abc import Sequence

from neocloud.backtest.answer import GroupWaits, Point, Surplus, Waits
from neocloud.backtest.report import saying
from neocloud.pages import amounts
from neocloud.pages.page import Table
from neocloud.units import Money, format_duration, format_instant

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BESIDE = 28
"""In a table of more rows than this two of them stand side by side."""

_WAIT_HEADINGS = ("mean", "p50", "p95", "p99", "longest", "never run")
_BANDED = ("mean", "p95", "p99", "never run")


def frontier(surplus: Surplus) -> Table:
    """Each share sold, and what inside jobs feel of it."""
    sold = ("share sold", "GPUs sold", "GPUs kept")
    headings = (*sold, *_WAIT_HEADINGS, "used", "stopped", "largest lost", "objective")
    return Table(
        caption="Each share sold, and how long inside jobs wait",
        headings=headings,
        rows=tuple(_point(each) for each in surplus.points),
        words=frozenset({len(headings) - 1}),
    )


def _point(point: Point) -> tuple[str, ...]:
    return (
        amounts.share(point.share_ratio), f"{point.sold_gpus:,}", f"{point.kept_gpus:,}", *_waits(point.waits),
        amounts.share(point.used_ratio), f"{point.preempted:,}",
        f"{point.largest_lost_gpus:,} GPUs" if point.largest_lost_gpus else "–",
        "holds" if point.meets else "fails",
    )  # fmt: skip


def _waits(waits: Waits) -> tuple[str, ...]:
    quantiles = (waits.p50_s, waits.p95_s, waits.p99_s, waits.longest_s)
    return (saying.wait(waits.mean_s), *map(saying.wait, quantiles), f"{waits.never:,}")


def demand(surplus: Surplus) -> Table:
    """GPUs over time; two times side by side where there are many."""
    shown, begins_at = surplus.demand, surplus.begins_at
    series = zip(shown.in_use_gpus, shown.peak_gpus, shown.wanted_gpus, strict=True)
    rows = [
        (_from(begins_at, i * shown.bucket_s), amounts.number(in_use), f"{peak:,}", amounts.number(wanted))
        for i, (in_use, peak, wanted) in enumerate(series)
    ]
    headings = ("from", "mean in use", "peak in use", "wanted")
    caption = f"GPUs in each {format_duration(shown.bucket_s)} of the history{' (UTC)' * (begins_at is not None)}"
    if len(rows) <= _BESIDE:
        return Table(caption=caption, headings=headings, rows=tuple(rows))
    half = (len(rows) + 1) // 2
    beside = [*rows[half:], *[("",) * 4] * (2 * half - len(rows))]
    both = tuple((*left, *right) for left, right in zip(rows[:half], beside, strict=True))
    return Table(caption=caption, headings=headings * 2, rows=both, words=frozenset({0, 4}), names=frozenset({0, 4}))


def _from(begins_at: int | None, at_s: int) -> str:
    if begins_at is not None:
        return format_instant(begins_at + at_s).replace("T", " ")[:16]
    return format_duration(at_s)


def days(surplus: Surplus) -> tuple[str, ...]:
    """The days of the week, numbered where the history has no calendar."""
    return DAYS if surplus.idle.zone else tuple(f"day {i}" for i in range(1, 8))


def idle(surplus: Surplus) -> Table:
    """Idle GPUs by hour and day."""
    mean, low = surplus.idle.mean_gpus, surplus.idle.low_gpus
    cells = [
        tuple(text for i in range(hour, 168, 24) for text in (amounts.number(mean[i]), amounts.number(low[i])))
        for hour in range(24)
    ]
    return Table(
        caption="Idle GPUs by hour of the week: the mean, and the number reached or passed in nine of ten such hours",
        headings=("hour", *("mean", "low") * 7),
        rows=tuple((f"{hour:02}–{hour + 1:02}", *row) for hour, row in enumerate(cells)),
        bands=(("", 1), *((day, 2) for day in days(surplus))),
        tight=True,
    )


def groups(surplus: Surplus, of: str, name: str) -> Table:
    """The waits of every team or size class, at the points that the chart shows."""
    points = [each for each in (saying.first(surplus), saying.at_knee(surplus)) if each is not None]
    by_name = [{each.name: each for each in point.groups if each.of == of} for point in points]
    ordered = sorted(by_name[0].values(), key=lambda g: -g.waits.jobs) if of == "team" else by_name[0].values()
    return Table(
        caption=f"Waits by {name}",
        headings=(name, "jobs", *_BANDED * len(points)),
        rows=tuple(
            (
                each.name,
                f"{each.waits.jobs:,}",
                *(text for found in by_name for text in _banded(found.get(each.name))),
            )
            for each in ordered
        ),
        bands=(("", 2), *((saying.sold(point, surplus), len(_BANDED)) for point in points)),
    )


def _banded(group: GroupWaits | None) -> tuple[str, ...]:
    if group is None:
        return ("–",) * len(_BANDED)
    waits = group.waits
    return (saying.wait(waits.mean_s), saying.wait(waits.p95_s), saying.wait(waits.p99_s), f"{waits.never:,}")


def economics(surplus: Surplus) -> Table:
    """What the sale would earn at each price, and what the waiting would cost."""
    found = surplus.economics
    assert found is not None, "shown only where there is one"
    names = names_of_prices(len(found.earnings))
    rows = [
        (f"earned at the {name} price" if name else "earned", saying.price(each.price), _whole(each.per_year))
        for name, each in zip(names, found.earnings, strict=True)
    ]
    if found.value is not None and found.waiting_per_year is not None:
        rows.append(("cost of the added waiting", saying.price(found.value), _whole(found.waiting_per_year)))
    headings = ("what", "per GPU-hour", "a year")
    return Table(caption="Estimates for a year of 8,760 hours", headings=headings, rows=tuple(rows))


def names_of_prices(count: int) -> Sequence[str]:
    """What several prices are called, the lowest first."""
    return {1: ("",), 2: ("low", "high"), 3: ("low", "middle", "high")}.get(
        count, [f"{i}." for i in range(1, count + 1)]
    )


def _whole(money: Money) -> str:
    return f"{money.rounded():,.0f} {money.currency}"


def reclaimable(surplus: Surplus) -> Table:
    """What could be sold if all of it may be taken back."""
    rows = tuple(
        (
            notice(each.notice_s), f"{each.sold_gpus:,}", amounts.share(each.share_ratio),
            amounts.share(each.delivered_ratio), f"{each.delivered_gpus:,.0f}", f"{each.extra_gpus:+,.0f}",
            f"{each.worth_ratio:.2f}", f"{each.reclaims:,}",
            saying.wait(each.waits.mean_s), saying.wait(each.waits.p95_s), saying.wait(each.waits.p99_s),
        )
        for each in surplus.reclaimable
    )  # fmt: skip
    sold = ("notice", "GPUs sold", "of the fleet", "delivered", "GPUs on average", "over firm", "even at")
    headings = (*sold, "reclaims", "mean wait", "p95", "p99")
    caption = (
        "All that is sold is sold at this notice, and reclaimed when inside waits pass the objective. Even at: the "
        "part of the firm price at which what is delivered earns as much as the knee sold firm"
    )
    return Table(caption=caption, headings=headings, rows=rows)


def notice(notice_s: int) -> str:
    """A notice in words."""
    return format_duration(notice_s) if notice_s else "at once"


def rows_read(surplus: Surplus) -> Table:
    """The account: rows read = rows used + rows left out."""
    rows = [("used", f"{surplus.rows_used:,}", "")]
    rows += [(f"left out: {each.reason}", f"{each.rows:,}", each.first) for each in surplus.left_out]
    rows.append(("read", f"{surplus.rows_read:,}", ""))
    return Table(caption="Every row of the history", headings=("rows", "number", "first at"), rows=tuple(rows),
                 words=frozenset({0, 2}))  # fmt: skip


def counts(surplus: Surplus) -> Table:
    """Rules, and to how many jobs each applied."""
    rows = tuple((each.what, f"{each.jobs:,}", each.rule) for each in surplus.counts)
    return Table(caption="Rules for jobs that are not plain", headings=("what", "jobs", "rule"), rows=rows,
                 words=frozenset({0, 2}))  # fmt: skip


def actual(surplus: Surplus) -> Table:
    """What jobs really waited beside what they wait in the replay."""
    least, rows = saying.first(surplus), []
    if surplus.actual is not None:
        rows.append(("in the history", f"{surplus.actual.jobs:,}", *_waits(surplus.actual)))
    if least is not None:
        rows.append((f"replayed, {saying.sold(least)}", f"{least.waits.jobs:,}", *_waits(least.waits)))
    caption, headings = "Waits in the history beside those of the replay", ("waits", "jobs", *_WAIT_HEADINGS)
    return Table(caption=caption, headings=headings, rows=tuple(rows))
