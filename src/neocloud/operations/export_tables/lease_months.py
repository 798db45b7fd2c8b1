"""What leases come to in each calendar month: contracted money, and GPU-seconds."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.leases import earning
from neocloud.operations.export_tables.table import Source, by_id, money, table
from neocloud.rules.monthly import monthly
from neocloud.units import DAY_S


def _months(source: Source) -> Iterator[tuple[Any, ...]]:
    for lease in by_id(source.world.leases):
        if lease.live:
            for at, contracted, gpu_s in monthly(earning(lease)):
                yield lease.id, lease.tenant, lease.status, at // DAY_S, *money(contracted), gpu_s


TABLES = (
    table(
        "lease_months",
        "lease:text tenant:text status:text month:day currency:text? contracted:money? gpu_seconds:whole",
        steps=lambda source: len(source.world.leases),
        rows=_months,
    ),
)
