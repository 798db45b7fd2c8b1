"""The page of a plan as a file: what it tells beside the plan, and the command line that makes it again."""

import shlex
from collections.abc import Iterator
from typing import Any

import click

from neocloud.cli.files import tell_written
from neocloud.cli.session import Bar, Session
from neocloud.model.plans import Scenario
from neocloud.operations.keeping import Keeping, keeping
from neocloud.operations.plan_totals import prices_beside
from neocloud.operations.planning import Plan
from neocloud.operations.report.page import page
from neocloud.operations.report.told import Told
from neocloud.pages.writing import write_page
from neocloud.units import format_instant


def kept_under(opened: Session, plan: Plan) -> Keeping:
    """What keeping costs, which the page tells as well."""
    with opened.world() as world:
        return keeping(world, plan, progress=Bar("giving leases back"))


def write_plan_page(
    opened: Session, plan: Plan, kept: Keeping, said: dict[str, Any], scenario: Scenario, price_set: str | None
) -> None:
    """Write the page whole or not at all, and say so. Raises Invalid or Unavailable where that cannot be."""
    with opened.world() as world:
        beside = prices_beside(world, scenario)
    told = Told(
        requests=_named(said["wishes"], "those of the ledger that are open"),
        scenario=_named(said["scenario"], "none: nothing is expected beside the ledger"),
        beside=beside,
        price_set=price_set,
        again=shlex.join(_again(plan, said)),
    )
    write_page(said["html"], page(plan, kept, told))
    tell_written(said, ["html"])


def _named(file: Any, otherwise: str) -> str:
    return otherwise if file is None else str(file)


def _again(plan: Plan, said: dict[str, Any]) -> Iterator[str]:
    data = click.get_current_context().obj["data"]
    yield "neocloud"
    yield from ("--data", str(data)) if data else ()
    yield from ("--now", format_instant(plan.now), "plan")
    for option, name in (("--requests", "wishes"), ("--scenario", "scenario")):
        yield from (option, str(said[name])) if said[name] is not None else ()
    yield from ("--seed", str(plan.seed), "--futures", str(said["futures"]), "--html", str(said["html"]))
