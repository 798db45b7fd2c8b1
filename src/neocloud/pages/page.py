"""A page of HTML that fetches nothing, prints well, and needs no colour to be read: its parts, and its text.

It shows and computes nothing. Everything that comes in is text, and is escaped; only pictures are markup.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from msgspec import Struct

_LONG = 14
"""A table of more rows than this is folded up on the screen."""


class Tile(Struct, frozen=True, kw_only=True):
    """One number that is read first."""

    what: str
    number: str
    beside: str


class Table(Struct, frozen=True, kw_only=True):
    """Cells as they are read; the first of a row names it."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[int] = frozenset({0})
    """Columns of words, set to the left."""

    bands: tuple[tuple[str, int], ...] = ()
    """Headings over several columns each, where there are any."""

    names: frozenset[int] = frozenset({0})
    """Columns whose cells name what stands to their right."""

    tight: bool = False
    """Whether its columns stand close together."""

    cards: bool = False
    """Whether its rows become cards on a narrow screen, each cell behind its heading."""

    open: bool = False
    """Whether it is never folded up."""

    @property
    def folded(self) -> bool:
        """Whether it is so long that it is opened only when asked for."""
        return len(self.rows) > _LONG and not self.open


class Figure(Struct, frozen=True, kw_only=True):
    """A picture if there is one, what it shows in a sentence, and the table under it if there is one."""

    table: Table | None = None
    picture: Markup = Markup()
    says: str = ""


class Section(Struct, frozen=True, kw_only=True):
    """A heading, sentences, figures, and lists."""

    title: str
    figures: tuple[Figure, ...] = ()
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


class Page(Struct, frozen=True, kw_only=True):
    """The whole: what is read first, and sections; `mark` stands under every picture and over every table."""

    title: str
    kicker: str
    headline: str
    sections: tuple[Section, ...]
    footer: str
    warnings: tuple[tuple[str, str], ...] = ()
    tiles: tuple[Tile, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    mark: str = ""
    wide: bool = False

    def html(self) -> str:
        """The text of the page."""
        return _template().render(page=self)


@cache
def _template() -> Template:
    house = Environment(
        loader=PackageLoader("neocloud", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return house.get_template("page.html.jinja")
