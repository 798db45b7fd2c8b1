"""Opens a request log, Parquet or CSV, and finds its three columns; says what is missing, and what would work."""

import csv
import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from msgspec import Struct

from neocloud.errors import Invalid

NAMES = {
    "arrival": ("arrival_s", "timestamp", "arrival", "arrived_at", "time"),
    "input": ("input_tokens", "contexttokens", "context_tokens", "prompt_tokens"),
    "output": ("output_tokens", "generatedtokens", "generated_tokens", "completion_tokens"),
}
"""What the three columns may be called; of two that are there, the first of these counts."""

_WORKS = "a request log is Parquet or CSV (also .gz) with arrival_s, input_tokens and output_tokens"
_DAMAGED = "the compressed file is damaged, or ends too early; copy it again"
_OTHERS = ((b"PK\x03\x04", "a zip file; unpack it first"), (b"%PDF", "a PDF"), (b"SQLite format 3", "a database"))


class Opened(Struct, frozen=True, kw_only=True, eq=False):
    """The cells of the three columns, and where they stand in the file."""

    path: str
    format: str
    names: dict[str, str]
    """What the file calls each column."""

    cells: dict[str, Any]
    """A `pyarrow` column each, of equal length."""

    width: int
    unit: str
    """What rows are counted in: `row`, or `line` of a text."""

    lines: Any = None
    """Of a text with blank or ragged lines: the line of each row."""

    ragged_lines: tuple[int, ...] = ()
    """Lines of a text that have too few or too many cells."""

    @property
    def ragged_rows(self) -> int:
        return len(self.ragged_lines)

    def line(self, row: int) -> int:
        """Where a row stands: its number, from 1, or its line."""
        return row + 1 if self.lines is None else int(self.lines[row])


def open_requests(path: Path) -> Opened:
    """The three columns of a file. Raises Invalid, with the file."""
    try:
        if path.is_dir():
            raise Invalid(f"it is a directory; {_WORKS}")
        with path.open("rb") as file:
            start = file.read(16)
        if not start:
            raise Invalid(f"the file is empty; {_WORKS}")
        for mark, kind in _OTHERS:
            if start.startswith(mark):
                raise Invalid(f"it is {kind}; {_WORKS}")
        return _parquet(path) if start.startswith(b"PAR1") else _text(path, zipped=start.startswith(b"\x1f\x8b"))
    except Invalid as error:
        raise error.at(str(path)) from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise Invalid(_DAMAGED, place=str(path)) from None
    except UnicodeDecodeError:
        raise Invalid(f"it is not UTF-8 text; {_WORKS}", place=str(path)) from None
    except pa.ArrowInvalid as error:
        why = str(error).split("\n")[0].rstrip(".")
        raise Invalid(f"it cannot be read ({why}); {_WORKS}", place=str(path)) from None
    except OSError as error:
        if "compress" in str(error) or "zlib" in str(error):
            raise Invalid(_DAMAGED, place=str(path)) from None
        raise Invalid(f"it cannot be read: {error.strerror or error}", place=str(path)) from None


def _parquet(path: Path) -> Opened:
    with pq.ParquetFile(path) as file:
        header = file.schema_arrow.names
        names = {name: header[place] for name, place in _places(header).items()}
        table = file.read(columns=list(names.values()))
    cells = {name: table[called] for name, called in names.items()}
    return Opened(path=str(path), format="parquet", names=names, cells=cells, width=len(header), unit="row")


def _text(path: Path, *, zipped: bool) -> Opened:
    with gzip.open(path) if zipped else path.open("rb") as file:
        first = file.readline(1_000_000)
    header = next(csv.reader(io.StringIO(first.decode("utf-8-sig"))), [])
    places = _places([name.strip() for name in header])
    ragged: list[int] = []

    def skip(row: Any) -> str:
        ragged.append(row.number)
        return "skip"

    table = _read_csv(path, len(header), [str(place) for place in places.values()], skip, zipped=zipped)
    blank = [table[str(place)].is_null().to_numpy() for place in places.values()]
    kept = np.flatnonzero(~(blank[0] & blank[1] & blank[2]))
    lines = _lines(table.num_rows, sorted(ragged))[kept] if len(kept) < table.num_rows or ragged else kept + 2
    table = table.take(kept) if len(kept) < table.num_rows else table
    return Opened(
        path=str(path),
        format="csv",
        names={name: header[place].strip() for name, place in places.items()},
        cells={name: table[str(place)] for name, place in places.items()},
        width=len(header),
        unit="line",
        lines=lines,
        ragged_lines=tuple(sorted(ragged)),
    )


def _read_csv(path: Path, width: int, wanted: list[str], skip: Callable[[Any], str], *, zipped: bool) -> Any:
    """Types are found by what stands there; a column with one strange cell is text. Blank lines are rows of nulls."""
    with pa.input_stream(str(path), compression="gzip" if zipped else None) as stream:
        return arrow_csv.read_csv(
            stream,
            read_options=arrow_csv.ReadOptions(
                use_threads=False, skip_rows=1, column_names=[str(place) for place in range(width)]
            ),
            parse_options=arrow_csv.ParseOptions(invalid_row_handler=skip, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(include_columns=wanted, strings_can_be_null=True),
        )


def _places(header: list[str]) -> dict[str, int]:
    """Which column is which. Raises Invalid: what was found, and what is missing."""
    lower = [name.lower() for name in header]
    found = {
        column: lower.index(next(name for name in names if name in lower))
        for column, names in NAMES.items()
        if any(name in lower for name in names)
    }
    missing = [" or ".join(NAMES[column][:2]) for column in NAMES if column not in found]
    if missing:
        there = ", ".join(header[:12]) or "nothing"
        raise Invalid(f"there is no column {', and none '.join(missing)}; its first line or schema says: {there}")
    return found


def _lines(rows: int, ragged: list[int]) -> Any:
    """The line of each row: after the header, and past the ragged lines before it."""
    lines = np.arange(2, rows + len(ragged) + 2)
    return np.delete(lines, [each - 2 for each in ragged]) if ragged else lines
