"""Terms: every version, with its rights and remedies."""

from collections.abc import Iterator
from typing import Any

from neocloud.model.terms import Late
from neocloud.operations.export_tables.table import Source, by_id, table


def _terms(source: Source) -> Iterator[tuple[Any, ...]]:
    for terms in by_id(source.world.terms):
        yield (
            terms.id,
            terms.name,
            terms.version,
            terms.currency,
            terms.billing_zone,
            terms.availability_ratio,
            terms.payment_days,
            *_late(terms.late),
            terms.description or None,
        )


def _late(late: Late | None) -> tuple[Any, ...]:
    if late is None:
        return (None,) * 6
    return late.due_at, late.due_after_s, late.grace_s, late.terminate, late.fewer, late.decide_s


def _rights(source: Source) -> Iterator[tuple[Any, ...]]:
    for terms in by_id(source.world.terms):
        for right in terms.rights:
            said = right.holder, right.kind, right.part, right.notice_s, right.serve_from_at, right.serve_after_s
            yield terms.id, *said


def _remedies(source: Source) -> Iterator[tuple[Any, ...]]:
    for terms in by_id(source.world.terms):
        for remedy in terms.remedies:
            yield terms.id, remedy.below_ratio, remedy.credit_ratio


def _steps(source: Source) -> int:
    return len(source.world.terms)


TABLES = (
    table(
        "terms",
        "id:text name:text version:whole currency:text billing_zone:text availability_ratio:ratio? "
        "payment_days:whole late_due_at:instant? late_due_after_s:whole? late_grace_s:whole? late_terminate:yes_no? "
        "late_fewer:yes_no? late_decide_s:whole? description:text?",
        steps=_steps,
        rows=_terms,
    ),
    table(
        "rights",
        "terms:text holder:text kind:text part:yes_no notice_s:whole serve_from_at:instant? serve_after_s:whole?",
        steps=_steps,
        rows=_rights,
    ),
    table("remedies", "terms:text below_ratio:ratio credit_ratio:ratio", steps=_steps, rows=_remedies),
)
