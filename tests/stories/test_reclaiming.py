"""A booking for which weaker leases give way, where their rights allow it in time."""

from tests.stories.tell import FLEET, tell

SPOT = (
    FLEET
    + """
      terms spot operator/reclaim/0h/part
      terms week operator/reclaim/7d/part
      terms whole operator/reclaim/0h
"""
)


def test_the_cheapest_gives_way_and_only_as_much_as_is_needed() -> None:
    tell(
        """
    10:00 book dear acme 16 of h100 20:00-40:00 price 3 under spot  -> ok
          book cheap acme 16 of h100 20:00-40:00 price 1 under spot -> ok
          book firm bolt 24 of h100 24:00-40:00 price 5             -> refused lease.oversold "short by 24 GPUs"
          book firm bolt 24 of h100 24:00-40:00 price 5 reclaiming  -> ok
          see cheap                -> confirmed by acme: 16 of h100 20:00-24:00
          see dear                 -> confirmed by acme: 16 of h100 20:00-24:00 + 8 of h100 24:00-40:00
          see gave dear            -> 8 from 24:00, lost 384.00 USD
          see gave cheap           -> all from 24:00, lost 256.00 USD
    """,
        SPOT,
    )


def test_a_lease_that_may_only_be_taken_whole_gives_all_and_needless_ones_nothing() -> None:
    tell(
        """
    10:00 book small acme 8 of h100 20:00-40:00 price 1 under whole  -> ok
          book large acme 24 of h100 20:00-40:00 price 2 under whole -> ok
          book firm bolt 16 of h100 24:00-40:00 price 9 reclaiming   -> ok
          see small                -> confirmed by acme: 8 of h100 20:00-40:00
          see large                -> confirmed by acme: 24 of h100 20:00-24:00
    """,
        SPOT,
    )


def test_more_lost_than_gained_is_refused_unless_it_is_meant() -> None:
    tell(
        """
    10:00 book dear acme 32 of h100 20:00-40:00 price 3 under whole  -> ok
          book firm bolt 8 of h100 24:00-28:00 price 2 reclaiming    -> refused lease.at_a_loss "dear would give way"
          book firm bolt 8 of h100 24:00-28:00 price 2 reclaiming force -> ok
          see dear                 -> confirmed by acme: 32 of h100 20:00-24:00
    """,
        SPOT,
    )


