"""The fleet: deliveries, outages, spares, turnarounds. Facts are never refused; decisions keep the law."""

import pytest

from neocloud.operations.audit import audit
from tests.stories.tell import FLEET, tell
from tests.stories.words import DAY_0

SPARES = FLEET.replace("pool h100 at north 32", "pool h100 at north 40 spares 0.2")
TURNAROUND = FLEET.replace("pool h100 at north 32", "pool h100 at north 32 turnaround 2h")


def test_a_turnaround_keeps_the_gpus_after_the_end_from_other_tenants() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 12:00-16:00
          see h100 12:00-20:00                     -> 0 to 18:00, 32 to 20:00
          see north 12:00-20:00                    -> 32,000 to 18:00, 64,000 to 20:00
          book l2 bolt 8 of h100 17:00-20:00       -> refused lease.oversold "held by acme 32" "later start" "18:00"
          book l2 bolt 8 of h100 18:00-20:00       -> ok
    """,
        TURNAROUND,
    )


def test_a_block_must_leave_room_for_its_own_turnaround() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 16:00-18:00
          book l2 bolt 8 of h100 12:00-15:00       -> refused lease.oversold "short by 8 GPUs from 16:00 to 17:00"
          book l2 bolt 8 of h100 12:00-max
          see l2                                   -> confirmed by bolt: 8 of h100 12:00-14:00
    """,
        TURNAROUND,
    )


def test_the_same_tenant_following_on_absorbs_the_turnaround() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 12:00-16:00
          book l2 acme 32 of h100 16:00-20:00      -> ok
          book l3 bolt 8 of h100 22:00-23:00       -> ok
          book l4 acme 32 of h100 20:00-20:30      -> refused lease.oversold "short by 8 GPUs from 22:00 to 22:30"
    """,
        TURNAROUND,
    )


def test_the_same_tenant_following_on_finds_all_and_the_latest_end() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 12:00-16:00
          book l2 bolt 32 of h100 22:00-24:00
          book l3 acme all of h100 16:00-18:00
          see l3                                   -> confirmed by acme: 32 of h100 16:00-18:00
          book l4 acme 32 of h100 18:00-max
          see l4                                   -> confirmed by acme: 32 of h100 18:00-20:00
    """,
        TURNAROUND,
    )


