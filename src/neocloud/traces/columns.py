"""Columns of text, numbers or times as whole numbers, all rows of a block at once; what cannot be read is marked.

A cell that says nothing (empty, `Unknown`, `None`) is MISSING, and that is no mistake of the history.
"""

import re
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from neocloud.errors import Invalid
from neocloud.model.traces import Whole
from neocloud.units import FOREVER

MISSING = int(np.iinfo(np.int64).min)
"""In a column of whole numbers: the history says nothing here."""

Mask = NDArray[np.bool_]

_NOTHING = pa.array(
    ["", "Unknown", "None", "N/A", "n/a", "NULL", "null", "NaN", "nan", "NaT", "INVALID", "-", "None assigned"]
)
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_ISO = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?$"
_SPAN = r"^(?:(?P<d>\d{1,6})-)?(?:(?P<h>\d{1,6}):)?(?P<m>\d{1,6}):(?P<s>\d{1,2})(?:\.\d+)?$"
_LARGEST = 2.0**53
"""Up to here a float is exact."""

SUMMER_S = 3_600
"""Two offsets that differ by this are the summer and the winter of one zone."""


class Cells(NamedTuple):
    """A column that was read: `bad` marks what could not be; `texts`, `heading` and `wanted` say so to people."""

    values: Whole
    bad: Mask
    heading: str
    texts: pa.Array
    wanted: str = "a number"


