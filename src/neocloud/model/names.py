"""The ids of a table in order, all of them and by tenant: a page of a million leases is found without a look at each.

A noun that comes or changes is only noted, which costs a booking nothing; the order is put right when it is asked.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import Any

_MANY = 1_000
"""More than so many at once are not put in their places one by one."""


class Names:
    """The ids of a table in order, all of them and by tenant."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self._noted: dict[str, str | None] = {}  # where each stood when it was put right last: its tenant, or nowhere
        self._build()

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

    def _build(self) -> None:
        self._all = sorted(self._table)
        self._of: dict[str, list[str]] = {}
        for name in self._all:
            self._of.setdefault(_tenant(self._table[name]), []).append(name)

    def _put_right(self) -> None:
        if len(self._noted) > _MANY:
            self._build()
        else:
            for name, before in self._noted.items():
                self._move(name, before)
        self._noted.clear()

    def _move(self, name: str, before: str | None) -> None:
        noun = self._table.get(name)
        after = None if noun is None else _tenant(noun)
        if before == after:
            return
        if before is None:
            insort(self._all, name)
        else:
            _drop(self._of[before], name)
        if after is None:
            _drop(self._all, name)
        else:
            insort(self._of.setdefault(after, []), name)


def _drop(names: list[str], name: str) -> None:
    del names[bisect_left(names, name)]


def _tenant(noun: Any) -> str:
    """Whose it is; of what is nobody's, nothing."""
    return getattr(noun, "tenant", "")
