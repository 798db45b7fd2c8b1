"""The frontier as a picture: the share sold, and how long inside jobs then wait."""

from collections.abc import Iterator

from markupsafe import Markup

from neocloud.backtest.answer import Knee, Surplus
from neocloud.backtest.report import saying
from neocloud.pages import amounts
from neocloud.pages.drawing import box, hatch, line, marker, path, picture, text
from neocloud.pages.scales import Even, Waiting, apart, round_ticks, waiting

_WIDTH, _HEIGHT = 760, 434
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 640.0, 48.0, 372.0
_SERIES = (("mean", "circle"), ("p95", "square"), ("p99", "triangle"))


def frontier_chart(surplus: Surplus) -> Markup:
    """Mean, p95 and p99 of waits over the share sold, with the objective, and the knee and its range."""
    knee = surplus.knee
    most = max([p.share_ratio for p in surplus.points] + [knee.share_ratio if knee else 0.0], default=0.0)
    shares = Even(top=round_ticks(max(most, 0.05))[-1], start=_LEFT, end=_RIGHT)
    limit_s = saying.objective_s(surplus)
    seen: list[float | None] = [getattr(p.waits, f"{name}_s") for p in surplus.points for name, _ in _SERIES]
    waits = waiting([*seen, *([] if limit_s is None else [limit_s])], start=_BOTTOM, end=_TOP, margin=30)
    parts = [
        *(_range(knee, shares) if knee else ()),
        *_axes(surplus, shares, waits),
        *_objective(surplus, waits),
        *(_knee(surplus, knee, shares) if knee else ()),
        *_lines(surplus, shares, waits),
    ]
    return picture("frontier", _WIDTH, _HEIGHT, title="The frontier: share sold and waits of inside jobs",
                   describes=_describes(surplus), parts=parts)  # fmt: skip


def _describes(surplus: Surplus) -> str:
    knee = surplus.knee
    said = "no share keeps the objective" if knee is None else f"the knee is at {amounts.share(knee.share_ratio)}"
    return (
        f"Three lines, mean, p95 and p99 of waits, on a logarithmic scale, over the share of the fleet that is sold; "
        f"{said}. The table below has every number."
    )


def _axes(surplus: Surplus, shares: Even, waits: Waiting) -> Iterator[Markup]:
    for value, label in waits.ticks():
        y = waits.at(value)
        yield line(_LEFT, y, _RIGHT, y, "grid" if value else "axis")
        yield text(_LEFT - 8, y + 4, label, "tick", "end")
    if waits.end > _TOP:
        yield text(_LEFT - 8, waits.beyond + 4, "for ever", "tick", "end")
        yield line(_LEFT, _TOP, _RIGHT, _TOP, "grid")
    for ratio in round_ticks(shares.top):
        x = shares.at(ratio)
        yield line(x, _BOTTOM, x, _BOTTOM + 5, "axis")
        yield text(x, _BOTTOM + 18, f"{100 * ratio:g} %", "tick", "middle")
        yield text(x, _BOTTOM + 32, amounts.number(ratio * surplus.fleet_gpus), "faint", "middle")
    below = f"share of the fleet sold, and how many {surplus.gpu_name} that is"
    yield text((_LEFT + _RIGHT) / 2, _BOTTOM + 54, below, "tick", "middle")
    yield text(4, _TOP - 32, "wait of", "tick")
    yield text(4, _TOP - 18, "inside jobs", "tick")


def _objective(surplus: Surplus, waits: Waiting) -> Iterator[Markup]:
    limit_s = saying.objective_s(surplus)
    if limit_s is not None:
        y = waits.at(limit_s)
        yield line(_LEFT, y, _RIGHT, y, "objective")


def _range(knee: Knee, shares: Even) -> Iterator[Markup]:
    if knee.low_ratio is not None and knee.high_ratio is not None:
        low, high = shares.at(knee.low_ratio), min(shares.at(knee.high_ratio), _RIGHT)
        yield box(low, _TOP, max(high - low, 1), _BOTTOM - _TOP, "band")
        yield hatch(low, _TOP, max(high - low, 1), _BOTTOM - _TOP)


def _knee(surplus: Surplus, knee: Knee, shares: Even) -> Iterator[Markup]:
    x = shares.at(knee.share_ratio)
    yield line(x, _TOP, x, _BOTTOM, "knee")
    said = f"knee: {amounts.share(knee.share_ratio)}, {saying.named(knee.sold_gpus, surplus)}"
    place = min(max(x, _LEFT + 150), _RIGHT - 110)
    yield text(place, _TOP - 22, said, "label strong", "middle")
    if knee.low_ratio is not None and knee.high_ratio is not None:
        hatched = (
            f"hatched: {amounts.share(knee.low_ratio)} to {amounts.share(knee.high_ratio)}, nine of ten resamples"
        )
        yield text(place, _TOP - 8, hatched, "faint", "middle")


def _lines(surplus: Surplus, shares: Even, waits: Waiting) -> Iterator[Markup]:
    limit_s = saying.objective_s(surplus)
    ends: list[tuple[float, float, str]] = [] if limit_s is None else [(_RIGHT, waits.at(limit_s), "objective")]
    for name, shape in _SERIES:
        found = [(shares.at(p.share_ratio), getattr(p.waits, f"{name}_s"), p.meets) for p in surplus.points]
        finite = [each for each in found if each[1] is not None]
        lost = [each for each in found if each[1] is None]
        yield path([(x, waits.at(wait)) for x, wait, _ in [*finite, *lost[:1]]], f"line {name}")
        for x, wait, meets in found:
            kind = shape if wait is not None else "arrow"
            yield marker(kind, x, waits.at(wait), "mark full" if meets else "mark hollow")
        if found:
            x, wait, _ = found[-1]
            ends.append((x, waits.at(wait), f"{name} {saying.wait(wait)}"))
    heights = apart([y for _, y, _ in ends], 15, low=_TOP, high=_BOTTOM - 6)
    for (x, y, label), moved in zip(ends, heights, strict=True):
        yield line(x + 6, y, x + 14, moved, "leader")
        yield text(x + 17, moved + 4, label, "label")
