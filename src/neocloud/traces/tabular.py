"""Histories that are tables of text with a head: which column is what, and how its cells are read."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from neocloud.errors import Invalid
from neocloud.model.traces import Reading, Whole
from neocloud.traces.building import Account, Builder, Rows, jobs
from neocloud.traces.columns import MISSING, Cells, Clock, Names, has_fraction, numbers, texts_of
from neocloud.traces.text import Source, blocks, heading_line

TIMES = ("submit", "start", "end")
_ENDED = frozenset(
    {"COMPLETED", "FAILED", "CANCELLED", "CANCELED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED"}
)


class Layout(NamedTuple):
    """How a table is read: the heading of each field, and what its cells mean."""

    name: str
    format: str
    columns: Mapping[str, str]
    """Heading by field: job_id, submit, start, end, duration, gpus, nodes, limit, rank, team, gpu_type, outcome."""
    clock: Clock
    separator: str = ","
    unit_s: int = 1
    """Seconds in a unit of `duration` and `limit`."""
    ranks: Mapping[str, int] | None = None
    """Rank by value of the column `rank`; None reads numbers."""
    knows_states: bool = False
    """Whether its outcomes are Slurm's states, so that one tells a job that ended from one that still runs."""


def read_table(source: Source, layout: Layout, *, strict: bool) -> Reading:
    """The reading of a table whose columns are there. Raises Invalid, with the file."""
    headings = heading_line(source.head(), layout.separator)
    needed(source, layout, headings)
    account = Account(str(source.path), strict=strict)
    builder, fractions = Builder(account), 0
    read = list(dict.fromkeys(layout.columns.values()))
    for lines, batch in blocks(source, account, read, separator=layout.separator):
        fractions += has_fraction(batch.column(layout.columns["gpus"]))
        try:
            builder.add(_rows(lines, batch, layout, builder))
        except Invalid as error:
            raise error if error.place else error.at(str(source.path)) from None
    said = clock_remarks(layout.clock)
    if fractions:
        said.append(f"{jobs(fractions)} with a part of a GPU: taken as the next whole number of GPUs")
    return builder.reading(builder.trace(), layout.format, said)


def needed(source: Source, layout: Layout, headings: list[str]) -> None:
    """Refuse a table that lacks columns, or has one of them twice."""
    missing = [heading for heading in layout.columns.values() if heading not in headings]
    if missing:
        there = ", ".join(filter(None, headings[:20]))
        raise Invalid(
            f"it is read as {layout.name}, but lacks {' and '.join(missing)}; it has {there}",
            place=f"{source.path}, line 1",
        )
    for heading in layout.columns.values():
        if headings.count(heading) > 1:
            raise Invalid(f"the column {heading} is there twice; keep one of them", place=f"{source.path}, line 1")


def clock_remarks(clock: Clock) -> list[str]:
    """What was assumed about times."""
    said = []
    if clock.naive:
        said.append(f"times without a zone are taken to be in {clock.zone}; another is said by --zone")
    if clock.ambiguous:
        said.append(
            f"{clock.ambiguous:,} times lie in the hour that comes twice when summer ends; the earlier is taken"
        )
    return said


def _rows(lines: Whole, batch: pa.RecordBatch, layout: Layout, builder: Builder) -> Rows:
    def column(field: str) -> pa.Array:
        return batch.column(layout.columns[field])

    columns = layout.columns
    named = {field: heading for field, heading in columns.items() if field in TIMES}
    cells: dict[str, Any] = {f: layout.clock.instants(column(f), heading, lines) for f, heading in named.items()}
    for field in ("duration", "limit"):
        if field in columns:
            cells[field] = numbers(column(field), columns[field], times=layout.unit_s)
    cells["gpus"] = numbers(column("gpus"), columns["gpus"], upwards=True)
    if "nodes" in columns:
        cells["nodes"] = numbers(column("nodes"), columns["nodes"])
    if "rank" in columns:
        cells["rank"] = ranked(column("rank"), columns["rank"], layout.ranks)
    words = {"team": builder.teams, "gpu_type": builder.gpu_types, "outcome": builder.outcomes}
    codes: dict[str, Any] = {field: names.codes(column(field)) for field, names in words.items() if field in columns}
    ids = column("job_id") if "job_id" in columns else pa.array(lines).cast(pa.string())
    may_run = _unfinished(builder.outcomes, codes["outcome"]) if layout.knows_states else None
    return Rows(lines, ids, **cells, **codes, may_run=may_run)


def _unfinished(outcomes: Names, codes: Whole) -> np.ndarray:
    """Whether each row may be of a job that still runs: its state is none that a job ends in."""
    return np.array([word.upper() not in _ENDED for word in outcomes.words])[codes]


def ranked(column: pa.Array, heading: str, ranks: Mapping[str, int] | None) -> Cells:
    """Ranks of words, as a mapping file says; or of numbers."""
    if ranks is None:
        return numbers(column, heading)._replace(wanted="a rank, 1 or more")
    names = Names("")
    codes = names.codes(column)
    found = np.array([MISSING, *(ranks.get(word, MISSING) for word in names.words[1:])], np.int64)[codes]
    bad = (found == MISSING) & (codes != 0)
    return Cells(found, bad, heading, texts_of(column), f"one of the mapping's ranks ({', '.join(ranks)})")
