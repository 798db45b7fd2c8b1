"""A serving in sentences: the answer on top, its trend, and how it was computed."""

from neocloud.backtest.serving.load import Serving
from neocloud.backtest.serving.trend import Trend
from neocloud.units import DAY_S, HOUR_S, format_duration


def sentence(serving: Serving) -> str:
    """The answer: what is needed, what could be sold, and where it is going."""
    peak, fleet, mean = serving.peak_gpus, serving.fleet_gpus, f"{serving.mean_surplus_gpus:,.1f}"
    needs = f"The product needs at most {_gpus(peak)}"
    if serving.fleet_from_peak:
        could = f"{needs}; of these, {mean} are left on the mean"
    elif peak > fleet:
        could = (
            f"{needs}, {peak - fleet:,} more than the fleet; none could be sold firm, {mean} if they may be reclaimed"
        )
    else:
        could = f"{needs} of {fleet:,}; {serving.firm_gpus:,} could be sold firm, {mean} if they may be reclaimed"
    return f"{could}; {_going(serving.trend)}."


def remarks(serving: Serving) -> tuple[str, ...]:
    """How it was computed, and what it does not say."""
    service, trend = serving.service, serving.trend
    rates = f"{service.input_tokens_per_gpu_s:,g}"
    if service.output_tokens_per_gpu_s != service.input_tokens_per_gpu_s:
        rates = f"{rates} input or {service.output_tokens_per_gpu_s:,g} output"
    said = [
        f"every request is finished within {service.latency_s:g} s, at {rates} tokens per GPU-second, as if its work "
        "could be spread over all GPUs: a bound from below",
        f"capacity is there in the {format_duration(serving.bucket_s)} before it is needed and in the one after; "
        f"followed so, the longest request takes {serving.followed_s:.3g} s",
    ]
    if service.utilisation_ratio < 1 or service.replica_gpus > 1:
        busy, multiple = service.utilisation_ratio, service.replica_gpus
        said.append(f"GPUs are made busy up to {busy:g}, and come in multiples of {multiple:,}")
    if serving.fleet_from_peak:
        said.append("NO FLEET WAS GIVEN: it was taken to be as large as the peak, so that nothing could be sold firm")
    if trend:
        drawn = f"{trend.resamples} resamples of runs of {format_duration(trend.block_s)} (seed {trend.seed})"
        said.append(
            "the trend is the median slope (Theil-Sen) of what buckets need before rounding up, and its range that "
            f"of {drawn}, from 5 to 95 %"
        )
    return (*said, *_short(serving.span_s), *serving.remarks)


def _going(trend: Trend | None) -> str:
    if trend is None:
        return "the log is too short for a trend"
    part = 1.0 if trend.lasts else trend.span_s / DAY_S
    unit = "a day" if trend.lasts else f"in the {format_duration(trend.span_s)} of the log, too short to extrapolate"
    by, *ends = (slope * part for slope in (trend.gpus_per_day, trend.low, trend.high))
    if not trend.is_clear:
        return f"needs neither rise nor fall clearly ({ends[0]:+,.1f} to {ends[1]:+,.1f} GPUs {unit})"
    verb = "fall" if trend.high < 0 else "rise"
    low, high = sorted(abs(end) for end in ends)
    return f"needs {verb} by {abs(by):,.1f} GPUs {unit} ({low:,.1f} to {high:,.1f})"


def _short(span_s: float) -> list[str]:
    if span_s < DAY_S:
        span = f"{span_s / 60:,.0f} minutes" if span_s < 2 * HOUR_S else f"{span_s / HOUR_S:,.0f} hours"
        return [f"the log covers {span}: its trend is over less than a day and does not extrapolate"]
    if span_s < 7 * DAY_S:
        return ["the log covers less than a week: its trend cannot tell a weekend from a decline"]
    return []


def _gpus(number: int) -> str:
    return f"{number:,} GPU{'' if number == 1 else 's'}"
