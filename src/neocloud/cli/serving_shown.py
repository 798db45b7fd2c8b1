"""What a product that serves leaves of a fleet: lines for people, rows for programs."""

from typing import Any

import msgspec

from neocloud.backtest.serving.load import Serving
from neocloud.backtest.serving.said import remarks, sentence
from neocloud.cli.output import cell, counted, fields, table
from neocloud.units import DAY_S, format_duration, format_instant

_MOST_LINES = 24


def serving_lines(serving: Serving) -> str:
    """The sentence, the figures, needs over time in no more than 24 lines, and how it was computed."""
    trend = serving.trend
    figures = fields(
        [
            ("log", f"{serving.log} ({serving.format})"),
            ("requests", f"{serving.rows_used:,} of {counted(serving.rows_read, 'row')}"),
            *(("left out", f"{each.rows:,}: {each.reason}, first in {each.first}") for each in serving.left_out),
            ("tokens", f"{serving.input_tokens:,} in, {serving.output_tokens:,} out"),
            ("fleet", f"{serving.fleet_gpus:,} GPUs{' (the peak)' if serving.fleet_from_peak else ''}"),
            ("needed", f"{serving.peak_gpus:,} peak, {serving.p99_gpus:,} p99, {serving.mean_needed_gpus:,.1f} mean"),
            ("surplus", f"{serving.firm_gpus:,} firm, {serving.mean_surplus_gpus:,.1f} mean"),
            ("short", f"{serving.short_buckets:,} of {counted(len(serving.needed_gpus), 'bucket')}"
                      if serving.short_buckets else ""),
            ("trend", f"{trend.gpus_per_day:+,.3g} GPUs a day ({trend.low:+,.3g} to {trend.high:+,.3g})"
                      if trend and serving.span_s >= DAY_S else ""),
        ]
    )  # fmt: skip
    rows = _slots(serving)
    shown = table([[cell(value) for value in row.values()] for row in rows], list(rows[0]))
    return "\n\n".join([sentence(serving), figures, shown, "\n".join(remarks(serving))])


def serving_row(serving: Serving) -> dict[str, Any]:
    """The whole answer for JSON or YAML: the sentence first, the series by bucket last."""
    row: dict[str, Any] = {"sentence": sentence(serving), **msgspec.to_builtins(serving)}
    row["begins_at"] = None if serving.begins_at is None else format_instant(serving.begins_at)
    row["remarks"] = list(remarks(serving))
    for series in ("needed_gpus", "surplus_gpus"):
        del row[series]
    return {**row, "buckets": serving_rows(serving)}


def serving_rows(serving: Serving) -> list[dict[str, Any]]:
    """A row for each bucket: when it begins, what it needs, and what is left of the fleet."""
    return [
        {"from": _when(serving, place), "needed_gpus": needed, "surplus_gpus": surplus}
        for place, (needed, surplus) in enumerate(zip(serving.needed_gpus, serving.surplus_gpus, strict=True))
    ]


def _slots(serving: Serving) -> list[dict[str, Any]]:
    """Neighbouring buckets together, with the most that any of them needs and the least that it leaves."""
    each = -(-len(serving.needed_gpus) // _MOST_LINES)
    return [
        {
            "from": _when(serving, first),
            "needed_gpus": max(serving.needed_gpus[first : first + each]),
            "surplus_gpus": min(serving.surplus_gpus[first : first + each]),
        }
        for first in range(0, len(serving.needed_gpus), each)
    ]


def _when(serving: Serving, bucket: int) -> str:
    """The whole second in which a bucket begins; since the first request where there is no calendar."""
    after_s = bucket * serving.bucket_s
    if serving.begins_at is None:
        return f"+{format_duration(after_s)}"
    return format_instant(serving.begins_at + int(serving.begins_s) + after_s)
