"""Facts are never refused: waves slip, come in parts, power goes, sites must be left; and who is hit is said."""

from tests.stories.tell import FLEET, tell

WAVE = (
    FLEET
    + """
      delivery wave to h100 16 p50 20d p90 30d ordered 1d
      terms firm due 31d grace 30d terminate-late fewer-late
10:00 book l1 acme 40 of h100 31d-400d under firm
"""
)
"""16 GPUs are to come on day 30; a lease of all but eight counts on them from day 31 on."""


def test_a_slip_moves_both_dates_and_says_who_is_short_and_what_they_may_do() -> None:
    tell(
        """
    20d   slip wave slips 45d                      -> ok
          see h100 30d-100d                        -> 32 to 31d, -8 to 75d, 8 to 100d
          see risk north                           -> l1 8 of h100 31d-75d (may terminate or take fewer GPUs
                                                      + from 61d, to be decided by 75d)
          slip wave p90 75d p50 65d                -> nothing
    """.replace("\n                                                      + ", " "),
        WAVE,
    )


def test_a_slip_within_the_grace_gives_no_right_yet() -> None:
    tell(
        """
    20d   slip wave slips 25d                      -> ok
          see risk north                           -> l1 8 of h100 31d-55d (none if all is there before 61d, the end of its grace)
    """,
        WAVE,
    )


def test_a_wave_that_comes_earlier_slips_by_less_than_nothing() -> None:
    tell(
        """
    10d   slip wave slips -5d                      -> ok
          see h100 24d-30d                         -> 32 to 25d, 48 to 30d
    """,
        WAVE,
    )


def test_what_is_in_service_does_not_slip_and_nothing_comes_before_its_order() -> None:
    tell(
        """
    2d    slip wave p50 0d12:00 p90 30d            -> refused input.invalid "it was ordered 24:00"
          slip wave                                -> refused input.invalid "say by how long it slips"
          slip wave slips 4d p90 40d               -> refused input.invalid "contradict each other"
          slip wave p50 40d p90 30d                -> refused input.invalid "cannot be after the safe date"
          slip weve slips 1d                       -> refused input.unknown "did you mean 'wave'?"
    29d   accept wave at 28d                       -> ok
          slip wave slips 4d                       -> refused input.invalid "is in service since 28d"
          accept wave at 28d                       -> nothing
          accept wave at 27d                       -> refused input.invalid "is in service since 28d"
          see h100 27d-31d                         -> 32 to 28d, 48 to 31d
    """,
        WAVE,
    )


def test_a_wave_is_accepted_in_part_and_the_rest_goes_on_as_a_wave_of_its_own() -> None:
    tell(
        """
    25d   accept wave 8 rest wave-late             -> ok
          see h100 24d-31d                         -> 32 to 25d, 40 to 30d, 48 to 31d
          slip wave-late slips 45d                 -> ok
          see risk north                           -> none
          accept wave-late at 90d                  -> refused input.invalid "lies ahead"
    """,
        WAVE,
    )


def test_a_wave_is_split_into_parts_with_dates_of_their_own() -> None:
    tell(
        """
    20d   split wave 8 into wave-b p90 60d         -> ok
          see h100 29d-61d                         -> 32 to 30d, 40 to 31d, 0 to 60d, 8 to 61d
          split wave 8 into wave-c                 -> refused input.invalid "a part has fewer, and more than none"
          split wave 16 into wave-c                -> refused input.invalid "a part has fewer, and more than none"
          split wave-b 4 into wave                 -> refused command.conflict "there is a delivery wave already"
    """,
        WAVE,
    )


def test_the_ways_out_of_a_slip_relieve_what_they_say() -> None:
    tell(
        """
    20d   slip wave slips 45d                      -> ok
          pool b200 at south 32                    -> ok
          see ways l1                              -> move 8; start_later 8; deliver_part 8
          amend l1 to 32 at 31d back 75d in h100 add 8 of b200 31d-75d -> ok
          see risk north                           -> none
          see l1                                   -> confirmed by acme: 8 of b200 31d-75d + 32 of h100 31d-75d + 40 of h100 75d-400d
    """,
        WAVE,
    )


def test_an_inside_team_gives_way_before_a_customer_and_a_protected_one_after_all() -> None:
    tell(
        """
    10:00 book kept team 8 of h100 20:00-40:00 rank 3 protected -> ok
          book paid acme 8 of h100 20:00-40:00 price 5   -> ok
          book low team 8 of h100 20:00-40:00 rank 2     -> ok
          book high team 8 of h100 20:00-40:00 rank 1    -> ok
          outage fire in h100 12 24:00-30:00             -> ok
          see risk north                                 -> high 4 of h100 24:00-30:00; low 8 of h100 24:00-30:00
          outage more in h100 10 24:00-30:00             -> ok
          see risk north                                 -> paid 6 of h100 24:00-30:00; high 8 of h100 24:00-30:00; low 8 of h100 24:00-30:00
    """
    )


def test_less_power_is_shed_in_the_order_that_was_agreed() -> None:
    tell(
        """
    10:00 book l1 acme 16 of h100 20:00-40:00 price 2              -> ok
          book l2 bolt 16 of h100 20:00-40:00 price 9              -> ok
          curtailment heat at north 20kW 24:00-28:00 shed bolt     -> ok
          see risk north                                           -> l2 12 of h100 24:00-28:00
    25:00 restore heat at 26:00                                    -> ok
          see risk north                                           -> l2 12 of h100 25:00-26:00
          restore heat at 27:00                                    -> refused input.invalid "ended 26:00 already"
          curtailment cold at north 20kW 50:00-54:00 shed nobody   -> refused input.unknown "no lease, tenant or pool"
    """
    )


