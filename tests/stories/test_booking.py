"""Booking: what fits is admitted whole; what does not is refused, with why and what would."""

import pytest

from neocloud.errors import Oversold
from neocloud.rules.ledger import decide
from tests.stories.tell import FLEET, tell
from tests.stories.words import Line, command, instant


def test_a_booking_that_fits_is_admitted_and_takes_its_gpus_for_its_span() -> None:
    tell("""
    10:00 book l1 acme 24 of h100 12:00-16:00    -> ok
          see l1                                 -> confirmed by acme: 24 of h100 12:00-16:00
          see h100 11:00-17:00                   -> 32 to 12:00, 8 to 16:00, 32 to 17:00
          see north 11:00-17:00                  -> 64,000 to 12:00, 40,000 to 16:00, 64,000 to 17:00
    """)


def test_neighbours_touch_without_overlapping() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 12:00-16:00    -> ok
          book l2 bolt 32 of h100 16:00-20:00    -> ok
          book l3 bolt 32 of h100 11:00-12:00    -> ok
          book l4 bolt 1 of h100 15:59-16:00     -> refused lease.oversold "short by 1 GPUs from 15:59 to 16:00"
    """)


def test_a_refusal_says_why_for_whom_and_what_would_fit() -> None:
    south = FLEET + "pool b200 at south 32"
    tell(
        """
    10:00 book l1 acme 20 of h100 12:00-16:00    -> ok
          book l2 team 4 of h100 14:00-16:00     -> ok
          book l3 bolt 16 of h100 13:00-18:00    -> refused lease.oversold
              "pool h100 is short by 8 GPUs from 13:00 to 16:00" "held by acme 20, team 4"
              "fewer GPUs: 8 GPUs of h100, 13:00 to 18:00"
              "later start: 16 GPUs of h100, 16:00 to 21:00"
              "other pool: 16 GPUs of b200, 13:00 to 18:00"
          book l3 bolt 8 of h100 13:00-18:00     -> ok
          book l4 bolt 16 of h100 18:00-21:00    -> ok
          book l5 bolt 16 of b200 13:00-18:00    -> ok
    """,
        south,
    )


def test_a_refusal_offers_only_what_fits() -> None:
    world = tell("")
    with pytest.raises(Oversold) as refused:
        decide(world, command(Line("book l1 acme 33 of h100 12:00-16:00")), instant("10:00"))
    assert [(offer.change, offer.gpus) for offer in refused.value.facts["offers"]] == [("fewer_gpus", 32)]


def test_a_site_with_more_gpus_than_power_says_that_power_is_the_limit() -> None:
    tell(
        """
    00:00 site dark 40kW pue 1.25
          pool p1 at dark 32
          pool p2 at dark 32 watts 500
    10:00 book l1 acme 24 of p1 12:00-16:00        -> ok
          book l2 bolt 17 of p2 12:00-16:00        -> refused lease.oversold
              "the power of site dark is short by 0.6 kW" "held by acme 24" "16 GPUs"
          book l2 bolt 16 of p2 12:00-16:00        -> ok
          see p2 12:00-16:00                       -> 16 to 16:00
          see dark 12:00-16:00                     -> 0 to 16:00
    """
    )


def test_a_gpu_takes_its_watts_times_pue_rounded_up_once() -> None:
    tell("""
    00:00 site odd 1kW pue 1.111
          pool p1 at odd 32 watts 91                # 101.101 W at the meter, 102 W in the books
    10:00 book l1 acme 9 of p1 12:00-16:00
          see odd 12:00-16:00                      -> 82 to 16:00
          book l2 acme 1 of p1 12:00-16:00         -> refused lease.oversold "the power of site odd"
    """)


def test_a_ramp_is_several_blocks_in_one_lease() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 12:00-14:00 + 16 of h100 14:00-16:00 + 32 of h100 16:00-20:00
          see l1                                   -> confirmed by acme: 8 of h100 12:00-14:00
              + 16 of h100 14:00-16:00 + 32 of h100 16:00-20:00
          see h100 12:00-21:00                     -> 24 to 14:00, 16 to 16:00, 0 to 20:00, 32 to 21:00
    """)


