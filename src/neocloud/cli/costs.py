"""`neocloud plan costs`: what capacity is worth over time, by the price set admitted last."""

from collections.abc import Sequence
from typing import Any

import click

from neocloud.cli.output import note, output_option, print_rows
from neocloud.cli.places import price_files
from neocloud.cli.session import session
from neocloud.errors import Invalid
from neocloud.rules.requests import newest_prices
from neocloud.units import format_digest, format_instant


@click.command()
@click.option("--pool", multiple=True, metavar="P", help="Only this pool; repeat it for more.")
@click.option("--site", multiple=True, metavar="S", help="Only the power of this site; repeat it for more.")
@output_option("chart")
def costs(pool: tuple[str, ...], site: tuple[str, ...], output: str) -> None:
    """What capacity is worth over time, by the price set admitted last.

    A pool has USD per GPU-hour, of which so much is the GPU's and so much its power's; a site USD per MWh.

    \b
    Examples:
      neocloud plan costs --output chart
      neocloud plan costs --pool oslo-h100 --output csv
    """
    from neocloud.cli.plan_shown import COST_COLUMNS, cost_row, cost_table  # noqa: PLC0415
    from neocloud.operations.cost_rows import cost_rows  # noqa: PLC0415
    from neocloud.operations.price_sets import read_costs  # noqa: PLC0415

    with session() as opened:
        price_set = newest_prices(opened.ledger.world)
        if price_set is None:
            raise Invalid("no price set was admitted yet; `neocloud plan --admit` makes one")
        found, _ = read_costs(price_files(), price_set)
    if not pool and not site:
        pool, site = found.view.pools, found.view.sites
    if output == "chart":
        _draw(found, pool, site)
        return
    rows = cost_rows(found, pool, site)
    if output == "table":
        click.echo(cost_table(rows, timed=True))
        note(f"price set {format_digest(price_set.id)}, made {format_instant(price_set.made_at)}")
    else:
        print_rows([cost_row(each) for each in rows], output, COST_COLUMNS)


def _draw(found: Any, pools: Sequence[str], sites: Sequence[str]) -> None:
    from neocloud.cli.cost_chart import chart  # noqa: PLC0415
    from neocloud.operations.cost_rows import cost_rows  # noqa: PLC0415

    within = found.view.grid.within
    rows = [cost_rows(found, [name], []) for name in pools] + [cost_rows(found, [], [name]) for name in sites]
    click.echo("\n\n".join(chart(each, within) for each in rows) or "no pools yet")
