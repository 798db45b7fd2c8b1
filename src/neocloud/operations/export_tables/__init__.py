"""The tables of an export, one noun a file. Their names, columns, types and order are a promise: `SCHEMA_VERSION`."""

from neocloud.operations.export_tables import (
    capacity,
    deliveries,
    entries,
    forecasts,
    lease_months,
    lease_parts,
    leases,
    outages,
    pools,
    prices,
    requests,
    sites,
    tenants,
    terms,
)
from neocloud.operations.export_tables.table import Source, Table

SCHEMA_VERSION = 1
"""Raised when a table or column goes, or changes its type or meaning. What is added at the end raises nothing."""

_NOUNS = (sites, pools, deliveries, outages, tenants, terms, leases, lease_parts, lease_months, requests, forecasts)
TABLES: dict[str, Table] = {
    each.name: each for noun in (*_NOUNS, prices, capacity, entries) for each in noun.TABLES
}  # fmt: skip

__all__ = ["SCHEMA_VERSION", "TABLES", "Source", "Table"]
