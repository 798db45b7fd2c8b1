"""What to ask under terms: a firm promise, and the rights that make one worth less, or more.

Beyond the notice of a right to reclaim, we keep the lease in those futures in which it pays more than the best
other use, and take the GPUs back in the others. A tenant that may leave is gone one day. So the same lease under
other terms has another worth at the same price, and the price at which it has the worth of the firm one is computed.
"""

from typing import NamedTuple

import numpy as np

from neocloud.model.terms import Terms
from neocloud.rules.planning.grid import Bools, Floats
from neocloud.units import DAY_S


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
    each: Floats = np.where(_is_firm(flow, notice_s), firm, kept)
    return float((_stays_h(flow, leaves_per_day) * each).sum())


def price_for(flow: Cashflow, gain: float, *, notice_s: int | None, leaves_per_day: float) -> float:
    """The least price per GPU-hour at which a lease under such terms gains so much.

    Over price the gain is a line, steeper at the cost of each future and period beyond the notice: from there on the
    lease is kept in it.
    """
    hours, firm = _stays_h(flow, leaves_per_day), _is_firm(flow, notice_s)
    cost = flow.cost_usd[:, ~firm].ravel()
    order = np.argsort(cost)
    cost, kept_h = cost[order], np.tile(hours[~firm] / len(flow.cost_usd), len(flow.cost_usd))[order]
    slope = np.append(0.0, np.cumsum(kept_h)) + hours[firm].sum()
    spent = np.append(0.0, np.cumsum(kept_h * cost)) + hours[firm] @ flow.cost_usd[:, firm].mean(axis=0)
    bends = slope[1:] * cost - spent[1:]
    line = int(np.searchsorted(bends, gain))
    return max(0.0, float((gain + spent[line]) / slope[line])) if slope[line] > 0 else 0.0


def _is_firm(flow: Cashflow, notice_s: int | None) -> Bools:
    """The periods in which a lease is kept whatever they turn out to be worth."""
    return np.full(len(flow.hours), True) if notice_s is None else flow.ahead_s < notice_s


def _stays_h(flow: Cashflow, leaves_per_day: float) -> Floats:
    """The hours in which its tenant is still there."""
    stays_h: Floats = flow.hours * np.exp(-leaves_per_day * flow.since_s / DAY_S)
    return stays_h


def notice_of(terms: Terms) -> int | None:
    """The shortest notice on which the operator may take GPUs back; None where it may not before the end."""
    notices = [right.notice_s + (right.serve_after_s or 0) for right in terms.rights if right.holder == "operator"]
    return min(notices, default=None)


def may_leave(terms: Terms) -> bool:
    """Whether the tenant may go before the end."""
    return any(right.holder == "tenant" for right in terms.rights)
