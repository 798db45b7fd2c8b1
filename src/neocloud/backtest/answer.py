"""What a replay came to, as plain data: every door and the report show this and compute nothing.

Waits are whole seconds. The wait of a job is the time from its submit to the start of the run that finished. A
job that no longer runs on what is kept waits for ever: it counts in the quantiles (None: for ever), not in means.
"""

from msgspec import Struct

from neocloud.model.traces import LeftOut
from neocloud.units import Money


class Waits(Struct, frozen=True, kw_only=True):
    """How long so many jobs waited."""

    jobs: int
    never: int
    """Of these, jobs that no longer run."""

    mean_s: float
    p50_s: int | None
    p95_s: int | None
    p99_s: int | None
    longest_s: int | None


class GroupWaits(Struct, frozen=True, kw_only=True):
    """The waits of one team or one size class; `of` is `team` or `size`."""

    of: str
    name: str
    waits: Waits


class Point(Struct, frozen=True, kw_only=True):
    """One share sold, and what inside jobs feel of it."""

    share_ratio: float
    """The share sold that the sold GPUs really are, 0 to 1."""

    sold_gpus: int
    kept_gpus: int
    waits: Waits
    groups: tuple[GroupWaits, ...]
    used_ratio: float
    """Of the GPU-hours kept, from the first measured submit to the last: how many were used."""

    waited_gpu_h: float
    """GPU-hours that jobs waited, jobs that never run left out."""

    largest_lost_gpus: int
    """The largest job that no longer runs; 0 if all do."""

    preempted: int
    """How often a job was stopped for one of better rank, to start again from nothing."""

    meets: bool
    """Whether the objective holds."""

    objective_s: int | None
    """The wait at the objective's own quantile."""


class Knee(Struct, frozen=True, kw_only=True):
    """The largest share sold that keeps the objective; None where even the whole fleet does not."""

    share_ratio: float
    sold_gpus: int
    waits: Waits
    low_ratio: float | None
    """The 5th percentile of the knees of the resamples; None when nothing was resampled."""

    high_ratio: float | None
    """The 95th percentile of them."""

    resamples: int
    block_s: int
    """What was drawn: blocks of so many seconds of history, weeks or days."""

    tenfold_ratio: float | None
    """The first share of the frontier whose mean wait is ten times that at the knee; None if none is."""


class Demand(Struct, frozen=True, kw_only=True):
    """GPUs over time, in buckets of `bucket_s` from second 0; each series has a value for each bucket."""

    bucket_s: int
    in_use_gpus: tuple[float, ...]
    """The mean, on the whole fleet, as replayed."""

    peak_gpus: tuple[int, ...]
    wanted_gpus: tuple[float, ...]
    """The mean, if every job had started when it was submitted."""


class IdleHours(Struct, frozen=True, kw_only=True):
    """Idle GPUs of the whole fleet by hour of the week, Monday 00:00 first: 168 values each.

    Of a history without a calendar, the week begins with its second 0 and `zone` is "".
    """

    zone: str
    mean_gpus: tuple[float | None, ...]
    """None of an hour of the week that the history does not have."""

    low_gpus: tuple[int | None, ...]
    """So many or more are idle in nine of ten such hours."""


class Earning(Struct, frozen=True, kw_only=True):
    """What the sold GPUs would earn in a year of 8,760 hours at one price."""

    price: Money
    """Per GPU-hour."""

    per_year: Money


class Economics(Struct, frozen=True, kw_only=True):
    """What the sale at the knee would earn, and what the waiting would cost."""

    let_ratio: float
    """Of the sold GPU-hours, how many are let."""

    earnings: tuple[Earning, ...]
    value: Money | None
    """Per GPU-hour that a job waits."""

    waiting_per_year: Money | None
    """The GPU-hours waited more than with nothing sold, at that value, a year; jobs that never run are not in it."""

    @property
    def is_loss(self) -> bool:
        """Whether the waiting costs more than the sale earns at the middle price."""
        if self.waiting_per_year is None or not self.earnings:
            return False
        return self.waiting_per_year > self.earnings[len(self.earnings) // 2].per_year


class Reclaimable(Struct, frozen=True, kw_only=True):
    """The sale at a notice that delivers the most GPU-hours, all of it at that notice, and what is over the knee."""

    notice_s: int
    sold_gpus: int
    share_ratio: float
    delivered_ratio: float
    """Of the hours of the sold GPUs, how many their customer really gets."""

    delivered_gpus: float
    """What the customer has on average: the sold GPUs times that."""

    extra_gpus: float
    """That over the knee; never under 0, as the knee can always be sold firm instead."""

    extra_ratio: float
    """Of the whole fleet."""

    worth_ratio: float
    """The part of the firm price at which the GPU-hours delivered earn what the knee earns sold firm."""

    reclaims: int
    waits: Waits


class Count(Struct, frozen=True, kw_only=True):
    """Jobs to which a rule applied, and the rule in a sentence."""

    what: str
    jobs: int
    rule: str


class Surplus(Struct, frozen=True, kw_only=True):
    """The whole answer to: what could I sell?"""

    sentence: str
    history: str
    format: str
    is_synthetic: bool
    fleet: str
    fleet_gpus: int
    fleet_from_peak: bool
    gpu_name: str
    """What the GPUs are called in the sentence: `GPUs`, or their type where there is one."""

    policy: str
    estimates: str
    objective: str
    seed: int
    begins_at: int | None
    span_s: int
    """From the first submit to the last end that was seen."""

    rows_read: int
    rows_used: int
    left_out: tuple[LeftOut, ...]
    counts: tuple[Count, ...]
    actual: Waits | None
    """What the history says that its jobs waited; None where it does not."""

    points: tuple[Point, ...]
    knee: Knee | None
    demand: Demand
    idle: IdleHours
    economics: Economics | None
    reclaimable: tuple[Reclaimable, ...]
    largest_job_gpus: int
    """The largest job of all; at a point of the frontier `largest_lost_gpus` says which no longer runs."""

    remarks: tuple[str, ...]
    """How it was computed and what was assumed, a sentence each."""
