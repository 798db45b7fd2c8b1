"""The review: every entry once, every difference said, and sums that come to what the world holds."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from neocloud.model.entries import Noun
from neocloud.operations.changed import changed
from neocloud.operations.review import Review, review
from neocloud.rules.revenue import contracted
from neocloud.units import HOUR_S
from tests.laws.histories import Moment, fleets, histories
from tests.laws.test_known import few, kept


@given(fleets(), histories(12))
@few
def test_what_was_added_less_what_was_lost_is_what_is_contracted(fleet: list[Noun], history: list[Moment]) -> None:
    with kept(fleet, history, 10**9) as (ledger, snapshots):
        found = review(ledger.journal, snapshots, 0)
        confirmed = [lease for lease in ledger.world.leases.values() if lease.status == "confirmed"]
        money = [amount.nanos for lease in confirmed if (amount := contracted(lease)) is not None]
        totals = found.totals
        assert sum(m.nanos for m in totals.money_added) - sum(m.nanos for m in totals.money_lost) == sum(money)
        assert sum(row.gpu_seconds for row in found.rows) == sum(lease.gpu_seconds for lease in confirmed)


@given(fleets(), histories(12), st.lists(st.integers(0, 30), min_size=2, max_size=5, unique=True), st.booleans())
@few
def test_reviews_of_spans_that_touch_have_every_entry_once_and_say_the_same(
    fleet: list[Noun], history: list[Moment], hours: list[int], snapshot: bool
) -> None:
    with kept(fleet, history, 3) as (ledger, snapshots):
        beside = snapshots if snapshot else None
        cuts = [0, *(hour * HOUR_S for hour in sorted(hours) if hour)]
        parts = [
            review(ledger.journal, beside, since_at, until_at)
            for since_at, until_at in zip(cuts, [*cuts[1:], None], strict=True)
        ]
        whole = review(ledger.journal, beside, 0)
        assert [row for part in parts for row in part.rows] == whole.rows
        assert [row.entry.seq for row in whole.rows] == list(range(1, ledger.world.head.seq + 1))
        assert (whole.head, parts[-1].head) == (ledger.world.head, ledger.world.head)
        for part in parts:
            assert in_its_span(part)


def in_its_span(part: Review) -> bool:
    times = [row.entry.recorded_at for row in part.rows]
    end = len(times) if part.until_at is None else bisect_left(times, part.until_at)
    return bisect_left(times, part.since_at) == 0 and end == len(times)


@given(fleets(), histories(12))
@few
def test_a_noun_that_is_another_has_a_phrase_and_one_that_is_not_has_none(
    fleet: list[Noun], history: list[Moment]
) -> None:
    with kept(fleet, history, 10**9) as (ledger, _):
        for row in review(ledger.journal, None, 0).rows:
            assert changed(row.entry.noun, row.entry.noun) == []
            assert row.changes, row


@given(fleets(), histories(12))
@few
def test_every_row_is_shown_in_one_group(fleet: list[Noun], history: list[Moment]) -> None:
    with kept(fleet, history, 10**9) as (ledger, _):
        found = review(ledger.journal, None, 0)
        shown = [row.entry.seq for _, rows in found.groups() for row in rows]
        assert sorted(shown) == [row.entry.seq for row in found.rows]
        assert "other" not in dict(found.groups())
