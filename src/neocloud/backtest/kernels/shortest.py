"""The shortest job first, where only GPUs are counted."""

from heapq import heappop, heappush

from neocloud.backtest.kernels.compiled import JOB_BITS, JOB_MASK, NEVER_S, Column, compiled


@compiled
def shortest(
    submit_s: Column, duration_s: Column, estimate_s: Column, gpus: Column, capacity: int, start_s: Column
) -> None:
    """Fill `start_s`, the job with the least estimate first; when it does not fit, all wait."""
    ends = [0]
    ends.pop()
    queue = [0]
    queue.pop()
    free = capacity
    coming = 0
    while coming < len(submit_s) or queue:
        now = ends[0] >> JOB_BITS if queue and ends else NEVER_S
        if coming < len(submit_s):
            now = min(now, submit_s[coming])
        while ends and (ends[0] >> JOB_BITS) <= now:
            free += gpus[heappop(ends) & JOB_MASK]
        while coming < len(submit_s) and submit_s[coming] <= now:
            if gpus[coming] > capacity:
                start_s[coming] = -1
            else:
                heappush(queue, (estimate_s[coming] << JOB_BITS) | coming)
            coming += 1
        while queue and gpus[queue[0] & JOB_MASK] <= free:
            job = heappop(queue) & JOB_MASK
            start_s[job] = now
            free -= gpus[job]
            heappush(ends, ((now + duration_s[job]) << JOB_BITS) | job)
