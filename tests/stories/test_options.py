"""Options: what a tenant may still have, whether it takes capacity or only ranks, and who is asked first."""

import pytest

from neocloud.errors import Oversold
from neocloud.rules.ledger import decide
from tests.stories.tell import FLEET, tell
from tests.stories.words import Line, command, instant

BASE = (
    FLEET
    + """
      terms spot operator/reclaim/0h/part
10:00 book base acme 16 of h100 20:00-40:00 price 2
"""
)


def test_a_ramp_that_takes_capacity_is_sure_until_it_runs_out() -> None:
    tell(
        """
    10:00 grant up ramp acme 16 of h100 30:00-47:00 exercise-by 24:00 takes -> ok
          see up                   -> held by acme: 16 of h100 30:00-47:00
          book l1 bolt 8 of h100 30:00-35:00                              -> refused lease.oversold "short by 8 GPUs"
    23:00 exercise up                                                     -> ok
          see up                   -> confirmed by acme: 16 of h100 30:00-47:00
          exercise up                                                     -> refused lease.not_allowed "is exercised already"
    """,
        BASE,
    )


def test_an_option_is_not_exercised_late() -> None:
    tell(
        """
    10:00 grant up ramp acme 16 of h100 30:00-47:00 exercise-by 24:00 takes -> ok
    24:00 exercise up              -> refused lease.not_allowed "had to be exercised by 24:00, and has run out"
          book l1 bolt 16 of h100 30:00-35:00                             -> ok
    """,
        BASE,
    )


def test_one_that_only_ranks_takes_nothing_and_must_fit_when_it_is_exercised() -> None:
    tell(
        """
    10:00 grant up ramp acme 16 of h100 30:00-47:00 exercise-by 24:00     -> ok
          see h100 30:00-40:00                                            -> 16 to 40:00
          book l1 bolt 8 of h100 30:00-35:00 under spot price 1           -> ok
          exercise up                                                     -> refused lease.oversold "which only ranks"
          exercise up reclaiming                                          -> ok
          see l1                   -> released by bolt: 8 of h100 30:00-35:00
    """,
        BASE,
    )


def test_a_renewal_goes_on_with_what_its_lease_has_at_its_end() -> None:
    tell(
        """
    10:00 amend base to 8 at 30:00                                        -> ok
          grant more renewal acme all of h100 now-47:00 of-lease base exercise-by 39:00 takes price 1 -> ok
          see more                 -> held by acme: 8 of h100 40:00-47:00
          grant less renewal bolt all of h100 now-47:00 of-lease base exercise-by 39:00 -> refused input.invalid "is acme's"
    38:00 exercise more                                                   -> ok
          see h100 38:00-47:30     -> 24 to 47:00, 32 to 47:30
    """,
        BASE,
    )


def test_a_burst_is_exercised_in_parts_as_often_as_it_allows() -> None:
    tell(
        """
    10:00 grant peak burst acme 12 of h100 20:00-40:00 of-lease base exercise-by 39:00 price 4 -> ok
    22:00 exercise peak 8 24:00-26:00                                     -> ok
          see peak-1               -> confirmed by acme: 8 of h100 24:00-26:00
          exercise peak 8 25:00-28:00                                     -> refused lease.not_allowed "allows 4 GPUs more"
          exercise peak 4 25:00-28:00                                     -> ok
          see money peak-2         -> 48.00 USD
          exercise peak 4 38:00-42:00                                     -> refused input.invalid "is for 20:00 to 40:00"
          grant big burst acme 12 of h100 20:00-40:00 exercise-by 39:00   -> refused input.invalid "is of a lease"
    """,
        BASE,
    )


def test_whoever_has_the_first_refusal_is_asked_before_others_get_it() -> None:
    tell(
        """
    10:00 grant look first_refusal acme 16 of h100 30:00-47:00 exercise-by 24:00 -> ok
          book l1 bolt 8 of h100 42:00-45:00                              -> ok
          book l2 bolt 16 of h100 42:00-45:00    -> refused lease.first_refusal "acme has the right of first refusal on 16 GPUs"
          book l3 acme 16 of h100 42:00-45:00                             -> ok
          release look                                                    -> ok
          book l4 bolt 8 of h100 42:00-45:00                              -> ok
          confirm look                                                    -> refused lease.not_allowed "is released"
    """,
        BASE,
    )


def test_a_right_of_first_refusal_takes_no_capacity() -> None:
    tell(
        """
    10:00 grant look first_refusal acme 8 of h100 30:00-47:00 exercise-by 24:00 takes -> refused input.invalid "takes no capacity"
          grant up ramp acme 8 of h100 30:00-47:00 exercise-by 24:00      -> ok
          confirm up                                                      -> refused lease.not_allowed "is an option"
          exercise base                                                   -> refused lease.not_allowed "is no option"
    """,
        BASE,
    )


def test_whoever_gives_way_to_another_is_still_asked_first() -> None:
    tell(
        """
    10:00 book soft acme 16 of h100 30:00-47:00 price 1 under spot        -> ok
          book full bolt 16 of h100 40:00-47:00                           -> ok
          grant look first_refusal acme 16 of h100 41:00-46:00 exercise-by 24:00 -> ok
          book l1 bolt 16 of h100 41:00-45:00 price 9 reclaiming          -> refused lease.first_refusal "acme has the right"
          see soft                 -> confirmed by acme: 16 of h100 30:00-47:00
    """,
        BASE,
    )


