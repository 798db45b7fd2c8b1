"""Requests: what is wanted is received as it is said, and then accepted, declined or withdrawn, once."""

import pytest

from neocloud.errors import Invalid
from neocloud.model.forecasts import Cycle
from neocloud.model.prices import PriceSet
from tests.stories.tell import FLEET, tell

TWO = FLEET + "pool b200 at south 16"


def test_a_request_is_received_and_open_until_a_lease_accepts_it() -> None:
    world = tell("""
    10:00 request r1 acme 16 of h100 12:00-16:00 price 2             -> ok
          see request r1                                            -> open
          see h100 12:00-16:00                                      -> 32 to 16:00
    11:00 book l1 acme 16 of h100 12:00-16:00 price 2 answering r1   -> ok
          see request r1                                            -> accepted by l1
          see h100 12:00-16:00                                      -> 16 to 16:00
    """)
    assert world.leases["l1"].request == "r1"


def test_a_request_is_accepted_by_a_hold_or_an_option_as_well() -> None:
    tell("""
    10:00 request r1 acme 16 of h100 12:00-16:00 price 2                                  -> ok
          request r2 bolt 16 of h100 12:00-16:00 price 2                                  -> ok
          hold l1 acme 16 of h100 12:00-16:00 until 11:00 answering r1                     -> ok
          see request r1                                                                 -> accepted by l1
          grant o1 first_refusal bolt 16 of h100 12:00-16:00 exercise-by 11:00 answering r2 -> ok
          see request r2                                                                 -> accepted by o1
    """)


def test_a_booking_that_does_not_fit_leaves_its_request_open() -> None:
    tell("""
    10:00 request r1 acme 40 of h100 12:00-16:00 price 2             -> ok
          book l1 acme 40 of h100 12:00-16:00 price 2 answering r1   -> refused lease.oversold "short by 8 GPUs"
          see request r1                                            -> open
          book l1 acme 32 of h100 12:00-16:00 price 2 answering r1   -> ok
    """)


