"""The ids of a table in order, all of them and by tenant: a page of a million leases is found without a look at each.

A noun that comes or changes is only noted, which costs a booking nothing; the order is put right when it is asked.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import Any

_MANY = 32
"""More than so many new ones are not put in their places one by one."""


class Names:
    """The ids of a table in order, all of them and by tenant."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self._noted: dict[str, str | None] = {}  # where each stood when it was put right last: its tenant, or nowhere
        self._all = sorted(table)
        self._of: dict[str, list[str]] = {}
        for name in self._all:
            self._of.setdefault(_tenant(table[name]), []).append(name)

    def note(self, name: str, old: Any) -> None:
        """A noun has another form than `old`, or none before, or none any more."""
        self._noted.setdefault(name, None if old is None else _tenant(old))

    def all(self) -> Sequence[str]:
        """Every id, in order."""
        self._put_right()
        return self._all

    def of(self, tenant: str) -> Sequence[str]:
        """The ids of what is a tenant's, in order."""
        self._put_right()
        return self._of.get(tenant, ())

    def _put_right(self) -> None:
        new = [name for name, before in self._noted.items() if before is None and name in self._table]
        for name, before in self._noted.items():
            self._move(name, before)
        self._noted.clear()
        if len(new) <= _MANY:
            for name in new:
                insort(self._all, name)
        else:
            self._all += sorted(new)
            self._all.sort()  # two runs, which it merges

    def _move(self, name: str, before: str | None) -> None:
        """From where it stood to where it belongs, but for its place among all if it is new."""
        noun = self._table.get(name)
        after = None if noun is None else _tenant(noun)
        if before == after:
            return
        if before is not None:
            _drop(self._of[before], name)
        if after is not None:
            insort(self._of.setdefault(after, []), name)
        elif before is not None:
            _drop(self._all, name)


def _drop(names: list[str], name: str) -> None:
    del names[bisect_left(names, name)]


def _tenant(noun: Any) -> str:
    """Whose it is; of what is nobody's, nothing."""
    return getattr(noun, "tenant", "")
