"""Requests: what tenants want, in which ways, and what was decided."""

from collections.abc import Iterator
from typing import Any

from neocloud.model.requests import Judgement
from neocloud.operations.export_tables.table import Source, by_id, money, table


def _requests(source: Source) -> Iterator[tuple[Any, ...]]:
    for request in by_id(source.world.requests):
        yield (
            request.id,
            request.tenant,
            request.status,
            request.lease,
            request.arrived_at,
            request.start_at,
            request.end_at,
            request.latest_start_at,
            request.terms,
            request.forecast or None,
            request.divisible,
            request.rank,
            request.put,
            *_judged(request.judgement),
        )


def _judged(said: Judgement | None) -> tuple[Any, ...]:
    if said is None:
        return (None,) * 8
    money_cells = *money(said.worth), *money(said.opportunity_cost)
    return said.at, said.journal_seq, said.price_set or None, *money_cells, said.reason or None


def _ways(source: Source) -> Iterator[tuple[Any, ...]]:
    for request in by_id(source.world.requests):
        for number, way in enumerate(request.ways, 1):
            yield request.id, number, way.pool, way.gpus, *money(way.per_gpu_hour)


TABLES = (
    table(
        "requests",
        "id:text tenant:text status:text lease:text? arrived_at:instant start_at:instant end_at:instant? "
        "latest_start_at:instant? terms:text forecast:text? divisible:yes_no rank:whole? put:yes_no "
        "judged_at:instant? judged_journal_seq:whole? judged_price_set:text? worth_currency:text? worth:money? "
        "opportunity_cost_currency:text? opportunity_cost:money? reason:text?",
        steps=lambda source: len(source.world.requests),
        rows=_requests,
    ),
    table(
        "request_ways",
        "request:text way:whole pool:text gpus:whole currency:text? per_gpu_hour:money?",
        steps=lambda source: len(source.world.requests),
        rows=_ways,
    ),
)