def test_a_lease_of_several_blocks_is_admitted_whole_or_not_at_all() -> None:
    south = FLEET + "pool b200 at south 16"
    tell(
        """
    10:00 book l1 acme 8 of h100 12:00-14:00 + 17 of b200 12:00-14:00  -> refused lease.oversold
              "pool b200 is short by 1 GPUs"
          see h100 12:00-14:00                                         -> 32 to 14:00
          book l1 acme 8 of h100 12:00-14:00 + 16 of b200 12:00-14:00  -> ok
          see h100 12:00-14:00                                         -> 24 to 14:00
          see b200 12:00-14:00                                         -> 0 to 14:00
    """,
        south,
    )


def test_two_blocks_of_one_lease_cannot_both_take_the_last_gpus() -> None:
    tell("""
    10:00 book l1 acme 20 of h100 12:00-14:00 + 20 of h100 13:00-16:00  -> refused lease.oversold
              "short by 8 GPUs from 13:00 to 14:00"
    """)


def test_all_of_a_site_resolves_to_the_minimum_of_every_pool_with_spares_kept() -> None:
    tell(
        """
    00:00 pool b200 at north 20 spares 0.1
    10:00 book l1 acme 12 of h100 13:00-14:00
          book l2 bolt all of site north 12:00-16:00
          see l2                                   -> confirmed by bolt: 18 of b200 12:00-16:00
              + 20 of h100 12:00-16:00
          book l3 bolt all of site north 12:00-13:00
          see l3                                   -> confirmed by bolt: 12 of h100 12:00-13:00
    """
    )


def test_all_of_a_site_takes_the_spares_too_when_they_are_asked_for() -> None:
    tell("""
    00:00 pool b200 at north 20 spares 0.1
    10:00 book l1 acme all of b200 12:00-16:00 with-spares
          see l1                                   -> confirmed by acme: 20 of b200 12:00-16:00 (2 spares)
          see b200 11:00-17:00                     -> 18 to 12:00, 0 to 16:00, 18 to 17:00
    """)


def test_where_power_binds_all_of_a_site_takes_most_gpus_per_megawatt_first() -> None:
    tell("""
    00:00 site dark 20kW
          pool big at dark 16 watts 2000
          pool small at dark 10 watts 1000
    10:00 book l1 acme all of site dark 12:00-16:00
          see l1                                   -> confirmed by acme: 5 of big 12:00-16:00
              + 10 of small 12:00-16:00
    """)


def test_where_power_binds_all_of_a_site_takes_the_preferred_pool_first() -> None:
    tell("""
    00:00 site dark 20kW
          pool big at dark 16 watts 2000
          pool small at dark 10 watts 1000
    10:00 book l1 acme all of site dark 12:00-16:00 prefer bigg     -> refused input.unknown "did you mean 'big'?"
          book l1 acme all of site dark 12:00-16:00 prefer big
          see l1                                                   -> confirmed by acme: 10 of big 12:00-16:00
    """)


def test_all_of_a_pool_that_is_full_is_refused() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 13:00-14:00
          book l2 bolt all of h100 12:00-16:00     -> refused lease.oversold
              "nothing is free in pool h100 from 12:00 to 16:00"
          book l2 bolt all of h100 12:00-max       -> refused input.invalid "name an end"
    """)


def test_until_max_is_the_latest_end_that_fits() -> None:
    tell("""
    10:00 book l1 acme 24 of h100 18:00-20:00
          book l2 bolt 9 of h100 12:00-max         -> ok
          see l2                                   -> confirmed by bolt: 9 of h100 12:00-18:00
          book l3 team 8 of h100 12:00-max         -> refused input.invalid "name an end"
    """)


def test_until_max_stops_where_the_power_goes() -> None:
    tell("""
    00:00 site north 64kW 16kW@20:00
    10:00 book l1 acme 17 of h100 12:00-max
          see l1                                   -> confirmed by acme: 17 of h100 12:00-20:00
    """)


def test_until_max_where_nothing_fits_is_refused_with_what_would() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 12:00-14:00
          book l2 bolt 8 of h100 12:00-max         -> refused lease.oversold "later start: 8 GPUs of h100, 14:00"
    """)


