"""Deliveries: waves of GPUs on their way, and those that have come."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.table import Source, by_id, table


def _deliveries(source: Source) -> Iterator[tuple[Any, ...]]:
    for wave in by_id(source.world.deliveries):
        yield (
            wave.id,
            wave.pool,
            source.world.pools[wave.pool].site,
            wave.gpus,
            wave.contract_at,
            wave.p50_at,
            wave.p90_at,
            wave.promise_on,
            wave.counts_from_at,
            wave.ordered_at,
            wave.delivered_at,
            wave.burnt_in_at,
            wave.in_service_at,
            wave.reason or None,
        )


TABLES = (
    table(
        "deliveries",
        "id:text pool:text site:text gpus:whole contract_at:instant p50_at:instant p90_at:instant promise_on:text "
        "counts_from_at:instant ordered_at:instant? delivered_at:instant? burnt_in_at:instant? "
        "in_service_at:instant? reason:text?",
        steps=lambda source: len(source.world.deliveries),
        rows=_deliveries,
    ),
)