def test_a_notice_that_is_too_short_is_refused_with_the_earliest() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 20:00-400:00 price 1 under week     -> ok
          book firm bolt 8 of h100 40:00-400:00 price 9 reclaiming    -> refused lease.oversold "l1: from 7d10:00 on"
          book firm bolt 8 of h100 8d-400:00 price 9 reclaiming       -> ok
          see l1                   -> confirmed by acme: 32 of h100 20:00-8d + 24 of h100 8d-400:00
    """.replace("400:00", "16d16:00"),
        SPOT,
    )


def test_leases_without_such_a_right_and_protected_ones_never_give_way() -> None:
    tell(
        """
    10:00 book l1 acme 16 of h100 20:00-40:00 price 1                       -> ok
          book l2 team 16 of h100 20:00-40:00 rank 9 under spot protected   -> ok
          book firm bolt 8 of h100 24:00-28:00 price 9 reclaiming           -> refused lease.oversold "even by reclaiming"
    """,
        SPOT,
    )


def test_of_two_ranks_only_the_lower_gives_way_to_the_higher() -> None:
    tell(
        """
    10:00 book l1 team 32 of h100 20:00-40:00 rank 2 under spot             -> ok
          book l2 team 8 of h100 24:00-28:00 rank 3 reclaiming              -> refused lease.oversold
          book l3 team 8 of h100 24:00-28:00 rank 1 reclaiming              -> ok
          see l1                   -> confirmed by team: 32 of h100 20:00-24:00 + 24 of h100 24:00-40:00
    """,
        SPOT,
    )


def test_the_operator_reclaims_a_part_and_the_fee_falls_in_proportion() -> None:
    tell(
        """
    10:00 book l1 acme 16 of h100 31d-90d month 3100 under spot            -> ok
          see money l1                                                      -> 6,200.00 USD
          reclaim l1 part 4 at 59d                                          -> ok
          see l1                   -> confirmed by acme: 16 of h100 31d-59d + 12 of h100 59d-90d
          see money l1                                                      -> 5,425.00 USD
          reclaim l1 at 60d                                                 -> ok
          see l1                   -> confirmed by acme: 16 of h100 31d-59d + 12 of h100 59d-60d
          reclaim l1 at 61d                                                 -> refused lease.not_allowed "ends 60d"
    """,
        SPOT,
    )


def test_gpus_may_be_fewer_for_a_time_and_then_what_they_were() -> None:
    tell(
        """
    10:00 book l1 acme 16 of h100 20:00-40:00                               -> ok
          amend l1 to 4 at 24:00 back 30:00                                 -> ok
          see l1                   -> confirmed by acme: 16 of h100 20:00-24:00 + 4 of h100 24:00-30:00 + 16 of h100 30:00-40:00
          amend l1 to 0 at 32:00 back 34:00                                 -> ok
          see h100 20:00-40:00     -> 16 to 24:00, 28 to 30:00, 16 to 32:00, 32 to 34:00, 16 to 40:00
          amend l1 to 8 at 24:00 back 44:00                                 -> refused input.invalid "does not lie after"
          amend l1 move h100 at 24:00 back 30:00                            -> refused input.invalid "GPUs come back"
    """
    )


def test_a_lease_of_several_blocks_gives_no_more_than_is_needed() -> None:
    tell(
        """
    10:00 book two acme 16 of h100 20:00-40:00 + 16 of h100 20:00-40:00 price 1 under spot -> ok
          book firm bolt 8 of h100 20:00-40:00 price 5 reclaiming           -> ok
          see h100 20:00-40:00     -> 0 to 40:00
    """,
        SPOT,
    )


def test_gpus_are_taken_from_when_they_are_needed_and_not_before() -> None:
    tell(
        """
    10:00 book l1 acme 32 of h100 10:00-40:00 price 1 under spot            -> ok
          book firm bolt 8 of h100 24:00-30:00 price 9 reclaiming           -> ok
          see l1                   -> confirmed by acme: 32 of h100 10:00-24:00 + 24 of h100 24:00-40:00
          see gave l1              -> 8 from 24:00, lost 128.00 USD
    """,
        SPOT,
    )


def test_turnarounds_are_over_before_what_is_taken_is_needed() -> None:
    tell(
        """
          pool h100 at north 32 turnaround 2h
    10:00 book l1 acme 32 of h100 10:00-40:00 price 1 under spot            -> ok
          book firm bolt 8 of h100 24:00-30:00 price 9 reclaiming           -> ok
          see l1                   -> confirmed by acme: 32 of h100 10:00-22:00 + 24 of h100 22:00-40:00
    """,
        SPOT,
    )


def test_what_nobody_said_the_worth_of_is_not_taken_unless_it_is_meant() -> None:
    tell(
        """
    10:00 record l1 acme 32 of h100 20:00-40:00 recorded sheet unpriced under spot -> ok
          book firm bolt 8 of h100 24:00-30:00 price 9 reclaiming           -> refused lease.at_a_loss "nobody has said"
          book firm bolt 8 of h100 24:00-30:00 price 9 reclaiming force     -> ok
    """,
        SPOT,
    )


def test_losses_in_two_currencies_are_said_apart() -> None:
    tell(
        """
          terms euro operator/reclaim/0h/part currency EUR
    10:00 book l1 acme 16 of h100 20:00-40:00 price 1 under spot            -> ok
          book l2 acme 16 of h100 20:00-40:00 price 1 under euro currency EUR -> ok
          book firm bolt 32 of h100 20:00-40:00 price 9 reclaiming          -> refused lease.at_a_loss "320.00 USD and 320.00 EUR"
    """.replace("320.00 USD and 320.00 EUR", "320.00 EUR and 320.00 USD"),
        SPOT,
    )


def test_prices_end_with_what_a_lease_keeps_after_a_reclaim() -> None:
    tell(
        """
          pool b200 at south 32
    10:00 book l1 acme 16 of h100 31d-59d + 16 of b200 59d-90d month 3100 under spot -> ok
          see money l1                                                      -> 6,200.00 USD
          book firm bolt 32 of b200 59d-90d price 900 reclaiming            -> ok
          see l1                   -> confirmed by acme: 16 of h100 31d-59d
          see money l1                                                      -> 3,100.00 USD
          see gave l1              -> all from 59d, lost 3,100.00 USD
    """,
        SPOT,
    )