def test_gpus_are_leased_in_multiples_of_the_sell_unit_and_the_nearest_are_named() -> None:
    tell("""
    00:00 pool rack at north 144 unit 72
    10:00 book l1 acme 100 of rack 12:00-16:00     -> refused input.invalid
              "not a multiple of 72" "nearest: 72 or 144"
          book l1 acme 10 of rack 12:00-16:00      -> refused input.invalid "nearest: 72"
          book l1 acme 0 of rack 12:00-16:00       -> refused input.invalid "the least is 72"
          book l1 acme -72 of rack 12:00-16:00     -> refused input.invalid "cannot be leased"
          book l1 acme 144000000 of rack 12:00-16:00  -> refused input.invalid "slip of the hand"
    """)


def test_a_start_that_is_past_needs_a_recorded_reason() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 08:00-16:00       -> refused input.invalid
              "the start 08:00 lies before now (10:00)" "--recorded"
          book l1 acme 8 of h100 08:00-16:00 recorded "kept in a spreadsheet"
          book l2 acme 8 of h100 now-16:00         -> ok
          see l2                                   -> confirmed by acme: 8 of h100 10:00-16:00
    """)


def test_a_recorded_past_keeps_the_law_too() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 12:00-16:00
    18:00 book l2 bolt 8 of h100 15:00-17:00 recorded "told late"  -> refused lease.oversold
              "short by 8 GPUs from 15:00 to 16:00"
    """)


@pytest.mark.parametrize(
    ("money", "says"),
    [
        ("acme 8 of h100 12:00-16:00 unpriced", "needs a price"),
        ("team 8 of h100 12:00-16:00 unpriced", "a value or a rank"),
        ("acme 8 of h100 12:00-16:00 price 2 value 3", "contradict"),
        ("team 8 of h100 12:00-16:00 price 2 rank 1", "contradict"),
        ("acme 8 of h100 12:00-16:00 rank 1", "is a customer"),
        ("team 8 of h100 12:00-16:00 price 2", "is an inside team"),
        ("acme 8 of h100 12:00-16:00 price -2", "cannot be"),
        ("team 8 of h100 12:00-16:00 rank 0 value 1", "a rank is 1 or more"),
    ],
)
def test_a_price_and_a_value_together_or_neither_is_refused(money: str, says: str) -> None:
    tell(f'10:00 book l1 {money} -> refused input.invalid "{says}"')


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("book l1 acne 8 of h100 12:00-16:00", "no tenant is called 'acne'; did you mean 'acme'?"),
        ("book l1 acme 8 of h10 12:00-16:00", "no pool is called 'h10'; did you mean 'h100'?"),
        ("book l1 acme all of site nort 12:00-16:00", "no site is called 'nort'; did you mean 'north'?"),
        ("book l1 acme 8 of h100 12:00-16:00 under lose", "no terms is called 'lose'; did you mean 'loose'?"),
        ("book l1 acme 8 of h100 12:00-16:00 under loose@2", "did you mean 'loose@1'?"),
        ("confirm l9", "no lease is called 'l9'; did you mean 'l0'?"),
        ("amend zzz to 8", "no lease is called 'zzz'; known: l0"),
        ("close o1", "no outage is called 'o1'; there is no outage yet"),
        ("outage o1 in h1000 8 12:00-16:00", "did you mean 'h100'?"),
        ("pool b200 at noth 8", "did you mean 'north'?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(line: str, says: str) -> None:
    tell(f'10:00 book l0 acme 1 of h100 12:00-13:00\n{line} -> refused input.unknown "{says}"')


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("book l1 acme 8 of h100 16:00-12:00", "the end 12:00 is not after the start 16:00"),
        ("book l1 acme 8 of h100 12:00-12:00", "is not after the start"),
        ("book l1 acme 8/9 of h100 12:00-16:00", "9 of 8 GPUs cannot be spares"),
        ("book -l1 acme 8 of h100 12:00-16:00", "cannot be an id"),
        ("hold l1 acme 8 of h100 12:00-16:00 until 10:00", "has run out already"),
        ("outage o1 in h100 0 12:00-16:00", "at least 1 is needed"),
        ("outage o1 in h100 8 16:00-12:00", "is not after the start"),
    ],
)
def test_wrong_input_gets_one_clear_sentence(line: str, says: str) -> None:
    tell(f'10:00 {line} -> refused input.invalid "{says}"')