def texts_of(column: pa.Array) -> pa.Array:
    """The cells as trimmed text; null where they say nothing."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    text = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    return pc.if_else(pc.is_in(text, value_set=_NOTHING), pa.scalar(None, pa.string()), text)


def nothing(length: int) -> Whole:
    """A column that the history does not have."""
    return np.full(length, MISSING, np.int64)


def numbers(column: pa.Array, heading: str, *, times: float = 1, upwards: bool = False) -> Cells:
    """Numbers as whole ones: `times` is their unit, and a fraction is rounded half-even, or `upwards`."""
    values, bad = _floats(column)
    known = ~np.isnan(values)
    values = values * times
    bad |= known & ~(np.abs(values) < _LARGEST)
    whole = np.where(known & ~bad, values, 0)
    whole = (np.ceil(whole) if upwards else np.rint(whole)).astype(np.int64)
    whole[~known | bad] = MISSING
    return Cells(whole, bad, heading, column)


def has_fraction(column: pa.Array) -> int:
    """How many of the numbers have a fraction."""
    values, _ = _floats(column)
    known = values[np.isfinite(values)]
    return int(np.count_nonzero(known != np.rint(known)))


def _floats(column: pa.Array) -> tuple[NDArray[np.float64], Mask]:
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        if pa.types.is_decimal(column.type) or pa.types.is_boolean(column.type):
            column = pc.cast(column, pa.float64(), safe=False)
        else:
            return _floats_of_text(texts_of(column))
    values = np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    return values, np.zeros(len(values), np.bool_)


def _floats_of_text(text: pa.Array) -> tuple[NDArray[np.float64], Mask]:
    bad = np.zeros(len(text), np.bool_)
    try:
        read = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        fine = pc.fill_null(pc.match_substring_regex(text, _NUMBER), True)
        bad = ~np.asarray(fine)
        read = pc.cast(pc.if_else(fine, text, pa.scalar(None, pa.string())), pa.float64())
    values = np.array(read.to_numpy(zero_copy_only=False), np.float64)
    bad |= np.asarray(pc.is_valid(text)) & np.isnan(values)
    return values, bad


def spans(text: pa.Array, heading: str) -> Cells:
    """Durations as Slurm writes them (`1-00:00:00`, `00:10:00`, `10:00`) in seconds; UNLIMITED is 0."""
    text = texts_of(text)
    encoded = text.dictionary_encode()
    values, bad = [], []
    for each in encoded.dictionary.to_pylist():
        found = re.match(_SPAN, each)
        parts = [int(part or 0) for part in found.groups()] if found else [0, 0, 0, 0]
        values.append(((parts[0] * 24 + parts[1]) * 60 + parts[2]) * 60 + parts[3])
        bad.append(not found and each.lower() not in {"unlimited", "partition_limit"})
    places = _indices(encoded)
    return Cells(
        np.array([*values, MISSING], np.int64)[places],
        np.array([*bad, False], np.bool_)[places],
        heading,
        text,
        "a duration such as 1-00:00:00 or UNLIMITED",
    )


def _indices(encoded: pa.Array) -> NDArray[np.int64]:
    """Into the dictionary; -1 for null, which is then the last of what is appended to it."""
    return np.array(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), np.int64)


class Names:
    """Words of a column as numbers, the same number for the same word in every block; `lower` makes H100 h100."""

    def __init__(self, *first: str, lower: bool = False) -> None:
        self.lower = lower
        self.known = {name: number for number, name in enumerate(first)}

    def codes(self, text: pa.Array) -> NDArray[np.int32]:
        """The number of each word; what says nothing has the number of the first word."""
        encoded = texts_of(text).dictionary_encode()
        words = encoded.dictionary.to_pylist()
        if self.lower:
            words = [word.lower() for word in words]
        codes = [self.known.setdefault(word, len(self.known)) for word in words]
        return np.array([*codes, 0], np.int32)[_indices(encoded)]

    @property
    def words(self) -> tuple[str, ...]:
        """All words, in the order of their numbers."""
        return tuple(self.known)


class Clock:
    """How the times of one history are written, and in which zone those without one are."""

    def __init__(self, *, zone: str | None, form: str = "iso") -> None:
        self.zone, self.form = zone or "UTC", form
        self.ambiguous = 0
        self.naive = False
        """Whether a time without a zone was seen."""
        self._offsets: dict[str, tuple[int, str]] = {}

    def instants(self, column: pa.Array, heading: str, lines: Whole) -> Cells:
        """Times as UTC seconds. Raises Invalid where times are in two zones; `lines` are the places of the rows."""
        if pa.types.is_timestamp(column.type):
            return self._checked(
                pc.cast(column, pa.timestamp("s", column.type.tz), safe=False), heading, column, None
            )
        if self.form in {"epoch", "epoch_ms"} or not _is_text(column):
            cells = numbers(column, heading, times=0.001 if self.form == "epoch_ms" else 1)
            outside = (cells.values != MISSING) & ((cells.values < 0) | (cells.values >= FOREVER))
            cells.values[outside] = MISSING
            return cells._replace(bad=cells.bad | outside, wanted="a time in seconds")
        text = texts_of(column)
        if self.form != "iso":
            read = pc.strptime(text, format=self.form, unit="s", error_is_null=True)
            return self._checked(read, heading, text, None)
        return self._iso(text, heading, lines)

    def _iso(self, text: pa.Array, heading: str, lines: Whole) -> Cells:
        try:
            return self._checked(pc.cast(text, pa.timestamp("s")), heading, text, lines)
        except pa.ArrowInvalid:
            fine = pc.fill_null(pc.match_substring_regex(text, _ISO), False)
        text_or_null = pc.if_else(fine, text, pa.scalar(None, pa.string()))
        offset = pc.replace_substring_regex(pc.utf8_slice_codeunits(text_or_null, 19), r"^\.\d+", "")
        self._note(offset, heading, lines)
        read = _real_dates(pc.utf8_slice_codeunits(text_or_null, 0, 19))
        if not any(self._offsets):
            return self._checked(read, heading, text, None)
        return self._checked(_shifted(read, offset), heading, text, None)

    def _note(self, offsets: pa.Array, heading: str, lines: Whole) -> None:
        """Remember which offsets there are, and where the first of each is."""
        for offset in pc.drop_null(pc.unique(offsets)).to_pylist():
            if offset not in self._offsets:
                self._offsets[offset] = int(lines[pc.index(offsets, offset).as_py()]), heading
        _one_zone(self._offsets)

    def _checked(self, read: pa.Array, heading: str, text: pa.Array, lines: Whole | None) -> Cells:
        """UTC seconds of timestamps; those without a zone are placed in the history's."""
        if lines is not None and read.null_count < len(read):
            self._offsets.setdefault("", (int(lines[pc.index(pc.is_valid(read), True).as_py()]), heading))
            _one_zone(self._offsets)
        if read.type.tz is None and read.null_count < len(read):
            self.naive = True
            read = self._placed(read)
        seconds = pc.fill_null(pc.cast(read, pa.int64()), MISSING)
        values = np.array(seconds.to_numpy(zero_copy_only=False), np.int64)
        values[(values < 0) | (values >= FOREVER)] = MISSING
        bad = np.asarray(pc.is_valid(text)) & (values == MISSING)
        wanted = "a time such as 2020-04-01T00:08:45" if self.form == "iso" else f"a time of the form {self.form}"
        return Cells(values, bad, heading, text, wanted)

    def _placed(self, read: pa.Array) -> pa.Array:
        """Twice in autumn an hour has the same name: the earlier is taken, and counted."""
        if self.zone == "UTC":
            return read
        earlier = pc.assume_timezone(read, self.zone, ambiguous="earliest", nonexistent="latest")
        later = pc.assume_timezone(read, self.zone, ambiguous="latest", nonexistent="latest")
        self.ambiguous += pc.sum(pc.cast(pc.not_equal(earlier, later), pa.int64())).as_py() or 0
        return earlier


