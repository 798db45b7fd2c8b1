"""What Slurm's `sacct` prints, as text (`--parsable2`, `--parsable`) or as JSON.

A step (`123.batch`) is no job, a task of an array (`123_4`) is one. A job that was started again (the same id twice,
with `-D`) is one job for each attempt, and a later one was submitted no earlier than the one before it ended.
GPUs are those allocated (`gres/gpu=8`; typed ones give the type and are not counted again), else those asked for.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from neocloud.errors import Invalid
from neocloud.model.traces import Reading, Whole
from neocloud.settings import MOST_GPUS
from neocloud.traces.building import Account, Builder, Rows
from neocloud.traces.columns import MISSING, Cells, Clock, Mask, numbers, spans, texts_of
from neocloud.traces.tabular import clock_remarks, ranked
from neocloud.traces.text import Source, blocks, heading_line

STEP = "a step of a job"
RUNNING = frozenset({"RUNNING", "COMPLETING", "SUSPENDED", "RESIZING", "STOPPED", "SIGNALING", "STAGE_OUT"})
_WANTED = {
    "job_id": ("JobID", "JobIDRaw"),
    "submit": ("Submit",),
    "start": ("Start",),
    "end": ("End",),
    "outcome": ("State",),
    "allocated": ("AllocTRES",),
    "asked": ("ReqTRES",),
    "allocated_gres": ("AllocGRES",),
    "asked_gres": ("ReqGRES",),
    "limit_minutes": ("TimelimitRaw",),
    "limit": ("Timelimit",),
    "team": ("Account",),
    "user": ("User",),
    "nodes": ("AllocNodes", "NNodes"),
    "rank": ("QOS",),
}
_NEEDED = ("job_id", "submit", "start", "end", "outcome")


def read_sacct_text(source: Source, *, zone: str | None, strict: bool, ranks: Mapping[str, int] | None) -> Reading:
    """The reading of `sacct --parsable2`; `ranks` are those of its QOS. Raises Invalid, with the file."""
    columns = _columns(source, heading_line(source.head(), "|"), ranks)
    account = Account(str(source.path), strict=strict)
    builder, clock = Builder(account), Clock(zone=zone, form=_form(source.head(), columns["submit"]))
    for lines, batch in blocks(source, account, list(columns.values()), separator="|", quoted=False):
        try:
            builder.add(_rows(lines, batch, columns, clock, builder, ranks))
        except Invalid as error:
            raise error if error.place else error.at(account.path) from None
    trace = builder.trace(attempts=True)
    return builder.reading(trace, "sacct", clock_remarks(clock))


def _columns(source: Source, headings: list[str], ranks: Mapping[str, int] | None) -> dict[str, str]:
    """The heading of each field that the text has. Raises Invalid where one is missing."""
    by_name = {heading.lower(): heading for heading in headings}
    columns = {}
    for field, names in _WANTED.items():
        if found := [by_name[name.lower()] for name in names if name.lower() in by_name]:
            columns[field] = found[0]
    missing = [_WANTED[field][0] for field in _NEEDED if field not in columns]
    if not {"allocated", "asked"} & columns.keys():
        of_nodes = {"allocated_gres", "asked_gres"} & columns.keys()
        missing += ["AllocTRES"] if not of_nodes else [] if "nodes" in columns else ["NNodes"]
    if missing:
        raise Invalid(
            f"it looks like sacct, but lacks {' and '.join(missing)}; print it with sacct -a -X -D --parsable2 "
            "--format=JobID,Account,Submit,Start,End,State,AllocTRES,ReqTRES,TimelimitRaw,NNodes,QOS",
            place=f"{source.path}, line 1",
        )
    if ranks is None:
        columns.pop("rank", None)
    elif "rank" not in columns:
        raise Invalid("the mapping has ranks, but there is no column QOS", place=f"{source.path}, line 1")
    return columns


def _form(head: bytes, submit: str) -> str:
    """How times are written, by the first of them: SLURM_TIME_FORMAT=%s makes `sacct` count seconds since 1970."""
    headings, *rows = [line.split("|") for line in head.decode("utf-8", "replace").splitlines()]
    place = heading_line(head, "|").index(submit)
    first = next((row[place].strip() for row in rows if len(row) == len(headings)), "")
    return "epoch" if re.fullmatch(r"\d{1,11}", first) else "iso"


def _rows(
    lines: Whole,
    batch: pa.RecordBatch,
    columns: Mapping[str, str],
    clock: Clock,
    builder: Builder,
    ranks: Mapping[str, int] | None,
) -> Rows:
    def column(field: str) -> pa.Array:
        return batch.column(columns[field])

    ids = column("job_id")
    is_step = np.asarray(pc.match_substring(ids, "."))
    state = pc.replace_substring_regex(texts_of(column("outcome")), r"^(\S+?)\+?(?:\s.*)?$", r"\1")
    of_nodes = not {"allocated", "asked"} & columns.keys()
    names = ("allocated_gres", "asked_gres") if of_nodes else ("allocated", "asked")
    said = {name: texts_of(column(name)) for name in names if name in columns}
    allocated, tres = said.get(names[0]), pc.coalesce(*said.values())
    nodes = numbers(column("nodes"), columns["nodes"]) if "nodes" in columns else _nodes(tres)
    gpus, types = _gpus(tres, columns[next(iter(said))], nodes.values if of_nodes else None)
    return Rows(
        lines,
        ids,
        submit=clock.instants(column("submit"), columns["submit"], lines),
        start=clock.instants(column("start"), columns["start"], lines),
        end=clock.instants(column("end"), columns["end"], lines),
        gpus=gpus,
        limit=_limit(batch, columns),
        nodes=nodes,
        rank=ranked(column("rank"), columns["rank"], ranks) if ranks is not None else None,
        team=_team(batch, columns, builder),
        gpu_type=builder.gpu_types.codes(types),
        outcome=builder.outcomes.codes(state),
        dropped={STEP: is_step},
        may_run=_among(state, RUNNING),
        idle=_among(state, {"CANCELLED"}) if allocated is None else np.asarray(pc.is_null(allocated)),
    )


def _team(batch: pa.RecordBatch, columns: Mapping[str, str], builder: Builder) -> NDArray[np.int32] | None:
    """The account of each row; where it is empty, the user."""
    named = [texts_of(batch.column(columns[field])) for field in ("team", "user") if field in columns]
    return builder.teams.codes(pc.coalesce(*named)) if named else None


def _among(words: pa.Array, some: frozenset[str] | set[str]) -> Mask:
    return np.asarray(pc.is_in(words, value_set=pa.array(sorted(some))))


def _gpus(tres: pa.Array, heading: str, nodes: Whole | None) -> tuple[Cells, pa.Array]:
    """GPUs and their type of `billing=8,gres/gpu:h100=8,gres/gpu=8`; of each text once.

    With `nodes`, the text is older, `gpu:h100:8`, and says what each node gives.
    """
    encoded = tres.dictionary_encode()
    counts, types = [], []
    for text in encoded.dictionary.to_pylist():
        count, kind = gpus_of(_pairs(text) if nodes is None else _pairs_of_node(text))
        counts.append(count)
        types.append(kind)
    places = np.array(pc.fill_null(encoded.indices, -1), np.int64)
    values, bad = np.array([*counts, 0], np.int64)[places], np.zeros(len(tres), np.bool_)
    if nodes is not None:
        bad = (values > 0) & ((nodes < 1) | (nodes > MOST_GPUS))
        values = values * np.where(bad, 1, np.clip(nodes, 0, MOST_GPUS))
    cells = Cells(values, bad, heading, tres, "GPUs of each node beside a number of nodes")
    return cells, pa.array([*types, ""], pa.string()).take(pa.array(places % (len(types) + 1)))


def _pairs(text: str) -> list[tuple[str, int]]:
    return [(name, int(number)) for name, number in re.findall(r"gres/(gpu[^=,]*)=(\d{1,12})", text)]


def _pairs_of_node(text: str) -> list[tuple[str, int]]:
    """The same of `gpu:h100:8`, `gpu:8` or `gpu`, which is one; where the sockets follow, they are passed over."""
    found = re.findall(r"(?:^|,)(?:gres[:/])?gpu(?::([^:,()]*[^:,()\d][^:,()]*))?(?::(\d{1,9}))?(?=[,(]|$)", text)
    return [(f"gpu:{kind}" if kind else "gpu", int(number or 1)) for kind, number in found]


def gpus_of(pairs: list[tuple[str, int]]) -> tuple[int, str]:
    """How many GPUs, of which type: the plain count if there is one, else the sum of the typed ones."""
    plain = [number for name, number in pairs if name == "gpu"]
    typed = [(name.partition(":")[2], number) for name, number in pairs if name.startswith("gpu:") and number]
    count = max(plain) if plain else sum(number for _, number in typed)
    kinds = list(dict.fromkeys(kind for kind, _ in typed))
    return count, kinds[0] if len(kinds) == 1 else ""


def _nodes(tres: pa.Array) -> Cells:
    found = pc.struct_field(pc.extract_regex(tres, r"(?:^|,)node=(?P<n>\d{1,9})"), "n")
    return numbers(found, "node")


def _limit(batch: pa.RecordBatch, columns: Mapping[str, str]) -> Cells | None:
    """`TimelimitRaw` in minutes where it says a number, else `Timelimit`."""
    if "limit_minutes" not in columns:
        return spans(batch.column(columns["limit"]), columns["limit"]) if "limit" in columns else None
    text = texts_of(batch.column(columns["limit_minutes"]))
    words = np.asarray(pc.fill_null(pc.match_substring_regex(text, "^[A-Za-z_]+$"), False))
    return numbers(pc.if_else(pa.array(words), "0", text), columns["limit_minutes"], times=60)


# ---- JSON ----


def read_sacct_json(source: Source, *, strict: bool, ranks: Mapping[str, int] | None) -> Reading:
    """The reading of `sacct --json`, whose times are instants. Raises Invalid, with the file."""
    content = source.json()
    jobs = content.get("jobs") if isinstance(content, dict) else None
    if not isinstance(jobs, list):
        raise Invalid("it lacks the list 'jobs'; write it with sacct --json", place=str(source.path))
    account = Account(str(source.path), strict=strict, place="job")
    builder = Builder(account)
    good, bad = [], []
    for place, job in enumerate(jobs, 1):
        try:
            good.append((place, *_job(job)))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            bad.append((place, error))
    account.rows_read += len(bad)
    for place, why in bad:
        account.mistake("not a job as sacct writes it", 1, place, f"this is not a job as sacct writes it ({why!r})")
    if good:
        builder.add(_json_rows(good, builder, ranks))
    return builder.reading(builder.trace(attempts=True), "sacct-json", [])


def _job(job: Any) -> tuple[Any, ...]:
    """Id, submit, start, end, minutes, GPUs, type, nodes, team, outcome, rank, whether nothing was allocated."""
    times, array = job["time"], job.get("array") or {}
    task, state = _number(array.get("task_id")), job["state"]["current"]
    name = str(job["job_id"]) if task is None else f"{_number(array.get('job_id'))}_{task}"
    tres = job["tres"]
    held = _tres(tres.get("allocated"))
    count, kind = gpus_of(held or _tres(tres.get("requested")))
    outcome = (state[0] if isinstance(state, list) else state).split()[0]
    return (
        name,
        *(_number(times[each]) or None for each in ("submission", "start", "end")),
        _number(times.get("limit")),
        count,
        kind,
        _number(job.get("allocation_nodes")),
        str(job.get("account") or job.get("user") or ""),
        outcome,
        str(job.get("qos") or ""),
        not tres.get("allocated"),
    )


def _number(value: Any) -> int | None:
    """A number as Slurm writes it: plain, or with whether it is set."""
    if isinstance(value, dict):
        return None if value.get("infinite") or not value.get("set", True) else _number(value.get("number"))
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**53:
        raise ValueError(f"{value!r} is no whole number")
    return value


def _tres(items: Any) -> list[tuple[str, int]]:
    named = [(str(item.get("name") or ""), _number(item.get("count")) or 0) for item in items or ()]
    return [(name, count) for name, count in named if name.startswith("gpu")]


def _json_rows(jobs: list[tuple[Any, ...]], builder: Builder, ranks: Mapping[str, int] | None) -> Rows:
    places, ids, submit, start, end, minutes, gpus, types, nodes, team, outcome, rank, idle = zip(*jobs, strict=True)

    def whole(values: Any, heading: str) -> Cells:
        found = np.array([MISSING if value is None else value for value in values], np.int64)
        return Cells(found, np.zeros(len(found), np.bool_), heading, pa.array(values, pa.int64()))

    states = pa.array(outcome, pa.string())
    return Rows(
        np.array(places, np.int64),
        pa.array(ids, pa.string()),
        submit=whole(submit, "time.submission"),
        start=whole(start, "time.start"),
        end=whole(end, "time.end"),
        gpus=whole(gpus, "tres"),
        limit=whole([value and value * 60 for value in minutes], "time.limit"),
        nodes=whole(nodes, "allocation_nodes"),
        rank=ranked(pa.array(rank, pa.string()), "qos", ranks) if ranks is not None else None,
        team=builder.teams.codes(pa.array(team, pa.string())),
        gpu_type=builder.gpu_types.codes(pa.array(types, pa.string())),
        outcome=builder.outcomes.codes(states),
        may_run=_among(states, RUNNING),
        idle=np.array(idle, np.bool_),
    )
