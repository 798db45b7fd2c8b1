"""`neocloud plan keeping`: the cash refused for every inside lease, and the frontier from selling to keeping."""

from pathlib import Path
from typing import Any

import click

from neocloud.cli.output import output_option, print_rows, print_value, table
from neocloud.cli.plan_asked import draw_options, estimate, scenario_of, scenario_option
from neocloud.cli.session import Bar, session
from neocloud.units import format_instant

_KEPT = ("lease", "tenant", "gpu_hours", "cash_refused", "even_per_gpu_h", "value", "wrong_by", "kept")
_POINT = ("values", "cash", "internal_value", "outside")
_MOST_LINES = 20


@click.command()
@scenario_option
@draw_options
@click.option("--frontier", is_flag=True, help="The points of the frontier instead of leases, in CSV as well.")
@output_option("chart")
def keeping(scenario: Path | None, seed: int, futures: int, frontier: bool, output: str) -> None:
    """What does keeping cost? For every inside lease the cash refused for it; for all, cash and internal value apart.

    The frontier takes internal values times 0 (sell everything) to 2: where we stand on it, and by how much a value
    must be wrong to change the decision.

    \b
    Examples:
      neocloud plan keeping
      neocloud plan keeping --frontier --output chart
    """
    from neocloud.operations.keeping import keeping as ask  # noqa: PLC0415
    from neocloud.operations.planning import plan  # noqa: PLC0415

    with session() as opened:
        said = scenario_of(scenario, opened.now)
        made = plan(opened.ledger, [], said, now=opened.now, seed=seed, futures=futures, progress=Bar("planning"))
        with opened.world() as world:
            found = ask(world, made, progress=Bar("giving leases back"))
    until = format_instant(made.view.grid.within.end_at)
    rows = [_point_row(each) for each in found.points] if frontier else [_row(each) for each in found.rows]
    match output:
        case "table":
            click.echo(_points(found) if frontier else _lines(found, until))
        case "chart":
            click.echo(_chart(found))
        case "csv":
            print_rows(rows, "csv")
        case _:
            print_value(_whole(found, until), output)


def _lines(found: Any, until: str) -> str:
    if not found.rows:
        return "no inside team has a lease: nothing is kept"
    lines = [table([_cells(each) for each in found.rows[:_MOST_LINES]], _KEPT)]
    if len(found.rows) > _MOST_LINES:
        lines.append(f"and {len(found.rows) - _MOST_LINES:,} more; --output csv has them all")
    cash, value = f"{found.cash_refused_usd:,.0f} USD of cash", f"{found.value_usd:,.0f} USD of internal value"
    lines.append(f"all together, to {until}: {cash} refused, for {value} (not cash)")
    return "\n".join([*lines, "", _points(found)])


def _cells(row: Any) -> list[str]:
    value = "-" if row.value_usd is None else f"{row.value_usd:,.0f}"
    wrong = "-" if row.wrong_ratio is None else f"x {row.wrong_ratio:,.2f}"
    return [
        row.lease, row.tenant, f"{row.gpu_hours:,.0f}", f"{row.cash_refused_usd:,.0f}", f"{row.even_usd:,.4f}",
        value, wrong, row.why,
    ]  # fmt: skip


def _points(found: Any) -> str:
    rows = [[f"x {p.values_ratio:.2f}", *_amounts(p)] for p in found.points]
    rows.append(["here", *_amounts(found.here)])
    return f"cash and internal value (USD), as values are believed more:\n{table(rows, _POINT)}"


def _amounts(point: Any) -> list[str]:
    return [f"{point.cash_usd:,.0f}", f"{point.internal_usd:,.0f}", f"{100 * point.outside_ratio:.0f} %"]


def _chart(found: Any) -> str:
    """Cash to the right, internal value upwards: a point for each ratio, and where we stand."""
    height, width = 16, 64
    points = [*found.points, found.here]
    most = [max(1.0, *(getattr(p, name) for p in points)) for name in ("cash_usd", "internal_usd")]
    rows = [[" "] * (width + 1) for _ in range(height + 1)]
    for point, mark in [*((p, "o") for p in found.points), (found.here, "X")]:
        x, y = round(width * point.cash_usd / most[0]), round(height * point.internal_usd / most[1])
        rows[height - y][x] = mark
    lines = [f"{most[1] / 1e6 * (height - i) / height:12,.1f} |{''.join(row).rstrip()}" for i, row in enumerate(rows)]
    first, last = found.points[0].values_ratio, found.points[-1].values_ratio
    return "\n".join(
        [
            "internal value, M USD (not cash)",
            *lines,
            " " * 13 + "+" + "-" * (width + 1),
            f"{'':13} 0{'cash, M USD':>{width // 2 + 5}}{most[0] / 1e6:>{width // 2 - 6},.1f}",
            f"o: values taken times {first:g} (sell everything) to {last:g}; X: where we stand",
        ]
    )


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": row.lease,
        "tenant": row.tenant,
        "gpu_hours": estimate(row.gpu_hours),
        "cash_refused_usd": estimate(row.cash_refused_usd),
        "even_usd_per_gpu_hour": estimate(row.even_usd, 4),
        "value_usd": None if row.value_usd is None else estimate(row.value_usd),
        "wrong_ratio": None if row.wrong_ratio is None else estimate(row.wrong_ratio, 4),
        "rank": row.rank,
        "protected": row.protected,
    }


def _point_row(point: Any) -> dict[str, Any]:
    return {
        "values_ratio": estimate(point.values_ratio, 4),
        "cash_usd": estimate(point.cash_usd),
        "internal_usd": estimate(point.internal_usd),
        "outside_ratio": estimate(point.outside_ratio, 4),
    }


def _whole(found: Any, until: str) -> dict[str, Any]:
    return {
        "until": until,
        "leases": [_row(each) for each in found.rows],
        "cash_refused_usd": estimate(found.cash_refused_usd),
        "value_usd": estimate(found.value_usd),
        "frontier": [_point_row(each) for each in found.points],
        "here": _point_row(found.here),
    }
