"""Outages of GPUs, and curtailments of sites."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.table import Source, by_id, table


def _outages(source: Source) -> Iterator[tuple[Any, ...]]:
    for outage in by_id(source.world.outages):
        yield (
            outage.id,
            outage.pool,
            source.world.pools[outage.pool].site,
            outage.gpus,
            outage.start_at,
            outage.end_at,
            outage.planned,
            outage.reason or None,
        )


def _curtailments(source: Source) -> Iterator[tuple[Any, ...]]:
    for cut in by_id(source.world.curtailments):
        shed = ",".join(cut.shed) or None
        yield cut.id, cut.site, cut.most_watts, cut.start_at, cut.end_at, shed, cut.reason or None


TABLES = (
    table(
        "outages",
        "id:text pool:text site:text gpus:whole start_at:instant end_at:instant? planned:yes_no reason:text?",
        steps=lambda source: len(source.world.outages),
        rows=_outages,
    ),
    table(
        "curtailments",
        "id:text site:text most_watts:whole start_at:instant end_at:instant? shed:text? reason:text?",
        steps=lambda source: len(source.world.curtailments),
        rows=_curtailments,
    ),
)
