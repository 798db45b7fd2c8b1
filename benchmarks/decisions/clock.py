"""When a world happens: day 0 is the first of 2026, and days are whole in UTC."""

from neocloud.units import DAY_S

DAY_0_AT = 1_767_225_600  # 2026-01-01


def at(day: float) -> int:
    """The instant of a day, to the whole second before it."""
    return DAY_0_AT + int(day * DAY_S)


def day_of(instant: int) -> int:
    """The day that an instant lies in."""
    return (instant - DAY_0_AT) // DAY_S
