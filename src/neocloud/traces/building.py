"""Rows of a history become jobs of a trace, or are left out with a counted reason: the rules that all formats share.

The law: rows read = rows used + rows left out. A row that is a mistake (it cannot be read, it ended before it
started) is refused when the reading is strict; one that is merely no job with GPUs is not.

The rules, in their order; the first that applies is the reason:

    wrong number of columns         a mistake
    what the format leaves out      such as a step of a job
    a cell that cannot be read      a mistake
    held no GPU                     no GPUs, or 0 of them
    never started                   no start and no run time
    no submit time                  a mistake
    no end                          a mistake, unless the job still ran: then it is cut at the last instant seen
    ended before it started         a mistake
    started before it was submitted a mistake beyond a minute; up to that, clocks differ: submit is taken as the start
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from neocloud.errors import Invalid
from neocloud.model.traces import ANY_TYPE, UNKNOWN_TEAM, LeftOut, Reading, Trace, Whole
from neocloud.settings import CLOCK_SLACK_S, LONGEST_RUN_S, MOST_GPUS
from neocloud.traces.columns import MISSING, Cells, Mask, Names, first_of, nothing
from neocloud.units import FOREVER

_NAMED_REASONS = 5


class Rows(NamedTuple):
    """A block of rows as a format reads them. Times are instants, or seconds from the start; MISSING is unsaid."""

    places: Whole
    job_id: pa.Array
    submit: Cells
    gpus: Cells
    start: Cells | None = None
    end: Cells | None = None
    duration: Cells | None = None
    limit: Cells | None = None
    nodes: Cells | None = None
    rank: Cells | None = None
    team: NDArray[np.int32] | None = None
    gpu_type: NDArray[np.int32] | None = None
    outcome: NDArray[np.int32] | None = None
    dropped: Mapping[str, Mask] = {}
    """Rows that the format leaves out, by reason; no mistakes."""
    may_run: Mask | None = None
    """Which rows without an end still ran; all of them if None."""
    idle: Mask | None = None
    """Rows that took nothing if they ran for no time: cancelled while they waited."""
    done_s: Whole | None = None
    """What a job that still runs had run before, in attempts that ended."""
    runs_since: Whole | None = None
    """Since when it runs, where that is not its start."""


class Account:
    """What became of every row that was read."""

    def __init__(self, path: str, *, strict: bool, place: str = "line") -> None:
        self.path, self.strict, self.place = path, strict, place
        self.rows_read = 0
        self.reasons: dict[str, tuple[int, int]] = {}
        self.is_utf8 = True
        self._refusal: tuple[int, Invalid] | None = None

    def leave_out(self, reason: str, rows: int, first: int) -> None:
        """Count rows that were left out."""
        before, earliest = self.reasons.get(reason, (0, first))
        self.reasons[reason] = before + rows, min(first, earliest)

    def mistake(self, reason: str, rows: int, first: int, sentence: str, field: str = "") -> None:
        """The same, of rows that are mistakes: when the reading is strict, `settle` refuses the earliest."""
        if self.strict and (self._refusal is None or first < self._refusal[0]):
            place = f"{self.path}, {self.place} {first}" + (f", {field}" if field else "")
            self._refusal = first, Invalid(sentence, place=place)
        self.leave_out(reason, rows, first)

    def settle(self) -> None:
        """Refuse the earliest mistake so far. Blocks come in order, so no later one has an earlier mistake."""
        if self._refusal is not None:
            raise self._refusal[1]

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """All reasons, that of most rows first."""
        ordered = sorted(self.reasons.items(), key=lambda item: -item[1][0])
        return tuple(
            LeftOut(reason=reason, rows=rows, first=f"{self.place} {first}") for reason, (rows, first) in ordered
        )


class Builder:
    """Takes block after block of rows, and makes the trace of what it keeps."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.teams, self.gpu_types, self.outcomes = Names(UNKNOWN_TEAM), Names(ANY_TYPE, lower=True), Names("")
        self.blocks: dict[str, list[Any]] = {}
        self.last_seen = MISSING
        self.moved = 0
        """Rows whose submit was taken as their start."""
        self.followed = 0
        """Later attempts whose submit was taken as the end of the one before."""

    def add(self, rows: Rows) -> None:
        """Sift a block: every row is kept, or left out for one reason."""
        length = len(rows.places)
        self.account.rows_read += length
        open_ = np.ones(length, np.bool_)
        for reason, mask in rows.dropped.items():
            self._drop(open_, mask, reason, rows)
        for cells in filter(None, rows[2:10]):
            self._unreadable(open_, cells, rows)
        sane = open_.copy()
        self._drop(open_, rows.gpus.values <= 0, "held no GPU", rows)
        start, end, duration = (_values(cells, length) for cells in (rows.start, rows.end, rows.duration))
        start, end = _completed(start, end, duration, waits=rows.start is not None)
        idle = np.zeros(length, np.bool_) if rows.idle is None else rows.idle & (start == end)
        self._drop(open_, (start == MISSING) & (duration == MISSING) | idle, "never started", rows)
        submit = rows.submit.values
        self._wrong(open_, submit == MISSING, "no submit time", rows, rows.submit.heading)
        runs = (end == MISSING) & (duration == MISSING)
        stopped = runs & ~rows.may_run if rows.may_run is not None else np.zeros(length, np.bool_)
        self._wrong(open_, stopped, "it ended, but no end is given", rows)
        length_s = np.where(duration != MISSING, duration, end - start)
        length_s = np.where((start != MISSING) & (end != MISSING) & (rows.done_s is None), end - start, length_s)
        self._wrong(open_, ~runs & (length_s < 0), "ended before it started", rows)
        early = (start != MISSING) & (start < submit)
        self._wrong(open_, early & (submit - start > CLOCK_SLACK_S), "started before it was submitted", rows)
        self.account.settle()
        self.moved += int(np.count_nonzero(open_ & early))
        submit = np.where(early, start, submit)
        since = start if rows.runs_since is None else rows.runs_since
        self._see(open_, submit, start, end, since)
        self._see(sane, rows.submit.values)
        self._see(sane & (end > start), end)
        done = 0 if rows.done_s is None else rows.done_s
        length_s = np.where(runs, done - since, length_s)
        self._keep(open_, rows, submit, np.where(start == MISSING, -1, start - submit), length_s, runs)

    def _drop(self, open_: Mask, mask: Mask, reason: str, rows: Rows) -> None:
        gone = open_ & mask
        if count := int(np.count_nonzero(gone)):
            self.account.leave_out(reason, count, int(rows.places[first_of(gone)]))
            open_ &= ~gone

    def _wrong(self, open_: Mask, mask: Mask, reason: str, rows: Rows, field: str = "") -> None:
        gone = open_ & mask
        if count := int(np.count_nonzero(gone)):
            sentence = f"{reason}; correct the row, or read it without strict"
            self.account.mistake(reason, count, int(rows.places[first_of(gone)]), sentence, field)
            open_ &= ~gone

    def _unreadable(self, open_: Mask, cells: Cells, rows: Rows) -> None:
        gone = open_ & (cells.bad | _absurd(cells, rows))
        if count := int(np.count_nonzero(gone)):
            first = first_of(gone)
            text = str(cells.texts[first].as_py())
            sentence = f"{text[:40]!r} cannot be read; {cells.wanted} is wanted here"
            self.account.mistake(
                f"{cells.heading} cannot be read", count, int(rows.places[first]), sentence, cells.heading
            )
            open_ &= ~gone

    def _see(self, open_: Mask, *columns: Whole) -> None:
        """The last instant seen: in rows that are used, and in those that are merely no jobs with GPUs."""
        for column in columns:
            if len(seen := column[open_]):
                self.last_seen = max(self.last_seen, int(seen.max()))

    def _keep(self, open_: Mask, rows: Rows, submit: Whole, waited: Whole, length_s: Whole, runs: Mask) -> None:
        count = len(open_)
        zeros = np.zeros(count, np.int32)
        columns: dict[str, NDArray[Any]] = {
            "submit_s": submit,
            "waited_s": waited,
            "duration_s": length_s,
            "is_cut": runs,
            "gpus": rows.gpus.values,
            "nodes": np.maximum(_values(rows.nodes, count), 0),
            "limit_s": np.maximum(_values(rows.limit, count), 0),
            "rank": np.where(_values(rows.rank, count) == MISSING, 1, _values(rows.rank, count)).astype(np.int32),
            "team": zeros if rows.team is None else rows.team,
            "gpu_type": zeros if rows.gpu_type is None else rows.gpu_type,
            "outcome": zeros if rows.outcome is None else rows.outcome,
        }
        for name, values in columns.items():
            self.blocks.setdefault(name, []).append(values[open_])
        self.blocks.setdefault("job_ids", []).append(pc.filter(pc.cast(rows.job_id, pa.large_string()), open_))

    def trace(self, *, calendar: bool = True, begins_at: int | None = None, attempts: bool = False) -> Trace:
        """The trace of all that was kept. Raises Invalid if that is nothing.

        With a `calendar` times are instants, and second 0 is the first submit; else `begins_at` says when it was.
        """
        self.account.settle()
        if not self.blocks or not sum(map(len, self.blocks["submit_s"])):
            raise Invalid(self._nothing(), place=self.account.path)
        ids = pa.chunked_array(self.blocks.pop("job_ids"))
        whole = {name: np.concatenate(self.blocks.pop(name)) for name in list(self.blocks)}
        whole["duration_s"][whole["is_cut"]] += self.last_seen
        if attempts:
            self.followed = _follow(ids, whole)
        return self._sorted(ids, whole, begins_at, calendar=calendar)

    def _sorted(
        self, ids: pa.ChunkedArray, whole: dict[str, NDArray[Any]], begins_at: int | None, *, calendar: bool
    ) -> Trace:
        if calendar:
            begins_at = int(whole["submit_s"].min())
            whole["submit_s"] -= begins_at
        order = None
        if np.any(np.diff(whole["submit_s"]) < 0):
            order = np.argsort(whole["submit_s"], kind="stable")
        columns: dict[str, Any] = {}
        for name in list(whole):
            values = whole.pop(name)
            values = values if order is None else values[order]
            columns[name] = values if name == "is_cut" else values.astype(np.int64, copy=False)
        columns["job_ids"] = _strings(ids, order)
        return Trace(
            **columns,
            teams=self.teams.words,
            gpu_types=self.gpu_types.words,
            outcomes=self.outcomes.words,
            begins_at=begins_at,
        )

    def _nothing(self) -> str:
        if not self.account.rows_read:
            return "it has no rows, only a head; nothing can be replayed"
        counted = [f"{each.reason}: {each.rows:,}, first {each.first}" for each in self.account.left_out]
        more = "" if len(counted) <= _NAMED_REASONS else f"; and {len(counted) - _NAMED_REASONS} reasons more"
        said = "; ".join(counted[:_NAMED_REASONS]) + more
        return f"none of its {self.account.rows_read:,} rows is a job that held GPUs ({said})"

    def reading(self, trace: Trace, form: str, remarks: list[str]) -> Reading:
        """The reading of a trace; what was done to rows is among its remarks."""
        if not self.account.is_utf8:
            remarks.append("it is not all UTF-8; what is not stands as \ufffd in names")
        if self.moved:
            remarks.append(
                f"{jobs(self.moved)} started up to {CLOCK_SLACK_S} s before they were submitted; "
                "there the start is taken for the submit"
            )
        if self.followed:
            remarks.append(
                f"{jobs(self.followed)} started again after an attempt that ended later than their submit; "
                "there that end is taken for the submit"
            )
        if cut := int(np.count_nonzero(trace.is_cut)):
            remarks.append(f"{jobs(cut)} still ran at the end of the history: cut at its last instant")
        return Reading(
            trace=trace,
            path=self.account.path,
            format=form,
            rows_read=self.account.rows_read,
            left_out=self.account.left_out,
            remarks=tuple(remarks),
        )


