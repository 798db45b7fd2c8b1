"""A surplus on disk: the whole of it as JSON, its tables as Parquet, and the start of every job for who checks it.

Money is written as a decimal text with its currency, a wait for ever as null. Every file appears whole or not at all.
"""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from neocloud.backtest.answer import Point, Surplus, Waits
from neocloud.errors import Invalid, Unavailable
from neocloud.model.traces import Trace, Whole
from neocloud.pages.writing import written
from neocloud.units import Money

_JOBS_AT_ONCE = 1_000_000
"""Jobs are written in groups of so many rows: ten million then need a tenth of the memory."""

_WAITS = [
    ("jobs", pa.int64()), ("never", pa.int64()), ("mean_s", pa.float64()), ("p50_s", pa.int64()),
    ("p95_s", pa.int64()), ("p99_s", pa.int64()), ("longest_s", pa.int64()),
]  # fmt: skip
_SOLD = [("share_ratio", pa.float64()), ("sold_gpus", pa.int64()), ("kept_gpus", pa.int64())]
_SCHEMAS = {
    "frontier": [
        *_SOLD, *_WAITS, ("used_ratio", pa.float64()), ("waited_gpu_h", pa.float64()),
        ("largest_lost_gpus", pa.int64()), ("preempted", pa.int64()), ("meets", pa.bool_()),
    ],
    "groups": [*_SOLD, ("of", pa.string()), ("name", pa.string()), *_WAITS],
    "demand": [
        ("from_s", pa.int64()), ("from_at", pa.timestamp("s", "UTC")), ("in_use_gpus", pa.float64()),
        ("peak_gpus", pa.int64()), ("wanted_gpus", pa.float64()),
    ],
    "idle_hours": [("day", pa.int64()), ("hour", pa.int64()), ("mean_gpus", pa.float64()), ("low_gpus", pa.int64())],
}  # fmt: skip


def plain(value: Any) -> Any:
    """A noun as dicts and lists of what JSON knows; money as `{amount, currency}`, both text."""
    match value:
        case Money():
            return {"amount": _exact(value), "currency": value.currency}
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case float():
            return value if isfinite(value) else None
        case _:
            return value


def _exact(money: Money) -> str:
    """Every digit that says something, and the minor unit whole: 2.35, 0.001."""
    rounded, exact = money.rounded(), money.amount
    return f"{rounded:f}" if rounded == exact else f"{exact.normalize():f}"


def write_json(path: Path, surplus: Surplus) -> None:
    """Everything, as one JSON object."""
    with written(path) as file:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(plain(surplus)), indent=2) + b"\n")


def write_tables(folder: Path, surplus: Surplus) -> tuple[Path, ...]:
    """`frontier`, `groups`, `demand` and `idle_hours` as Parquet files in a folder, made if it is not there."""
    _make(folder)
    paths = tuple(folder / f"{name}.parquet" for name in _SCHEMAS)
    for path, rows in zip(paths, tables(surplus).values(), strict=True):
        with written(path) as file:
            parquet.write_table(pa.Table.from_pylist(rows, pa.schema(_SCHEMAS[path.stem])), file)
    return paths


def _make(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Invalid(f"{folder} is a file; name a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be made: {error.strerror}", path=str(folder)) from error


def tables(surplus: Surplus) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table, by its name."""
    return {
        "frontier": [frontier_row(point) for point in surplus.points],
        "groups": [
            {**_sold(point), "of": group.of, "name": group.name, **_waits(group.waits)}
            for point in surplus.points
            for group in point.groups
        ],
        "demand": list(_demand(surplus)),
        "idle_hours": [
            {"day": i // 24 + 1, "hour": i % 24, "mean_gpus": mean, "low_gpus": low}
            for i, (mean, low) in enumerate(zip(surplus.idle.mean_gpus, surplus.idle.low_gpus, strict=True))
        ],
    }


def frontier_row(point: Point) -> dict[str, Any]:
    """A point of the frontier, without its groups."""
    rest = ("used_ratio", "waited_gpu_h", "largest_lost_gpus", "preempted", "meets")
    return {**_sold(point), **_waits(point.waits), **{name: plain(getattr(point, name)) for name in rest}}


def _sold(point: Point) -> dict[str, Any]:
    return {name: getattr(point, name) for name, _ in _SOLD}


def _waits(waits: Waits) -> dict[str, Any]:
    return {name: plain(getattr(waits, name)) for name, _ in _WAITS}


def _demand(surplus: Surplus) -> Iterator[dict[str, Any]]:
    demand, begins_at = surplus.demand, surplus.begins_at
    series = zip(demand.in_use_gpus, demand.peak_gpus, demand.wanted_gpus, strict=True)
    for i, (in_use, peak, wanted) in enumerate(series):
        from_s = i * demand.bucket_s
        yield {
            "from_s": from_s, "from_at": None if begins_at is None else begins_at + from_s,
            "in_use_gpus": in_use, "peak_gpus": peak, "wanted_gpus": wanted,
        }  # fmt: skip


def write_jobs(path: Path, trace: Trace, start_s: Whole) -> None:
    """`job_id`, `start_s` and `wait_s` of every job, in the order of the trace.

    `start_s` has the second at which each started, -1 for one that never runs: both are null for it.
    """
    assert len(start_s) == len(trace), "every job has a start"
    whole = trace.job_ids.dtype.kind in "iu"
    schema = pa.schema(
        [("job_id", pa.int64() if whole else pa.string()), ("start_s", pa.int64()), ("wait_s", pa.int64())]
    )
    with written(path) as file, parquet.ParquetWriter(file, schema) as out:
        for first in range(0, max(len(trace), 1), _JOBS_AT_ONCE):
            part = slice(first, first + _JOBS_AT_ONCE)
            starts, never = start_s[part], start_s[part] < 0
            columns = [
                _names(trace.job_ids[part], schema.field("job_id").type),
                pa.array(starts, mask=never),
                pa.array(starts - trace.submit_s[part], mask=never),
            ]
            out.write_table(pa.Table.from_arrays(columns, schema=schema))


def _names(ids: "np.ndarray[Any, Any]", kind: Any) -> Any:
    try:
        return pa.array(ids, type=kind)
    except (pa.ArrowTypeError, pa.ArrowInvalid):  # numbers among the names
        return pa.array([str(each) for each in ids], type=kind)


def write_trace(path: Path, trace: Trace) -> None:
    """The jobs themselves, as a history in Parquet that can be read again: timestamps where there is a calendar."""
    seconds = pa.int64() if trace.begins_at is None else pa.timestamp("s", "UTC")
    start_s = pa.array(trace.submit_s + trace.waited_s + (trace.begins_at or 0), mask=trace.waited_s < 0)
    names = {"team": trace.teams, "gpu_type": trace.gpu_types, "state": trace.outcomes}
    codes = {"team": trace.team, "gpu_type": trace.gpu_type, "state": trace.outcome}
    table = pa.table(
        {
            "job_id": pa.array(trace.job_ids.tolist()),
            "submit": pa.array(trace.submit_s + (trace.begins_at or 0)).cast(seconds),
            "start": start_s.cast(seconds),
            **{name: getattr(trace, name) for name in ("duration_s", "gpus", "nodes", "limit_s", "rank")},
            **{name: pa.array(np.array(names[name], object)[codes[name]], pa.string()) for name in names},
        }
    )
    with written(path) as file:
        parquet.write_table(table, file)
