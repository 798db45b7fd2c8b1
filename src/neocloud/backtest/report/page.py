"""The report of a surplus: one page of HTML that fetches nothing, prints well, and needs no colour to be read.

It shows and computes nothing: every number is one of the `Surplus`. Everything that comes in is text, and is escaped.
"""

from functools import cache
from pathlib import PurePath

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from neocloud.backtest.answer import Surplus
from neocloud.backtest.report.headline import facts, tiles, warnings
from neocloud.backtest.report.sections import sections


def page(surplus: Surplus) -> str:
    """The whole page."""
    return _template().render(
        surplus=surplus,
        name=PurePath(surplus.history).name,
        warnings=list(warnings(surplus)),
        tiles=list(tiles(surplus)),
        facts=list(facts(surplus)),
        sections=list(sections(surplus)),
    )


@cache
def _template() -> Template:
    shelf = PackageLoader("neocloud", "backtest/report")
    house = Environment(
        loader=shelf, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    return house.get_template("page.html.jinja")
