"""Who may have what: a quote, hold, booking, amendment or exercise is refused with why, and what would work."""

from tests.stories.tell import FLEET, tell

TWO = FLEET + "pool b200 at south 32"


def test_a_customer_who_is_not_screened_gets_nothing_where_that_is_refused() -> None:
    tell("""
    10:00 policy screen unscreened refuse because "we know whom we serve"   -> ok
          book l1 acme 8 of h100 12:00-16:00                -> refused tenant.not_eligible "policy screen refuses a customer without a valid screening (we know whom we serve)" "a screening of acme"
          hold l1 acme 8 of h100 12:00-16:00 until 11:00    -> refused tenant.not_eligible "lease l1 of acme is refused"
          book l1 team 8 of h100 12:00-16:00                -> ok
          tenant acme customer screened 11:00               -> ok
          book l2 acme 8 of h100 12:00-16:00                -> ok
          hold l3 acme 8 of h100 12:00-16:00 until 11:30    -> ok
          see ineligible l2                                 -> no
    11:00 see ineligible l2                                 -> screen
          confirm l3                                        -> refused tenant.not_eligible "a screening of acme"
          amend l2 to 16                                    -> refused tenant.not_eligible
          amend l2 until 20:00                              -> refused tenant.not_eligible
          amend l2 to 4                                     -> ok
          amend l2 until 14:00                              -> ok
          amend l2 price 9                                  -> ok
          record l4 acme 8 of h100 12:00-16:00              -> ok
    """)


def test_some_countries_do_not_get_some_gpus() -> None:
    tell(
        """
    10:00 policy export country-gpu:RU+CN/H100 refuse because "no licence"   -> ok
          book l0 acme 8 of h100 12:00-16:00                     -> ok
          tenant acme customer country RU                        -> ok
          tenant bolt customer country DE                        -> ok
          see ineligible l0                                      -> export
          book l1 acme 8 of h100 12:00-16:00                     -> refused tenant.not_eligible "H100 for tenants of RU or CN (no licence)" "what would work: pool b200"
          book l2 acme 8 of b200 12:00-16:00                     -> ok
          book l3 bolt 8 of h100 12:00-16:00                     -> ok
          amend l2 move h100                                     -> refused tenant.not_eligible "what would work: pool b200"
          amend l2 add 8 of h100 12:00-16:00                     -> refused tenant.not_eligible
          amend l3 transfer acme                                 -> refused tenant.not_eligible "lease l3 of acme is refused"
          amend l0 move b200                                     -> ok
          see ineligible l0                                      -> no
    """,
        TWO,
    )


def test_of_whom_nobody_has_said_a_country_may_be_refused_too() -> None:
    tell("""
    10:00 policy export country-gpu:RU+?/h100 refuse             -> ok
          book l1 acme 8 of h100 12:00-16:00                     -> refused tenant.not_eligible "RU or no known country" "saying the country of acme"
          book l2 team 8 of h100 12:00-16:00                     -> ok
    """)


def test_a_tenant_may_be_at_its_sites_alone() -> None:
    tell(
        """
    10:00 book l0 acme 8 of b200 12:00-16:00                     -> ok
          tenant acme customer sites north                       -> ok
          book l1 acme 8 of b200 12:00-16:00                     -> refused tenant.not_eligible "acme may be at north only, and not in b200" "pool h100"
          book l2 acme 8 of h100 12:00-16:00                     -> ok
          amend l2 move b200                                     -> refused tenant.not_eligible
          amend l0 until 20:00                                   -> refused tenant.not_eligible
          amend l0 until 14:00                                   -> ok
          see ineligible l0                                      -> site
          record l3 acme 8 of b200 12:00-16:00                   -> ok
    """,
        TWO,
    )


def test_what_a_tenant_may_not_have_is_not_offered_to_it() -> None:
    tell(
        """
    10:00 book l0 bolt 32 of h100 12:00-16:00                    -> ok
          book l1 acme 8 of h100 12:00-16:00                     -> refused lease.oversold "other pool: 8 GPUs of b200"
          tenant acme customer sites north                       -> ok
          book l1 acme 8 of h100 12:00-16:00                     -> refused lease.oversold "later start: 8 GPUs of h100"
          policy small gpus-above:4 refuse                       -> ok
          book l2 acme 4 of h100 16:00-20:00                     -> ok
          amend l2 add 32 of h100 16:00-20:00                     -> refused lease.oversold "short by 4 GPUs"
    """,
        TWO,
    )


def test_an_option_that_its_tenant_may_no_longer_have_is_not_exercised() -> None:
    tell("""
    10:00 tenant acme customer screened 11:00                                         -> ok
          policy screen unscreened refuse                                             -> ok
          grant o1 ramp acme 8 of h100 12:00-16:00 exercise-by 11:30 takes             -> ok
          grant o2 first_refusal bolt 8 of h100 12:00-16:00 exercise-by 11:30          -> refused tenant.not_eligible
    11:00 exercise o1                                                                 -> refused tenant.not_eligible "a screening of acme"
    """)


def test_any_condition_can_be_one_that_refuses() -> None:
    tell("""
    10:00 policy big gpus-above:16 refuse                           -> ok
          policy long longer-than:30d refuse                        -> ok
          policy floor below-floor refuse                           -> ok
          policy quota inside-above:8 refuse                        -> ok
          policy gentle reclaims refuse                             -> ok
          book l1 acme 24 of h100 12:00-16:00                       -> refused tenant.not_eligible "up to 16 GPUs"
          book l1 acme 8 of h100 12:00-40d                          -> refused tenant.not_eligible "up to 30d"
          book l1 acme 8 of h100 12:00-16:00 price 1 quoted 2         -> refused tenant.not_eligible "at least 2.00 USD per GPU-hour"
          book l1 team 9 of h100 12:00-16:00                        -> refused tenant.not_eligible "up to 8 GPUs"
          request r1 team 9 of h100 12:00-16:00 rank 1              -> refused tenant.not_eligible "request r1 of team is refused"
          book l1 acme 24 of h100 12:00-40d                         -> refused tenant.not_eligible "policy big" "policy long"
          book l2 acme 8 of h100 12:00-20d under loose              -> ok
          reclaim l2                                                -> refused tenant.not_eligible "what is free, or what its tenant gives up"
    """)
