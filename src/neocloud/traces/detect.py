"""Which format a history is in: what it looks like, never what it is called."""

import re

from neocloud.errors import Invalid
from neocloud.traces import acme, helios
from neocloud.traces.text import Source, heading_line

FORMATS = ("sacct", "sacct-json", "swf", "philly", "helios", "acme", "parquet", "mapped")
WAYS = "sacct --parsable2 or --json, Standard Workload Format, Philly, Helios, Acme, Parquet, or any CSV by a mapping"
_MANY = 5
"""So many of its columns make a table look like Helios or Acme."""
_SOME = 2
"""So many are worth a hint."""
_ONLY_ACME = {"type", "gpu_time"}
_TABLES = {"acme": acme.COLUMNS, "helios": helios.COLUMNS}


def looks_like(source: Source) -> str:
    """The format of a history. Raises Invalid, with the file, where it looks like none."""
    head = source.head()
    if head.startswith(b"PAR1"):
        return "parquet"
    if b"\0" in head:
        raise Invalid(f"this is not text, and not Parquet; a history is {WAYS}", place=str(source.path))
    text = head.lstrip()
    if text[:1] in b"[{":
        return "philly" if text[:1] == b"[" else "sacct-json"
    first = next((line for line in text.split(b"\n") if not line.startswith(b";")), b"")
    if text.startswith(b";") or re.fullmatch(rb"\s*(-?\d+(\.\d+)?\s+){11,}-?\d+(\.\d+)?\s*", first):
        return "swf"
    return _table(source, head)


def _table(source: Source, head: bytes) -> str:
    """The format of a table with a head."""
    slurm = {name.lower() for name in heading_line(head, "|")}
    if slurm & {"jobid", "jobidraw"} or len(slurm & {"submit", "start", "end", "state", "alloctres"}) > 2:
        return "sacct"
    headings = set(heading_line(head, ","))
    for name, columns in _TABLES.items():
        there = headings & set(columns.values())
        fits = bool(headings & _ONLY_ACME) == (name == "acme")
        if fits and len(there) >= _MANY:
            return name
    shown = ", ".join(filter(None, heading_line(head, separator_of(head))[:8]))[:120]
    raise Invalid(
        f"it looks like no format that is known (its first line: {shown!r}); {_nearest(headings)}a history is {WAYS}",
        place=str(source.path),
    )


def _nearest(headings: set[str]) -> str:
    """The format that has most of these columns, and what is missing for it; nothing where none has two."""
    there = {name: headings & set(columns.values()) for name, columns in _TABLES.items()}
    name = max(there, key=lambda each: len(there[each]))
    if len(there[name]) < _SOME:
        return ""
    missing = [heading for heading in _TABLES[name].values() if heading not in headings]
    return f"nearest is {name.capitalize()}, but it lacks {' and '.join(missing)}; "


def separator_of(head: bytes) -> str:
    """What stands between the columns of a head."""
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(",;\t|", key=first.count)