def test_of_two_with_the_first_refusal_the_one_granted_first_is_asked_first() -> None:
    tell(
        """
    10:00 grant one first_refusal bolt 20 of h100 42:00-47:00 exercise-by 24:00  -> ok
    11:00 grant two first_refusal acme 20 of h100 42:00-47:00 exercise-by 24:00  -> ok
          exercise two             -> refused lease.first_refusal "bolt has the right of first refusal"
          exercise one             -> ok
          exercise two             -> refused lease.oversold
    """,
        BASE,
    )


def test_a_first_refusal_is_for_what_is_left_of_its_span() -> None:
    tell(
        """
    10:00 grant look first_refusal acme 16 of h100 30:00-47:00 exercise-by 46:00 -> ok
          book before acme 16 of h100 22:00-34:00                         -> ok
    35:00 book l1 bolt 16 of h100 41:00-45:00                             -> ok
          book l2 bolt 8 of h100 41:00-45:00     -> refused lease.first_refusal
    42:00 exercise look            -> ok
          see look                 -> confirmed by acme: 16 of h100 42:00-47:00
    """,
        BASE,
    )


def test_a_renewal_needs_its_lease_to_stand_to_be_its_tenants_and_to_end_where_it_begins() -> None:
    tell(
        """
          hold brief acme 4 of h100 42:00-44:00 until 11:00               -> ok
          release brief                                                   -> ok
          grant no renewal acme all of h100 now-47:00 of-lease brief exercise-by 39:00 -> refused lease.not_allowed "is released"
          grant more renewal acme all of h100 now-47:00 of-lease base exercise-by 39:00 -> ok
          amend base until 42:00                                          -> ok
          exercise more            -> refused lease.not_allowed "ends 42:00"
          amend base until 38:00                                          -> ok
          exercise more            -> refused lease.not_allowed "ends 38:00"
          amend base until 40:00                                          -> ok
          amend base transfer bolt                                        -> ok
          exercise more            -> refused lease.not_allowed "is bolt's"
          amend base transfer acme                                        -> ok
          exercise more                                                   -> ok
    """,
        BASE,
    )


def test_a_burst_goes_no_further_than_its_lease_and_as_it_was_amended() -> None:
    tell(
        """
    22:00 grant far burst acme 8 of h100 24:00-44:00 of-lease base exercise-by 39:00 -> refused input.invalid "ends 40:00"
          grant peak burst acme 8 of h100 now-40:00 of-lease base exercise-by 39:00 price 4 -> ok
          amend peak to 4 at 30:00                                        -> ok
          exercise peak 8 29:00-31:00                                     -> refused lease.not_allowed "allows 4 GPUs more"
          exercise peak 8 29:00-30:00                                     -> ok
          exercise peak 4 29:00-31:00                                     -> refused lease.not_allowed "allows 0 GPUs more"
          exercise peak 4 30:00-31:00                                     -> ok
          see peak-2               -> confirmed by acme: 4 of h100 30:00-31:00
          amend base until 35:00                                          -> ok
          exercise peak 4 34:00-36:00                                     -> refused lease.not_allowed "ends 35:00"
    """,
        BASE,
    )


def test_an_option_is_held_until_it_must_be_exercised_and_its_fee_is_in_the_currency_of_its_terms() -> None:
    tell(
        """
          grant up ramp acme 8 of h100 30:00-47:00 exercise-by 24:00 fee 5 currency EUR -> refused input.invalid "EUR"
          grant up ramp acme 8 of h100 30:00-47:00 exercise-by 24:00 fee -5    -> refused input.invalid "cannot be"
    """,
        BASE,
    )


def test_a_refusal_does_not_offer_what_another_tenant_must_be_asked_about() -> None:
    story = """
    10:00 grant o1 first_refusal acme 8 of h100 12:00-16:00 exercise-by 11:00   -> ok
          book l1 acme 24 of h100 12:00-16:00                                   -> ok
          book l2 bolt 8 of h100 12:00-16:00                                    -> refused lease.first_refusal
          book l2 bolt 16 of h100 12:00-16:00                                   -> refused lease.oversold
    """
    for more, offered in [("", ["later_start"]), ("release o1 -> ok", ["fewer_gpus", "later_start"])]:
        world = tell(f"{story}{more}")
        with pytest.raises(Oversold) as refusal:
            decide(world, command(Line("book l2 bolt 16 of h100 12:00-16:00")), instant("10:00"))
        assert [offer.change for offer in refusal.value.facts["offers"]] == offered


def test_a_refused_amendment_offers_nothing_that_another_must_be_asked_about_first() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 12:00-16:00                                        -> ok
          grant o1 first_refusal bolt 24 of h100 12:00-16:00 exercise-by 14:00       -> ok
          amend l1 to 48                                                            -> refused lease.oversold "short by 16 GPUs"
          amend l1 to 32                                                            -> refused lease.first_refusal
    """)
    with pytest.raises(Oversold) as refusal:
        world = tell("""
        10:00 book l1 acme 8 of h100 12:00-16:00                                    -> ok
              grant o1 first_refusal bolt 24 of h100 12:00-16:00 exercise-by 14:00   -> ok
        """)
        decide(world, command(Line("amend l1 to 48")), instant("10:00"))
    assert refusal.value.facts["offers"] == ()
