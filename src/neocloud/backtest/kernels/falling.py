"""A list of whole numbers that falls: running jobs by end, the next end last, where it costs nothing to take."""

from neocloud.backtest.kernels.compiled import Column, compiled


@compiled
def place_of(falling: Column, entry: int) -> int:
    """Where an entry belongs, or is."""
    low, high = 0, len(falling)
    while low < high:
        middle = (low + high) >> 1
        if falling[middle] > entry:
            low = middle + 1
        else:
            high = middle
    return low
