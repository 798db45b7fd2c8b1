"""Pools: interchangeable GPUs at one site, and what of them is retired."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.table import Source, by_id, table


def _pools(source: Source) -> Iterator[tuple[Any, ...]]:
    for pool in by_id(source.world.pools):
        yield (
            pool.id,
            pool.site,
            pool.gpu,
            pool.it_watts_per_gpu,
            source.world.watts_per_gpu(pool),
            pool.installed_gpus,
            pool.in_service_at,
            pool.sell_unit_gpus,
            pool.spares_ratio,
            pool.turnaround_s,
        )


def _retirements(source: Source) -> Iterator[tuple[Any, ...]]:
    for pool in by_id(source.world.pools):
        for retired in pool.retirements:
            yield pool.id, retired.at, retired.gpus


TABLES = (
    table(
        "pools",
        "id:text site:text gpu:text it_watts_per_gpu:whole watts_per_gpu:whole installed_gpus:whole "
        "in_service_at:instant sell_unit_gpus:whole spares_ratio:ratio turnaround_s:whole",
        steps=lambda source: len(source.world.pools),
        rows=_pools,
    ),
    table(
        "pool_retirements",
        "pool:text at:instant gpus:whole",
        steps=lambda source: len(source.world.pools),
        rows=_retirements,
    ),
)
