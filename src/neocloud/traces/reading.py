"""Reads a history of jobs, in whatever format it is, into a trace and an account of every row.

    rows read = rows used + rows left out

What is refused is refused in one sentence (Invalid) with file, line and field. What was assumed is a remark.
[docs/histories.md] has the formats and every rule.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from neocloud.errors import Invalid, Unknown
from neocloud.units import Progress

if TYPE_CHECKING:
    from neocloud.model.traces import Reading
    from neocloud.traces.mapping import Mapping
    from neocloud.traces.text import Source


def read_history(
    path: Path,
    *,
    format: str = "auto",
    mapping: Path | None = None,
    zone: str | None = None,
    begins_at: int | None = None,
    gpus_are_processors: bool = False,
    strict: bool = False,
    progress: Progress = lambda done, total: None,
) -> "Reading":
    """The trace of a history, with every row accounted for. Raises Invalid or Unknown.

    `format` is one of detect.FORMATS, or `auto`: what it looks like. `mapping` is a YAML file. `zone` is an IANA
    name, for times that have none. `begins_at` is the instant of second 0, where seconds have no calendar. `strict`
    refuses the first row that is a mistake, instead of leaving it out. `progress` is told bytes (rows, for Parquet).
    """
    from neocloud.traces.columns import known_zone  # noqa: PLC0415  (numpy and pyarrow are not for every command)
    from neocloud.traces.detect import FORMATS, looks_like  # noqa: PLC0415
    from neocloud.traces.mapping import Mapping, read_mapping  # noqa: PLC0415
    from neocloud.traces.text import Source  # noqa: PLC0415

    if format not in (*FORMATS, "auto"):
        raise Unknown("format", format, FORMATS)
    source = Source(path, progress)
    said = read_mapping(mapping) if mapping else Mapping()
    zone = known_zone(zone, "zone") if zone else said.zone
    if format == "auto":
        format = "mapped" if said.columns else looks_like(source)
    if format == "mapped" and not said.columns:
        raise Invalid("a table is read by a mapping with columns; give one", place=said.path or str(path))
    if said.columns and format != "mapped":
        raise Invalid(f"columns are for the format mapped, not for {format}; leave one of them out", place=said.path)
    if begins_at is not None and format not in {"parquet", "swf"}:
        raise Invalid(f"begins_at is for seconds without a calendar, and {format} has one", place=str(path))
    if said.ranks and format not in {"sacct", "sacct-json", "mapped"}:
        raise Invalid(f"ranks are for sacct and mapped columns; {format} has no column for them", place=said.path)
    reading = _read(source, format, said, zone, begins_at, gpus=gpus_are_processors, strict=strict)
    return msgspec.structs.replace(reading, quotas=said.quotas)


def _read(
    source: "Source",
    format: str,
    said: "Mapping",
    zone: str | None,
    begins_at: int | None,
    *,
    gpus: bool,
    strict: bool,
) -> "Reading":
    """The reading by a format that is settled. Each is loaded when it is asked for."""
    from neocloud.traces import acme, helios, mapped, parquet, philly, sacct, swf  # noqa: PLC0415
    from neocloud.traces.tabular import read_table  # noqa: PLC0415

    if format == "parquet":
        return parquet.read_parquet(source, zone=zone, begins_at=begins_at, strict=strict)
    if format == "swf":
        return swf.read_swf(source, gpus_are_processors=gpus, begins_at=begins_at, strict=strict)
    if format == "philly":
        return philly.read_philly(source, zone=zone, strict=strict)
    if format == "sacct":
        return sacct.read_sacct_text(source, zone=zone, strict=strict, ranks=said.ranks)
    if format == "sacct-json":
        return sacct.read_sacct_json(source, strict=strict, ranks=said.ranks)
    if format == "mapped":
        layout = mapped.mapped_layout(said, source, zone)
    else:
        layout = (helios.helios_layout if format == "helios" else acme.acme_layout)(zone)
    return read_table(source, layout, strict=strict)
