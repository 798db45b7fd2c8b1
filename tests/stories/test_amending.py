"""Amendments: one step, whole or not at all; the past stays as it was."""

from tests.stories.tell import FLEET, tell

BOOKED = (
    FLEET
    + """
      pool b200 at south 16
10:00 book l1 acme 16 of h100 12:00-20:00
"""
)


def test_a_lease_grows_from_now_on_and_its_past_stays() -> None:
    tell(
        """
    14:00 amend l1 to 24                           -> ok
          see l1                                   -> confirmed by acme: 16 of h100 12:00-14:00
              + 24 of h100 14:00-20:00
          see h100 12:00-20:00                     -> 16 to 14:00, 8 to 20:00
    """,
        BOOKED,
    )


def test_a_lease_that_grows_before_it_begins_grows_as_a_whole() -> None:
    tell(
        """
    11:00 amend l1 to 24
          see l1                                   -> confirmed by acme: 24 of h100 12:00-20:00
    """,
        BOOKED,
    )


def test_a_lease_grows_from_an_instant_that_is_named() -> None:
    tell(
        """
    11:00 amend l1 to 24 at 18:00
          see l1                                   -> confirmed by acme: 16 of h100 12:00-18:00
              + 24 of h100 18:00-20:00
          amend l1 to 8 at 19:00
          see h100 18:00-20:00                     -> 8 to 19:00, 24 to 20:00
          amend l1 to 8 at 20:00                   -> refused input.invalid "20:00 is not before the end of the lease"
    """,
        BOOKED,
    )


def test_growth_that_does_not_fit_is_refused_with_what_would_and_changes_nothing() -> None:
    tell(
        """
    11:00 book l2 bolt 8 of h100 18:00-19:00
          amend l1 to 25                           -> refused lease.oversold
              "the amendment of lease l1 does not fit" "short by 1 GPUs from 18:00 to 19:00" "24 GPUs of h100"
          see l1                                   -> confirmed by acme: 16 of h100 12:00-20:00
          amend l1 to 24                           -> ok
    """,
        BOOKED,
    )


def test_a_lease_shrinks_and_frees_what_it_gives_up() -> None:
    tell(
        """
    14:00 amend l1 to 4
          see h100 12:00-20:00                     -> 16 to 14:00, 28 to 20:00
    """,
        BOOKED,
    )


def test_a_ramp_that_is_resized_becomes_one_block_and_a_pause_in_it_stays() -> None:
    tell("""
    10:00 book l1 acme 4 of h100 12:00-14:00 + 8 of h100 14:00-16:00 + 8 of h100 18:00-20:00
          amend l1 to 12
          see l1                                   -> confirmed by acme: 12 of h100 12:00-16:00
              + 12 of h100 18:00-20:00
    """)


def test_a_lease_is_extended_where_it_fits() -> None:
    tell(
        """
    14:00 book l2 bolt 24 of h100 22:00-24:00
          amend l1 until 22:00                     -> ok
          see l1                                   -> confirmed by acme: 16 of h100 12:00-22:00
          amend l1 until 23:00                     -> refused lease.oversold "short by 8 GPUs from 22:00 to 23:00"
          see money l1                             -> 320.00 USD
    """,
        BOOKED,
    )


def test_a_refused_extension_offers_the_latest_whole_day_that_fits() -> None:
    tell("""
    10:00 book l1 acme 16 of h100 12:00-36:00
          book l2 bolt 32 of h100 4d-5d
          amend l1 until 6d                        -> refused lease.oversold "earlier end" "3d12:00"
    """)


def test_a_lease_is_shortened_but_not_into_its_past() -> None:
    tell(
        """
    14:00 amend l1 until 13:00                     -> refused input.invalid "the new end 13:00 is not after 14:00"
          amend l1 until 14:00                     -> refused input.invalid "the new end 14:00 is not after 14:00"
          amend l1 until 18:00                     -> ok
          see h100 17:00-20:00                     -> 16 to 18:00, 32 to 20:00
          see money l1                             -> 192.00 USD
    """,
        BOOKED,
    )


