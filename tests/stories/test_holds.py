"""Holds take capacity until they are confirmed, released, or run out."""

from neocloud.rules.ledger import decide
from tests.stories.tell import tell
from tests.stories.words import Line, command, instant


def test_a_hold_takes_capacity_as_a_lease_does() -> None:
    tell("""
    08:00 hold l1 acme 32 of h100 12:00-16:00 until 10:00
          see l1                                   -> held by acme: 32 of h100 12:00-16:00
          book l2 bolt 8 of h100 12:00-16:00       -> refused lease.oversold "held by acme 32"
    """)


def test_a_hold_that_runs_out_frees_its_capacity() -> None:
    tell("""
    08:00 hold l1 acme 32 of h100 12:00-16:00 until 10:00
    09:59 book l2 bolt 8 of h100 12:00-16:00       -> refused lease.oversold
    10:00 book l2 bolt 8 of h100 12:00-16:00       -> ok
          see l1                                   -> expired by acme: 32 of h100 12:00-16:00
    """)


def test_a_confirmed_hold_no_longer_runs_out() -> None:
    tell("""
    08:00 hold l1 acme 32 of h100 12:00-16:00 until 10:00
    09:00 confirm l1                               -> ok
          confirm l1                               -> nothing
    11:00 book l2 bolt 8 of h100 12:00-16:00       -> refused lease.oversold
          see l1                                   -> confirmed by acme: 32 of h100 12:00-16:00
    """)


def test_a_hold_that_has_run_out_cannot_be_confirmed() -> None:
    tell("""
    08:00 hold l1 acme 32 of h100 12:00-16:00 until 10:00
    10:00 confirm l1                               -> refused lease.not_allowed "lease l1 is expired; book anew"
    """)


def test_a_released_hold_frees_its_capacity_at_once() -> None:
    tell("""
    08:00 hold l1 acme 32 of h100 12:00-16:00 until 10:00
          release l1                               -> ok
          see h100 12:00-16:00                     -> 32 to 16:00
          release l1                               -> refused lease.not_allowed "lease l1 is released"
          confirm l1                               -> refused lease.not_allowed "lease l1 is released"
    """)


def test_a_confirmed_lease_cannot_be_released() -> None:
    tell("""
    08:00 book l1 acme 32 of h100 12:00-16:00
          release l1                               -> refused lease.not_allowed "only a hold can be released"
    """)


def test_what_has_ended_is_not_touched() -> None:
    tell("""
    08:00 book l1 acme 32 of h100 12:00-16:00
    16:00 amend l1 until 20:00                     -> refused lease.not_allowed "lease l1 ended 16:00"
          terminate l1 by tenant                   -> refused lease.not_allowed "lease l1 ended 16:00"
    """)


def test_several_holds_that_run_out_together_all_go() -> None:
    tell("""
    00:00 pool h100 at north 32 turnaround 2h
    08:00 hold l1 acme 32 of h100 12:00-16:00 until 09:00
          hold l2 acme 32 of h100 16:00-20:00 until 10:00
    11:00 see l1                                   -> held by acme: 32 of h100 12:00-16:00
          book l3 bolt 32 of h100 12:00-20:00      -> ok
          see l1                                   -> expired by acme: 32 of h100 12:00-16:00
          see l2                                   -> expired by acme: 32 of h100 16:00-20:00
    """)


def test_a_hold_for_a_time_runs_out_that_long_from_now() -> None:
    tell("""
    08:00 hold l1 acme 32 of h100 12:00-16:00 for 2h
    09:59 see h100 12:00-16:00                     -> 0 to 16:00
          release l2                               -> refused input.unknown "did you mean 'l1'?"
          see l1                                   -> held by acme: 32 of h100 12:00-16:00
    10:00 book l2 bolt 32 of h100 12:00-16:00      -> ok
    """)


def test_a_change_says_whether_the_lease_was_held_or_booked() -> None:
    world = tell("")
    for line, cause in [
        ("hold l1 acme 8 of h100 12:00-16:00 for 2h", "held"),
        ("book l1 acme 8 of h100 12:00-16:00", "booked"),
    ]:
        (change,) = decide(world, command(Line(line)), instant("10:00"))
        assert change.cause == cause
