"""How many GPUs work needs that cannot wait: the least capacity at which nothing is later than a latency.

GPUs are a server of fluid work: `c` of them do `c` GPU-seconds of it in a second, first come, first served. All that
arrives from instant `a` to instant `b` must be done by `b + latency`, and none of it can begin before `a`. So a
constant `c` keeps the latency if, and only if, for every such interval

    work that arrives in [a, b]  <=  c * (b - a + latency)

If: the last request of a busy period that began at `a` is done `work / c` after `a`. Only if: that much work has no
more time than that. It is enough to look at intervals that begin and end with a request.
"""

import numpy as np
from numpy.typing import NDArray

from neocloud.model.traces import Whole

Floats = NDArray[np.float64]


def needed(arrival_s: Floats, work_gpu_s: Floats, bucket: Whole, *, latency_s: float) -> Floats:
    """The least constant capacity, in GPUs, for each bucket: over intervals that end in it and begin in it or in the
    one before.

    So what is carried over from the one before counts. What came earlier does not: of a busy noon nothing is left at
    night, though the mean from noon to night is high. `bucket` says for each request, in order of arrival, which it
    is in. About 4 seconds for a million requests.
    """
    after = np.cumsum(work_gpu_s)
    columns = (arrival_s, after - work_gpu_s, after, bucket)
    need = [0.0] * (int(bucket[-1]) + 1)
    now, reach, own = -2, _Begins(), _Begins()  # `reach` has the requests of this bucket and of the one before
    for arrival, before, work, place in zip(*(column.tolist() for column in columns), strict=True):
        if place != now:
            reach, own = own if place == now + 1 else _Begins(), _Begins()
            now = place
        reach.add(arrival, before)
        own.add(arrival, before)
        need[place] = max(need[place], reach.steepest(arrival + latency_s, work))
    return np.array(need)


def is_enough(arrival_s: Floats, work_gpu_s: Floats, *, latency_s: float, capacity: float) -> bool:
    """Whether a constant capacity keeps the latency for all requests at once: a bucket that leaks never runs over."""
    after = np.cumsum(work_gpu_s)
    dry = np.maximum.accumulate(capacity * arrival_s - (after - work_gpu_s))
    return bool((after - capacity * arrival_s + dry).max() <= capacity * latency_s)


def longest_s(arrival_s: Floats, work_gpu_s: Floats, capacity: NDArray[np.floating], *, bucket_s: float) -> float:
    """The longest that a request takes when capacity is what it is in each bucket, the first of which is at 0.

    The last capacity stays. With `C(t)` the GPU-seconds that could be served before `t`, a request is done when `C`
    comes to all work up to it and all capacity that found nothing to do.
    """
    if not work_gpu_s.any():
        return 0.0
    after = np.cumsum(work_gpu_s)
    edges = np.arange(len(capacity) + 1) * bucket_s
    served = np.concatenate([[0.0], np.cumsum(capacity * bucket_s)])
    idle = np.maximum.accumulate(np.interp(arrival_s, edges, served) - (after - work_gpu_s))
    place = np.clip(np.searchsorted(served, after + idle) - 1, 0, len(capacity) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):  # a request without work, where there is no capacity
        done_s = edges[place] + (after + idle - served[place]) / capacity[place]
    return float(np.max((done_s - arrival_s)[work_gpu_s > 0]))


class _Begins:
    """Where intervals may begin: points (arrival, work before it), of which the lower convex hull is kept.

    The need of an interval is the slope from where it begins to (arrival + latency, work up to it) of the request
    that ends it. The steepest of them touches the hull, where bisection finds it.
    """

    __slots__ = ("xs", "ys")

    def __init__(self) -> None:
        self.xs: list[float] = []
        self.ys: list[float] = []

    def add(self, x: float, y: float) -> None:
        """A point to the right of all others; of requests that arrive at once, the first begins every interval."""
        xs, ys = self.xs, self.ys
        if xs and x <= xs[-1]:
            return
        while len(xs) > 1 and (ys[-1] - ys[-2]) * (x - xs[-2]) >= (y - ys[-2]) * (xs[-1] - xs[-2]):
            xs.pop()
            ys.pop()
        xs.append(x)
        ys.append(y)

    def steepest(self, x: float, y: float) -> float:
        """The steepest slope from any of the points to one that lies right of them."""
        xs, ys = self.xs, self.ys
        low, high = 0, len(xs) - 1
        while low < high:
            middle = (low + high) // 2
            run, rise = xs[middle + 1] - xs[middle], ys[middle + 1] - ys[middle]
            if (y - ys[middle]) * run > rise * (x - xs[middle]):  # above that edge: steeper from its right end
                low = middle + 1
            else:
                high = middle
        return (y - ys[low]) / (x - xs[low])
