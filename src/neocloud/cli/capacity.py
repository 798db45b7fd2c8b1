"""`neocloud capacity`: supply, demand and holders over time, as a table, a picture, or JSON."""

from collections.abc import Sequence
from typing import Any

import click

from neocloud.cli.asking import at
from neocloud.cli.chart import chart, instants
from neocloud.cli.output import output_option, print_rows
from neocloud.cli.session import session
from neocloud.cli.travel import travel_options
from neocloud.errors import Unknown
from neocloud.model.capacity import Resource
from neocloud.model.checks import check_span
from neocloud.model.world import World
from neocloud.operations.capacity import samples, stretches
from neocloud.rules.asks import pool_named
from neocloud.timeline import FOREVER, Span
from neocloud.units import DAY_S, WATTS_PER_MW, format_instant

_COLUMNS = ("id", "from", "until", "unit", "supply", "demand", "available", "powered", "held_by")
_LEAST_COLUMNS, _MOST_COLUMNS = 40, 96


@click.command()
@click.option("--pool", multiple=True, metavar="P", help="Only this pool; repeat it for more.")
@click.option("--site", multiple=True, metavar="S", help="Only this site's power and pools; repeat it for more.")
@click.option("--from", "from_", default="now", show_default=True, metavar="TIME")
@click.option("--until", metavar="TIME", help="[the end of the last lease]")
@travel_options
@output_option("chart")
def capacity(pool: tuple[str, ...], site: tuple[str, ...], from_: str, until: str | None, output: str) -> None:
    """What there is, what is taken, what is free, and who holds it, over time.

    \b
    Examples:
      neocloud capacity --output chart
      neocloud capacity --pool colossus-1-h100 --from 2026-05-01 --until 2027-01-01 --output json
    """
    with session() as opened, opened.world() as world:
        start_at = at(from_, opened.now, "--from")
        end_at = _end(world, start_at) if until is None else at(until, opened.now, "--until")
        check_span(start_at, end_at, "--until")
        resources, within = chosen(world, pool, site), Span(start_at, end_at)
        if output == "chart":
            click.echo("\n\n".join(picture(world, resource, within) for resource in resources) or "no pools yet")
            return
        rows = [row for resource in resources for row in _rows(world, resource, within)]
        if output == "table":
            rows = [{**row, "held_by": [f"{who} {n:,}" for who, n in row["held_by"].items()]} for row in rows]
        print_rows(rows, output, _COLUMNS, empty="no pools yet")


def chosen(world: World, pools: Sequence[str], sites: Sequence[str]) -> list[Resource]:
    """The resources that options name; without any, all of them, site by site."""
    if not pools and not sites:
        sites = sorted(world.sites)
    found: list[Resource] = []
    for name in sites:
        if name not in world.sites:
            raise Unknown("site", name, world.sites)
        found.append(Resource("watts", name))
        found += [Resource("gpus", each.id) for each in world.pools_of(name)]
    return found + [Resource("gpus", pool_named(world, name).id) for name in pools]


def picture(world: World, resource: Resource, within: Span) -> str:
    """The timeline of a resource as a chart as wide as the terminal allows."""
    columns = samples(world, resource, instants(within, chart_columns()))
    tenants = by_size(world)
    if resource.kind == "watts":
        return chart(f"site {resource.id}: power, MW", columns, within, tenants=tenants, scale=WATTS_PER_MW)
    pool = world.pools[resource.id]
    return chart(f"pool {pool.id}: {pool.gpu} GPUs", columns, within, tenants=tenants, scale=1)


def chart_columns() -> int:
    """How many columns a chart has: as many as the terminal allows."""
    import shutil  # noqa: PLC0415

    return min(_MOST_COLUMNS, max(_LEAST_COLUMNS, shutil.get_terminal_size().columns - 14))


def by_size(world: World) -> list[str]:
    """The tenants by what they hold over all time, the largest first."""
    total: dict[str, int] = {}
    for lease in world.leases.values():
        if lease.live:
            total[lease.tenant] = total.get(lease.tenant, 0) + lease.gpu_seconds
    return sorted(total, key=lambda tenant: (-total[tenant], tenant))


def _rows(world: World, resource: Resource, within: Span) -> list[dict[str, Any]]:
    return [
        {
            "id": resource.id,
            "from": format_instant(stretch.start_at),
            "until": format_instant(stretch.end_at),
            "unit": resource.kind,
            "supply": stretch.supply,
            "demand": stretch.demand,
            "available": stretch.available,
            "powered": stretch.powered,
            "held_by": stretch.held,
        }
        for stretch in stretches(world, resource, within)
    ]


def _end(world: World, start_at: int) -> int:
    ends = [lease.end_at for lease in world.leases.values() if lease.live]
    return min(FOREVER - 1, max([*ends, start_at + 365 * DAY_S]))
