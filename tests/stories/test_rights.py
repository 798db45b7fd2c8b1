"""Terms are rights: who may end a lease, from when, and on what notice."""

import pytest

from neocloud.errors import Invalid
from neocloud.model.terms import Right
from tests.stories.tell import FLEET, tell

DEAL = (
    FLEET
    + """
      terms deal tenant/terminate/90d/after:90d operator/terminate/90d/after:90d
10:00 book l1 acme 16 of h100 1d-900d under deal
"""
)
"""Either side on 90 days' notice, which may be served after the first 90."""


def test_a_right_takes_effect_after_its_notice_and_not_before_it_may_be_served() -> None:
    tell(
        """
    2d    see rights l1 -> tenant may terminate on 90d: 181d; operator may terminate on 90d: 181d
    200d  see rights l1 -> tenant may terminate on 90d: 290d; operator may terminate on 90d: 290d
    809d  see rights l1 -> tenant may terminate on 90d: 899d; operator may terminate on 90d: 899d
    810d  see rights l1                            -> none
    """,
        DEAL,
    )


def test_notice_takes_effect_as_early_as_it_may() -> None:
    tell(
        """
    2d    terminate l1 by tenant                   -> ok
          see l1                                   -> confirmed by acme: 16 of h100 24:00-181d
          see h100 180d-182d                       -> 16 to 181d, 32 to 182d
    """,
        DEAL,
    )


def test_an_effect_before_the_notice_has_run_is_refused_with_the_earliest() -> None:
    tell(
        """
    200d  terminate l1 by operator at 289d         -> refused lease.not_allowed "takes effect 290d at the earliest"
          terminate l1 by operator at 900d         -> refused lease.not_allowed "lease l1 ends 900d, before that"
          terminate l1 by operator at 300d         -> ok
          see l1                                   -> confirmed by acme: 16 of h100 24:00-300d
    """,
        DEAL,
    )


def test_without_a_right_nobody_ends_a_lease() -> None:
    tell("""
    10:00 book l1 acme 16 of h100 12:00-20:00
          terminate l1 by tenant                   -> refused lease.not_allowed
              "the tenant has no right to terminate lease l1 under reserved@1" "nobody may end it before 20:00"
    """)


def test_a_right_of_the_other_side_is_not_ones_own() -> None:
    tell("""
    10:00 book l1 acme 16 of h100 12:00-20d under loose
          terminate l1 by operator                 -> refused lease.not_allowed "operator may reclaim on 7d: 7d10:00"
          terminate l1 by tenant at 14:00          -> ok
          see l1                                   -> confirmed by acme: 16 of h100 12:00-14:00
    """)


def test_a_lease_ended_before_it_begins_is_released() -> None:
    tell("""
    10:00 book l1 acme 16 of h100 12:00-20:00 under loose
          terminate l1 by tenant                   -> ok
          see l1                                   -> released by acme: 16 of h100 12:00-20:00
          see h100 12:00-20:00                     -> 32 to 20:00
    """)


def test_a_part_is_ended_where_the_right_covers_parts() -> None:
    tell("""
    00:00 pool h100 at north 32 unit 4
    10:00 book l1 acme 16 of h100 12:00-20:00 under loose
    14:00 terminate l1 by tenant part 6            -> refused input.invalid "nearest: 4 or 8"
          terminate l1 by tenant part 0            -> refused input.invalid "at least 1 is needed"
          terminate l1 by tenant part -4           -> refused input.invalid "at least 1 is needed"
          terminate l1 by tenant part 20           -> refused input.invalid "lease l1 has fewer than 20 GPUs"
          terminate l1 by tenant part 4            -> ok
          see l1                                   -> confirmed by acme: 16 of h100 12:00-14:00
              + 12 of h100 14:00-20:00
    """)


def test_a_part_is_not_ended_where_the_right_covers_only_the_whole() -> None:
    tell(
        """
    2d    terminate l1 by tenant part 8            -> refused lease.not_allowed
              "no right to terminate a part of lease l1"
    """,
        DEAL,
    )


def test_of_two_rights_a_part_is_ended_under_the_one_that_covers_parts() -> None:
    tell("""
    00:00 terms two tenant/terminate/1d tenant/terminate/3d/part
    10:00 book l1 acme 16 of h100 12:00-20d under two
    20:00 terminate l1 by tenant part 8
          see l1                                   -> confirmed by acme: 16 of h100 12:00-3d20:00
              + 8 of h100 3d20:00-20d
          terminate l1 by tenant
          see l1                                   -> confirmed by acme: 16 of h100 12:00-44:00
    """)


def test_a_version_of_terms_never_changes() -> None:
    tell("""
    10:00 book l1 acme 16 of h100 12:00-20:00 under loose
          terms loose tenant/terminate/0h/part operator/reclaim/7d  -> nothing
          terms loose                              -> ok
          terminate l1 by tenant at 14:00          -> ok
          book l2 acme 16 of h100 12:00-20:00 under loose
          terminate l2 by tenant                   -> refused lease.not_allowed "under loose@2"
          book l3 acme 8 of h100 20:00-22:00 under loose@1
          terminate l3 by tenant                   -> ok
    """)


@pytest.mark.parametrize(
    ("rights", "says"),
    [
        ("tenant/terminate/1d tenant/terminate/2d", "rights contradict: the tenant may terminate on two different"),
        ("tenant/reclaim/1d", "a tenant cannot reclaim"),
    ],
)
def test_rights_that_contradict_are_refused(rights: str, says: str) -> None:
    tell(f'10:00 terms odd {rights} -> refused input.invalid "{says}"')


def test_a_part_of_a_ramp_is_ended_in_each_of_its_blocks() -> None:
    tell("""
    10:00 book l1 acme 16 of h100 12:00-16:00 + 8 of h100 16:00-20:00 under loose
    14:00 terminate l1 by tenant part 4
          see l1                                   -> confirmed by acme: 16 of h100 12:00-14:00
              + 12 of h100 14:00-16:00 + 4 of h100 16:00-20:00
    """)


def test_a_right_is_served_from_a_day_or_after_a_time_and_not_both() -> None:
    with pytest.raises(Invalid, match="contradict each other"):
        Right(holder="tenant", kind="terminate", serve_from_at=0, serve_after_s=1)


def test_a_notice_is_not_negative() -> None:
    with pytest.raises(Invalid, match="cannot be negative"):
        Right(holder="tenant", kind="terminate", notice_s=-1)