def jobs(count: int) -> str:
    """So many jobs, in words."""
    return "1 job" if count == 1 else f"{count:,} jobs"


def _values(cells: Cells | None, length: int) -> Whole:
    return nothing(length) if cells is None else cells.values


def _completed(start: Whole, end: Whole, duration: Whole, *, waits: bool) -> tuple[Whole, Whole]:
    """Start and end, where two of start, end and duration say the third."""
    both = (duration != MISSING) & (start != MISSING) & (end == MISSING)
    end = np.where(both, start + duration, end)
    back = (duration != MISSING) & (end != MISSING) & (start == MISSING)
    return np.where(back, end - duration, start), end


def _absurd(cells: Cells, rows: Rows) -> Mask:
    """Numbers that can be no more than a slip of the hand."""
    low, high = 0, MOST_GPUS
    if cells is rows.rank:
        low = 1
    elif cells is rows.duration:
        low, high = -LONGEST_RUN_S, LONGEST_RUN_S
    elif cells is rows.limit:
        high = LONGEST_RUN_S
    elif cells is rows.submit:
        high = FOREVER
    elif cells is not rows.gpus and cells is not rows.nodes:
        return np.zeros(len(cells.values), np.bool_)
    absurd: Mask = (cells.values != MISSING) & ((cells.values < low) | (cells.values > high))
    return absurd