def test_a_site_that_must_be_left_has_no_power_from_then_on() -> None:
    tell(
        """
    10:00 book l1 acme 16 of h100 20:00-400:00                     -> ok
          notice north leave 300:00                                -> ok
          see risk north                                           -> l1 16 of h100 300:00-400:00
          notice north leave 300:00                                -> nothing
          book l2 bolt 8 of h100 290:00-310:00                     -> refused lease.oversold "the power of site north"
          notice north                                             -> ok
          see risk north                                           -> none
          notice north leave 01:00                                 -> refused input.invalid "a notice is for a day to come"
    """.replace("400:00", "16d16:00")
        .replace("300:00", "12d12:00")
        .replace("290:00", "12d")
        .replace("310:00", "13d")
    )


def test_a_promise_made_elsewhere_enters_whatever_the_law_says() -> None:
    tell(
        """
    10:00 record l1 acme 24 of h100 20:00-40:00 recorded sheet     -> ok
          record l2 bolt 24 of h100 30:00-50:00 recorded sheet unpriced  -> ok
          see shortfall h100       -> pool h100 is short by 16 GPUs from 30:00 to 40:00 (held by acme 24, bolt 24)
          see risk north                                           -> l1 16 of h100 30:00-40:00
          record l1 acme 8 of h100 20:00-40:00 recorded sheet      -> refused command.conflict "already"
          record l3 acme 8 of h10 20:00-40:00 recorded sheet       -> refused input.unknown "did you mean 'h100'?"
          book l4 acme 16 of h100 30:00-40:00                      -> refused lease.oversold
    """
    )


def test_a_wave_does_not_come_before_its_order_nor_in_a_year_that_nobody_knows() -> None:
    tell(
        """
    20d   accept wave at 0d12:00                   -> refused input.invalid "did not come before"
          slip wave slips 9999999d                 -> refused input.invalid "between 1970 and 9999"
          slip wave slips -99999d                  -> refused input.invalid "between 1970 and 9999"
          split wave 8 into late p90 9999999d      -> refused input.invalid "between 1970 and 9999"
    """,
        WAVE,
    )


def test_a_promise_to_the_end_of_the_last_year_has_its_price() -> None:
    tell(
        """
          record l1 acme 8 of h100 20:00-2912428d recorded sheet month 1 -> ok
          see money l1                             -> 95,687.49 USD
    """
    )


def test_a_fee_in_proportion_leaves_the_price_per_gpu_hour_as_it_is() -> None:
    tell(
        """
    20d   book l2 bolt 8 of h100 31d-93d month 3100 price 1 -> ok
          outage fire in h100 28 31d-62d               -> ok
          see risk north                               -> l2 4 of h100 31d-62d
          see ways l2                                  -> start_later 4; deliver_part 4
          see ways-lost l2                             -> 210.00 USD; 4,676.00 USD
    """
    )


def test_where_power_binds_an_inside_team_of_another_pool_gives_way() -> None:
    tell(
        """
          pool b200 at north 32 watts 2000
    10:00 book l1 acme 16 of h100 20:00-40:00 price 2              -> ok
          book t1 team 16 of b200 20:00-40:00 protected            -> ok
          book t2 team 8 of b200 20:00-40:00 rank 4                -> ok
          curtailment heat at north 56kW 24:00-28:00 shed acme     -> ok
          see risk north                                           -> l1 8 of h100 24:00-28:00
          see ways l1                                              -> delay_inside 8; make_room 8; deliver_part 8
    """
    )


def test_another_lease_of_the_pool_may_move_so_that_the_one_that_is_hit_is_not_short() -> None:
    tell(
        """
    10:00 pool b200 at south 8                                     -> ok
          book dear acme 16 of h100 20:00-40:00 price 9            -> ok
          book cheap bolt 16 of h100 20:00-40:00 price 1           -> ok
          outage fire in h100 8 24:00-30:00                        -> ok
          see risk north                                           -> cheap 8 of h100 24:00-30:00
          see ways cheap                                           -> move 8; move_another 8; deliver_part 8
          amend dear in h100 to 8 at 24:00 back 30:00 add 8 of b200 24:00-30:00 -> ok
          see risk north                                           -> none
    """
    )


def test_the_grace_runs_from_when_gpus_went_missing_and_not_from_when_somebody_asks() -> None:
    tell(
        """
    20d   slip wave slips 45d                      -> ok
    40d   see risk north                           -> l1 8 of h100 40d-75d (may terminate or take fewer GPUs from 61d, to be decided by 75d)
    70d   see risk north                           -> l1 8 of h100 70d-75d (may terminate or take fewer GPUs from 61d, to be decided by 75d)
    """,
        WAVE,
    )


def test_a_slip_ends_a_promise_on_the_contract_date() -> None:
    tell(
        """
          delivery wave to h100 16 p50 20d p90 30d on contract     -> ok
          see h100 19d-31d                         -> 32 to 20d, 48 to 31d
    2d    slip wave slips 5d                       -> ok
          see h100 19d-36d                         -> 32 to 35d, 48 to 36d
    """
    )


def test_a_wave_that_is_not_there_does_not_slip_into_the_past() -> None:
    tell(
        """
    20d   slip wave p50 2d p90 10d                 -> refused input.invalid "would have come 10d, before now"
          slip wave slips -15d                     -> refused input.invalid "or say that it is there"
    """,
        WAVE,
    )


def test_a_lease_that_is_short_from_its_start_may_start_later() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 20:00-40:00 price 2              -> ok
          outage fire in h100 8 15:00-26:00                        -> ok
          see ways l1                                              -> start_later 8; deliver_part 8
          amend l1 from 26:00                                      -> ok
          see risk north                                           -> none
    """
    )
