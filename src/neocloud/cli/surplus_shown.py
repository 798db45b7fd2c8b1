"""A surplus in the terminal: the sentence, a small picture, and every number; readable without colour."""

from collections.abc import Iterator
from textwrap import fill

import click

from neocloud.backtest.answer import Point, Surplus, Waits
from neocloud.backtest.keeping import frontier_row, plain
from neocloud.backtest.report import saying, tables
from neocloud.cli.output import Row, cell, counted, fields, table
from neocloud.cli.surplus_chart import chart
from neocloud.pages import amounts

COLUMNS = ("share", "sold_gpus", "kept_gpus", "mean", "p95", "p99", "used", "never", "meets")
"""Of the rows of the frontier, in the order in which they are shown."""

_WIDEST = 100
_LEFT_TO_THE_PAGE = {"of the fleet", "mean wait", "p99"}
_NARROW = {"share": 7, "used": 7}


def lines(surplus: Surplus) -> str:
    """All that fits on a screen: sentence, warnings, frontier as picture and table, knee, money, and the account."""
    frontier = [[cell(row[column]).rjust(_NARROW.get(column, 0)) for column in COLUMNS] for row in said(surplus)]
    parts = [
        click.style(fill(surplus.sentence, _WIDEST), bold=True),
        *_warnings(surplus),
        fields(list(_facts(surplus))),
        chart(surplus) if surplus.points else "",
        table(frontier, COLUMNS) if frontier else "",
        fields(list(_sale(surplus))),
        _reclaimable(surplus),
        fields(list(_account(surplus))),
    ]
    return "\n\n".join(part for part in parts if part)


def rows(surplus: Surplus) -> list[Row]:
    """The frontier, a row for each share sold, in seconds and ratios: for programs."""
    return [frontier_row(point) for point in surplus.points]


def said(surplus: Surplus) -> list[Row]:
    """The frontier, a row for each share sold, as people read it; `COLUMNS` names its columns."""
    return [
        {
            "share": amounts.share(point.share_ratio),
            "sold_gpus": point.sold_gpus,
            "kept_gpus": point.kept_gpus,
            **_waits(point.waits),
            "used": amounts.share(point.used_ratio),
            "never": point.waits.never,
            "meets": "yes" if point.meets else "no",
        }
        for point in surplus.points
    ]


def whole(surplus: Surplus) -> Row:
    """Everything, for JSON and YAML: seconds and ratios as numbers, money as text with its currency."""
    found: Row = plain(surplus)
    return found


def _waits(waits: Waits) -> dict[str, str]:
    return {name: saying.wait(getattr(waits, f"{name}_s")) for name in ("mean", "p95", "p99")}


def _warnings(surplus: Surplus) -> Iterator[str]:
    if surplus.is_synthetic:
        yield click.style("SYNTHETIC: no cluster ran these jobs; this says nothing about a real fleet.", bold=True)
    if surplus.fleet_from_peak:
        said = f"FLEET SIZE NOT GIVEN: taken from the peak in use, {saying.named(surplus.fleet_gpus, surplus)}."
        yield click.style(f"{said} Give the real one.", bold=True)


def _facts(surplus: Surplus) -> Iterator[tuple[str, str]]:
    yield "history", f"{surplus.history} ({surplus.format}), {saying.span(surplus)}"
    yield "fleet", surplus.fleet
    yield "policy", surplus.policy
    yield "estimates", surplus.estimates
    yield "objective", saying.objective(surplus)


def _sale(surplus: Surplus) -> Iterator[tuple[str, str]]:
    knee, economics = surplus.knee, surplus.economics
    yield "knee", _knee(surplus) if knee else "none: the objective fails with nothing sold"
    if knee and knee.tenfold_ratio is not None:
        yield "tenfold", f"from {amounts.share(knee.tenfold_ratio)} on, the mean wait is ten times that at the knee"
    lost: Point | None = next((each for each in surplus.points if each.largest_lost_gpus), None)
    if lost:
        yield "lost", f"from {amounts.share(lost.share_ratio)} on, jobs of {lost.largest_lost_gpus:,} GPUs never run"
    else:
        yield "largest job", f"{surplus.largest_job_gpus:,} GPUs; it runs at every share shown"
    if economics:
        for name, each in zip(tables.names_of_prices(len(economics.earnings)), economics.earnings, strict=True):
            let = f"{saying.price(each.price)} per GPU-hour, {amounts.share(economics.let_ratio)} let"
            yield f"earned {name}".rstrip(), f"{amounts.money(each.per_year)} a year at {let}"
        if economics.waiting_per_year is not None and economics.value is not None:
            value = f"at {saying.price(economics.value)} per GPU-hour that a job waits longer"
            yield "waiting", f"{amounts.money(economics.waiting_per_year)} a year {value}"


def _knee(surplus: Surplus) -> str:
    knee = surplus.knee
    assert knee is not None, "shown only where there is one"
    name, wait_s = saying.judged(surplus, knee.waits)
    ranged = f" ({saying.ranged(surplus)})" if saying.ranged(surplus) else ""
    sold = saying.named(knee.sold_gpus, surplus)
    return f"{amounts.share(knee.share_ratio)}, {sold}{ranged}; {name} {saying.wait(wait_s)}"


def _reclaimable(surplus: Surplus) -> str:
    if not surplus.reclaimable:
        return ""
    shown = tables.reclaimable(surplus)
    kept = [i for i, heading in enumerate(shown.headings) if heading not in _LEFT_TO_THE_PAGE]
    rows_kept = [[row[i] for i in kept] for row in shown.rows]
    return f"sold, if it may be reclaimed:\n{table(rows_kept, [shown.headings[i] for i in kept])}"


def _account(surplus: Surplus) -> Iterator[tuple[str, str]]:
    left = sum(each.rows for each in surplus.left_out)
    yield "rows", f"{surplus.rows_read:,} read = {surplus.rows_used:,} used + {left:,} left out"
    for each in surplus.left_out:
        yield "left out", f"{counted(each.rows, 'row')}: {each.reason}; first at {each.first}"
    for count in surplus.counts:
        yield count.what, f"{counted(count.jobs, 'job')}: {count.rule}"
    if surplus.actual is not None:
        waits = _waits(surplus.actual)
        yield "in the history", ", ".join(f"{name} {said}" for name, said in waits.items())
