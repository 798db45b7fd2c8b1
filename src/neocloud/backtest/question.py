"""What is asked of a history."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.objective import Objective
from neocloud.backtest.policy import Policy
from neocloud.errors import Invalid
from neocloud.settings import LET_RATIO, RESAMPLES, WARM_UP_S
from neocloud.units import Money

_MOST_SHARES = 1_000


class Question(Struct, frozen=True, kw_only=True):
    """How the history is replayed, and what is worked out beside the frontier."""

    fleet: Fleet | None = None
    """None: as many GPUs as were in use at the peak."""

    policy: Policy = Policy.BACKFILL
    estimates: str = "auto"
    objective: Objective
    shares: tuple[float, ...]
    """Shares sold, rising, each from 0 to less than 1."""

    quotas: Mapping[str, int] = {}
    """The most GPUs that a team may hold at once."""

    prices: tuple[Money, ...] = ()
    """Per GPU-hour: low, mid and high, or one."""

    let_ratio: Decimal = Decimal(LET_RATIO)
    value: Money | None = None
    """What a GPU-hour of waiting costs."""

    notices_s: tuple[int, ...] = ()
    warm_up_s: int = WARM_UP_S
    """Jobs submitted so soon after the first are replayed, and not measured: the fleet was empty before them."""

    zone: str = "UTC"
    resamples: int = RESAMPLES
    seed: int = 1


def shares_of(text: str) -> tuple[float, ...]:
    """Of `0.1`, or of `0:0.4:0.02`: from, to, step, both ends included."""
    try:
        numbers = [Decimal(part) for part in text.split(":")]
    except ArithmeticError:
        numbers = []
    if len(numbers) == 1:
        numbers = [numbers[0], numbers[0], Decimal(1)]
    good = len(numbers) == 3 and all(n.is_finite() for n in numbers) and 0 <= numbers[0] <= numbers[1] < 1
    if not good or numbers[2] <= 0:
        raise Invalid(
            f"{text!r} is no share; write one from 0 to under 1, such as 0.1, or FROM:TO:STEP as 0:0.4:0.02"
        )
    first, last, step = numbers
    if last - first >= _MOST_SHARES * step:
        raise Invalid(f"{text!r} are more than {_MOST_SHARES:,} shares; take a larger step")
    count = int((last - first) / step) + 1
    return tuple(float(first + i * step) for i in range(count))