def test_the_earliest_start_counts_on_the_tenants_own_turnaround() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 12:00-16:00
          book l2 acme 32 of h100 14:00-18:00      -> refused lease.oversold
              "later start: 32 GPUs of h100, 16:00 to 20:00"
    """,
        TURNAROUND,
    )


def test_spares_are_kept_and_leased_on_request() -> None:
    tell(
        """
    10:00 see h100 12:00-16:00                     -> 32 to 16:00
          book l1 acme 33 of h100 12:00-16:00      -> refused lease.oversold "short by 1 GPUs"
          book l1 acme 33/1 of h100 12:00-16:00    -> ok
          see h100 12:00-17:00                     -> 0 to 16:00, 32 to 17:00
          book l2 bolt 8/8 of h100 12:00-16:00     -> refused lease.oversold "short by 1 GPUs"
          book l2 bolt 7/7 of h100 12:00-16:00     -> ok
    """,
        SPARES,
    )


def test_ending_a_lease_of_spares_early_leaves_nobody_short() -> None:
    tell("""
    00:00 pool h100 at north 8 spares 0.5 turnaround 2h
    10:00 book l1 acme 4/4 of h100 12:00-20:00 under loose
          book l2 bolt 4 of h100 12:00-20:00
    14:00 terminate l1 by tenant
          see shortfall h100                       -> none
          see h100 14:00-23:00                     -> 0 to 22:00, 4 to 23:00
    """)


def test_a_delivery_counts_from_its_safe_date() -> None:
    tell("""
    10:00 delivery wave to h100 16 p50 14:00 p90 18:00
          see h100 12:00-20:00                     -> 32 to 18:00, 48 to 20:00
          book l1 acme 48 of h100 16:00-20:00      -> refused lease.oversold "short by 16 GPUs from 16:00 to 18:00"
          book l1 acme 48 of h100 18:00-20:00      -> ok
    """)


def test_a_delivery_may_be_promised_on_its_likely_date() -> None:
    tell("""
    10:00 delivery wave to h100 16 p50 14:00 p90 18:00 on p50
          see h100 12:00-20:00                     -> 32 to 14:00, 48 to 20:00
    """)


def test_once_in_service_a_delivery_counts_from_that_fact() -> None:
    tell("""
    10:00 delivery wave to h100 16 p50 14:00 p90 18:00
    16:00 delivery wave to h100 16 p50 14:00 p90 18:00 service 15:00
          see h100 12:00-20:00                     -> 32 to 15:00, 48 to 20:00
    """)


def test_a_slip_is_a_fact_and_shows_at_once_whom_it_hits() -> None:
    tell("""
    10:00 delivery wave to h100 16 p50 14:00 p90 18:00
          book l1 acme 40 of h100 18:00-24:00
    12:00 delivery wave to h100 16 p50 20:00 p90 22:00        -> ok
          see shortfall h100                       -> pool h100 is short by 8 GPUs from 18:00 to 22:00
              (held by acme 40)
          book l2 bolt 1 of h100 20:00-21:00       -> refused lease.oversold "short by 9 GPUs"
    """)


def test_wrong_deliveries_are_refused() -> None:
    tell("""
    10:00 delivery wave to h100 16 p50 20:00 p90 18:00        -> refused input.invalid "cannot be after the safe date"
          pool rack at north 72 unit 72
          delivery wave to rack 100 p50 14:00 p90 18:00       -> refused input.invalid "no multiple of 72"
          delivery wave to h100 16 p50 14:00 p90 18:00
          delivery wave to rack 72 p50 14:00 p90 18:00        -> refused input.invalid "belongs to pool h100"
    """)


def test_an_outage_within_the_spares_costs_nothing() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 12:00-16:00
          outage o1 in h100 8 13:00-14:00          -> ok
          see shortfall h100                       -> none
          see h100 12:00-16:00                     -> 0 to 16:00
    """,
        SPARES,
    )


def test_an_outage_beyond_the_spares_is_a_shortfall_and_never_refused() -> None:
    tell(
        """
    10:00 book l1 acme 20 of h100 12:00-16:00
          book l2 team 12 of h100 12:00-16:00
    13:00 outage o1 in h100 10 13:00-              -> ok
          see shortfall h100                       -> pool h100 is short by 2 GPUs from 13:00 to 16:00
              (held by acme 20, team 12)
    14:00 close o1                                 -> ok
          see shortfall h100                       -> none
          close o1                                 -> refused input.invalid "outage o1 ended 14:00 already"
    """,
        SPARES,
    )


def test_less_power_is_a_fact() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 12:00-16:00
          site north 64kW 20kW@14:00               -> ok
          see shortfall north                      -> the power of site north is short by 12.0 kW from 14:00 to 16:00
              (held by acme 32)
    """)


def test_maintenance_is_refused_where_the_gpus_are_promised_and_says_to_whom() -> None:
    tell("""
    10:00 book l1 acme 24 of h100 12:00-16:00
          outage m1 in h100 9 14:00-18:00 planned  -> refused fleet.promised
              "maintenance m1 takes away what is promised" "short by 1 GPUs from 14:00 to 16:00 (held by acme 24)"
          outage m1 in h100 9 16:00-18:00 planned  -> ok
          book l2 bolt 24 of h100 16:00-18:00      -> refused lease.oversold "short by 1 GPUs"
    """)


def test_gpus_that_are_promised_are_not_retired() -> None:
    tell("""
    10:00 book l1 acme 24 of h100 12:00-16:00
          pool h100 at north 32 retire 16@14:00    -> refused fleet.promised "held by acme 24"
          pool h100 at north 16                    -> refused fleet.promised "held by acme 24"
          pool h100 at north 32 spares 0.5         -> refused fleet.promised "held by acme 24"
          pool h100 at north 32 watts 3000         -> refused fleet.promised "the power of site north"
          pool h100 at south 32                    -> refused input.invalid "a pool does not move"
          pool h100 at north 32 retire 16@16:00    -> ok
          see h100 12:00-18:00                     -> 8 to 16:00, 16 to 18:00
    """)


def test_a_turnaround_is_not_lengthened_over_a_promise() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 12:00-16:00
          book l2 bolt 32 of h100 17:00-20:00
          pool h100 at north 32 turnaround 2h      -> refused fleet.promised "short by 32 GPUs from 17:00 to 18:00"
          pool h100 at north 32 turnaround 1h      -> ok
    """)


