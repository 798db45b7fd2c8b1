"""Why a plan decided so on one request: each of its ways, the dearest hours, and who else is there."""

from typing import Any

import click

from neocloud.cli.opening_shown import to_do
from neocloud.cli.output import cell, print_rows, print_value, table
from neocloud.cli.plan_asked import estimate
from neocloud.cli.plan_shown import ADVICE, advice_lines, advice_rows
from neocloud.model.world import World
from neocloud.operations.explaining import Explanation, Hours, Rival
from neocloud.operations.explaining import explained as why
from neocloud.operations.planning import Plan
from neocloud.rules.planning.way_costs import WayCost, ways_of
from neocloud.units import format_instant

Row = dict[str, Any]

_WAYS = (
    "pool",
    "gpus",
    "fits",
    "offered",
    "energy",
    "opportunity_cost",
    "low",
    "high",
    "gpu",
    "power",
    "net",
    "free",
)
_HOURS = ("from", "until", "opportunity_cost", "gpu", "power")
_RIVALS = ("what", "id", "tenant", "gpus", "usd_per_gpu_hour")


def explain(world: World, plan: Plan, name: str, output: str) -> None:
    """Print the advice on one request, and what it rests on."""
    i = next(i for i, each in enumerate(plan.requests) if each.id == name)
    if plan.advice[i].put_h is not None:  # it is weighed against nothing
        _put(plan, i, output)
        return
    ways, found = ways_of(plan.requests[i], plan.askers[i], plan.view, plan.weighed), why(world, plan, name)
    match output:
        case "table":
            click.echo("\n\n".join([_lines(found, ways), *to_do(plan, [found.advice])]))
        case "csv":
            print_rows([_way_row(each) for each in ways], "csv")
        case _:
            print_value({**advice_rows(plan)[i], **_rows(found, ways)}, output)


def _put(plan: Plan, place: int, output: str) -> None:
    """Print the advice on a put."""
    row = advice_rows(plan)[place]
    match output:
        case "table":
            click.echo(table([*advice_lines(plan.advice[place])], ADVICE))
        case "csv":
            print_rows([row], "csv")
        case _:
            print_value(row, output)


def _lines(found: Explanation, ways: list[WayCost]) -> str:
    parts = [
        table([*advice_lines(found.advice)], ADVICE),
        f"each way as if it were alone; USD per GPU-hour, net for all of it:\n{table(_way_lines(ways), _WAYS)}",
    ]
    if found.hours:
        hours = table([_hours_line(each) for each in found.hours], _HOURS)
        parts.append(f"where {found.advice.pool} is dearest; USD in all, and per GPU-hour:\n{hours}")
    if found.rivals:
        parts.append(f"who else is there then:\n{table([_rival_line(each) for each in found.rivals], _RIVALS)}")
    return "\n\n".join(parts)


def _rows(found: Explanation, ways: list[WayCost]) -> Row:
    return {
        "ways": [_way_row(each) for each in ways],
        "dearest": [
            {
                "from": format_instant(each.start_at),
                "until": format_instant(each.end_at),
                "opportunity_cost_usd": estimate(each.cost_usd, 2),
                "gpu_usd": estimate(each.gpu_usd, 4),
                "power_usd": estimate(each.power_usd, 4),
            }
            for each in found.hours
        ],
        "rivals": [
            {
                "kind": each.kind,
                "id": each.id,
                "tenant": each.tenant,
                "gpus": round(each.gpus),
                "usd_per_gpu_hour": None if each.usd_per_gpu_hour is None else estimate(each.usd_per_gpu_hour, 4),
            }
            for each in found.rivals
        ],
    }


def _hours_line(each: Hours) -> list[str]:
    when = [format_instant(each.start_at), format_instant(each.end_at)]
    return [*when, f"{each.cost_usd:,.0f}", f"{each.gpu_usd:,.4f}", f"{each.power_usd:,.4f}"]


def _rival_line(each: Rival) -> list[str]:
    price = "-" if each.usd_per_gpu_hour is None else f"{each.usd_per_gpu_hour:,.4f}"
    return [each.kind.replace("_", " "), each.id, each.tenant, f"{each.gpus:,.0f}", price]


def _way_lines(ways: list[WayCost]) -> list[list[str]]:
    return [_way_line(each) for each in ways]


def _way_row(way: WayCost) -> Row:
    money = ("offered_usd", "energy_usd", "mean_usd", "low_usd", "high_usd", "gpu_usd", "power_usd")
    return {
        "pool": way.pool,
        "gpus": way.gpus,
        "fits": way.fits,
        "free_gpus": way.free_gpus,
        **{name: estimate(getattr(way, name), 4) for name in money},
        "net_usd": estimate(way.net_usd, 2),
    }


def _way_line(way: WayCost) -> list[str]:
    amounts = (way.offered_usd, way.energy_usd, way.mean_usd, way.low_usd, way.high_usd, way.gpu_usd, way.power_usd)
    said = [f"{each:,.4f}" for each in amounts]
    return [way.pool, f"{way.gpus:,}", cell(way.fits), *said, f"{way.net_usd:,.0f}", f"{way.free_gpus:,}"]
