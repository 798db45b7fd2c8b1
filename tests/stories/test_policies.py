"""Policies that ask for a second person, and what becomes of what was asked."""

import pytest

from neocloud.errors import Invalid
from neocloud.model.policies import CountryGpu, LongerThan, Policy, Unscreened
from tests.stories.tell import FLEET, tell

SPOT = FLEET + "terms spot operator/reclaim/0h/part tenant/terminate/0h/part"


def test_what_a_policy_asks_about_is_booked_when_somebody_else_approves() -> None:
    world = tell("""
    10:00 policy big gpus-above:16 ask because "two people look at what is large"  -> ok
          book l1 acme 16 of h100 12:00-16:00                                  -> ok
          book l2 bolt 16 of h100 16:00-20:00                                  -> ok
          book l3 bolt 24 of h100 20:00-24:00                                  -> asked
          see h100 20:00-24:00                                                 -> 32 to 24:00
          see approval book-l3                                                 -> asked by ada: lease l3 of bolt (big)
          approve book-l3                                                      -> refused lease.not_allowed "somebody else must answer"
          approve book-l3 as nobody                                            -> refused lease.not_allowed "say who answers"
    11:00 approve book-l3 as grace because "as agreed"                         -> ok
          see l3                                                               -> confirmed by bolt: 24 of h100 20:00-24:00
          see approval book-l3                                                 -> approved by grace: lease l3 of bolt (big): as agreed
          approve book-l3 as grace                                             -> refused lease.not_allowed "was approved by grace already"
          book l4 bolt 24 of h100 24:00-28:00 as nobody                        -> refused lease.not_allowed "nobody is said to be the first"
    """)
    assert world.approvals["book-l3"].policies == {"big": "two people look at what is large"}
    assert world.leases["l3"].booked_at == world.approvals["book-l3"].answered_at


def test_what_was_asked_may_be_declined_by_others_and_withdrawn_by_who_asked() -> None:
    tell("""
    10:00 policy big gpus-above:16 ask                      -> ok
          book l1 acme 24 of h100 12:00-16:00               -> asked
          book l2 acme 24 of h100 12:00-16:00               -> asked
          withdraw-approval book-l1 as grace                -> refused lease.not_allowed "was asked for by ada, who alone may withdraw it"
          withdraw-approval book-l1                         -> ok
          see approval book-l1                              -> withdrawn by ada: lease l1 of acme (big)
          approve book-l1 as grace                          -> refused lease.not_allowed "was withdrawn by ada already"
          decline-approval book-l2                          -> refused lease.not_allowed "somebody else must answer"
          decline-approval book-l2 as grace because "no"    -> ok
          see approval book-l2                              -> declined by grace: lease l2 of acme (big): no
          approve book-l9 as grace                          -> refused input.unknown "no approval is called 'book-l9'"
          see h100 12:00-16:00                              -> 32 to 16:00
    """)


def test_what_is_sold_meanwhile_is_refused_with_what_would_fit_and_still_waits() -> None:
    tell("""
    10:00 policy big gpus-above:16 ask                      -> ok
          book l1 acme 24 of h100 12:00-16:00               -> asked
          book l2 bolt 16 of h100 12:00-16:00               -> ok
          approve book-l1 as grace                          -> refused lease.oversold "short by 8 GPUs" "fewer GPUs: 16 GPUs"
          see approval book-l1                              -> asked by ada: lease l1 of acme (big)
          amend l2 at 12:00 to 8                            -> ok
          approve book-l1 as grace                          -> ok
          see h100 12:00-16:00                              -> 0 to 16:00
    """)


def test_what_nobody_answers_runs_out_after_fourteen_days() -> None:
    tell("""
    10:00 policy big gpus-above:16 ask                      -> ok
          book l1 acme 24 of h100 20d-21d                   -> asked
    14d10:00 see approval book-l1                           -> expired by ada: lease l1 of acme (big)
          approve book-l1 as grace                          -> refused lease.not_allowed "ran out 14d10:00; ask anew by another id"
          book l1 acme 24 of h100 20d-21d id second         -> asked
          approve second as grace                           -> ok
    """)


def test_the_same_asked_again_changes_nothing_and_other_content_is_a_conflict() -> None:
    tell("""
    10:00 policy big gpus-above:16 ask                      -> ok
          book l1 acme 24 of h100 12:00-16:00               -> asked
          book l1 acme 24 of h100 12:00-16:00               -> nothing
          book l1 acme 32 of h100 12:00-16:00               -> refused command.conflict "choose another id"
    """)


