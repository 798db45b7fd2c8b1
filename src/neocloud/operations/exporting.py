"""Exports: the ledger as tables of Parquet for a data warehouse, with a manifest that says which files are of one.

It is written whole or not at all. Every file goes under another name first; then the old manifest goes, the files get
their names, and the new manifest comes last. Where there is a manifest, the files that it names are of one export.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from neocloud import __version__
from neocloud.errors import Invalid
from neocloud.model.world import World
from neocloud.operations.export_parquet import Written, schema_of, write_table
from neocloud.operations.export_place import Place
from neocloud.operations.export_tables import SCHEMA_VERSION, TABLES, Source, Table
from neocloud.settings import EXPORT_DAYS
from neocloud.timeline import FOREVER, Span
from neocloud.units import DAY_S, Progress, format_instant

MANIFEST = "manifest.json"


def export(
    source: Source, tables: Sequence[Table], place: Place, progress: Progress = lambda done, total: None
) -> dict[str, Any]:
    """Write tables to a place; returns the manifest. The same journal, instant and days give the same bytes.

    Raises Invalid where the place has another manifest, or money does not fit; Unavailable where writing fails.
    """
    _check_manifest(place)
    drafts = {table.name: f".{table.name}.{uuid4().hex[:12]}.part" for table in tables}
    drafts[MANIFEST] = f".{MANIFEST}.{uuid4().hex[:12]}.part"
    place.prepare()
    try:
        written = _write_all(source, tables, place, drafts, progress)
        manifest = _manifest(source, tables, written)
        with place.writing(drafts[MANIFEST]) as sink:
            sink.write(f"{json.dumps(manifest, indent=1)}\n".encode())
        place.remove(MANIFEST)
        for table in tables:
            place.rename(drafts.pop(table.name), _file(table))
        place.rename(drafts.pop(MANIFEST), MANIFEST)
    except BaseException:
        place.leave(list(drafts.values()))
        raise
    return manifest


def days_of(world: World, start_at: int, end_at: int | None = None) -> Span:
    """The whole days of capacity that a span touches: without an end, to that of the last lease, at least a year."""
    if end_at is None:
        last_at = max((lease.end_at for lease in world.leases.values() if lease.live), default=start_at)
        end_at = min(max(last_at, start_at + 365 * DAY_S), start_at + EXPORT_DAYS * DAY_S)
    return Span(start_at // DAY_S * DAY_S, min(-(-end_at // DAY_S) * DAY_S, FOREVER))


def _check_manifest(place: Place) -> None:
    """Nobody's own manifest is overwritten."""
    found = place.read(MANIFEST)
    try:
        is_ours = found is None or "schema_version" in msgspec.json.decode(found, type=dict[str, Any])
    except msgspec.DecodeError:
        is_ours = False
    if not is_ours:
        raise Invalid(f"{place.shown} has a {MANIFEST} that is of no export; name another directory, or an empty one")


def _write_all(
    source: Source, tables: Sequence[Table], place: Place, drafts: dict[str, str], progress: Progress
) -> list[Written]:
    steps = _Steps(source, tables, progress)
    written = []
    for table in tables:
        with place.writing(drafts[table.name]) as sink:
            about = json.dumps({"table": table.name, **_about(source)}, sort_keys=True).encode()
            written.append(write_table(table, source, sink, about=about, progress=steps.within(table)))
        steps.past(table)
    return written


def _about(source: Source) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "journal_seq": source.head.seq,
        "head": str(source.head),
        "made_at": format_instant(source.now),
    }


def _manifest(source: Source, tables: Sequence[Table], written: Sequence[Written]) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415

    return {
        **_about(source),
        "capacity_from": format_instant(source.days.start_at),
        "capacity_until": format_instant(source.days.end_at),
        "program": f"neocloud {__version__}, pyarrow {pa.__version__}",
        "tables": [
            {
                "name": table.name,
                "file": _file(table),
                "rows": done.rows,
                "bytes": done.bytes,
                "sha256": done.digest,
                "columns": [{"name": field.name, "type": str(field.type)} for field in schema_of(table)],
            }
            for table, done in zip(tables, written, strict=True)
        ],
    }


def _file(table: Table) -> str:
    return f"{table.name}.parquet"


class _Steps:
    """How much of an export is done: a table counts for what its nouns come to, whatever rows they have."""

    def __init__(self, source: Source, tables: Sequence[Table], progress: Progress) -> None:
        self._each = {table.name: table.steps(source) for table in tables}
        self._total = sum(self._each.values())
        self._before, self._progress = 0, progress

    def within(self, table: Table) -> Callable[[int], None]:
        """What to tell of the rows of a table."""
        rows = 0

        def told(more: int) -> None:
            nonlocal rows
            rows += more
            self._progress(min(self._before + min(rows, self._each[table.name]), self._total), self._total)

        return told

    def past(self, table: Table) -> None:
        """A table is done."""
        self._before += self._each[table.name]
        self._progress(self._before, self._total)


__all__ = ["MANIFEST", "TABLES", "Source", "days_of", "export"]