def test_a_lease_that_has_not_begun_is_shifted_with_its_prices() -> None:
    tell(
        """
    11:00 amend l1 from 14:00
          see l1                                   -> confirmed by acme: 16 of h100 14:00-22:00
          see money l1                             -> 256.00 USD
          amend l1 from 10:00                      -> refused input.invalid "cannot start in the past"
          amend l1 from 16:00 at 18:00             -> refused input.invalid "a new start is for the whole lease"
    15:00 amend l1 from 16:00                      -> refused input.invalid "lease l1 began 14:00; its start is past"
    """,
        BOOKED,
    )


def test_a_lease_shifted_and_resized_at_once_is_resized_from_its_new_start() -> None:
    tell(
        """
    10:00 amend l1 from 11:00 to 8
          see l1                                   -> confirmed by acme: 8 of h100 11:00-19:00
    """,
        BOOKED,
    )


def test_a_lease_moves_to_another_pool_from_now_on() -> None:
    tell(
        """
    14:00 amend l1 move b200
          see l1                                   -> confirmed by acme: 16 of h100 12:00-14:00
              + 16 of b200 14:00-20:00
          see h100 12:00-20:00                     -> 16 to 14:00, 32 to 20:00
          see b200 12:00-20:00                     -> 16 to 14:00, 0 to 20:00
    """,
        BOOKED,
    )


def test_a_move_that_does_not_fit_leaves_the_lease_where_it_is() -> None:
    tell(
        """
    11:00 book l2 bolt 1 of b200 19:00-20:00
          amend l1 move b200                       -> refused lease.oversold "pool b200 is short by 1 GPUs"
          amend l1 move b2000                      -> refused input.unknown "did you mean 'b200'?"
          see l1                                   -> confirmed by acme: 16 of h100 12:00-20:00
          amend l1 move b200 to 15                 -> ok
          see l1                                   -> confirmed by acme: 15 of b200 12:00-20:00
    """,
        BOOKED,
    )


def test_blocks_are_added_to_a_lease_whole_or_not_at_all() -> None:
    tell(
        """
    11:00 amend l1 add 16 of b200 14:00-18:00 + 17 of h100 14:00-18:00  -> refused lease.oversold "short by 1 GPUs"
          see b200 12:00-20:00                     -> 16 to 20:00
          amend l1 add 16 of b200 14:00-18:00 + 16 of h100 14:00-18:00  -> ok
          see b200 12:00-20:00                     -> 16 to 14:00, 0 to 18:00, 16 to 20:00
          see h100 12:00-20:00                     -> 16 to 14:00, 0 to 18:00, 16 to 20:00
    """,
        BOOKED,
    )


def test_a_lease_on_two_pools_says_which_one_is_meant() -> None:
    tell(
        """
    11:00 amend l1 add 8 of b200 12:00-20:00
          amend l1 to 4                            -> refused input.invalid "lease l1 is on b200, h100; say which"
          amend l1 to 4 in h10                     -> refused input.invalid "has nothing in pool h10"
          amend l1 to 4 in b200
          see l1                                   -> confirmed by acme: 4 of b200 12:00-20:00
              + 16 of h100 12:00-20:00
    """,
        BOOKED,
    )


def test_a_lease_that_has_not_begun_is_transferred_as_a_whole() -> None:
    tell(
        """
    11:00 amend l1 transfer bolt                   -> ok
          see l1                                   -> confirmed by bolt: 16 of h100 12:00-20:00
    """,
        BOOKED,
    )


def test_what_is_left_of_a_lease_that_has_begun_is_transferred_as_a_new_one() -> None:
    tell(
        """
    14:00 amend l1 transfer bolt                   -> ok
          see l1                                   -> confirmed by acme: 16 of h100 12:00-14:00
          see l1-bolt                              -> confirmed by bolt: 16 of h100 14:00-20:00
          see money l1                             -> 64.00 USD
          see money l1-bolt                        -> 192.00 USD
          see amendments l1-bolt                    -> 0
    15:00 amend l1-bolt transfer acme successor l3
          see l3                                   -> confirmed by acme: 16 of h100 15:00-20:00
    16:00 amend l3 transfer bolt successor l1      -> refused command.conflict "there is a lease l1 already"
    """,
        BOOKED,
    )