def _follow(ids: pa.ChunkedArray, whole: dict[str, NDArray[Any]]) -> int:
    """A later attempt of a job is submitted no earlier than the one before it ended. How many were moved."""
    codes = np.asarray(ids.combine_chunks().dictionary_encode().indices)
    again = np.flatnonzero(np.bincount(codes)[codes] > 1)
    if not len(again):
        return 0
    submit, waited = whole["submit_s"], whole["waited_s"]
    started = submit[again] + np.maximum(waited[again], 0)
    again = again[np.lexsort((started, codes[again]))]
    started = submit[again] + np.maximum(waited[again], 0)
    ended = started + whole["duration_s"][again]
    same = codes[again][1:] == codes[again][:-1]
    later = again[1:][same]
    moved = np.minimum(np.maximum(submit[later], ended[:-1][same]), started[1:][same])
    count = int(np.count_nonzero(moved != submit[later]))
    submit[later] = moved
    waited[later] = started[1:][same] - moved
    return count


def _strings(ids: pa.ChunkedArray, order: NDArray[np.int64] | None) -> NDArray[Any]:
    """Ids as numpy's strings of any length, which keep short ones in 16 bytes."""
    kind = np.dtypes.StringDType()
    chunks = [pc.fill_null(chunk, "").to_numpy(zero_copy_only=False).astype(kind) for chunk in ids.chunks]
    joined = np.concatenate(chunks)
    return joined if order is None else joined[order]
