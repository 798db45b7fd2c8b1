"""The example: a made-up history of an AI cluster, for whoever has none of their own at hand.

It is SYNTHETIC. Its ingredients, and the published statistics that they follow, are in `ingredients`. The same seed
gives the same bytes.
"""

import numpy as np

from neocloud.backtest.fleet import Fleet
from neocloud.backtest.synthetic import ingredients as of
from neocloud.errors import Invalid
from neocloud.model.traces import Reading, Trace, Whole
from neocloud.units import DAY_S, HOUR_S

MOST_DAYS = 3_660

_DRAWN = 4_096
"""Submits that are drawn at a time, until their jobs come to the load."""

_REMARKS = (
    "this history is SYNTHETIC: made by a random generator, of no real cluster; good for trying things out only",
    "sizes, run times and teams are like those of the Philly trace (Jeon et al., ATC 2019), with more large jobs",
    "how jobs end follows Acme (Hu et al., NSDI 2024): two in five fail early, and large ones are often cancelled",
    "weekends follow the Philly trace; the hours of a day are ours, shaped as Helios (Hu et al., SC 2021) tells",
    "limits are padded and round, as Mu'alem and Feitelson (2001) and Tsafrir et al. (2005) found; factor ours",
    f"that all jobs come to {of.LOAD_RATIO:g} of the GPU-hours of a fleet of {of.EXAMPLE_NODES} GPUs is ours",
)


def example(*, seed: int = 1, days: int = 84) -> Reading:
    """A synthetic history of so many days on a fleet of `EXAMPLE_NODES`; `ingredients` has its sources.

    No job is cut: whoever was submitted in these days ran to its end. How long jobs waited is not known.
    """
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"an example of {days:,} days cannot be made; give 1 to {MOST_DAYS:,}")
    chance = np.random.default_rng(seed)
    load_gpu_s = Fleet.of_nodes(of.EXAMPLE_NODES).gpus * days * DAY_S * of.LOAD_RATIO
    trace = _trace(chance, _submits(chance, load_gpu_s), days)
    return Reading(trace=trace, path="example", format="example", rows_read=len(trace), remarks=_REMARKS)


# ---- what is submitted ----


def _submits(chance: np.random.Generator, load_gpu_s: float) -> dict[str, Whole]:
    """Columns of jobs, in the order of their submits, until they come to the load."""
    drawn: list[dict[str, Whole]] = []
    come_to, first = 0, 0
    while come_to < load_gpu_s:
        jobs = _drawn(chance, first)
        drawn.append(jobs)
        come_to += int((jobs["gpus"] * jobs["duration_s"]).sum())
        first += _DRAWN
    jobs = {name: np.concatenate([each[name] for each in drawn]) for name in drawn[0]}
    enough = int(np.searchsorted(np.cumsum(jobs["gpus"] * jobs["duration_s"]), load_gpu_s)) + 1
    return {name: column[:enough] for name, column in jobs.items()}


def _drawn(chance: np.random.Generator, first: int) -> dict[str, Whole]:
    """Jobs of the next submits: which submit, size, outcome, team, run time and limit of each."""
    submits = of.SIZE_SHARES / np.where(of.SIZES == 1, of.SWEEP, 1.0)
    size = chance.choice(len(of.SIZES), _DRAWN, p=submits / submits.sum())
    jobs_each = np.where(of.SIZES[size] == 1, chance.geometric(1 / of.SWEEP, _DRAWN), 1)
    teams = 1 / np.arange(1, len(of.TEAMS) + 1)
    team = chance.choice(len(of.TEAMS), _DRAWN, p=teams / teams.sum())
    submit, size, team = (np.repeat(column, jobs_each) for column in (np.arange(_DRAWN) + first, size, team))
    planned_s = of.MEDIANS_S[size] * np.exp(of.DEVIATION * chance.standard_normal(len(size)))
    planned_s = np.clip(planned_s, 1, of.LONGEST_S)
    outcome = _outcomes(chance, size)
    ran_s = np.maximum(planned_s * _part_run(chance, outcome), 1).astype(np.int64)
    limit_s = _limits(chance, planned_s)
    names = ("submit", "gpus", "team", "outcome", "duration_s", "limit_s")
    columns = (submit, of.SIZES[size], team, outcome, ran_s, limit_s)
    return {name: column.astype(np.int64) for name, column in zip(names, columns, strict=True)}


def _outcomes(chance: np.random.Generator, size: Whole) -> Whole:
    completed, cancelled, failed = range(len(of.OUTCOMES))
    lost = np.where(chance.random(len(size)) < of.FAILED_SHARE, failed, completed)
    return np.where(chance.random(len(size)) < of.CANCELLED_SHARES[size], cancelled, lost)


def _part_run(chance: np.random.Generator, outcome: Whole) -> np.ndarray:
    """Of the planned time: all, from a fifth to all of it when cancelled, mostly little when failed."""
    drawn = chance.random(len(outcome))
    return np.choose(outcome, [np.ones(len(outcome)), 0.2 + 0.8 * drawn, drawn**3])


def _limits(chance: np.random.Generator, planned_s: np.ndarray) -> Whole:
    """The round limit over the padded plan; never under the plan, as the longest limit is the longest plan."""
    factor = np.maximum(of.PADDING * np.exp(of.PADDING_DEVIATION * chance.standard_normal(len(planned_s))), 1)
    place = np.searchsorted(of.LIMITS_S, planned_s * factor)
    return of.LIMITS_S[np.minimum(place, len(of.LIMITS_S) - 1)]


# ---- when ----


def _trace(chance: np.random.Generator, jobs: dict[str, Whole], days: int) -> Trace:
    jobs_count, gpus = len(jobs["gpus"]), jobs["gpus"]
    instants = _instants(chance, int(jobs["submit"][-1]) + 1, days)
    return Trace(
        job_ids=np.char.add("example-", np.arange(1, jobs_count + 1).astype(str)),
        submit_s=instants[jobs["submit"]],
        duration_s=jobs["duration_s"],
        gpus=gpus,
        nodes=-(-gpus // 8),
        limit_s=jobs["limit_s"],
        rank=np.ones(jobs_count, np.int64),
        waited_s=np.full(jobs_count, -1),
        team=jobs["team"],
        gpu_type=np.zeros(jobs_count, np.int64),
        is_cut=np.zeros(jobs_count, np.bool_),
        outcome=jobs["outcome"],
        teams=of.TEAMS,
        outcomes=of.OUTCOMES,
        begins_at=of.BEGINS_AT,
    )


def _instants(chance: np.random.Generator, submits: int, days: int) -> Whole:
    """So many seconds in order, more of them where a week, a day, an hour is busy."""
    day = np.arange(days)
    weeks = np.exp(of.WEEKS_DEVIATION * chance.standard_normal(days // 7 + 1))
    weekday_ratio = (7 - 2 * of.WEEKEND_RATIO) / 5
    busy = weeks[day // 7] * np.where(day % 7 < 5, weekday_ratio, of.WEEKEND_RATIO)
    by_hour = np.concatenate([[0.0], np.cumsum(np.outer(busy, of.HOURS))])
    drawn = np.sort(chance.random(submits)) * by_hour[-1]
    at_s: Whole = np.interp(drawn, by_hour, np.arange(days * 24 + 1) * HOUR_S).astype(np.int64)
    return at_s
