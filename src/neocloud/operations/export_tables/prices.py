"""Prices: the price book, and the price sets that were admitted."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.table import Source, by_id, money, table


def _list_prices(source: Source) -> Iterator[tuple[Any, ...]]:
    for price in by_id(source.world.list_prices):
        yield price.pool, price.terms, *money(price.per_gpu_hour)


def _price_sets(source: Source) -> Iterator[tuple[Any, ...]]:
    for each in by_id(source.world.price_sets):
        yield each.id, each.journal_seq, each.made_at, each.until_at, each.futures, each.seed, each.scenario or None


TABLES = (
    table(
        "list_prices",
        "pool:text terms:text currency:text per_gpu_hour:money",
        steps=lambda source: len(source.world.list_prices),
        rows=_list_prices,
    ),
    table(
        "price_sets",
        "id:text journal_seq:whole made_at:instant until_at:instant futures:whole seed:whole scenario:text?",
        steps=lambda source: len(source.world.price_sets),
        rows=_price_sets,
    ),
)
