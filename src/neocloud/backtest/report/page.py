"""The report of a surplus as a page: it shows and computes nothing, every number is one of the `Surplus`."""

from pathlib import PurePath

from neocloud.backtest.answer import Surplus
from neocloud.backtest.report.headline import facts, tiles, warnings
from neocloud.backtest.report.sections import sections
from neocloud.pages.page import Page

_NO_PROMISE = "A replay says what would have happened to these jobs; it does not promise what the next ones do."


def page(surplus: Surplus) -> str:
    """The whole page."""
    name, mark = PurePath(surplus.history).name, "SYNTHETIC history." * surplus.is_synthetic
    return Page(
        title=f"{'SYNTHETIC: ' * surplus.is_synthetic}What could be sold: {name}",
        kicker=f"What could be sold · {name}",
        headline=surplus.sentence,
        warnings=tuple(warnings(surplus)),
        tiles=tuple(tiles(surplus)),
        facts=tuple(facts(surplus)),
        sections=tuple(sections(surplus)),
        footer=f"{mark}{' ' * bool(mark)}{_NO_PROMISE} Seed {surplus.seed}.",
        mark=mark,
    ).html()
