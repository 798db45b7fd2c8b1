"""How a plan is asked for on the command line, which scenario, which futures; and how an estimate is told."""

from decimal import Decimal
from pathlib import Path

import click

from neocloud.cli.asking import together
from neocloud.documents.scenario import read_scenario
from neocloud.model.plans import Scenario
from neocloud.settings import PLAN_FUTURES

FILE = click.Path(path_type=Path, dir_okay=False)
scenario_option = click.option(
    "--scenario", type=FILE, metavar="FILE", help="What we expect beside the ledger, and our policy: YAML."
)
draw_options = together(
    click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the futures."),
    click.option(
        "--futures",
        type=click.IntRange(1, 1_000),
        default=PLAN_FUTURES,
        show_default=True,
        help="How many are drawn.",
    ),
)


def scenario_of(file: Path | None, now: int) -> Scenario:
    """The scenario of a file; without one, nothing beside the ledger."""
    return Scenario() if file is None else read_scenario(file, now)


def estimate(amount: float, digits: int = 2) -> Decimal:
    """An estimate as a number of so many digits; never a minus before nothing."""
    return Decimal(f"{round(amount, digits) + 0.0:.{digits}f}")
