"""Deadlines: until when something can be done, what happens when, and that both follow from what the ledger says."""

from tests.stories.tell import FLEET, tell

DEALS = (
    FLEET
    + """
      terms deal tenant/terminate/30d/after:60d operator/reclaim/7d/part
10:00 book l1 acme 16 of h100 1d-200d under deal
"""
)


def test_the_last_day_for_a_notice_is_the_last_on_which_it_is_not_refused() -> None:
    tell(
        """
    10:00 see deadlines 24:00-300d         -> start l1 24:00; notice l1 169d; notice l1 192d; end l1 200d
    169d  terminate l1 by tenant           -> ok
          see l1                           -> confirmed by acme: 16 of h100 24:00-199d
    """,
        DEALS,
    )
    tell(
        """
    170d  terminate l1 by tenant           -> refused lease.not_allowed "no right to terminate"
    192d  reclaim l1                       -> ok
    """,
        DEALS,
    )
    tell('193d  reclaim l1                 -> refused lease.not_allowed "no right to reclaim"', DEALS)


def test_a_lease_that_ends_in_the_middle_of_a_day_has_its_last_second_in_one() -> None:
    tell(
        """
    10:00 book l2 acme 16 of h100 1d-100d12:00 under deal
          see deadlines 90d-95d            -> notice l2 93d11:59
    93d11:59 reclaim l2                    -> ok
    """,
        DEALS,
    )
    tell(
        """
    10:00 book l2 acme 16 of h100 1d-100d12:00 under deal
    93d12:00 reclaim l2                    -> refused lease.not_allowed "no right to reclaim"
    """,
        DEALS,
    )


def test_a_right_that_comes_too_late_for_the_lease_has_no_last_day() -> None:
    tell(
        """
    10:00 book short bolt 8 of h100 1d-85d under deal
          see deadlines 24:00-90d          -> start l1 24:00; start short 24:00; notice short 77d; end short 85d
    """,
        DEALS,
    )


def test_notice_of_less_than_a_day_has_no_day() -> None:
    tell("""
    10:00 book l1 acme 16 of h100 12:00-40d under loose
          see deadlines 11:00-50d          -> start l1 12:00; notice l1 32d; end l1 40d
    """)


def test_a_hold_is_confirmed_and_an_option_exercised_on_its_last_day_and_not_after() -> None:
    story = """
    10:00 hold h1 acme 8 of h100 20d-30d until 10d
          grant up ramp acme 8 of h100 20d-47d exercise-by 15d takes
          see deadlines now-100d           -> hold h1 9d; option up 14d
    """
    tell(f"{story}\n9d confirm h1 -> ok\n14d exercise up -> ok\nsee deadlines 16d-25d -> start h1 20d; start up 20d")
    tell(
        f'{story}\n10d confirm h1 -> refused lease.not_allowed "is expired"\nsee deadlines now-100d -> option up 14d'
    )
    tell(f'{story}\n15d exercise up -> refused lease.not_allowed "has run out"\nsee deadlines now-100d -> none')


def test_a_wave_has_three_dates_until_it_is_in_service_and_they_move_when_it_slips() -> None:
    tell("""
    00:00 delivery wave to h100 16 p50 20d p90 30d
          see deadlines now-100d           -> delivery wave 20d; delivery wave 20d; delivery wave 30d
    10d   slip wave slips 5d               -> ok
          see deadlines now-100d           -> delivery wave 20d; delivery wave 25d; delivery wave 35d
    26d   delivery wave to h100 16 p50 25d p90 35d service 26d
          see deadlines now-100d           -> none
    """)


def test_planned_outages_and_curtailments_begin_and_end_and_failures_are_no_deadlines() -> None:
    tell("""
    10:00 outage check in h100 4 10d-12d planned
          outage fire in h100 4 11d-13d
          curtailment heat at north 16kW 11d-14d
          see deadlines now-12d            -> maintenance check 10d; curtailment heat 11d
          see deadlines 12d-100d           -> maintenance check 12d; curtailment heat 14d
    """)


def test_a_site_is_to_be_left() -> None:
    tell("""
    10:00 notice north leave 90d
          see deadlines now-100d           -> leave north 90d
          see deadlines now-89d            -> none
    """)


def test_what_was_given_up_has_no_deadlines() -> None:
    tell(
        """
    10:00 terminate l1 by operator         -> refused lease.not_allowed "no right to terminate"
          hold h2 bolt 8 of h100 20d-30d until 10d
          release h2
          see deadlines 2d-20d             -> none
    """,
        DEALS,
    )
