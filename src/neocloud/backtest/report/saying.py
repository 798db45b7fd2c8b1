"""How the numbers of a surplus are said, on the page and in the terminal."""

import re
from math import isfinite

from neocloud.backtest.answer import Point, Surplus, Waits
from neocloud.errors import Invalid
from neocloud.pages import amounts
from neocloud.units import DAY_S, HOUR_S, Money, format_duration, parse_duration

_OBJECTIVE = re.compile(r"(p\d+(?:\.\d+)?|mean|longest)\s*<=?\s*(\w+)")
_UNITS = ((DAY_S, "d"), (HOUR_S, "h"), (60, "min"), (1, "s"))


def wait(seconds: float | None) -> str:
    """A wait in its two largest units: `2 h 5 min`; one that never ends is `for ever`."""
    if seconds is None:
        return "for ever"
    if not isfinite(seconds):
        return "–"
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 9.5 or seconds == int(seconds) else f"{seconds:.1f} s"
    whole = round(seconds / 60) * 60 if seconds >= HOUR_S else round(seconds)
    for i, (unit_s, name) in enumerate(_UNITS[:-1]):
        if whole >= unit_s:
            smaller_s, smaller = _UNITS[i + 1]
            number, rest = whole // unit_s, whole % unit_s // smaller_s
            return f"{number:,} {name}" + (f" {rest} {smaller}" if rest else "")
    raise AssertionError("a minute or more")


def price(amount: Money) -> str:
    """A price with every digit that it has."""
    exact, rounded = amount.amount, amount.rounded()
    return f"{(rounded if rounded == exact else exact.normalize()):f} {amount.currency}"


def named(gpus: int, surplus: Surplus) -> str:
    """So many GPUs, by the name they have in the sentence."""
    return f"{gpus:,} {surplus.gpu_name}"


def objective_s(surplus: Surplus) -> int | None:
    """The wait that the objective names; None where it names none that is understood."""
    found = _OBJECTIVE.fullmatch(surplus.objective.strip())
    try:
        return parse_duration(found[2]) if found else None
    except Invalid:
        return None


def objective(surplus: Surplus) -> str:
    """The objective in words: `p95 under 30 min`."""
    found, seconds = _OBJECTIVE.fullmatch(surplus.objective.strip()), objective_s(surplus)
    return surplus.objective if found is None or seconds is None else f"{found[1]} under {wait(seconds)}"


def judged(surplus: Surplus, waits: Waits) -> tuple[str, float | None]:
    """What the objective looks at, by its name; p95 where it looks at what is not kept here."""
    found = _OBJECTIVE.fullmatch(surplus.objective.strip())
    name = found[1] if found and hasattr(waits, f"{found[1]}_s") else "p95"
    return name, getattr(waits, f"{name}_s")


def first(surplus: Surplus) -> Point | None:
    """The point of the frontier where the least is sold: nothing, as a rule."""
    return min(surplus.points, key=lambda point: point.sold_gpus, default=None)


def at_knee(surplus: Surplus) -> Point | None:
    """The point of the frontier at the knee, or the last before it; None where that is the first one."""
    least = first(surplus)
    if least is None or surplus.knee is None:
        return None
    sold = surplus.knee.sold_gpus
    under = max((each for each in surplus.points if each.sold_gpus <= sold), key=lambda p: p.sold_gpus, default=least)
    return None if under is least else under


def sold(point: Point, surplus: Surplus | None = None) -> str:
    """How much is sold at a point, in words, and whether that is the knee."""
    words = f"{amounts.share(point.share_ratio)} sold" if point.sold_gpus else "nothing sold"
    knee = surplus.knee if surplus else None
    return f"{words} (the knee)" if knee and knee.sold_gpus == point.sold_gpus else words


def span(surplus: Surplus) -> str:
    """How long the history is, in days or shorter units."""
    days = surplus.span_s / DAY_S
    return f"{days:,.0f} days" if days >= 10 else f"{days:.1f} days" if days >= 1 else format_duration(surplus.span_s)


def ranged(surplus: Surplus) -> str:
    """How far the knee moves when its history is drawn anew; nothing where that was not looked at."""
    knee = surplus.knee
    if knee is None or knee.low_ratio is None or knee.high_ratio is None:
        return ""
    return f"{amounts.share(knee.low_ratio)} to {amounts.share(knee.high_ratio)} in nine of ten resamples"