def test_a_full_pool_does_not_stop_a_transfer_of_spares() -> None:
    tell("""
    00:00 pool h100 at north 32 spares 0.25
    10:00 book l1 acme 32/8 of h100 12:00-20:00
    14:00 amend l1 transfer bolt                   -> ok
          see l1-bolt                              -> confirmed by bolt: 32 of h100 14:00-20:00 (8 spares)
          see h100 12:00-21:00                     -> 0 to 20:00, 24 to 21:00
    """)


def test_a_customers_lease_is_not_transferred_to_an_inside_team() -> None:
    tell(
        """
    11:00 amend l1 transfer team                   -> refused input.invalid "team is inside"
          amend l1 transfer tram                   -> refused input.unknown "did you mean 'team'?"
    """,
        BOOKED,
    )


def test_amendments_are_counted_on_the_header() -> None:
    tell(
        """
    11:00 see amendments l1                         -> 0
          amend l1 to 8
          amend l1 to 4 order OF-7
          see amendments l1                         -> 2
          amend l1 to 2 amendment 7
          see amendments l1                         -> 7
    """,
        BOOKED,
    )


def test_an_amendment_that_changes_nothing_is_not_an_amendment() -> None:
    tell(
        """
    11:00 amend l1 to 16                           -> nothing
          amend l1 until 20:00                     -> nothing
          amend l1 transfer acme                   -> nothing
          amend l1                                 -> refused input.invalid "nothing to amend"
          see amendments l1                         -> 0
    """,
        BOOKED,
    )


def test_an_amendment_cannot_give_a_lease_both_a_price_and_a_value() -> None:
    tell(
        """
    11:00 book l2 team 4 of h100 12:00-20:00
          amend l1 value 3                         -> refused input.invalid "contradict"
          amend l2 price 3                         -> refused input.invalid "contradict"
          amend l1 price 3                         -> ok
          see money l1                             -> 384.00 USD
          amend l2 rank 2                          -> ok
    """,
        BOOKED,
    )


def test_a_new_price_counts_from_when_it_is_agreed() -> None:
    tell(
        """
    14:00 amend l1 price 3
          see money l1                             -> 352.00 USD    # 16 x (2 h x 2 USD + 6 h x 3 USD)
    """,
        BOOKED,
    )


def test_the_past_is_amended_only_for_a_recorded_reason() -> None:
    tell(
        """
    14:00 amend l1 to 8 at 13:00                   -> refused input.invalid "13:00 lies before now (14:00)"
          amend l1 to 8 at 13:00 recorded "agreed on the telephone"
          see h100 12:00-20:00                     -> 16 to 13:00, 24 to 20:00
    """,
        BOOKED,
    )


def test_an_amendment_to_what_a_begun_lease_is_already_changes_nothing() -> None:
    tell(
        """
    14:00 amend l1 to 16                           -> nothing
          amend l1 move h100                       -> nothing
          amend l1 price 2                         -> nothing
          amend l1 to 24                           -> ok
    15:00 amend l1 to 24                           -> nothing
          see l1                                   -> confirmed by acme: 16 of h100 12:00-14:00
              + 24 of h100 14:00-20:00
          see amendments l1                        -> 1
          see money l1                             -> 352.00 USD    # (2 h x 16 + 6 h x 24) x 2 USD
    """,
        BOOKED,
    )


def test_an_amendment_that_is_taken_back_leaves_no_seam() -> None:
    tell(
        """
    14:00 amend l1 to 24 at 16:00
          amend l1 to 16 at 16:00                  -> ok
          see l1                                   -> confirmed by acme: 16 of h100 12:00-20:00
          see amendments l1                        -> 2
    """,
        BOOKED,
    )


def test_one_of_two_pools_resized_to_what_it_is_already_changes_nothing() -> None:
    tell(
        """
    11:00 amend l1 add 8 of b200 12:00-20:00
          amend l1 to 16 in h100                   -> nothing
    14:00 amend l1 to 16 in h100                   -> nothing
          amend l1 to 8 in b200                    -> nothing
    """,
        BOOKED,
    )


