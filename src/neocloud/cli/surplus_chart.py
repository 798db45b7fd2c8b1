"""The frontier as a picture in the terminal: a digit for each series, so that it is readable without colour."""

from collections.abc import Sequence

from neocloud.backtest.answer import Surplus
from neocloud.backtest.report import saying
from neocloud.pages import amounts
from neocloud.pages.scales import Even, Waiting, waiting

_LABEL, _WIDE, _TALL = 9, 64, 14
_SERIES = (("p99", "3"), ("p95", "2"), ("mean", "1"))
"""What is drawn later covers what is drawn before: the mean is never hidden."""

_QUARTERS = 4
"""The picture has a label under each."""


def chart(surplus: Surplus) -> str:
    """Waits over the share sold: 1 mean, 2 p95, 3 p99; `-` the objective, `|` the knee, `:` its range."""
    knee, limit_s = surplus.knee, saying.objective_s(surplus)
    seen: list[float | None] = [getattr(p.waits, f"{name}_s") for p in surplus.points for name, _ in _SERIES]
    waits = waiting([*seen, *([] if limit_s is None else [limit_s])], start=_TALL - 1, end=0, margin=1.5)
    most = max([p.share_ratio for p in surplus.points] + [knee.share_ratio if knee else 0.0]) or 0.05
    shares = Even(top=most, start=0, end=_WIDE - 1)
    grid = [[" "] * _WIDE for _ in range(_TALL)]
    _draw_lines(grid, surplus, shares, waits)
    for name, letter in _SERIES:
        for point in surplus.points:
            grid[_row(waits, getattr(point.waits, f"{name}_s"))][round(shares.at(point.share_ratio))] = letter
    labels = {_row(waits, seconds): label for seconds, label in reversed(waits.ticks(clear=1))}
    if any(each is None for each in seen):
        labels[0] = "for ever"
    shown = [f"{labels.get(i, ''):>{_LABEL}} {''.join(cells)}".rstrip() for i, cells in enumerate(grid)]
    return "\n".join([*shown, _under(surplus, shares), f"{'':{_LABEL}} {_legend(surplus)}"])


def _row(waits: Waiting, wait_s: float | None) -> int:
    return min(max(round(waits.at(wait_s)), 0), _TALL - 1)


def _draw_lines(grid: Sequence[list[str]], surplus: Surplus, shares: Even, waits: Waiting) -> None:
    knee, limit_s = surplus.knee, saying.objective_s(surplus)
    if limit_s is not None:
        grid[_row(waits, limit_s)][:] = "-" * _WIDE
    if knee is None:
        return
    ends = [each for each in (knee.low_ratio, knee.high_ratio) if each is not None]
    for cells in grid:
        for end in ends:
            cells[min(round(shares.at(end)), _WIDE - 1)] = ":"
        cells[round(shares.at(knee.share_ratio))] = "|"


def _under(surplus: Surplus, shares: Even) -> str:
    """The axis: a share every quarter of the width."""
    cells = [" "] * (_LABEL + _WIDE + 8)
    for i in range(_QUARTERS + 1):
        ratio = shares.top * i / _QUARTERS
        label = amounts.share(ratio)
        first = _LABEL + 1 + round(shares.at(ratio)) - len(label) // 2
        cells[first : first + len(label)] = label
    return "".join(cells).rstrip()


def _legend(surplus: Surplus) -> str:
    knee = surplus.knee
    parts = ["share sold  1 mean  2 p95  3 p99 wait"]
    parts += ["- objective"] if saying.objective_s(surplus) is not None else []
    parts += ["| knee"] if knee else []
    parts += [": its range"] if knee and saying.ranged(surplus) else []
    return "  ".join(parts)
