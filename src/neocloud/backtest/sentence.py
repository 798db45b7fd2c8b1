"""The answer in one sentence, and in several how it was computed."""

from neocloud.backtest.answer import Economics, Knee, Point
from neocloud.backtest.frontier import Measured
from neocloud.backtest.kernels.compiled import IS_COMPILED
from neocloud.backtest.objective import Objective
from neocloud.backtest.policy import POLICIES
from neocloud.backtest.question import Question
from neocloud.backtest.report import saying
from neocloud.pages import amounts
from neocloud.settings import RECLAIM_LOOK_S, RECLAIM_MEMORY_S
from neocloud.units import format_duration

_MANY_LONG = 0.2


def sentence(
    objective: Objective, knee: Knee | None, whole: Point, gpu_name: str, economics: Economics | None
) -> str:
    """`You could have sold 14 % (136 A100s; ...) with p95 waits of inside jobs under 30 minutes; ...`."""
    wanted = f"{quantile_name(objective)} waits of inside jobs under {spoken(objective.within_s)}"
    if knee is None:
        waited = f"{quantile_name(objective)} is {saying.wait(whole.objective_s)}"
        return f"Nothing could have been sold with {wanted}: on the whole fleet, {waited} already."
    if not knee.sold_gpus:
        return f"Nothing could have been sold with {wanted}: the first GPUs sold are missed at once."
    money = f"; {_earning(economics)}" if economics and economics.earnings else ""
    beyond = "" if knee.tenfold_ratio is None else f"; from {percent(knee.tenfold_ratio)} on, mean waits grow tenfold"
    lost = f"; {knee.waits.never:,} jobs would never run" if knee.waits.never else ""
    dear = "; the waiting costs more than that earns" if economics and economics.is_loss else ""
    sold = f"{percent(knee.share_ratio)} ({knee.sold_gpus:,} {gpu_name}{money})"
    return f"You could have sold {sold} with {wanted}{lost}{dear}{beyond}."


def how(measured: Measured, question: Question) -> tuple[str, ...]:
    """How it was computed, a sentence each."""
    placed = measured.fleet.placed
    said = [
        f"Policy {question.policy}: {POLICIES[question.policy]}",
        "Jobs are placed on nodes, best fit first; a job of more than a node takes whole nodes. Whole nodes are sold."
        if placed
        else "Only GPUs are counted; that a job may want GPUs of one node is left out of account.",
        "What ends in a second is free to those who start in it. Ties go by the order of the history.",
        "The wait of a job is from its submit to the start of the run that finished; p95 is the least wait that 95 "
        "of 100 jobs do not exceed. A job that does not run on what is kept waits for ever, and counts as late.",
        "Jobs submit when they did: that people submit less when they wait longer is left out of account.",
        f"The knee is found by bisection to {'a node' if placed else 'a GPU'}; its range, if the history is of four "
        f"days or more, is the 5th to 95th percentile of {question.resamples:,} draws of weeks of waits (of days, if "
        f"it is of less than four weeks), seed {question.seed}.",
        f"The replay ran as {'compiled code' if IS_COMPILED else 'plain Python'}.",
    ]
    if (long := _longer_than_the_warm_up(measured)) > _MANY_LONG:
        said.append(
            f"{percent(long)} of the GPU-hours are of jobs longer than the warm-up. Such jobs, if some ran before "
            "the history begins, are missing in it: the fleet then looks emptier, and the knee larger, than it was."
        )
    if question.notices_s:
        said.append(
            f"At a notice: every {spoken(RECLAIM_LOOK_S)} it is looked at how many jobs of the last "
            f"{spoken(RECLAIM_MEMORY_S)} waited {spoken(question.objective.within_s)} or longer. When more did than "
            "the objective allows, notice is served for all; when at most half as many did and nobody waits, what "
            "is free is sold again."
        )
    return tuple(said)


def _longer_than_the_warm_up(measured: Measured) -> float:
    """Of the GPU-hours, the part of jobs that ran longer than the warm-up lasts."""
    trace = measured.replay.trace
    work = trace.gpus * trace.duration_s
    long = trace.duration_s > trace.submit_s[measured.first_job]
    return float(work[long].sum() / max(work.sum(), 1))


def quantile_name(objective: Objective) -> str:
    """`p95`."""
    return str(objective).partition("<")[0]


def percent(ratio: float) -> str:
    """`14 %`, `9.6 %`: a digit after the point under ten."""
    return (
        f"{100 * ratio:.0f} %"
        if ratio >= 0.0995 and abs(100 * ratio - round(100 * ratio)) < 0.05
        else f"{100 * ratio:.1f} %"
    )


def spoken(duration_s: int) -> str:
    """A duration as people say it: `30 minutes`, `1h12m`."""
    for unit_s, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if duration_s and duration_s % unit_s == 0:
            count = duration_s // unit_s
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return format_duration(duration_s)


def _earning(economics: Economics) -> str:
    years = [earning.per_year for earning in economics.earnings]
    low, high = amounts.money(min(years)), amounts.money(max(years))
    span = high if low == high else f"{low.removesuffix(f' {years[0].currency}')} to {high}"
    return f"{span} a year at {100 * economics.let_ratio:.0f} % let"
