"""Sites: data centres, and their power over time."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.table import Source, by_id, table


def _sites(source: Source) -> Iterator[tuple[Any, ...]]:
    for site in by_id(source.world.sites):
        yield site.id, site.name or None, site.pue, site.landlord or None, site.leave_at


def _power(source: Source) -> Iterator[tuple[Any, ...]]:
    for site in by_id(source.world.sites):
        for step in site.power:
            yield site.id, step.from_at, step.watts


TABLES = (
    table(
        "sites",
        "id:text name:text? pue:ratio landlord:text? leave_at:instant?",
        steps=lambda source: len(source.world.sites),
        rows=_sites,
    ),
    table(
        "site_power",
        "site:text from_at:instant power_watts:whole",
        steps=lambda source: len(source.world.sites),
        rows=_power,
    ),
)