def test_a_hold_is_not_asked_about_and_its_confirmation_is() -> None:
    tell("""
    10:00 policy big gpus-above:16 ask                      -> ok
          hold l1 acme 24 of h100 12:00-16:00 until 11:00   -> ok
          amend l1 to 32                                    -> ok
          confirm l1                                        -> asked
          see h100 12:00-16:00                              -> 0 to 16:00
          approve confirm-l1 as grace                       -> ok
          see l1                                            -> confirmed by acme: 32 of h100 12:00-16:00
    """)


def test_an_option_is_asked_about_when_it_is_granted_and_not_when_it_is_exercised() -> None:
    tell("""
    10:00 policy big gpus-above:16 ask                                              -> ok
          grant o1 ramp acme 24 of h100 12:00-16:00 exercise-by 11:00 takes          -> asked
          approve grant-o1 as grace                                                 -> ok
          amend o1 to 32                                                            -> asked
          approve amend-o1 as grace                                                 -> ok
          exercise o1                                                               -> ok
          see o1                                                                    -> confirmed by acme: 32 of h100 12:00-16:00
          grant o2 ramp acme 8 of h100 16:00-20:00 exercise-by 11:00 takes           -> ok
          amend o2 to 32                                                            -> asked
    """)


def test_of_an_amendment_what_it_adds_is_looked_at() -> None:
    tell(
        """
    10:00 policy big gpus-above:8 ask                              -> ok
          book l1 acme 16 of h100 12:00-16:00                      -> asked
          approve book-l1 as grace                                 -> ok
          amend l1 to 8 id a2                                      -> ok
          amend l1 to 24 id a3                                     -> asked
          amend l1 move b200 id a4                                 -> ok
          amend l1 until 20:00 to 16 id a5                         -> asked
          amend l1 transfer bolt id a6                             -> ok
          amend l1 add 16 of h100 12:00-16:00 id a7                 -> asked
          amend l1 price 1 id a8                                   -> ok
    """,
        FLEET + "pool b200 at south 32",
    )


def test_a_lease_does_not_grow_past_a_policy_in_small_steps() -> None:
    tell(
        """
    10:00 policy big gpus-above:16 ask                             -> ok
          policy huge gpus-above:28 refuse                         -> ok
          book l1 acme 8 of h100 12:00-16:00                       -> ok
          amend l1 to 12 id a1                                     -> ok
          amend l1 to 16 id a2                                     -> ok
          amend l1 to 20 id a3                                     -> asked
          approve a3 as grace                                      -> ok
          amend l1 to 24 id a4                                     -> asked
          amend l1 move b200 id a5                                 -> ok
          amend l1 to 16 id a6                                     -> ok
          amend l1 add 4 of b200 14:00-16:00 id a7                 -> asked
          amend l1 add 4 of b200 16:00-18:00 id a8                 -> ok
          amend l1 to 29 id a9                                     -> refused tenant.not_eligible "up to 28 GPUs"
    """,
        FLEET + "pool b200 at south 64",
    )


def test_an_inside_team_does_not_either() -> None:
    tell("""
    10:00 policy quota inside-above:8 ask                          -> ok
          book l1 team 8 of h100 12:00-16:00 rank 1                -> ok
          amend l1 to 12 id a1                                     -> asked
    """)


def test_long_leases_are_asked_about_and_so_is_what_makes_one_longer() -> None:
    tell("""
    10:00 policy long longer-than:30d ask                          -> ok
          book l1 acme 8 of h100 12:00-30d12:00                    -> ok
          book l2 acme 8 of h100 12:00-30d                         -> ok
          book l3 acme 8 of h100 12:00-31d13:00                    -> asked
          amend l1 until 31d13:00                                  -> asked
          approve amend-l1 as grace                                -> ok
          amend l1 to 16 id wider                                  -> ok
          amend l1 until 31d12:30 id shorter                       -> ok
    """)


def test_a_price_under_the_floor_is_asked_about_and_so_is_one_that_falls() -> None:
    tell("""
    10:00 policy floor below-floor ask                                      -> ok
          book l1 acme 8 of h100 12:00-16:00 price 3 quoted 3                 -> ok
          book l2 acme 8 of h100 12:00-16:00 price 2.99 quoted 3              -> asked
          book l3 acme 8 of h100 12:00-16:00 price 2,5@14:00 quoted 3         -> ok
          book l4 acme 8 of h100 12:00-16:00 price 1                        -> ok
          book l5 team 8 of h100 16:00-20:00 rank 1 quoted 3                  -> ok
          amend l1 price 2 id a1                                            -> asked
          amend l1 price 4 id a2                                            -> ok
          approve a1 as grace                                               -> ok
          amend l1 to 4 id a3                                               -> ok
          amend l1 until 14:00 id a4                                        -> ok
          amend l1 price 1.9 id a5                                          -> asked
    """)


