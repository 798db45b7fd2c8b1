"""Opens a history: unpacked on the fly, its head for telling what it is, and its rows block by block."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from neocloud.errors import Invalid
from neocloud.model.traces import Whole
from neocloud.settings import MOST_JSON_BYTES, READ_BLOCK_BYTES
from neocloud.traces.building import Account
from neocloud.units import Progress

_HEAD_BYTES = 65_536
_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"


class Source(NamedTuple):
    """A file to read, and whom to tell how far it is."""

    path: Path
    progress: Progress

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The file as bytes, unpacked. What the world or the file does wrong is raised as Invalid."""
        try:
            size = self.path.stat().st_size
            if not self.path.is_file():
                raise Invalid("a history is a file; this is none", place=str(self.path))
            with self.path.open("rb") as packed:
                told = _Told(packed, self.progress, size)
                if packed.peek(2)[:2] == _GZIP:
                    with gzip.GzipFile(fileobj=cast(BinaryIO, told)) as unpacked:
                        yield cast(BinaryIO, unpacked)
                else:
                    yield cast(BinaryIO, told)
        except Invalid as error:
            raise error if error.place else error.at(str(self.path)) from None
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise Invalid(
                "it is a compressed file that ends too early; copy it again", place=str(self.path)
            ) from None
        except UnicodeDecodeError:
            raise Invalid("it is not UTF-8; save it as UTF-8", place=str(self.path)) from None
        except OSError as error:
            raise Invalid(f"it cannot be read: {error.strerror or error}", place=str(self.path)) from None

    def head(self) -> bytes:
        """The first bytes. Raises Invalid where there are none, or where they are not those of any history."""
        with self.opened() as file:
            head = file.read(_HEAD_BYTES).removeprefix(_MARK)
        if not head.strip():
            raise Invalid("the file is empty; a history has a row for every job", place=str(self.path))
        return head

    def json(self) -> Any:
        """All of it, as JSON."""
        with self.opened() as file:
            content = file.read(MOST_JSON_BYTES + 1)
        if len(content) > MOST_JSON_BYTES:
            raise Invalid(f"it has more than {MOST_JSON_BYTES:,} bytes of JSON; split it", place=str(self.path))
        try:
            return json.loads(content)
        except UnicodeDecodeError:
            raise Invalid("it is not UTF-8; save it as UTF-8", place=str(self.path)) from None
        except RecursionError:
            raise Invalid("it is nested too deeply to be a history", place=str(self.path)) from None
        except json.JSONDecodeError as error:
            place = f"{self.path}, line {error.lineno}, column {error.colno}"
            raise Invalid(f"the JSON is broken: {error.msg}; is it whole?", place=place) from None


class _Told:
    """A file that says how much of it was read."""

    def __init__(self, file: io.BufferedReader, progress: Progress, size: int) -> None:
        self._file, self._progress, self._size = file, progress, size

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        content = self._file.read(size)
        self._progress(min(self._file.tell(), self._size), self._size)
        return content


def heading_line(head: bytes, separator: str) -> list[str]:
    """The names of the columns."""
    first = head.split(b"\n", 1)[0].strip(b"\r").decode("utf-8", "replace")
    return [name.strip().strip('"') for name in first.split(separator)]


def line_blocks(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Whole lines, many at a time, and the number of the first of them; the last may lack its end."""
    number, rest = 1, b""
    while content := file.read(READ_BLOCK_BYTES):
        until = content.rfind(b"\n") + 1
        if not until and len(rest) + len(content) > READ_BLOCK_BYTES:
            raise Invalid("a line of it is longer than any history's; is it text at all?")
        lines, rest = (rest + content[:until], content[until:]) if until else (b"", rest + content)
        if lines:
            yield number, lines
        number += lines.count(b"\n")
    if rest:
        yield number, rest


def utf8(lines: Iterator[tuple[int, bytes]], account: Account) -> Iterator[tuple[int, bytes]]:
    """The same lines; a name in another encoding is no reason to refuse a year of jobs, so it is only marked."""
    for first, content in lines:
        try:
            content.decode()
        except UnicodeDecodeError:
            account.is_utf8 = False
            yield first, content.decode("utf-8", "replace").encode()
        else:
            yield first, content


def blocks(
    source: Source, account: Account, columns: list[str], *, separator: str = ",", quoted: bool = True
) -> Iterator[tuple[Whole, pa.RecordBatch]]:
    """The rows of some columns as text, with the line of each. Rows with too many or few columns are left out."""
    headings = heading_line(source.head(), separator)
    with source.opened() as file:
        for first, content in utf8(line_blocks(file), account):
            try:
                lines, rows = _parsed(first, content, account, headings, columns, separator, quoted)
            except pa.ArrowException as error:
                raise Invalid(_plainly(error), place=str(source.path)) from None
            if len(rows):
                yield lines, rows


def _parsed(
    first: int,
    content: bytes,
    account: Account,
    headings: list[str],
    columns: list[str],
    separator: str,
    quoted: bool,
) -> tuple[Whole, pa.RecordBatch]:
    """A block of lines as rows; the first line of all is the head. Empty lines are no rows."""
    wrong: list[csv.InvalidRow] = []

    def strange(row: csv.InvalidRow) -> str:
        wrong.append(row)
        return "skip"

    table = csv.read_csv(
        pa.BufferReader(content),
        read_options=csv.ReadOptions(
            use_threads=False, block_size=len(content) + 1, column_names=_distinct(headings)
        ),
        parse_options=csv.ParseOptions(
            delimiter=separator,
            quote_char='"' if quoted else False,
            ignore_empty_lines=False,
            invalid_row_handler=strange,
        ),
        convert_options=csv.ConvertOptions(
            include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
        ),
    )
    _count([(first - 1 + row.number, row.actual_columns, row.expected_columns) for row in wrong], account)
    rows = table.combine_chunks().to_batches()[0] if len(table) else table.schema.empty_table()
    rank = np.arange(1, 1 + len(rows), dtype=np.int64)
    gaps = np.array([row.number for row in wrong], np.int64) - np.arange(len(wrong), dtype=np.int64)
    lines = first - 1 + rank + np.searchsorted(gaps, rank, side="right")
    wanted = (lines > 1) & ~_empty(rows)
    return (lines, rows) if wanted.all() else (lines[wanted], rows.filter(pa.array(wanted)))


def _distinct(headings: list[str]) -> list[str]:
    """Headings of which each is there once; a column that is read is, for that was checked."""
    return [name if headings.index(name) == place else f"{name} {place}" for place, name in enumerate(headings)]


def _count(widths: list[tuple[int, int, int]], account: Account) -> None:
    """Leave out the rows of a wrong width."""
    account.rows_read += len(widths)
    for line, actual, expected in widths:
        account.mistake(
            "wrong number of columns", 1, line, f"{actual} columns, where the head has {expected}; correct the row"
        )


def _empty(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """Which rows are empty lines."""
    empty = np.ones(len(batch), np.bool_)
    for column in batch.columns:
        empty &= np.asarray(pc.equal(pc.binary_length(column), 0))
        if not empty.any():
            break
    return empty


def _plainly(error: Exception) -> str:
    return f"it cannot be read as a table of text ({str(error).splitlines()[0][:120]})"