def _is_text(column: pa.Array) -> bool:
    kind = column.type
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary))


def _real_dates(text: pa.Array) -> pa.Array:
    """Timestamps of `2020-04-01T00:08:45`; null for a day that is in no calendar, such as 31 February."""
    text = pc.replace_substring(text, " ", "T")
    read = pc.strptime(text, format="%Y-%m-%dT%H:%M:%S", unit="s", error_is_null=True)
    return pc.if_else(pc.equal(pc.strftime(read, format="%Y-%m-%dT%H:%M:%S"), text), read, pa.scalar(None, read.type))


def _shifted(read: pa.Array, offsets: pa.Array) -> pa.Array:
    """Instants of timestamps and their offsets."""
    encoded = offsets.dictionary_encode()
    seconds = np.array([*map(offset_s, encoded.dictionary.to_pylist()), 0], np.int64)[_indices(encoded)]
    shifted = pc.subtract(pc.cast(read, pa.int64()), pa.array(seconds))
    return pc.cast(shifted, pa.timestamp("s", "UTC"))


def offset_s(offset: str) -> int:
    """Seconds east of UTC of `+08:00`, `+0800`, `+08` or `Z`."""
    if offset in {"", "Z"}:
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3_600 + int(digits[2:]) * 60
    return -seconds if offset[0] == "-" else seconds


def _one_zone(offsets: dict[str, tuple[int, str]]) -> None:
    """Raises Invalid unless all offsets can be those of one zone, in summer and in winter."""
    apart = {offset if not offset else str(offset_s(offset)): offset for offset in offsets}
    if len(apart) < 2:
        return
    first, second = list(apart.values())[:2]
    if len(apart) == 2 and first and second and abs(offset_s(first) - offset_s(second)) == SUMMER_S:
        return
    first, second = list(apart.values())[-2:]
    raise Invalid(
        f"times in two zones: {_says(first, offsets)}, {_says(second, offsets)}; write all of them in one zone"
    )


def _says(offset: str, offsets: dict[str, tuple[int, str]]) -> str:
    line, heading = offsets[offset]
    return f"{heading} in line {line} has {f'the offset {offset}' if offset else 'no zone'}"


def known_zone(zone: str, place: str = "") -> str:
    """The name of a zone, if there is such a one. Raises Invalid."""
    try:
        ZoneInfo(zone)
        pc.assume_timezone(pa.array([datetime(2020, 1, 1)], pa.timestamp("s")), zone)  # noqa: DTZ001
    except (KeyError, ValueError, OSError, pa.ArrowException):
        raise Invalid(f"there is no zone {zone!r}; write one such as Europe/Berlin or UTC", place=place) from None
    return zone


def first_of(mask: Any) -> int:
    """The first place where a mask holds."""
    return int(np.argmax(mask))
