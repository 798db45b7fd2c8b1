"""What an import says of columns that it does not read but that a desk might count on."""

from collections import Counter
from collections.abc import Iterator

from neocloud.sheets.cells import said
from neocloud.sheets.headings import words
from neocloud.sheets.understanding import Understood

_STATUS = frozenset(words("status state stage phase stand confidence probability"))
_MOST_SAID = 5


def status_remarks(told: Understood) -> Iterator[str]:
    """That contracts are taken whatever a column of their status says: a cancelled one is left out by hand."""
    table = told.table
    if table.mapping.table not in {"contracts", "inside"}:
        return
    used = [row for row in table.rows if row.number in told.used_rows]
    for column, heading in table.mapping.unread:
        values = Counter(said(value) for row in used if (value := row.at(column)) is not None)
        if values and _STATUS.intersection(words(heading)):
            shown = ", ".join(f"{text!r} in {many:,}" for text, many in values.most_common(_MOST_SAID))
            yield (
                f"column {heading!r} of {table.sheet.name} is not read, and rows are taken whatever it says: "
                f"{shown}; take out those that are no promise"
            )
