"""A surplus in the terminal: the sentence, a small picture, and every number; readable without colour."""

from collections.abc import Iterator, Sequence
from textwrap import fill

import click

from neocloud.backtest import saying, tables
from neocloud.backtest.answer import Point, Surplus, Waits
from neocloud.backtest.keeping import frontier_row, plain
from neocloud.backtest.scales import Even, Waiting, waiting
from neocloud.cli.output import Row, cell, counted, fields, table

COLUMNS = ("share", "sold_gpus", "kept_gpus", "mean", "p95", "p99", "used", "never", "meets")
"""Of the rows of the frontier, in the order in which they are shown."""

_WIDEST = 100
_LEFT_TO_THE_PAGE = {"mean wait", "p99"}
_NARROW = {"share": 7, "used": 7}
_LABEL, _WIDE, _TALL = 9, 64, 14
_SERIES = (("p99", "3"), ("p95", "2"), ("mean", "1"))
"""What is drawn later covers what is drawn before: the mean is never hidden."""

_QUARTERS = 4
"""The picture has a label under each."""


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
            "share": saying.share(point.share_ratio),
            "sold_gpus": point.sold_gpus,
            "kept_gpus": point.kept_gpus,
            **_waits(point.waits),
            "used": saying.share(point.used_ratio),
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


# ---- the picture ----


def chart(surplus: Surplus) -> str:
    """Waits over the share sold: 1 mean, 2 p95, 3 p99; `-` the objective, `|` the knee, `:` its range."""
    knee, limit_s = surplus.knee, saying.objective_s(surplus)
    seen: list[float | None] = [getattr(p.waits, f"{name}_s") for p in surplus.points for name, _ in _SERIES]
    waits = waiting([*seen, *([] if limit_s is None else [limit_s])], start=_TALL - 1, end=0, margin=1.5)
    most = max([p.share_ratio for p in surplus.points] + [knee.share_ratio if knee else 0.0]) or 0.05
    shares = Even(top=most, start=0, end=_WIDE - 1)
    grid = [[" "] * _WIDE for _ in range(_TALL)]
    _draw_lines(grid, surplus, shares, waits)
    for name, letter in _SERIES:
        for point in surplus.points:
            grid[_row(waits, getattr(point.waits, f"{name}_s"))][round(shares.at(point.share_ratio))] = letter
    labels = {_row(waits, seconds): label for seconds, label in reversed(waits.ticks(clear=1))}
    if any(each is None for each in seen):
        labels[0] = "for ever"
    shown = [f"{labels.get(i, ''):>{_LABEL}} {''.join(cells)}".rstrip() for i, cells in enumerate(grid)]
    return "\n".join([*shown, _under(surplus, shares), f"{'':{_LABEL}} {_legend(surplus)}"])


def _row(waits: Waiting, wait_s: float | None) -> int:
    return min(max(round(waits.at(wait_s)), 0), _TALL - 1)


def _draw_lines(grid: Sequence[list[str]], surplus: Surplus, shares: Even, waits: Waiting) -> None:
    knee, limit_s = surplus.knee, saying.objective_s(surplus)
    if limit_s is not None:
        grid[_row(waits, limit_s)][:] = "-" * _WIDE
    if knee is None:
        return
    ends = [each for each in (knee.low_ratio, knee.high_ratio) if each is not None]
    for cells in grid:
        for end in ends:
            cells[min(round(shares.at(end)), _WIDE - 1)] = ":"
        cells[round(shares.at(knee.share_ratio))] = "|"


def _under(surplus: Surplus, shares: Even) -> str:
    """The axis: a share every quarter of the width."""
    cells = [" "] * (_LABEL + _WIDE + 8)
    for i in range(_QUARTERS + 1):
        ratio = shares.top * i / _QUARTERS
        label = saying.share(ratio)
        first = _LABEL + 1 + round(shares.at(ratio)) - len(label) // 2
        cells[first : first + len(label)] = label
    return "".join(cells).rstrip()


def _legend(surplus: Surplus) -> str:
    knee = surplus.knee
    parts = ["share sold  1 mean  2 p95  3 p99 wait"]
    parts += ["- objective"] if saying.objective_s(surplus) is not None else []
    parts += ["| knee"] if knee else []
    parts += [": its range"] if knee and saying.ranged(surplus) else []
    return "  ".join(parts)


# ---- below the picture ----


def _sale(surplus: Surplus) -> Iterator[tuple[str, str]]:
    knee, economics = surplus.knee, surplus.economics
    yield "knee", _knee(surplus) if knee else "none: the objective fails with nothing sold"
    if knee and knee.tenfold_ratio is not None:
        yield "tenfold", f"from {saying.share(knee.tenfold_ratio)} on, the mean wait is ten times that at the knee"
    lost: Point | None = next((each for each in surplus.points if each.largest_lost_gpus), None)
    if lost:
        yield "lost", f"from {saying.share(lost.share_ratio)} on, jobs of {lost.largest_lost_gpus:,} GPUs never run"
    if economics:
        for name, each in zip(tables.names_of_prices(len(economics.earnings)), economics.earnings, strict=True):
            let = f"{saying.price(each.price)} per GPU-hour, {saying.share(economics.let_ratio)} let"
            yield f"earned {name}".rstrip(), f"{saying.money(each.per_year)} a year at {let}"
        if economics.waiting_per_year is not None and economics.value is not None:
            value = f"at {saying.price(economics.value)} per GPU-hour that a job waits longer"
            yield "waiting", f"{saying.money(economics.waiting_per_year)} a year {value}"


def _knee(surplus: Surplus) -> str:
    knee = surplus.knee
    assert knee is not None, "shown only where there is one"
    name, wait_s = saying.judged(surplus, knee.waits)
    ranged = f" ({saying.ranged(surplus)})" if saying.ranged(surplus) else ""
    sold = saying.named(knee.sold_gpus, surplus)
    return f"{saying.share(knee.share_ratio)}, {sold}{ranged}; {name} {saying.wait(wait_s)}"


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
