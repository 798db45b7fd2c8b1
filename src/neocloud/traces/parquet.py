"""Parquet: a row for each job, in seconds from the start of the history, or with real timestamps."""

from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from neocloud.errors import Invalid
from neocloud.model.traces import Reading
from neocloud.traces.building import Account, Builder, Rows, jobs
from neocloud.traces.columns import Clock, has_fraction, numbers
from neocloud.traces.tabular import clock_remarks
from neocloud.traces.text import Source

_NAMES = {
    "job_id": ("job_id", "id"),
    "submit": ("submit_s", "submit", "submit_at", "submit_time"),
    "start": ("start_s", "start", "start_at", "start_time"),
    "end": ("end_s", "end", "end_at", "end_time"),
    "duration": ("duration_s", "duration"),
    "gpus": ("gpus", "gpu_num"),
    "nodes": ("nodes", "node_num"),
    "limit": ("limit_s",),
    "rank": ("rank",),
    "team": ("team", "tenant"),
    "gpu_type": ("gpu_type",),
    "outcome": ("state", "outcome"),
}
_BATCH_ROWS = 500_000


def read_parquet(source: Source, *, zone: str | None, begins_at: int | None, strict: bool) -> Reading:
    """The reading of a Parquet file; `begins_at` is the instant of second 0. Raises Invalid, with the file."""
    source.head()
    try:
        with parquet.ParquetFile(source.path) as file:
            return _read(file, source, zone=zone, begins_at=begins_at, strict=strict)
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0][:120]
        raise Invalid(f"the Parquet file is broken ({said}); copy it again", place=str(source.path)) from None


def _read(
    file: parquet.ParquetFile, source: Source, *, zone: str | None, begins_at: int | None, strict: bool,
) -> Reading:  # fmt: skip
    columns = _columns(file.schema_arrow, source)
    calendar = _is_calendar(file.schema_arrow, columns, source)
    if calendar and begins_at is not None:
        raise Invalid("its times are of a calendar; leave begins_at out", place=str(source.path))
    account, clock = Account(str(source.path), strict=strict, place="row"), Clock(zone=zone)
    builder, fractions, before = Builder(account), 0, 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(columns.values())):
        fractions += has_fraction(batch.column(columns["gpus"]))
        builder.add(_rows(batch, columns, clock, builder, before))
        before += len(batch)
        source.progress(before, file.metadata.num_rows)
    said = clock_remarks(clock)
    if fractions:
        said.append(f"{jobs(fractions)} with a part of a GPU: taken as the next whole number of GPUs")
    return builder.reading(builder.trace(begins_at=begins_at, calendar=calendar), "parquet", said)


def _columns(schema: pa.Schema, source: Source) -> dict[str, str]:
    """The name of the column of each field that is there. Raises Invalid where one is missing."""
    columns = {}
    for field, names in _NAMES.items():
        if found := [name for name in names if name in schema.names]:
            columns[field] = found[0]
    missing = [_NAMES[field][0] for field in ("submit", "gpus") if field not in columns]
    if "duration" not in columns and not {"start", "end"} <= columns.keys():
        missing.append("duration_s (or start_s and end_s)")
    if missing:
        there = ", ".join(schema.names[:20])
        raise Invalid(f"it lacks {' and '.join(missing)}; it has {there}", place=str(source.path))
    return columns


def _is_calendar(schema: pa.Schema, columns: dict[str, str], source: Source) -> bool:
    """Whether times are timestamps. A column that says nothing at all is of either kind."""
    kinds = {}
    for field in ("submit", "start", "end"):
        if field in columns and not pa.types.is_null(kind := schema.field(columns[field]).type):
            number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
            kinds[columns[field]] = not number
    if len(set(kinds.values())) > 1:
        seconds, times = (next(name for name, kind in kinds.items() if kind is want) for want in (False, True))
        raise Invalid(f"{seconds} is in seconds, but {times} in times; write both alike", place=str(source.path))
    return next(iter(kinds.values()), False)


def _rows(batch: pa.RecordBatch, columns: dict[str, str], clock: Clock, builder: Builder, before: int) -> Rows:
    places = np.arange(before + 1, before + 1 + len(batch), dtype=np.int64)
    names = {"team": builder.teams, "gpu_type": builder.gpu_types, "outcome": builder.outcomes}
    cells: dict[str, Any] = {}
    codes: dict[str, Any] = {}
    for field, name in columns.items():
        column = batch.column(name)
        if field in ("submit", "start", "end"):
            cells[field] = clock.instants(column, name, places)
        elif field in names:
            codes[field] = names[field].codes(column)
        elif field != "job_id":
            cells[field] = numbers(column, name, upwards=field == "gpus")
    ids = batch.column(columns["job_id"]) if "job_id" in columns else pa.array(places)
    return Rows(places, ids.cast(pa.string()), **cells, **codes)
