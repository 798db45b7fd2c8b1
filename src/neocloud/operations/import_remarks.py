"""What an import says beside its tables: what it does not read, what it takes for granted, what can hardly be."""

from collections import Counter
from collections.abc import Iterator

from neocloud.sheets.cells import said
from neocloud.sheets.columns import Amount
from neocloud.sheets.headings import words
from neocloud.sheets.understanding import Understood

_STATUS = frozenset(words("status state stage phase stand confidence probability"))
_MOST_SAID = 5
_DEAR_PER_GPU_HOUR = 60
"""From here on a price is hardly one of a GPU-hour; a column whose middle is under it is read as such."""


def remarks_of(told: Understood) -> Iterator[str]:
    """What is to be said of a table whose rows are placed."""
    yield from _status(told)
    yield from _dear(told)
    sites = told.table.mapping.table == "sites" and any("pue" not in record.fields for record in told.records)
    if sites and "pue" not in told.table.mapping.defaults:
        yield "some sites have no PUE; it is taken as 1, or stays what it was, and GPUs may draw more than is counted"


def _status(told: Understood) -> Iterator[str]:
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


def _dear(told: Understood) -> Iterator[str]:
    """Prices per GPU-hour that look like those of a month."""
    column = told.table.mapping.column("price")
    dear = [
        (record.row, price)
        for record in told.records
        if isinstance(price := record.fields.get("price"), Amount)
        and price.per == "gpu_hour"
        and price.number >= _DEAR_PER_GPU_HOUR
    ]
    if dear and column is not None:
        (row, price), more = dear[0], f" (and {len(dear) - 1:,} more)" if len(dear) > 1 else ""
        yield (
            f"{told.table.sheet.place(row, column.column)}{more}: {price.number:,.2f} {price.currency} is read as a "
            "price per GPU-hour; if it is for a month, say so in its heading or cell"
        )
