"""A linear program as named blocks of rows and columns, in sparse arrays: nothing stands between it and the solver.

Units are chosen so that numbers are near one, which the solver's tolerances are made for: GPUs in thousands, power
in MW, money in millions of USD.
"""

from typing import NamedTuple

import numpy as np

from neocloud.rules.planning.grid import Bools, Floats, Ints

THOUSAND = 1e3
MILLION = 1e6


class Entries(NamedTuple):
    """Amounts by column and row: one term of the sums on the left of the rows, for each column."""

    column: Ints
    row: Ints
    amount: Floats


class Columns(NamedTuple):
    """A block of columns: what one unit is worth, the most of it, whether it is whole, and what it takes."""

    worth: Floats
    most: Floats
    whole: Bools
    takes: tuple[Entries, ...]


class Program:
    """Maximise `worth @ x` with `0 <= x <= most`, and in each row at most `room`."""

    def __init__(self) -> None:
        self.rows: dict[str, slice] = {}
        self.columns: dict[str, slice] = {}
        self._rooms: list[Floats] = []
        self._columns: list[Columns] = []

    def add_rows(self, name: str, room: Floats) -> int:
        """A block of rows; returns where it begins."""
        begin = sum(len(each) for each in self._rooms)
        self.rows[name] = slice(begin, begin + room.size)
        self._rooms.append(room.ravel())
        return begin

    def add_columns(
        self,
        name: str,
        worth: Floats,
        takes: tuple[Entries, ...],
        *,
        most: Floats | None = None,
        whole: Bools | None = None,
    ) -> None:
        """A block of columns; the columns of `takes` count from the begin of the block."""
        begin = sum(len(each.worth) for each in self._columns)
        self.columns[name] = slice(begin, begin + len(worth))
        kinds = np.zeros(len(worth), dtype=bool) if whole is None else whole
        shifted = tuple(each._replace(column=each.column + begin) for each in takes)
        self._columns.append(Columns(worth, np.ones(len(worth)) if most is None else most, kinds, shifted))

    @property
    def room(self) -> Floats:
        """The right-hand side of every row."""
        return np.concatenate(self._rooms) if self._rooms else np.zeros(0)

    @property
    def worth(self) -> Floats:
        """The objective."""
        return np.concatenate([each.worth for each in self._columns]) if self._columns else np.zeros(0)

    @property
    def most(self) -> Floats:
        """The upper bound of every column."""
        return np.concatenate([each.most for each in self._columns]) if self._columns else np.zeros(0)

    @property
    def whole(self) -> Ints:
        """The columns that take whole numbers only."""
        kinds = [each.whole for each in self._columns]
        return np.nonzero(np.concatenate(kinds))[0] if kinds else np.zeros(0, dtype=np.int64)

    def matrix(self) -> tuple[Ints, Ints, Floats]:
        """The amounts by column (compressed): where each column begins, its rows, and the amounts."""
        takes = [each for block in self._columns for each in block.takes]
        column = np.concatenate([np.zeros(0, dtype=np.int64), *(each.column for each in takes)])
        row = np.concatenate([np.zeros(0, dtype=np.int64), *(each.row for each in takes)])
        amount = np.concatenate([np.zeros(0), *(each.amount for each in takes)])
        order = np.argsort(column, kind="stable")
        width = sum(len(each.worth) for each in self._columns)
        begins = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=width))])
        return begins, row[order], amount[order]
