"""What a table of an export is: its columns, in a fixed order, and its rows, in blocks of columns."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from neocloud.model.entries import Head
from neocloud.model.world import World
from neocloud.settings import EXPORT_BLOCK_ROWS
from neocloud.store.journal import Journal
from neocloud.timeline import Span
from neocloud.units import Money

Kind = Literal["text", "whole", "money", "ratio", "instant", "day", "yes_no"]
"""Words, whole numbers, nano-units of money, decimals, seconds and days since 1970 in UTC, and yes or no."""

Block = Sequence[Sequence[Any]]
"""Some rows of a table: its columns in order, each as long as the others. What is empty is None."""


Some = TypeVar("Some")


class Column(NamedTuple):
    """A column: what it is called, what is in it, and whether it may be empty."""

    name: str
    kind: Kind
    empty: bool


class Source(NamedTuple):
    """What is exported: a world as it is at an instant, the journal up to its head, and the days of capacity."""

    world: World
    journal: Journal
    head: Head
    now: int
    days: Span


class Table(NamedTuple):
    """A table: how many steps it takes about, for progress, and its rows in a fixed order."""

    name: str
    columns: tuple[Column, ...]
    steps: Callable[[Source], int]
    blocks: Callable[[Source], Iterator[Block]]


def columns(text: str) -> tuple[Column, ...]:
    """The columns of `id:text leave_at:instant?`; a question mark says that it may be empty."""
    found = []
    for word in text.split():
        name, _, kind = word.partition(":")
        assert kind.rstrip("?") in get_args(Kind), word
        found.append(Column(name, kind.rstrip("?"), kind.endswith("?")))  # type: ignore[arg-type]
    return tuple(found)


def table(
    name: str, text: str, *, steps: Callable[[Source], int], rows: Callable[[Source], Iterable[tuple[Any, ...]]]
) -> Table:
    """A table whose rows are said one by one, as tuples."""
    return Table(name, columns(text), steps, lambda source: in_blocks(rows(source)))


def in_blocks(rows: Iterable[tuple[Any, ...]]) -> Iterator[Block]:
    """Rows as blocks of so many, each turned into columns."""
    left = iter(rows)
    while some := list(islice(left, EXPORT_BLOCK_ROWS)):
        yield list(zip(*some, strict=True))


def by_id(nouns: dict[str, Some]) -> Iterator[Some]:
    """The nouns of a table of the world, in the order of their ids."""
    for name in sorted(nouns):
        yield nouns[name]


def money(amount: Money | None) -> tuple[str | None, int | None]:
    """An amount as two cells: its currency, and its nano-units."""
    return (None, None) if amount is None else (amount.currency, amount.nanos)
