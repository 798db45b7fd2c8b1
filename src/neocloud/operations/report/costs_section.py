"""What capacity is worth over time, as small pictures on one scale for each unit, and over all of it as a table."""

from collections.abc import Iterator, Sequence

import numpy as np
from markupsafe import Markup

from neocloud.operations.cost_rows import CostRow, stretches, whole
from neocloud.operations.plan_totals import Beside
from neocloud.operations.planning import Plan
from neocloud.operations.report.panels import Panel, panel
from neocloud.pages.drawing import box, element, joined, line, strokes
from neocloud.pages.page import Figure, Section, Table
from neocloud.pages.scales import round_ticks
from neocloud.rules.planning.grid import Floats
from neocloud.units import DAY_S

_MOST = 24
"""So many pools, and so many sites, are drawn, the dearest; the table has all."""

_SEEN_RATIO = 0.95
"""This part of all stretches lies whole inside the scale; what goes beyond is cut off and said."""

_KW_PER_MW = 1_000


def costs_section(plan: Plan, beside: Beside) -> Section:
    """Pools in USD per GPU-hour, and sites in USD per MWh."""
    rows, over_time = whole(plan.costs), stretches(plan.costs)
    if not rows:
        return Section(title="What capacity is worth", paragraphs=("There is no pool yet.",))
    says = (
        "The opportunity cost is what a GPU-hour of a pool, or a MWh of a site, would bring in its best other use. "
        "What binds is the scarcer of the two, GPUs or power."
    )
    figures = tuple(_figure(plan, beside, unit, rows, over_time) for unit in ("gpu_hour", "mwh"))
    return Section(title="What capacity is worth", paragraphs=(says,), figures=figures)


def _figure(
    plan: Plan, beside: Beside, unit: str, rows: Sequence[CostRow], over_time: Sequence[Sequence[CostRow]]
) -> Figure:
    mine = [row for row in rows if row.unit == unit]
    drawn = {row.id for row in sorted(mine, key=lambda row: -row.mean_usd)[:_MOST]}
    panels = [_panel(plan, beside, row, over_time) for row in mine if row.id in drawn]
    if not any(row.high_usd or row.mean_usd for each in panels for row in each.rows):
        return Figure(table=_table(unit, mine))
    top = _top(panels)
    pictures = element("div", joined(panel(each, i, top) for i, each in enumerate(panels, 1)), class_="multiples")
    return Figure(
        picture=joined([_legend(unit), pictures]), says=_says(unit, mine, over_time), table=_table(unit, mine)
    )


def _panel(plan: Plan, beside: Beside, row: CostRow, over_time: Sequence[Sequence[CostRow]]) -> Panel:
    view = plan.view
    mine = [each for stretch in over_time for each in stretch if (each.id, each.unit) == (row.id, row.unit)]
    if row.unit == "gpu_hour":
        i = view.index(row.id)
        price, name, free, supply, unit = (
            beside.list_usd.get(row.id),
            "list",
            view.free_gpus,
            view.supply_gpus,
            "GPUs",
        )
    else:
        i = view.sites.index(row.id)
        price, name, unit = beside.energy_usd.get(row.id), "energy", "MW"
        free, supply = view.free_kw / _KW_PER_MW, view.supply_kw / _KW_PER_MW
    return Panel(
        row.id, row.mean_usd, mine, price, name, view.grid.cuts.tolist(), _list(free[i]), _list(supply[i]), unit
    )


def _list(values: Floats) -> list[float]:
    found: list[float] = values.tolist()
    return found


def _top(panels: Sequence[Panel]) -> float:
    """The end of the scale that all of them share."""
    highs = [row.high_usd for each in panels for row in each.rows]
    prices = [each.price_usd for each in panels if each.price_usd is not None]
    means = [each.mean_usd for each in panels]
    return round_ticks(max(float(np.quantile(highs, _SEEN_RATIO)), *prices, *means), 4)[-1]


def _says(unit: str, rows: Sequence[CostRow], over_time: Sequence[Sequence[CostRow]]) -> str:
    of, each = ("pool", "USD per GPU-hour") if unit == "gpu_hour" else ("site", "USD per MWh")
    first = over_time[0][0]
    days = round((first.end_at - first.start_at) / DAY_S)
    step = {1: "day", 7: "week"}.get(days, f"{days} days")
    only = f" The {_MOST} dearest of {len(rows):,} are drawn." if len(rows) > _MOST else ""
    return (
        f"What each {of} is worth, {each}, over every {step}, on one scale for all; an arrow where it goes on above. "
        f"Beneath, what is free of it before anything is accepted, under what there is.{only}"
    )


def _legend(unit: str) -> Markup:
    price = "list price, firm" if unit == "gpu_hour" else "price of energy"
    free = "free GPUs" if unit == "gpu_hour" else "free power, MW"
    swatches: list[tuple[list[Markup], str]] = [
        ([line(0, 7, 28, 7, "mean-cost")], "mean over the futures"),
        ([box(0, 1, 28, 12, "of-gpus")], "range, GPUs bind"),
        ([box(0, 1, 28, 12, "of-power"), _upright()], "range, power binds"),
        ([line(0, 7, 28, 7, "asked")], price),
        ([box(0, 1, 28, 12, "free")], free),
    ]
    return element("p", joined(_swatch(*each) for each in swatches), class_="legend")


def _upright() -> Markup:
    return strokes([((float(x), 1.0), (float(x), 13.0)) for x in range(2, 28, 4)], "upright")


def _swatch(parts: Sequence[Markup], words: str) -> Markup:
    return element("span", joined([element("svg", joined(parts), viewBox="0 0 28 14", aria_hidden="true"),
                                   element("span", words)]))  # fmt: skip


def _table(unit: str, rows: Sequence[CostRow]) -> Table:
    if unit == "gpu_hour":
        return Table(
            caption="Opportunity cost over the whole time, USD per GPU-hour: the mean, what one of ten futures is "
            "under, and over, and which part of the mean is the GPU's own and which its power's",
            headings=("pool", "mean", "low", "high", "GPU", "power", "binds"),
            rows=tuple(tuple(_cells(row, 4)) for row in rows), words=frozenset({0, 6}),
        )  # fmt: skip
    return Table(
        caption="Opportunity cost of power over the whole time, USD per MWh at the meter",
        headings=("site", "mean", "low", "high", "binds"),
        rows=tuple(tuple(_cells(row, 2)) for row in rows), words=frozenset({0, 4}),
    )  # fmt: skip


def _cells(row: CostRow, digits: int) -> Iterator[str]:
    yield row.id
    parts = (row.gpu_usd, row.power_usd) if row.unit == "gpu_hour" else ()
    yield from (f"{each:,.{digits}f}" for each in (row.mean_usd, row.low_usd, row.high_usd, *parts))
    yield "GPUs" if row.binds == "gpus" else row.binds
