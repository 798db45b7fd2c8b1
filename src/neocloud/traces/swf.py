"""The Standard Workload Format: `;` lines of a header, then 18 numbers for each job, -1 for what is unknown.

It counts processors. They are GPUs only where the reader says so. A job whose run time is unknown or negative never
started; its limit is the requested time, its team the group (else the user), its outcome the word of its status.
"""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neocloud.errors import Invalid
from neocloud.model.traces import Reading, Whole
from neocloud.traces.building import Account, Builder, Rows
from neocloud.traces.columns import MISSING, Cells, numbers
from neocloud.traces.text import Source, line_blocks, utf8

_COLUMNS = 18
_FIELDS = ("job", "submit", "wait", "run time", "allocated processors", "requested processors", "requested time",
           "status", "user", "group")  # fmt: skip
_PLACES = (0, 1, 2, 3, 4, 7, 8, 10, 11, 12)
_STATUS = {0: "failed", 1: "completed", 2: "partial", 3: "partial completed", 4: "partial failed", 5: "cancelled"}


def read_swf(source: Source, *, gpus_are_processors: bool, begins_at: int | None, strict: bool) -> Reading:
    """The reading of a file in the Standard Workload Format. Raises Invalid, with the file."""
    if not gpus_are_processors:
        raise Invalid(
            "it counts processors, not GPUs; if each of them is a GPU, say so with --processors-are-gpus",
            place=str(source.path),
        )
    account = Account(str(source.path), strict=strict)
    builder, header = Builder(account), dict[str, str]()
    with source.opened() as file:
        for first, content in utf8(line_blocks(file), account):
            _block(first, content.removesuffix(b"\n").split(b"\n"), builder, header)
    said = ["each processor is taken to be a GPU"]
    if zone := header.get("TimeZoneString"):
        said.append(f"the history names its zone {zone}; its seconds are of UTC, so that changes nothing")
    if begins_at is None:
        begins_at = _begins_at(header, source)
    return builder.reading(builder.trace(begins_at=begins_at, calendar=False), "swf", said)


def _begins_at(header: dict[str, str], source: Source) -> int | None:
    text = header.get("UnixStartTime", "")
    if not text or re.fullmatch(r"-1|0|unknown", text, re.IGNORECASE):
        return None
    if not re.fullmatch(r"\d{1,11}", text):
        raise Invalid(
            f"{text[:40]!r} is no start; seconds since 1970 are wanted here", place=f"{source.path}, UnixStartTime"
        )
    return int(text)


def _block(first: int, lines: list[bytes], builder: Builder, header: dict[str, str]) -> None:
    text = pc.utf8_trim_whitespace(pa.array([line.decode() for line in lines], pa.string()))
    is_remark = np.asarray(pc.starts_with(text, ";"))
    for line in text.filter(pa.array(is_remark)).to_pylist():
        name, _, value = line.lstrip("; ").partition(":")
        header.setdefault(name.strip(), value.strip())
    is_row = ~is_remark & ~np.asarray(pc.equal(pc.binary_length(text), 0))
    places = first + np.flatnonzero(is_row).astype(np.int64)
    split = pc.utf8_split_whitespace(text.filter(pa.array(is_row)))
    widths = np.asarray(pc.list_value_length(split))
    builder.account.rows_read += int(np.count_nonzero(widths != _COLUMNS))
    for place, width in zip(places[widths != _COLUMNS], widths[widths != _COLUMNS], strict=True):
        builder.account.mistake(
            "wrong number of columns", 1, int(place), f"{width} columns, where a job has {_COLUMNS}; correct the row"
        )
    fine = split.filter(pa.array(widths == _COLUMNS))
    if len(fine):
        builder.add(_rows(places[widths == _COLUMNS], fine.flatten(), builder))


def _rows(places: Whole, cells: pa.Array, builder: Builder) -> Rows:
    at = np.arange(len(places), dtype=np.int64) * _COLUMNS
    columns = {
        name: numbers(cells.take(pa.array(at + place)), name) for name, place in zip(_FIELDS, _PLACES, strict=True)
    }
    known = {name: _known(column) for name, column in columns.items()}
    submit, wait = known["submit"].values, known["wait"].values
    start = np.where((submit == MISSING) | (wait == MISSING), MISSING, submit + wait)
    run = known["run time"]
    start = np.where(run.values == MISSING, MISSING, start)
    status = [_STATUS.get(code, "") for code in known["status"].values.tolist()]
    return Rows(
        places,
        columns["job"].texts,
        submit=known["submit"],
        gpus=_held(known["allocated processors"], known["requested processors"]),
        start=known["wait"]._replace(values=start),
        duration=run,
        limit=known["requested time"],
        team=builder.teams.codes(_team(known["group"].values, known["user"].values)),
        outcome=builder.outcomes.codes(pa.array(status, pa.string())),
    )


def _known(column: Cells) -> Cells:
    """-1 says nothing."""
    return column._replace(values=np.where(column.values == -1, MISSING, column.values))


def _held(allocated: Cells, requested: Cells) -> Cells:
    """Those allocated, else those requested; a mistake in the column that counts is one of the row."""
    falls_back = ~allocated.bad & ~(allocated.values > 0)
    values = np.where(falls_back, requested.values, allocated.values)
    texts = pc.if_else(pa.array(falls_back), requested.texts, allocated.texts)
    return Cells(values, np.where(falls_back, requested.bad, allocated.bad), "processors", texts)


def _team(group: Whole, user: Whole) -> pa.Array:
    of_group = pc.binary_join_element_wise("group ", pa.array(group).cast(pa.string()), "")
    of_user = pc.binary_join_element_wise("user ", pa.array(user).cast(pa.string()), "")
    nobody = pa.scalar(None, pa.string())
    named = pc.if_else(pa.array(user != MISSING), of_user, nobody)
    return pc.if_else(pa.array(group != MISSING), of_group, named)