def test_blocks_added_beyond_the_end_or_before_the_start_are_paid_for() -> None:
    tell(
        """
    10:30 amend l1 add 16 of h100 20:00-22:00      -> ok
          see money l1                             -> 320.00 USD    # 16 x 10 h x 2 USD
          amend l1 add 8 of b200 11:00-12:00       -> ok
          see money l1                             -> 336.00 USD
    """,
        BOOKED,
    )


def test_blocks_in_the_past_are_added_only_for_a_recorded_reason() -> None:
    tell(
        """
    14:00 amend l1 add 8 of h100 08:00-09:00       -> refused input.invalid "08:00 lies before now (14:00)"
          amend l1 add 8 of h100 13:59-18:00       -> refused input.invalid "--recorded"
          amend l1 add 8 of h100 14:00-18:00       -> ok
          amend l1 add 8 of h100 08:00-09:00 recorded "lent while the line was down"
          see h100 08:00-15:00                     -> 24 to 09:00, 32 to 12:00, 16 to 14:00, 8 to 15:00
    """,
        BOOKED,
    )


def test_blocks_that_do_not_fit_are_refused_with_the_most_that_would() -> None:
    tell(
        """
    11:00 amend l1 add 20 of h100 13:00-15:00      -> refused lease.oversold
              "fewer GPUs: 16 GPUs of h100, 13:00 to 15:00"
    """,
        BOOKED,
    )


def test_until_a_new_price_begins_the_old_one_counts() -> None:
    tell(
        """
    14:00 amend l1 price 3@18:00
          see money l1                             -> 288.00 USD    # 16 x (6 h x 2 USD + 2 h x 3 USD)
    """,
        BOOKED,
    )


def test_a_new_price_counts_no_earlier_than_the_lease() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 31d-59d month 1000
          amend l1 at 10d month 2000               -> ok
          see money l1                             -> 2,000.00 USD    # February, and nothing of January
    """)


def test_a_lease_whose_first_pool_is_over_is_on_one_pool() -> None:
    tell(
        """
    11:00 book l2 acme 8 of h100 12:00-14:00 + 8 of b200 14:00-20:00
    14:00 amend l2 to 4                            -> ok
          see l2                                   -> confirmed by acme: 8 of h100 12:00-14:00
              + 4 of b200 14:00-20:00
    """,
        BOOKED,
    )


def test_a_transferred_lease_keeps_its_order_form() -> None:
    world = tell("11:00 amend l1 to 8 order OF-7\n14:00 amend l1 transfer bolt", BOOKED)
    for name in ("l1", "l1-bolt"):
        header = world.leases[name].header
        assert header is not None
        assert header.order_form == "OF-7"


def test_a_monthly_price_ends_with_the_lease_that_is_shortened() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 31d-90d month 1000
          see money l1                             -> 2,000.00 USD
          amend l1 until 59d                       -> ok
          see money l1                             -> 1,000.00 USD
    """)


def test_a_monthly_price_is_shared_between_a_lease_and_its_successor() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 31d-90d month 1000
    45d   amend l1 transfer bolt                   -> ok
          see money l1                             -> 500.00 USD    # half of February
          see money l1-bolt                        -> 1,500.00 USD
    """)


def test_what_an_amendment_leaves_nothing_to_change_of_is_refused() -> None:
    tell(
        """
    10:00 book l1 acme 4 of h100 20:00-22:00 + 4 of h100 26:00-30:00    -> ok
          amend l1 to 8 at 23:00 until 26:00          -> refused input.invalid "has nothing from 23:00 on"
    """
    )


def test_a_refused_amendment_for_a_time_offers_the_most_that_fits_in_that_time() -> None:
    tell(
        """
    10:00 book l1 acme 8 of h100 20:00-22:00 + 4 of h100 22:00-30:00    -> ok
          book l2 bolt 24 of h100 20:00-22:00                           -> ok
          amend l1 to 12 at 20:00 back 22:00                            -> refused lease.oversold "short by 4 GPUs"
          book l3 bolt 16 of h100 22:00-30:00                           -> ok
          amend l1 to 20 at 22:00 back 24:00                            -> refused lease.oversold "fewer GPUs: 16 GPUs of h100, 22:00 to 30:00"
    """
    )