def test_an_id_is_used_once() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 12:00-16:00
          book l1 acme 8 of h100 12:00-16:00       -> refused command.conflict "there is a lease l1 already"
    """)


def test_other_pools_are_offered_with_the_same_gpu_first_then_the_same_site() -> None:
    world = tell("""
    00:00 pool a at south 8 gpu b200
          pool b at north 8 gpu b200
          pool c at south 8 gpu h100
          pool d at north 7 gpu h100
    10:00 book l1 acme 32 of h100 12:00-16:00
    """)
    with pytest.raises(Oversold) as refused:
        decide(world, command(Line("book l2 bolt 8 of h100 12:00-16:00")), instant("10:00"))
    others = [offer.blocks[0].pool for offer in refused.value.facts["offers"] if offer.change == "other_pool"]
    assert others == ["c", "b", "a"]


def test_prices_follow_one_another() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 12:00-20:00 price 1,2@14:00,4@18:00
          see money l1                             -> 144.00 USD    # 8 x (2 h x 1 + 4 h x 2 + 2 h x 4)
          book l2 acme 8 of h100 12:00-20:00 price 2,1@10:00    -> refused input.invalid "does not fit into the lease"
          book l2 acme 8 of h100 12:00-20:00 price 2,1@20:00    -> refused input.invalid "give them in order"
          book l2 acme 8 of h100 12:00-20:00 price 1@18:00,2@14:00  -> refused input.invalid "give them in order"
    """)


def test_a_price_is_in_the_currency_of_the_terms() -> None:
    tell("""
    10:00 book l1 acme 8 of h100 12:00-20:00 price 2 currency EUR  -> refused input.invalid
              "the terms are in USD, the price in EUR"
    """)


def test_a_refusal_names_only_what_is_short() -> None:
    world = tell("00:00 site north 24kW")
    with pytest.raises(Oversold) as refused:
        decide(world, command(Line("book l1 acme 25 of h100 12:00-16:00")), instant("10:00"))
    assert [(str(each.resource), each.short_by) for each in refused.value.facts["shortages"]] == [
        ("the power of site north", 1_000)
    ]


def test_the_later_start_offered_is_the_first_gap_that_is_long_enough() -> None:
    tell("""
    10:00 book l1 acme 32 of h100 12:00-14:00
          book l2 acme 32 of h100 17:00-18:00
          book l3 acme 32 of h100 22:00-36:00
          book l4 bolt 32 of h100 12:00-15:00      -> refused lease.oversold "h100, 14:00 to 17:00"
          book l4 bolt 32 of h100 12:00-16:00      -> refused lease.oversold "h100, 18:00 to 22:00"
          book l4 bolt 32 of h100 12:00-17:00      -> refused lease.oversold "h100, 36:00 to 41:00"
    """)