def test_the_same_again_changes_nothing() -> None:
    tell("""
    10:00 site north 64kW                          -> nothing
          pool h100 at north 32                    -> nothing
          tenant acme customer                     -> nothing
          delivery wave to h100 16 p50 14:00 p90 18:00
          delivery wave to h100 16 p50 14:00 p90 18:00        -> nothing
          outage o1 in h100 8 13:00-14:00
          outage o1 in h100 8 13:00-14:00          -> nothing
    """)


def test_an_outage_is_not_closed_before_it_begins() -> None:
    tell("""
    10:00 outage o1 in h100 8 13:00-14:00
          close o1                                 -> refused input.invalid "outage o1 begins 13:00, not before that"
          close o1 at 13:30                        -> ok
          see h100 12:00-15:00                     -> 32 to 13:00, 24 to 13:30, 32 to 15:00
    """)


def test_a_shortfall_that_changes_in_depth_is_told_once_at_its_worst() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 12:00-16:00
          outage o1 in h100 8 12:00-16:00
          outage o2 in h100 8 13:00-14:00
          see shortfall h100                       -> pool h100 is short by 16 GPUs from 12:00 to 16:00
              (held by acme 32)
    """)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("site east -1kW", "power cannot be negative"),
        ("site east 8kW 9kW", "in order of time"),
        ("site east 8kW@12:00 9kW@10:00", "in order of time"),
        ("site east 8kW pue 0.9", "it lies between 1 and 3"),
        ("pool b200 at north 8 watts -1", "a GPU takes power"),
        ("pool b200 at north 8 spares 1", "is not a ratio"),
        ("pool b200 at north 8 unit -8", "at least 1 is needed"),
        ("pool b200 at north -8", "at least 1 is needed"),
    ],
)
def test_a_fleet_that_cannot_be_is_refused(line: str, says: str) -> None:
    tell(f'10:00 {line} -> refused input.invalid "{says}"')


def test_a_tenant_keeps_its_kind_while_it_has_leases_of_it() -> None:
    tell(
        """
    10:00 book l1 acme 8 of h100 20:00-40:00           -> ok
          book l2 acme 8 of h100 20:00-40:00           -> ok
          book t1 team 8 of h100 20:00-40:00           -> ok
          tenant acme inside                           -> refused lease.not_allowed "acme cannot become inside: its lease l1 has a price, and so have 1 more"
          tenant team customer                         -> refused lease.not_allowed "its lease t1 has a value or rank"
          tenant bolt inside                           -> ok
    41:00 tenant acme inside                           -> ok
    """
    )


def test_a_sell_unit_is_for_what_is_leased_from_now_on() -> None:
    world = tell(
        """
    10:00 book l1 acme 12 of h100 20:00-40:00          -> ok
          pool h100 at north 32 unit 8                 -> ok
          see l1                                       -> confirmed by acme: 12 of h100 20:00-40:00
          book l2 acme 12 of h100 20:00-40:00          -> refused input.invalid "nearest: 8 or 16"
          amend l1 until 38:00                         -> ok
          amend l1 to 20 at 24:00                      -> refused input.invalid "not a multiple of 8"
    """
    )
    (found,) = audit(world, DAY_0).findings
    assert (found.code, found.about) == ("audit.unit", "lease l1")
