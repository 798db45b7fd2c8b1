"""`neocloud plan score`: what past decisions were worth, against what turned out to be possible."""

from pathlib import Path
from typing import Any

import click

from neocloud.cli.asking import at
from neocloud.cli.output import fields, output_option, print_rows, print_value, table
from neocloud.cli.plan_asked import estimate, scenario_of, scenario_option
from neocloud.cli.session import session
from neocloud.cli.travel import travel_options
from neocloud.model.checks import check_span
from neocloud.timeline import Span
from neocloud.units import format_instant

_COLUMNS = ("request", "tenant", "decided", "worth", "cost", "cost_then", "lost", "why")
_MOST_LINES = 12


@click.command()
@click.option("--from", "from_", default="1970-01-01", metavar="TIME", help="Decisions from then on [all].")
@click.option("--until", default="now", show_default=True, metavar="TIME", help="And before this.")
@scenario_option
@travel_options
@output_option()
def score(from_: str, until: str, scenario: Path | None, output: str) -> None:
    """What was each past decision worth, against what turned out to be possible?

    All requests decided then are known now: the best that they allowed is a bound that nobody could have passed.

    \b
    Examples:
      neocloud plan score --from 2026-10-01 --until 2027-01-01
      neocloud plan score --scenario scenario.yaml --output csv
    """
    from neocloud.operations.scoring import score as ask  # noqa: PLC0415

    with session() as opened, opened.world() as world:
        start_at = at(from_, opened.now, "--from")
        end_at = at(until, opened.now, "--until") + (until == "now")
        check_span(start_at, end_at, "--until")
        found = ask(world, scenario_of(scenario, opened.now), Span(start_at, end_at), opened.now)
    match output:
        case "table":
            click.echo(_lines(found))
        case "csv":
            print_rows([_row(each) for each in found.rows], "csv")
        case _:
            print_value(_whole(found), output)


def _lines(found: Any) -> str:
    rows = [_cells(each) for each in found.rows[:_MOST_LINES] if each.lost_usd > 0]
    accepted = sum(each.accepted for each in found.rows)
    facts = [
        ("decisions", f"{len(found.rows):,}, {accepted:,} accepted"),
        ("worth", f"{found.worth_usd:,.0f} USD above spot"),
        ("possible", f"{found.bound_usd:,.0f} USD at the most, all known: {100 * found.ratio:.1f} % of it was had"),
        ("first come first served", f"{found.first_come_usd:,.0f} USD"),
        ("without a price", f"{found.unpriced:,} by rank alone, not counted" if found.unpriced else ""),
    ]
    lost = table(rows, _COLUMNS) if rows else "no decision lost anything at the costs of hindsight"
    return (
        f"{fields([each for each in facts if each[1]])}\n\nwhat lost most, at the costs of hindsight (USD):\n{lost}"
    )


def _cells(row: Any) -> list[str]:
    then = "-" if row.cost_then_usd is None else f"{row.cost_then_usd:,.0f}"
    money = [f"{row.worth_usd:,.0f}", f"{row.cost_usd:,.0f}", then, f"{row.lost_usd:,.0f}"]
    return [row.request, row.tenant, "accepted" if row.accepted else "declined", *money, row.reason]


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": row.request,
        "tenant": row.tenant,
        "accepted": row.accepted,
        "worth_usd": estimate(row.worth_usd),
        "cost_usd": estimate(row.cost_usd),
        "cost_then_usd": None if row.cost_then_usd is None else estimate(row.cost_then_usd),
        "lost_usd": estimate(row.lost_usd),
        "reason": row.reason,
    }


def _whole(found: Any) -> dict[str, Any]:
    return {
        "from": format_instant(found.within.start_at),
        "until": format_instant(found.within.end_at),
        "worth_usd": estimate(found.worth_usd),
        "bound_usd": estimate(found.bound_usd),
        "ratio": estimate(found.ratio, 4),
        "first_come_usd": estimate(found.first_come_usd),
        "unpriced": found.unpriced,
        "decisions": [_row(each) for each in found.rows],
    }
