"""Tenants: customers and inside teams."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.table import Source, by_id, table


def _tenants(source: Source) -> Iterator[tuple[Any, ...]]:
    for tenant in by_id(source.world.tenants):
        yield tenant.id, tenant.kind, tenant.name or None, tenant.legal_entity or None


TABLES = (
    table(
        "tenants",
        "id:text kind:text name:text? legal_entity:text?",
        steps=lambda source: len(source.world.tenants),
        rows=_tenants,
    ),
)
