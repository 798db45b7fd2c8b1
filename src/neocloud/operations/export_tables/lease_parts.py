"""The parts of leases: blocks, prices, the rights under their terms, and the notices that were served."""

from collections.abc import Iterator
from typing import Any

from neocloud.operations.export_tables.table import Source, by_id, money, table
from neocloud.rules.rights import last_days, rights


def _blocks(source: Source) -> Iterator[tuple[Any, ...]]:
    pools = source.world.pools
    for lease in by_id(source.world.leases):
        for number, block in enumerate(lease.blocks, 1):
            site = pools[block.pool].site
            yield lease.id, number, block.pool, site, block.start_at, block.end_at, block.gpus, block.spare_gpus


def _prices(source: Source) -> Iterator[tuple[Any, ...]]:
    for lease in by_id(source.world.leases):
        for number, price in enumerate(lease.prices, 1):
            yield lease.id, number, price.per, *money(price.amount), price.start_at, price.end_at


def _rights(source: Source) -> Iterator[tuple[Any, ...]]:
    """Of leases that stand: the rights that can still take effect before the end."""
    for lease in by_id(source.world.leases):
        if lease.stands:
            last = {each.right: each.at for each in last_days(source.world, lease)}
            for right, effect_at in rights(source.world, lease, source.now):
                said = right.holder, right.kind, right.part, right.notice_s
                yield lease.id, *said, effect_at, last[right]


def _notices(source: Source) -> Iterator[tuple[Any, ...]]:
    for lease in by_id(source.world.leases):
        for number, notice in enumerate(lease.notices, 1):
            said = notice.holder, notice.kind, notice.served_at, notice.effect_at, notice.gpus
            lost = *money(notice.lost), *money(notice.value_lost)
            yield lease.id, number, *said, notice.for_lease or None, *lost


def _steps(source: Source) -> int:
    return len(source.world.leases)


TABLES = (
    table(
        "lease_blocks",
        "lease:text block:whole pool:text site:text start_at:instant end_at:instant? gpus:whole spare_gpus:whole",
        steps=_steps,
        rows=_blocks,
    ),
    table(
        "lease_prices",
        "lease:text price:whole per:text currency:text amount:money start_at:instant end_at:instant?",
        steps=_steps,
        rows=_prices,
    ),
    table(
        "lease_rights",
        "lease:text holder:text kind:text part:yes_no notice_s:whole "
        "earliest_effect_at:instant last_serve_at:instant",
        steps=_steps,
        rows=_rights,
    ),
    table(
        "notices",
        "lease:text notice:whole holder:text kind:text served_at:instant effect_at:instant gpus:whole? "
        "for_lease:text? lost_currency:text? lost:money? value_lost_currency:text? value_lost:money?",
        steps=_steps,
        rows=_notices,
    ),
)
