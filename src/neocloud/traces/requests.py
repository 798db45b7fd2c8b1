"""A request log: what a product was asked, when, and how many tokens went in and came out.

The law of reading one: rows read = rows used + rows left out, each of these with its reason. Blank lines of a text
are no rows.
"""

from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from neocloud.errors import Invalid
from neocloud.model.traces import LeftOut, Whole
from neocloud.traces.request_columns import PROBLEMS, Column, arrivals, tokens
from neocloud.traces.request_files import Opened, open_requests
from neocloud.units import DAY_S

Seconds = NDArray[np.float64]

_LONGEST_S = 20 * 365 * DAY_S
"""A longer log is taken for one whose arrivals are in milliseconds."""


class RequestLog(Struct, frozen=True, kw_only=True, eq=False, gc=False):
    """Requests in order of arrival, ties in the order of the file; and an account of every row."""

    arrival_s: Seconds
    """Never falls; counted from `begins_at`, or as the file counts."""

    input_tokens: Whole
    output_tokens: Whole
    begins_at: int | None
    """The instant (UTC) of second 0; None where the file has no calendar."""

    path: str
    format: str
    rows_read: int
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def rows_used(self) -> int:
        """Rows that are requests."""
        return len(self.arrival_s)


def read_requests(path: Path, *, strict: bool = False) -> RequestLog:
    """The requests of a Parquet or CSV file (also gzipped).

    Columns: `arrival_s` (seconds) or `timestamp` (a time), and `input_tokens` and `output_tokens`, or these as others
    call them; case does not matter, and other columns are passed over. Raises Invalid: nothing can be read, a column
    is missing, no row can be used, or `strict` and a row cannot.
    """
    opened = open_requests(path)
    try:
        arrival, begins_at, remarks = arrivals(opened.cells["arrival"], opened.names["arrival"])
        columns = {"arrival": arrival}
        for name in ("input", "output"):
            columns[name] = tokens(opened.cells[name])
    except Invalid as error:
        raise error.at(str(path)) from None
    return _log(opened, columns, begins_at, remarks, strict=strict)


def _log(
    opened: Opened, columns: dict[str, Column], begins_at: int | None, remarks: list[str], *, strict: bool
) -> RequestLog:
    good = np.logical_and.reduce([column.problem == 0 for column in columns.values()])
    left_out = _left_out(opened, columns, good, strict=strict)
    if not good.any():
        why = f": {left_out[0].reason}, first in {left_out[0].first}" if left_out else ""
        raise Invalid(f"no request can be used{why}", place=opened.path)
    arrival = columns["arrival"].values[good]
    order = np.argsort(arrival, kind="stable")
    fallen = int((np.diff(arrival) < 0).sum())
    if fallen:
        remarks = [*remarks, f"{fallen:,} rows stood after a later one; the requests were put in order of arrival"]
    if arrival[order[-1]] - arrival[order[0]] > _LONGEST_S:
        raise Invalid(
            "the arrivals lie more than 20 years apart; give them in seconds (not milliseconds), or as times",
            place=f"{opened.path}: {opened.names['arrival']}",
        )
    return RequestLog(
        arrival_s=arrival[order],
        input_tokens=columns["input"].values[good][order],
        output_tokens=columns["output"].values[good][order],
        begins_at=begins_at,
        path=opened.path,
        format=opened.format,
        rows_read=len(good) + opened.ragged_rows,
        left_out=left_out,
        remarks=tuple(remarks),
    )


def _left_out(
    opened: Opened, columns: dict[str, Column], good: NDArray[np.bool_], *, strict: bool
) -> tuple[LeftOut, ...]:
    """Rows by reason, in the order of their first; a row with two reasons counts under the first column's."""
    found: list[tuple[int, LeftOut]] = []
    if opened.ragged_rows:
        reason = f"it does not have {opened.width} cells"
        first = LeftOut(reason=reason, rows=opened.ragged_rows, first=f"line {opened.ragged_lines[0]:,}")
        found.append((opened.ragged_lines[0], first))
    unseen = ~good
    for name, column in columns.items():
        for problem in np.unique(column.problem[unseen]):
            if problem:
                rows = np.flatnonzero(unseen & (column.problem == problem))
                reason = f"{opened.names[name]} {PROBLEMS[problem]}"
                line = opened.line(int(rows[0]))
                place = f"{opened.unit} {line:,}"
                found.append((line, LeftOut(reason=reason, rows=len(rows), first=place)))
        unseen &= column.problem == 0
    found.sort(key=lambda each: each[0])
    if found and strict:
        first = found[0][1]
        raise Invalid(first.reason, place=f"{opened.path}: {first.first}")
    return tuple(each for _, each in found)