def test_what_was_not_quoted_is_under_the_floor_only_where_that_is_said() -> None:
    tell("""
    10:00 policy floor below-floor:unquoted ask                    -> ok
          book l1 acme 8 of h100 12:00-16:00 price 3 quoted 3        -> ok
          book l2 acme 8 of h100 12:00-16:00 price 9               -> asked
          book l3 team 8 of h100 12:00-16:00 rank 1                -> ok
          approve book-l2 as grace                                 -> ok
          amend l2 price 10 id a1                                  -> ok
          amend l2 price 8 id a2                                   -> asked
          amend l2 to 4 id a3                                      -> ok
          amend l2 to 8 id a4                                      -> asked
    """)


def test_whatever_takes_gpus_from_others_is_asked_about() -> None:
    tell(
        """
    10:00 policy gentle reclaims ask                                              -> ok
          book cheap acme 32 of h100 12:00-40:00 price 1 under spot               -> ok
          book l1 bolt 8 of h100 24:00-30:00 price 9                              -> refused lease.oversold
          book l1 bolt 8 of h100 24:00-30:00 price 9 reclaiming                    -> asked
          hold l2 bolt 8 of h100 24:00-30:00 price 9 reclaiming until 11:00        -> asked
          reclaim cheap part 8                                                    -> asked
          terminate cheap by tenant part 8                                        -> ok
          see cheap                                                               -> confirmed by acme: 24 of h100 12:00-40:00
          approve reclaim-cheap as grace                                          -> ok
          see gave cheap                                                          -> 8 from 10:00, lost 224.00 USD
          approve book-l1 as grace                                                -> ok
          see l1                                                                  -> confirmed by bolt: 8 of h100 24:00-30:00
    """,
        SPOT,
    )


def test_an_inside_team_is_asked_about_above_its_quota_once() -> None:
    tell("""
    10:00 policy quota inside-above:8 ask                               -> ok
          request r1 team 16 of h100 12:00-16:00 rank 1                 -> asked
          request r1 team 16 of h100 12:00-16:00 rank 1 id again         -> nothing
          approve request-r1 as grace                                   -> ok
          see request r1                                                -> open
          book l1 team 24 of h100 12:00-16:00 rank 1 answering r1        -> asked
          book l2 team 16 of h100 12:00-16:00 rank 1 answering r1        -> ok
          book l3 team 16 of h100 12:00-16:00 rank 1                    -> asked
          book l4 acme 16 of h100 12:00-16:00                           -> ok
          request r2 team 8 of h100 12:00-16:00 rank 1                  -> ok
          request r2 team 9 of h100 12:00-16:00 rank 1                  -> asked
          request r3 acme 32 of h100 12:00-16:00 price 2                -> ok
    """)


def test_several_policies_ask_once_and_a_retired_one_no_more() -> None:
    tell("""
    10:00 policy big gpus-above:16 ask retired 11:00               -> ok
          policy long longer-than:2h ask                           -> ok
          policy long longer-than:2h ask                           -> nothing
          book l1 acme 24 of h100 12:00-16:00                      -> asked
          see approval book-l1                                     -> asked by ada: lease l1 of acme (big, long)
    11:00 book l2 acme 24 of h100 12:00-14:00                      -> ok
          policy long longer-than:2h ask retired 11:00             -> ok
          book l3 acme 8 of h100 12:00-16:00                       -> ok
    """)


def test_facts_are_never_asked_about() -> None:
    tell("""
    10:00 policy big gpus-above:1 ask                                      -> ok
          policy none gpus-above:2 refuse                                  -> ok
          record l1 acme 64 of h100 12:00-16:00 as nobody                  -> ok
          outage o1 in h100 8 12:00-16:00 as nobody                        -> ok
          see l1                                                           -> confirmed by acme: 64 of h100 12:00-16:00
    """)


def test_policies_that_cannot_be_meant_are_not_taken() -> None:
    tell("""
    10:00 policy big gpus-above:0 ask                              -> refused input.invalid "0 GPUs cannot be"
          policy big inside-above:-1 ask                           -> refused input.invalid "-1 GPUs cannot be"
          policy big gpus-above:8 ask because " "                  -> refused input.invalid "say why"
          policy a/b gpus-above:8 ask                              -> refused input.invalid "cannot be an id"
          policy export country-gpu:UK/h100 refuse                 -> refused input.invalid "'UK' is no country"
          tenant acme customer country uk                          -> refused input.invalid "two capital letters"
          tenant acme customer sites east                          -> refused input.unknown "no site is called 'east'"
          tenant acme customer sites north,north                   -> refused input.invalid "named twice"
    """)
    with pytest.raises(Invalid, match="say a length"):
        LongerThan(length_s=0)
    with pytest.raises(Invalid, match="which countries"):
        CountryGpu(countries=(), gpus=("H100",))
    with pytest.raises(Invalid, match="instants lie between"):
        Policy(id="p", when=Unscreened(), then="refuse", reason="so", retired_at=-1)
