"""The checks that several nouns share when they are made."""

import re

from neocloud.errors import Invalid
from neocloud.settings import MOST_GPUS
from neocloud.timeline import BEGINNING, FOREVER
from neocloud.units import format_instant

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}", re.IGNORECASE)


def check_name(name: str, place: str = "id") -> None:
    """An id is short and plain, so that it can be typed, said aloud, and put in a file name."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} cannot be an id; use letters, digits, '-', '_' and '.', at most 100 of them, "
            "a letter or digit first",
            place=place,
        )


def check_gpus(gpus: int, place: str = "gpus") -> None:
    """A count of GPUs is a whole number above zero, and not absurd."""
    if gpus <= 0:
        raise Invalid(f"{gpus:,} GPUs cannot be; at least 1 is needed", place=place)
    if gpus > MOST_GPUS:
        raise Invalid(f"{gpus:,} GPUs is more than {MOST_GPUS:,}, surely a slip of the hand", place=place)


def check_instant(at: int | None, place: str) -> None:
    """An instant, where there is one, lies inside the years we know; their end stands for never."""
    if at is not None and not BEGINNING <= at <= FOREVER:
        raise Invalid("instants lie between 1970 and 9999", place=place)


def check_span(start_at: int, end_at: int, place: str = "until") -> None:
    """A span ends after it starts, inside the years we know."""
    if not BEGINNING <= start_at < FOREVER or end_at > FOREVER:
        raise Invalid("instants lie between 1970 and 9999", place=place)
    if start_at >= end_at:
        raise Invalid(
            f"the end {format_instant(end_at)} is not after the start {format_instant(start_at)}", place=place
        )