def test_who_gives_way_to_a_lease_does_so_where_it_accepts_a_request_too() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 12:00-40d under loose price 1                              -> ok
          request r1 bolt 8 of h100 10d-20d price 20                                          -> ok
          book l2 bolt 8 of h100 10d-20d price 20 answering r1                                 -> refused lease.oversold
          book l2 bolt 8 of h100 10d-20d price 20 answering r1 reclaiming                      -> ok
          see request r1                                                                    -> accepted by l2
    """)


def test_a_request_is_declined_with_a_reason_or_withdrawn_and_then_no_longer_open() -> None:
    tell("""
    10:00 request r1 acme 16 of h100 12:00-16:00 price 1              -> ok
          request r2 acme 16 of h100 12:00-16:00 price 2              -> ok
          decline r1 because "too little"                            -> ok
          see request r1                                             -> declined: too little
          withdraw r2                                                -> ok
          withdraw r2                                                -> nothing
          see request r2                                             -> withdrawn
          decline r1                                                 -> refused lease.not_allowed "request r1 is declined already; make a new one"
          withdraw r1                                                -> refused input.invalid "request r1 is declined already, and cannot be withdrawn"
          book l1 acme 16 of h100 12:00-16:00 price 2 answering r2    -> refused lease.not_allowed "is withdrawn already"
          decline r3                                                 -> refused input.unknown "no request is called 'r3'"
          withdraw r3                                                -> refused input.unknown "did you mean 'r2'?"
    """)


def test_a_request_is_accepted_once_and_by_its_own_tenant() -> None:
    tell("""
    10:00 request r1 acme 8 of h100 12:00-16:00 price 2               -> ok
          book l1 bolt 8 of h100 12:00-16:00 price 2 answering r1     -> refused input.invalid "request r1 is acme's, and not bolt's"
          book l1 acme 8 of h100 12:00-16:00 price 2 answering r9     -> refused input.unknown "did you mean 'r1'?"
          book l1 acme 8 of h100 12:00-16:00 price 2 answering r1     -> ok
          book l2 acme 8 of h100 12:00-16:00 price 2 answering r1     -> refused lease.not_allowed "accepted by lease l1 already"
    """)


def test_a_request_may_change_while_it_is_open_and_is_still_what_was_said_after() -> None:
    tell("""
    10:00 request r1 acme 8 of h100 12:00-16:00 price 2               -> ok
          request r1 acme 8 of h100 12:00-16:00 price 2               -> nothing
          request r1 acme 8 of h100 12:00-18:00 price 2.5             -> ok
          book l1 acme 8 of h100 12:00-18:00 price 2.5 answering r1   -> ok
          request r1 acme 8 of h100 12:00-18:00 price 2.5             -> nothing
          request r1 acme 8 of h100 12:00-18:00 price 3               -> refused lease.not_allowed "request r1 is accepted already; make a new one"
    """)


def test_a_request_in_several_pools_names_each_once_with_its_price() -> None:
    tell(
        """
    10:00 request r1 acme 16 of h100 or 8 of b200 12:00-16:00 price 2,5   -> ok
          request r2 acme 16 of h100 or 8 of b200 12:00-16:00 price 2     -> refused input.invalid "a request of acme needs a price in each of its pools"
          request r3 acme 16 of h100 or 8 of h100 12:00-16:00 price 2,2   -> refused input.invalid "names a pool twice"
          request r4 acme 16 of h10 12:00-16:00 price 2                   -> refused input.unknown "did you mean 'h100'?"
          request r5 nobody 16 of h100 12:00-16:00 price 2                -> refused input.unknown "no tenant"
          request r6 acme 16 of h100 12:00-16:00 price 2 under reservd    -> refused input.unknown "did you mean 'reserved'?"
    """,
        TWO,
    )


def test_the_money_of_a_request_is_that_of_its_tenant() -> None:
    tell("""
    10:00 request r1 team 8 of h100 12:00-16:00 value 3               -> ok
          request r2 team 8 of h100 12:00-16:00 rank 2                -> ok
          request r3 team 8 of h100 12:00-16:00                       -> refused input.invalid "a value, or a rank"
          request r4 team 8 of h100 12:00-16:00 value 3 rank 2        -> refused input.invalid "contradict each other"
          request r5 acme 8 of h100 12:00-16:00 rank 2                -> refused input.invalid "a rank is an inside team's"
          request r6 acme 8 of h100 12:00-16:00                       -> refused input.invalid "needs a price"
          request r7 team 8 of h100 12:00-16:00 value 3 put           -> refused input.invalid "a put is a customer's promise"
          request r8 acme 8 of h100 12:00-16:00 price 1 put           -> ok
          request r9 acme 8 of h100 12:00-16:00 price -1              -> refused input.invalid "cannot be"
    """)


def test_impossible_demand_and_times_cannot_be_said() -> None:
    tell("""
    10:00 request r1 acme 0 of h100 12:00-16:00 price 2                   -> refused input.invalid "0 GPUs cannot be"
          request r1 acme -8 of h100 12:00-16:00 price 2                  -> refused input.invalid "-8 GPUs cannot be"
          request r1 acme 8 of h100 16:00-12:00 price 2                   -> refused input.invalid "is not after the start"
          request r1 acme 8 of h100 12:00-16:00 price 2 latest 11:00      -> refused input.invalid "the latest start lies before the start"
          request r1 acme 8 of h100 12:00-16:00 price 2 exit 17:00/0.5    -> refused input.invalid "an exit lies inside the span"
          request r1 acme 8 of h100 12:00-16:00 price 2 exit 15:00/1.5    -> refused input.invalid "a probability of 1.5 cannot be"
          request r1 acme 12:00-16:00 price 2                             -> refused input.invalid "at least one pool"
          request r1 acme 8 of h100 12:00-16:00 price 2 latest 14:00 exit 15:00/0.5   -> ok
    """)


def test_a_forecast_is_of_pools_that_there_are_and_a_request_counts_to_one_that_there_is() -> None:
    tell("""
    10:00 forecast startups customer 64 in h100 price 2                        -> ok
          forecast startups customer 64 in h100 price 2                        -> nothing
          forecast startups customer 32 in h100 price 2                        -> ok
          forecast others customer 64 in h10 price 2                           -> refused input.unknown "did you mean 'h100'?"
          request r1 acme 8 of h100 12:00-16:00 price 2 class startups         -> ok
          request r2 acme 8 of h100 12:00-16:00 price 2 class startup          -> refused input.unknown "did you mean 'startups'?"
          forecast none customer 0 in h100 price 2                             -> refused input.invalid "0 GPUs cannot be"
    """)
    with pytest.raises(Invalid, match="a period above zero"):
        Cycle(period_s=0, rising_at=0)


def test_there_is_one_list_price_for_a_pool_under_terms() -> None:
    world = tell("""
    10:00 list-price h100 under reserved price 2.5      -> ok
          list-price h100 under reserved price 2.5      -> nothing
          list-price h100 under reserved price 2.75     -> ok
          list-price h100 under loose price 1           -> ok
          list-price h10 under reserved price 2         -> refused input.unknown "did you mean 'h100'?"
          list-price h100 under reservd price 2         -> refused input.unknown "did you mean 'reserved'?"
          list-price h100 under reserved price -1       -> refused input.invalid "cannot be"
    """)
    assert list(world.list_prices) == ["h100:reserved", "h100:loose"]


def test_quotes_rest_on_the_price_set_that_knew_the_most() -> None:
    tell("""
    10:00 see prices                   -> none
          admit a knowing 0            -> ok
          admit a knowing 0            -> nothing
          see prices                   -> a
          admit b knowing 0 at 11:00   -> ok
          see prices                   -> b
          admit c knowing 1            -> refused input.invalid "knows entry 1, and the journal ends at 0"
    """)
    with pytest.raises(Invalid, match="is not a digest"):
        PriceSet(id="abc", journal_seq=0, made_at=0, until_at=1, futures=1, seed=1)
