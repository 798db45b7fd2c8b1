"""What the sale would earn, and what the waiting would cost, a year."""

from fractions import Fraction

from neocloud.backtest.answer import Earning, Economics, Point
from neocloud.backtest.question import Question
from neocloud.units import DAY_S, HOUR_S, Money

YEAR_H = 8_760
"""Hours of a year of 365 days."""


def economics(question: Question, *, knee: Point, whole: Point, measured_s: int) -> Economics | None:
    """At the knee, beside the whole fleet; None if neither a price nor a value was given.

    What was measured over less than a day says nothing about the waiting of a year.
    """
    if not question.prices and question.value is None:
        return None
    let = Fraction(question.let_ratio)
    gpu_h = Fraction(knee.sold_gpus * YEAR_H) * let
    more_h = Fraction(knee.waited_gpu_h - whole.waited_gpu_h) * YEAR_H * HOUR_S / max(measured_s, 1)
    return Economics(
        let_ratio=float(let),
        earnings=tuple(Earning(price=price, per_year=_times(price, gpu_h)) for price in question.prices),
        value=question.value,
        waiting_per_year=None if question.value is None or measured_s < DAY_S else _times(question.value, more_h),
    )


def _times(price: Money, hours: Fraction) -> Money:
    return price.share(hours.numerator, hours.denominator)
