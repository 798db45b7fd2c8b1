"""The sections of the page, in order: sentences, figures with their tables, and lists."""

from collections.abc import Iterator

from neocloud.backtest.answer import Surplus
from neocloud.backtest.report import saying, tables
from neocloud.backtest.report.bars_chart import earnings_chart, reclaimable_chart
from neocloud.backtest.report.demand_chart import demand_chart
from neocloud.backtest.report.frontier_chart import frontier_chart
from neocloud.backtest.report.idle_chart import idle_chart
from neocloud.backtest.report.waits_chart import waits_chart
from neocloud.pages import amounts
from neocloud.pages.page import Figure, Section
from neocloud.units import format_duration


def sections(surplus: Surplus) -> Iterator[Section]:
    """All that there is something to say in."""
    yield _frontier(surplus)
    yield Section(title="Demand against capacity", figures=(
        Figure(picture=demand_chart(surplus), table=tables.demand(surplus), says=(
            "GPUs in use on the whole fleet as replayed, and what would have been in use had no job waited."
        )),
    ))  # fmt: skip
    yield _idle(surplus)
    yield _waits(surplus)
    if surplus.economics:
        yield _economics(surplus)
    if surplus.reclaimable:
        yield _reclaimable(surplus)
    yield _account(surplus)
    yield Section(title="How it was computed", items=(*surplus.remarks, *_computed(surplus)))


def _frontier(surplus: Surplus) -> Section:
    knee, paragraphs = surplus.knee, []
    if knee is None:
        paragraphs.append(
            f"There is no knee: the objective ({saying.objective(surplus)}) fails even when nothing is sold."
        )
    else:
        paragraphs.append(
            f"The knee, the largest share sold that keeps the objective ({saying.objective(surplus)}), is "
            f"{amounts.share(knee.share_ratio)}: {saying.named(knee.sold_gpus, surplus)}. {_moves(surplus)}"
        )
        if knee.tenfold_ratio is not None:
            paragraphs.append(
                f"From {amounts.share(knee.tenfold_ratio)} on, the mean wait is ten times that at the knee, or more."
            )
    says = (
        "Waits of inside jobs over the share sold, on a logarithmic scale. Full marks keep the objective, hollow "
        "ones do not. A job that no longer runs on what is kept waits for ever: quantiles count it, "
        "the mean does not."
    )
    figure = Figure(picture=frontier_chart(surplus), table=tables.frontier(surplus), says=says)
    return Section(title="What could be sold, and what it costs inside jobs", paragraphs=tuple(paragraphs),
                   figures=(figure,) if surplus.points else ())  # fmt: skip


def _moves(surplus: Surplus) -> str:
    knee = surplus.knee
    if knee is None or not saying.ranged(surplus):
        return "How far it would move in another history was not looked at: nothing was resampled."
    blocks = f"blocks of {format_duration(knee.block_s)}"
    return (
        f"In {knee.resamples:,} draws of the waits of this history, in {blocks}, it lay between "
        f"{amounts.share(knee.low_ratio)} and {amounts.share(knee.high_ratio)} nine times in ten."
    )


def _idle(surplus: Surplus) -> Section:
    where = f"Hours are those of {surplus.idle.zone}." if surplus.idle.zone else (
        "The history has no calendar: a week begins with its first second."
    )  # fmt: skip
    says = f"Mean of idle GPUs on the whole fleet; the darker, the more, from the fewest to the most. {where}"
    return Section(
        title="When GPUs are idle",
        figures=(Figure(picture=idle_chart(surplus), table=tables.idle(surplus), says=says),),
    )


def _waits(surplus: Surplus) -> Section:
    least, after = saying.first(surplus), saying.at_knee(surplus)
    paragraphs = []
    if least is None or not least.groups:
        return Section(title="Who waits", paragraphs=("The replay has no teams and no size classes to tell apart.",))
    if after and surplus.knee and after.sold_gpus != surplus.knee.sold_gpus:
        paragraphs.append(
            f"At {saying.sold(after)}, the last point of the frontier before the knee at "
            f"{amounts.share(surplus.knee.share_ratio)}."
        )
    return Section(title="Who waits", paragraphs=tuple(paragraphs), figures=tuple(_groups(surplus)))


def _groups(surplus: Surplus) -> Iterator[Figure]:
    least = saying.first(surplus)
    for of, name, says in (
        ("team", "team", "The twelve teams with the most jobs, or all if there are fewer; the table has every one."),
        ("size", "size", "Jobs by the number of GPUs that they ask for."),
    ):
        if least and any(each.of == of for each in least.groups):
            measure = saying.judged(surplus, least.waits)[0]
            yield Figure(picture=waits_chart(surplus, of, name), table=tables.groups(surplus, of, name),
                         says=f"The {measure} of waits, logarithmic scale. {says}")  # fmt: skip


def _economics(surplus: Surplus) -> Section:
    found = surplus.economics
    assert found is not None, "shown only where there is one"
    cost = "" if found.waiting_per_year is None else (
        " The cost of waiting counts the GPU-hours that jobs wait more than with nothing sold, at the value given."
    )  # fmt: skip
    says = f"The sale at the knee, {amounts.share(found.let_ratio)} of the sold hours let.{cost}"
    return Section(title="What it earns, and what it costs", figures=(
        Figure(picture=earnings_chart(found), table=tables.economics(surplus), says=says),
    ))  # fmt: skip


def _reclaimable(surplus: Surplus) -> Section:
    says = (
        "All that is sold at a notice, beside what can be sold for good. It is taken back, notice given, when inside "
        "waits pass the objective. Full: hours that the customer gets; hatched: hours that are taken back."
    )
    return Section(title="More, if it may be reclaimed", figures=(
        Figure(picture=reclaimable_chart(surplus), table=tables.reclaimable(surplus), says=says),
    ))  # fmt: skip


def _account(surplus: Surplus) -> Section:
    found = [Figure(table=tables.rows_read(surplus))]
    if surplus.counts:
        found.append(Figure(table=tables.counts(surplus)))
    if surplus.actual is not None:
        found.append(Figure(table=tables.actual(surplus)))
    left = sum(each.rows for each in surplus.left_out)
    account = f"{surplus.rows_read:,} rows read = {surplus.rows_used:,} used + {left:,} left out."
    return Section(title="Every row accounted for", paragraphs=(account,), figures=tuple(found))


def _computed(surplus: Surplus) -> Iterator[str]:
    yield f"Policy: {surplus.policy}. Estimates of run times: {surplus.estimates}."
    yield f"Seed of everything drawn by chance: {surplus.seed}. The same history, options and seed give this page."
