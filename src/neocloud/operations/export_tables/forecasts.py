"""Forecasts: demand to come, by class, and the pools that it can use."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.table import Source, by_id, money, table


def _forecasts(source: Source) -> Iterator[tuple[Any, ...]]:
    for forecast in by_id(source.world.forecasts):
        yield (
            forecast.id,
            forecast.kind,
            forecast.market or None,
            forecast.requests_per_day,
            forecast.median_gpus,
            forecast.least_gpus,
            forecast.most_gpus,
            forecast.duration_s,
            forecast.lead_s,
            *money(forecast.per_gpu_hour),
            forecast.size_sd_ratio,
            forecast.price_sd_ratio,
            forecast.level_sd_ratio,
            forecast.tied_ratio,
            forecast.jumps_per_year,
        )


def _pools(source: Source) -> Iterator[tuple[Any, ...]]:
    for forecast in by_id(source.world.forecasts):
        for served in forecast.pools:
            yield forecast.id, served.pool, served.speed, served.tied_share


TABLES = (
    table(
        "forecasts",
        "id:text kind:text market:text? requests_per_day:ratio median_gpus:whole least_gpus:whole most_gpus:whole "
        "duration_s:whole lead_s:whole currency:text per_gpu_hour:money size_sd_ratio:ratio price_sd_ratio:ratio "
        "level_sd_ratio:ratio tied_ratio:ratio jumps_per_year:ratio",
        steps=lambda source: len(source.world.forecasts),
        rows=_forecasts,
    ),
    table(
        "forecast_pools",
        "forecast:text pool:text speed:ratio tied_share:ratio",
        steps=lambda source: len(source.world.forecasts),
        rows=_pools,
    ),
)
