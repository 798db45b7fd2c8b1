"""A table of an export as a Parquet file: exact types, the same rows the same bytes."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from neocloud.errors import Invalid
from neocloud.operations.export_tables.table import Column, Kind, Source, Table
from neocloud.timeline import FOREVER

_MONEY_DIGITS = 38
_RATIO_PLACES = 18
_WIDE = Context(prec=_MONEY_DIGITS)


class Written(NamedTuple):
    """What came of writing a table: rows, bytes, and the SHA-256 of those."""

    rows: int
    bytes: int
    digest: str


def write_table(table: Table, source: Source, sink: Any, *, about: bytes, progress: Callable[[int], None]) -> Written:
    """Write a table to an output stream of Arrow, block by block; `about` goes into its metadata.

    `progress` is told of rows as they are written. Raises Invalid where money does not fit a decimal of Parquet.
    """
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    rows, schema, counted = 0, schema_of(table, {b"neocloud": about}), _Counted(sink)
    with parquet.ParquetWriter(counted, schema, compression="zstd") as writer:
        for block in table.blocks(source):
            arrays = [array(table, column, cells) for column, cells in zip(table.columns, block, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            rows += len(arrays[0])
            progress(len(arrays[0]))
    return Written(rows, counted.bytes, counted.digest.hexdigest())


def schema_of(table: Table, metadata: Mapping[bytes, bytes] | None = None) -> Any:
    """The Arrow schema of a table: its columns in their order."""
    import pyarrow as pa  # noqa: PLC0415

    types = arrow_types()
    fields = [pa.field(column.name, types[column.kind], nullable=column.empty) for column in table.columns]
    return pa.schema(fields, metadata=dict(metadata or {}))


def arrow_types() -> dict[Kind, Any]:
    """The Arrow type of each kind of column."""
    import pyarrow as pa  # noqa: PLC0415

    return {
        "text": pa.string(),
        "whole": pa.int64(),
        "money": pa.decimal128(_MONEY_DIGITS, 9),
        "ratio": pa.decimal128(_MONEY_DIGITS, _RATIO_PLACES),
        "instant": pa.timestamp("ms", tz="UTC"),  # Parquet has none in seconds
        "day": pa.date32(),
        "yes_no": pa.bool_(),
    }


def array(table: Table, column: Column, cells: Sequence[Any]) -> Any:
    """The cells of a column as an Arrow array."""
    import pyarrow as pa  # noqa: PLC0415

    kind = column.kind
    if kind == "money":
        return _money(table, column, cells)
    if kind == "ratio":
        cells = [None if cell is None else _to_places(cell) for cell in cells]
    elif kind == "instant":  # warehouses have no year 10000: what never ends is empty
        cells = [None if cell is None or cell >= FOREVER else 1_000 * cell for cell in cells]
    elif kind == "day":
        return pa.array(cells, pa.int32()).cast(pa.date32())
    try:
        return pa.array(cells, arrow_types()[kind])
    except OverflowError:
        raise _too_large(table, column, max(cell for cell in cells if cell is not None), "a whole number") from None


def _too_large(table: Table, column: Column, most: int, what: str) -> Invalid:
    return Invalid(
        f"{table.name}.{column.name} comes to {most:,}, which is more than {what} of Parquet holds; "
        f"mend what it comes of, or leave table {table.name} out with --tables"
    )


def _to_places(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-_RATIO_PLACES), ROUND_HALF_EVEN, _WIDE)


def _money(table: Table, column: Column, nanos: Sequence[int | None]) -> Any:
    """Nano-units are a decimal with nine places already: 16 bytes each, and no number is made anew."""
    import pyarrow as pa  # noqa: PLC0415

    most = max((abs(each) for each in nanos if each is not None), default=0)
    if most >= 10**_MONEY_DIGITS:
        raise _too_large(table, column, most // 10**9, "a decimal")
    body = b"".join((each or 0).to_bytes(16, "little", signed=True) for each in nanos)
    there = pa.array([each is not None for each in nanos], pa.bool_())
    return pa.Array.from_buffers(
        arrow_types()["money"], len(nanos), [there.buffers()[1], pa.py_buffer(body)], null_count=nanos.count(None)
    )


class _Counted:
    """An output stream that counts and digests what goes through it."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self.bytes = 0
        self.digest = sha256()
        self.closed = False

    def write(self, some: Any) -> int:
        """Pass some bytes on."""
        self._sink.write(some)
        self.digest.update(some)
        self.bytes += len(some)
        return len(some)

    def flush(self) -> None:
        """The stream below is flushed when it is closed."""

    def close(self) -> None:
        """The stream below is closed by whoever opened it."""
        self.closed = True

    def tell(self) -> int:
        """How many bytes went through."""
        return self.bytes
