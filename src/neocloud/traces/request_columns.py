"""Cells of a request log as numbers: what a cell says, or what is wrong with it."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from neocloud.errors import Invalid

_MISSING, _UNREADABLE, _NEGATIVE, _TOO_MANY = 1, 2, 3, 4
PROBLEMS = ("", "is missing", "cannot be read", "is negative", "is over a thousand million")
"""What is said of a cell, by the number of its problem; 0 is none."""

_MOST_TOKENS = 10**9
"""More in one request is taken for a slip."""

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_TIME = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?)?"
    r"(Z|[+-]\d\d(:?\d\d)?)?$"
)
_ZONE = r":\d\d[0-9.:]*(Z|[+-]\d\d(:?\d\d)?)$"
_NANOS = 10**9


class Column(Struct, frozen=True, kw_only=True, eq=False, gc=False):
    """A value for every row, and the number of its problem; where there is one, the value means nothing."""

    values: NDArray[Any]
    problem: NDArray[np.int8]


def tokens(cells: Any) -> Column:
    """Whole numbers, 0 or more."""
    column = _numbers(cells)
    values, problem = column.values, column.problem.copy()
    good = problem == 0
    problem[good & (values != np.floor(values))] = _UNREADABLE
    problem[(problem == 0) & (values < 0)] = _NEGATIVE
    problem[(problem == 0) & (values > _MOST_TOKENS)] = _TOO_MANY
    return Column(values=np.where(problem == 0, values, 0).astype(np.int64), problem=problem)


def arrivals(cells: Any, name: str) -> tuple[Column, int | None, list[str]]:
    """Seconds, the instant of second 0 if the cells are times, and what was assumed. Raises Invalid."""
    if pa.types.is_date(cells.type):
        cells = cells.cast(pa.timestamp("s"))
    if pa.types.is_timestamp(cells.type):
        try:
            values = cells.cast(pa.timestamp("ns", cells.type.tz)).cast(pa.int64())
        except pa.ArrowInvalid:
            raise Invalid(f"{name} has times outside the years 1678 to 2261; correct them") from None
        return _times(values, _missing(cells), said_zone=cells.type.tz is not None)
    if _is_text(cells):
        cells = pc.utf8_trim_whitespace(cells)
        is_time = pc.match_substring_regex(cells, _TIME)
        if pc.any(is_time).as_py():
            return _text_times(cells, is_time, name)
    return _numbers(cells), None, []


def _numbers(cells: Any) -> Column:
    """Finite numbers; counts up to 2^53 are exact."""
    problem = _missing(cells)
    if _is_text(cells):
        cells = pc.utf8_trim_whitespace(cells)
        good = pc.fill_null(pc.match_substring_regex(cells, _NUMBER), False)
        problem[(problem == 0) & ~good.to_numpy()] = _UNREADABLE
        cells = pc.if_else(good, cells, pa.scalar(None, cells.type))
    elif not (pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type) or pa.types.is_decimal(cells.type)):
        problem[problem == 0] = _UNREADABLE
        return Column(values=np.zeros(len(cells)), problem=problem)
    values = pc.fill_null(cells.cast(pa.float64(), safe=False), 0.0).to_numpy()
    problem[(problem == 0) & ~np.isfinite(values)] = _UNREADABLE
    return Column(values=np.where(problem == 0, values, 0.0), problem=problem)


def _text_times(cells: Any, is_time: Any, name: str) -> tuple[Column, int | None, list[str]]:
    has_zone = pc.match_substring_regex(cells, _ZONE)
    zoned = pc.any(pc.and_(is_time, has_zone)).as_py()
    if zoned and pc.any(pc.and_(is_time, pc.invert(has_zone))).as_py():
        raise Invalid(f"some times say their offset from UTC, and some do not; write all of {name} in one way")
    problem = _missing(cells)
    problem[(problem == 0) & ~pc.fill_null(is_time, False).to_numpy()] = _UNREADABLE
    kind = pa.timestamp("ns", "UTC" if zoned else None)
    times = pc.if_else(is_time, cells, pa.scalar(None, cells.type))
    try:
        parsed = times.cast(kind)
    except pa.ArrowInvalid:  # a 30th of February: look at each
        parsed = pa.chunked_array([pa.array([_time(each, kind) for each in times], kind)])
        problem[(problem == 0) & parsed.is_null().to_numpy()] = _UNREADABLE
    return _times(parsed.cast(pa.int64()), problem, said_zone=zoned)


def _time(cell: Any, kind: Any) -> Any:
    try:
        return cell.cast(kind)
    except pa.ArrowInvalid:
        return None


def _times(nanos: Any, problem: NDArray[np.int8], *, said_zone: bool) -> tuple[Column, int | None, list[str]]:
    remarks = [] if said_zone else ["the times do not say their offset from UTC; they were taken as UTC"]
    values = pc.fill_null(nanos, 0).to_numpy()
    good = problem == 0
    begins_at = int(values[good].min()) // _NANOS if good.any() else None
    values = np.where(good, values - (begins_at or 0) * _NANOS, 0)
    return Column(values=values / _NANOS, problem=problem), begins_at, remarks


def _missing(cells: Any) -> NDArray[np.int8]:
    missing: NDArray[np.int8] = cells.is_null().to_numpy().astype(np.int8) * _MISSING
    return missing


def _is_text(cells: Any) -> bool:
    return bool(pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type))
