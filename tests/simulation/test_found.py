"""What the months have found, each as the shortest story that shows it."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from neocloud.errors import Invalid
from neocloud.model.commands import Amend, Ask, Terminate
from neocloud.operations.ledger import Ledger
from neocloud.units import HOUR_S
from tests.conftest import Store
from tests.contracts.scene import DAY, NOW, apply, book, broken_law, built_anew, founded, picture


def with_pool(ledger: Ledger, *, spares_ratio: str = "0", turnaround_s: int = 0) -> Ledger:
    """The fleet, its pool with spares or a turnaround."""
    founded(ledger)
    pool = ledger.world.pools["h100"]
    changed = apply(replace(pool, spares_ratio=Decimal(spares_ratio), turnaround_s=turnaround_s))
    ledger.submit(replace(changed, id="change-pool"), now=NOW)
    return ledger


def spares(spare_gpus: int, *, of: int) -> Ask:
    """A wish for GPUs, some of them out of the spares."""
    return Ask(pool="h100", gpus=of, spare_gpus=spare_gpus, start_at=DAY[0], end_at=DAY[1])


def test_two_holds_of_a_tenant_that_run_out_together_leave_no_turnaround(store: Store) -> None:
    ledger = with_pool(store.ledger(), turnaround_s=2 * HOUR_S)
    noon = (DAY[0] + DAY[1]) // 2
    ledger.submit(
        book("morning", 8, (DAY[0], noon), hold_until_at=NOW + 60),
        book("afternoon", 8, (noon, DAY[1]), hold_until_at=NOW + 60),
        now=NOW,
    )
    ledger.submit(book("other", 64), now=NOW + 60)
    assert picture(ledger.world) == built_anew(ledger.world) == picture(store.ledger().world)


def test_leased_spares_go_over_with_the_lease_that_is_transferred(store: Store) -> None:
    ledger = with_pool(store.ledger(), spares_ratio="0.125")
    ledger.submit(replace(book("l1"), asks=(spares(6, of=8),)), now=NOW)
    umbrella = replace(ledger.world.tenants["acme"], id="umbrella")
    noon = DAY[0] + 12 * HOUR_S
    ledger.submit(apply(umbrella), Amend(id="transfer", lease="l1", at=noon, tenant="umbrella"), now=NOW)
    assert picture(ledger.world) == built_anew(ledger.world) == picture(store.ledger().world)


def test_ending_a_lease_of_spares_early_breaks_no_promise(store: Store) -> None:
    ledger = with_pool(store.ledger(), spares_ratio="0.125", turnaround_s=2 * HOUR_S)
    ledger.submit(book("firm", 56, (DAY[0], DAY[0] + 12 * HOUR_S)), now=NOW)
    ledger.submit(replace(book("l1"), asks=(spares(8, of=8),)), now=NOW)
    ledger.submit(Terminate(id="end", lease="l1", holder="tenant", at=DAY[0] + HOUR_S), now=NOW)
    assert broken_law(ledger.world) == []


def test_resizing_what_has_ended_by_then_is_refused(store: Store) -> None:
    ledger = founded(store.ledger())
    ledger.submit(book("l1"), now=NOW)
    earlier = Amend(id="shift", lease="l1", start_at=NOW + 60, at=DAY[1] - 60, gpus=16)
    with pytest.raises(Invalid):
        ledger.submit(earlier, now=NOW)
