"""What to ask under terms: a firm promise, and the rights that make one worth less, or more.

Beyond the notice of a right to reclaim, we keep the lease in those futures in which it pays more than the best
other use, and take the GPUs back in the others. A tenant that may leave is gone one day. So the same lease under
other terms has another worth at the same price, and the price at which it has the worth of the firm one is computed.
"""

from typing import NamedTuple

import numpy as np

from neocloud.model.terms import Terms
from neocloud.rules.planning.grid import Floats
from neocloud.units import DAY_S

_STEPS = 60
_DOUBLINGS = 60


class Cashflow(NamedTuple):
    """A lease to be priced, per GPU: its hours in each period, and what else they could earn.

    `ahead_s` is how far each period lies ahead of now (a notice served at once has run by then), `since_s` how far
    after the start of the lease. `cost_usd` is (futures, periods): opportunity cost with energy and outage reserve,
    USD per GPU-hour.
    """

    hours: Floats
    ahead_s: Floats
    since_s: Floats
    cost_usd: Floats


def gain_usd(flow: Cashflow, price_usd: float, *, notice_s: int | None, leaves_per_day: float) -> float:
    """What a lease of one GPU is expected to gain over its best other use, at a price per GPU-hour."""
    firm = price_usd - flow.cost_usd.mean(axis=0)
    kept = np.maximum(price_usd - flow.cost_usd, 0.0).mean(axis=0)
    each: Floats = firm if notice_s is None else np.where(flow.ahead_s < notice_s, firm, kept)
    stays: Floats = np.exp(-leaves_per_day * flow.since_s / DAY_S)
    gained: Floats = flow.hours * stays * each
    return float(gained.sum())


def price_for(flow: Cashflow, gain: float, *, notice_s: int | None, leaves_per_day: float) -> float:
    """The least price per GPU-hour at which a lease under such terms gains so much (by bisection)."""
    low, high = 0.0, float(flow.cost_usd.max(initial=0.0)) + 1.0
    for _ in range(_DOUBLINGS):
        if gain_usd(flow, high, notice_s=notice_s, leaves_per_day=leaves_per_day) >= gain:
            break
        high *= 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if gain_usd(flow, middle, notice_s=notice_s, leaves_per_day=leaves_per_day) >= gain:
            high = middle
        else:
            low = middle
    return high


def notice_of(terms: Terms) -> int | None:
    """The shortest notice on which the operator may take GPUs back; None where it may not before the end."""
    notices = [right.notice_s + (right.serve_after_s or 0) for right in terms.rights if right.holder == "operator"]
    return min(notices, default=None)


def may_leave(terms: Terms) -> bool:
    """Whether the tenant may go before the end."""
    return any(right.holder == "tenant" for right in terms.rights)
