"""What is read first on the page: what to beware of, the few numbers that matter, and what was replayed on what."""

from collections.abc import Iterator

from neocloud.backtest.answer import Surplus
from neocloud.backtest.report import saying, tables
from neocloud.pages import amounts
from neocloud.pages.page import Tile
from neocloud.units import DAY_S, format_instant


def warnings(surplus: Surplus) -> Iterator[tuple[str, str]]:
    """What nobody may overlook: a heading and a sentence each."""
    if surplus.is_synthetic:
        yield (
            "Synthetic",
            (
                "No cluster ran these jobs: they were generated. This page shows what an answer looks like, and says "
                "nothing about a real fleet."
            ),
        )
    if surplus.fleet_from_peak:
        yield (
            "Fleet size not given",
            (
                f"It was taken from the peak in use, {saying.named(surplus.fleet_gpus, surplus)}. What was never in "
                "use at once is not in it, so more may be for sale than is said here. Give the real size."
            ),
        )


def tiles(surplus: Surplus) -> Iterator[Tile]:
    """What could have been sold, what is felt of it, what it earns, and what may be sold on top."""
    knee, least = surplus.knee, saying.first(surplus)
    of = f"of {saying.named(surplus.fleet_gpus, surplus)}"
    if knee is None:
        yield Tile(what="Could have been sold", number="nothing", beside="even the whole fleet fails the objective")
    else:
        ranged = saying.ranged(surplus)
        yield Tile(what="Could have been sold", number=amounts.share(knee.share_ratio),
                   beside=f"{knee.sold_gpus:,} {of}{'; ' * bool(ranged)}{ranged}")  # fmt: skip
    shown = knee.waits if knee else least.waits if least else None
    if shown and least:
        name, wait_s = saying.judged(surplus, shown)
        _, before_s = saying.judged(surplus, least.waits)
        beside = f"{saying.wait(before_s)} with {saying.sold(least)}; " if knee else f"with {saying.sold(least)}; "
        yield Tile(what=f"{name} wait of inside jobs", number=saying.wait(wait_s),
                   beside=f"{beside}objective {saying.objective(surplus)}")  # fmt: skip
    if surplus.economics and surplus.economics.earnings:
        earned = [each.per_year for each in surplus.economics.earnings]
        let = f"at {amounts.share(surplus.economics.let_ratio)} let"
        ends = f"{amounts.money(earned[0])} to {amounts.money(earned[-1])}, " if len(earned) > 1 else ""
        yield Tile(what="Earned in a year", number=amounts.money(earned[len(earned) // 2]), beside=f"{ends}{let}")
    if surplus.reclaimable:
        best = max(surplus.reclaimable, key=lambda each: each.delivered_gpus)
        number = amounts.share(best.delivered_gpus / surplus.fleet_gpus)
        sold = f"{amounts.share(best.share_ratio)} sold at notice {tables.notice(best.notice_s)}"
        beside = f"on average: {sold}, {amounts.share(best.delivered_ratio)} of its hours delivered"
        yield Tile(what="Delivered, if it may be reclaimed", number=number, beside=beside)


def facts(surplus: Surplus) -> Iterator[tuple[str, str]]:
    """What was replayed, on what, and how."""
    yield "Fleet", surplus.fleet + (" (peak in use)" if surplus.fleet_from_peak else "")
    yield "Policy", surplus.policy
    yield "Objective", f"{surplus.objective} ({saying.objective(surplus)})"
    yield "History", f"{surplus.history} ({surplus.format}{', SYNTHETIC' * surplus.is_synthetic})"
    yield "Span", _span(surplus)
    measured = surplus.points[0].waits.jobs if surplus.points else 0
    yield "Jobs", f"{surplus.rows_used:,} of {surplus.rows_read:,} rows; {measured:,} measured"
    yield "Estimates", surplus.estimates


def _span(surplus: Surplus) -> str:
    if surplus.begins_at is None:
        return f"{saying.span(surplus)}, without a calendar"
    first, last = (
        format_instant(at - at % DAY_S) for at in (surplus.begins_at, surplus.begins_at + surplus.span_s)
    )  # fmt: skip
    return f"{saying.span(surplus)}, {first} to {last}"
