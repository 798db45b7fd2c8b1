"""What a product that serves requests leaves of a fleet: GPUs that cannot wait, over time, and the surplus beside.

The model, and its limits. Every token is work of 1 / R GPU-seconds (one rate, or one for input and one for output),
which any GPU can do as soon as the request is there; a request may be spread over many GPUs. So it is a bound from
below: real servers give one request to one replica, batch it with others, and write its tokens one after the other,
which a latency of some seconds mostly forgives, and one under the time that a request takes alone does not. R should
be measured at the batch sizes that keep the latency. A `utilisation_ratio` under 1 leaves room for the rest. That a
request is finished within the latency is asked, not that its first token is there.

How buckets join. What a bucket needs is the least constant capacity that keeps its requests in time, with what was
carried over from the one before (`needs`). Capacity cannot be moved in an instant: what a bucket needs is there in
the bucket before and in the one after as well, and `needed_gpus` says that. Followed so, no request is late whose
busy period began no earlier than the bucket before its own; `followed_s` is the longest that a request of this log
really takes. `peak_gpus` is enough for the whole log at once, and never less than what a bucket needs.
"""

from bisect import bisect_left
from math import ceil

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from neocloud.backtest.serving.needs import is_enough, longest_s, needed
from neocloud.backtest.serving.service import SLACK_GPUS, Service
from neocloud.backtest.serving.trend import Trend, trend
from neocloud.errors import Invalid
from neocloud.model.traces import LeftOut
from neocloud.settings import MOST_GPUS
from neocloud.traces.requests import RequestLog
from neocloud.units import DAY_S, HOUR_S, format_duration

BUCKETS_S = (60, 300, 900, HOUR_S, 6 * HOUR_S, DAY_S)
_MOST_BUCKETS = 1_500
_BUCKETS_AT_ALL = 1_000_000


class Serving(Struct, frozen=True, kw_only=True):
    """What a request log came to; series have a value for each bucket, the first of which begins with its first
    request (`begins_s` in the seconds of the log)."""

    log: str
    format: str
    rows_read: int
    rows_used: int
    left_out: tuple[LeftOut, ...]
    begins_at: int | None
    begins_s: float
    span_s: float
    input_tokens: int
    output_tokens: int
    service: Service
    fleet_gpus: int
    fleet_from_peak: bool
    """Whether no fleet was given, and the peak was taken for it."""

    bucket_s: int
    needed_gpus: tuple[int, ...]
    peak_gpus: int
    """Enough for the whole log at once."""

    p99_gpus: int
    """Enough in 99 of 100 buckets."""

    mean_needed_gpus: float
    surplus_gpus: tuple[int, ...]
    firm_gpus: int
    """What the peak leaves of the fleet at every instant: what could be sold firm."""

    mean_surplus_gpus: float
    """What could be sold if it may be reclaimed."""

    short_buckets: int
    """Buckets that need more than the fleet."""

    followed_s: float
    """The longest that a request takes if capacity follows `needed_gpus`."""

    trend: Trend | None
    remarks: tuple[str, ...]
    """What was done to the rows that were used."""


def serve(
    log: RequestLog, service: Service, *, fleet_gpus: int | None = None, bucket_s: int | None = None, seed: int = 1
) -> Serving:
    """The GPUs that a request log needs, and what they leave of a fleet (None: of as many as its peak).

    Without `bucket_s`, the least of a minute to a day that makes no more than 1,500 buckets. Raises Invalid.
    """
    if fleet_gpus is not None and not 0 < fleet_gpus <= MOST_GPUS:
        raise Invalid(f"{fleet_gpus:,} GPUs are no fleet; give 1 to {MOST_GPUS:,}")
    if not log.rows_used:
        raise Invalid("a request log without requests needs nothing; give one with some", place=log.path)
    arrival_s = log.arrival_s - log.arrival_s[0]
    span_s = float(arrival_s[-1])
    bucket_s = _bucket(bucket_s, span_s, service.latency_s)
    work_gpu_s = service.work_gpu_s(log.input_tokens, log.output_tokens)
    needs = needed(arrival_s, work_gpu_s, (arrival_s // bucket_s).astype(np.int64), latency_s=service.latency_s)
    peak = _peak(arrival_s, work_gpu_s, service, float(needs.max()))
    kept = np.array([service.gpus(need) for need in _joined(needs)], np.int64)
    fleet = fleet_gpus or max(peak, 1)
    surplus = np.maximum(fleet - kept, 0)
    provided = kept * service.utilisation_ratio
    whole = needs[:-1] / service.utilisation_ratio  # the last bucket may be short, and its need too low for a trend
    return Serving(
        log=log.path,
        format=log.format,
        rows_read=log.rows_read,
        rows_used=log.rows_used,
        left_out=log.left_out,
        begins_at=log.begins_at,
        begins_s=float(log.arrival_s[0]),
        span_s=span_s,
        input_tokens=int(log.input_tokens.sum()),
        output_tokens=int(log.output_tokens.sum()),
        service=service,
        fleet_gpus=fleet,
        fleet_from_peak=fleet_gpus is None,
        bucket_s=bucket_s,
        needed_gpus=tuple(kept.tolist()),
        peak_gpus=peak,
        p99_gpus=int(np.percentile(kept, 99, method="higher")),
        mean_needed_gpus=float(kept.mean()),
        surplus_gpus=tuple(surplus.tolist()),
        firm_gpus=max(fleet - peak, 0),
        mean_surplus_gpus=float(surplus.mean()),
        short_buckets=int((kept > fleet).sum()),
        followed_s=longest_s(arrival_s, work_gpu_s, provided, bucket_s=bucket_s),
        trend=trend(whole, bucket_s=bucket_s, seed=seed),
        remarks=log.remarks,
    )


def _bucket(given_s: int | None, span_s: float, latency_s: float) -> int:
    """The length of a bucket: as given, or the first that makes few enough."""
    fitting = (each for each in BUCKETS_S if each >= latency_s and span_s / each <= _MOST_BUCKETS)
    bucket_s = next(fitting, DAY_S) if given_s is None else given_s
    if bucket_s < max(latency_s, 1):
        least = format_duration(max(ceil(latency_s), 1))
        raise Invalid(f"a bucket of {bucket_s:,} s is shorter than the latency; give {least} or more")
    if span_s / bucket_s > _BUCKETS_AT_ALL:
        raise Invalid(
            f"the log would have {span_s / bucket_s:,.0f} buckets of {format_duration(bucket_s)}; give longer ones"
        )
    return bucket_s


def _peak(arrival_s: NDArray[np.float64], work_gpu_s: NDArray[np.float64], service: Service, least: float) -> int:
    """The fewest GPUs, in whole replicas, that are enough for all at once.

    No fewer than the neediest bucket needs, and no more than twice that: an interval over many buckets, cut at every
    second edge, has a part that needs at least half as much, as a bucket is no shorter than the latency.
    """
    few = service.gpus(least)
    counts = range(few, 2 * few + service.replica_gpus + 1, service.replica_gpus)

    def enough(gpus: int) -> bool:
        capacity = (gpus + SLACK_GPUS) * service.utilisation_ratio
        return is_enough(arrival_s, work_gpu_s, latency_s=service.latency_s, capacity=capacity)

    return counts[bisect_left(counts, True, key=enough)]


def _joined(needs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The most of a bucket, the one before and the one after."""
    wide = np.concatenate([[0.0], needs, [0.0]])
    joined: NDArray[np.float64] = np.maximum(np.maximum(wide[:-2], wide[1:-1]), wide[2:])
    return joined
