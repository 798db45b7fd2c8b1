"""Leases: every one that ever was, held and ended ones among them, with what it comes to."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from neocloud.model.leases import Header, Lease
from neocloud.model.world import World
from neocloud.operations.export_tables.table import Source, by_id, money, table
from neocloud.rules.revenue import contracted, firm


def earning(lease: Lease) -> Lease:
    """A lease with its prices, as far as it earns them: what was given up, or only ranks, earns nothing."""
    return lease if lease.live else replace(lease, prices=())


def _leases(source: Source) -> Iterator[tuple[Any, ...]]:
    for lease in by_id(source.world.leases):
        yield (
            lease.id,
            lease.tenant,
            lease.terms,
            lease.status,
            lease.live,
            lease.booked_at,
            lease.start_at,
            lease.end_at,
            lease.expires_at,
            lease.gpu_seconds,
            *_contracted(source.world, earning(lease), source.now),
            *money(lease.value.per_gpu_hour if lease.value else None),
            lease.rank,
            lease.protected,
            *_option(lease),
            *_quoted(lease),
            lease.request,
            *_paper(lease.header or Header()),
            lease.recorded,
        )


def _contracted(world: World, lease: Lease, now: int) -> tuple[str | None, int | None, int | None]:
    """Currency, contracted, and firm."""
    return *money(contracted(lease)), money(firm(world, lease, now))[1]


def _option(lease: Lease) -> tuple[Any, ...]:
    option = lease.option
    if option is None:
        return (None,) * 6
    return option.kind, option.of or None, option.takes, option.exercise_by_at, *money(option.fee)


def _quoted(lease: Lease) -> tuple[Any, ...]:
    said = lease.quoted
    return (None,) * 4 if said is None else (said.journal_seq, said.price_set, *money(said.floor))


def _paper(header: Header) -> tuple[Any, ...]:
    return header.order_form or None, header.legal_entity or None, header.amendment, header.document or None


TABLES = (
    table(
        "leases",
        "id:text tenant:text terms:text status:text takes_capacity:yes_no booked_at:instant start_at:instant "
        "end_at:instant? expires_at:instant? gpu_seconds:whole currency:text? contracted:money? firm:money? "
        "value_currency:text? value_per_gpu_hour:money? rank:whole? protected:yes_no option_kind:text? "
        "option_of:text? option_takes:yes_no? exercise_by_at:instant? fee_currency:text? fee:money? "
        "quoted_journal_seq:whole? quoted_price_set:text? quoted_floor_currency:text? quoted_floor:money? "
        "request:text? order_form:text? legal_entity:text? amendment:whole document:text? recorded:text?",
        steps=lambda source: len(source.world.leases),
        rows=_leases,
    ),
)
