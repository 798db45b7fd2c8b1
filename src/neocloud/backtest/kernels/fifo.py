"""Strict first come, first served, where only GPUs are counted."""

from heapq import heappop, heappush

from neocloud.backtest.kernels.compiled import JOB_BITS, JOB_MASK, Column, compiled


@compiled
def fifo(submit_s: Column, duration_s: Column, gpus: Column, capacity: int, start_s: Column) -> None:
    """Fill `start_s`, one job after the other; a job larger than `capacity` never runs (-1), and holds nobody up.

    What ends in a second is free to those who start in it.
    """
    ends = [0]
    ends.pop()
    free = capacity
    now = 0
    for job in range(len(submit_s)):
        if gpus[job] > capacity:
            start_s[job] = -1
            continue
        now = max(now, submit_s[job])
        while ends and (ends[0] >> JOB_BITS) <= now:
            free += gpus[heappop(ends) & JOB_MASK]
        while free < gpus[job]:
            now = ends[0] >> JOB_BITS
            while ends and (ends[0] >> JOB_BITS) <= now:
                free += gpus[heappop(ends) & JOB_MASK]
        start_s[job] = now
        free -= gpus[job]
        heappush(ends, ((now + duration_s[job]) << JOB_BITS) | job)
