"""What AccaSim 1.1.3 does as EASY backfill, in our words: so that every start that differs from ours is explained.

Its dispatcher works out when the first in the queue will fit, and then hands its allocator that instant with an empty
list of reserved nodes. So nothing is kept free: any later job that fits starts at once, however long it runs. The
first in the queue is not even tried before the instant has come, and when it has, others may have taken its place.
"""

import heapq
from typing import Self

from neocloud.model.traces import Trace


class Queue:
    """The fleet, who runs on it, and who waits; jobs by their place in the trace."""

    def __init__(self, trace: Trace, gpus: int) -> None:
        """Nobody runs, and nobody waits."""
        self.duration_s, self.gpus = trace.duration_s.tolist(), trace.gpus.tolist()
        self.submit_s, self.start_s = trace.submit_s.tolist(), [-1] * len(trace)
        self.free, self.ends, self.waiting = gpus, list[tuple[int, int]](), list[int]()
        self.promised_s: int | None = None

    def replay(self) -> Self:
        """From the first submit to the last start."""
        coming = 0
        while coming < len(self.submit_s) or self.waiting:
            events = [self.ends[0][0]] if self.ends else []
            now = min([*events, *self.submit_s[coming : coming + 1]])
            while self.ends and self.ends[0][0] <= now:
                self.free += self.gpus[heapq.heappop(self.ends)[1]]
            while coming < len(self.submit_s) and self.submit_s[coming] <= now:
                self.waiting.append(coming)
                coming += 1
            self._serve(now)
        return self

    def _serve(self, now: int) -> None:
        if self.promised_s is not None and self.promised_s <= now and self._starts(self.waiting[0], now):
            self.waiting.pop(0)
            self.promised_s = None
        if self.promised_s is None:
            while self.waiting and self._starts(self.waiting[0], now):
                self.waiting.pop(0)
            if self.waiting:
                self.promised_s = self._promise(self.gpus[self.waiting[0]])
        self.waiting[1:] = [job for job in self.waiting[1:] if not self._starts(job, now)]

    def _starts(self, job: int, now: int) -> bool:
        if self.gpus[job] > self.free:
            return False
        self.start_s[job] = now
        self.free -= self.gpus[job]
        heapq.heappush(self.ends, (now + self.duration_s[job], job))
        return True

    def _promise(self, wanted_gpus: int) -> int:
        free = self.free
        for end_s, job in sorted(self.ends):
            free += self.gpus[job]
            if free >= wanted_gpus:
                return end_s
        raise AssertionError("a job that fits the fleet fits when all others have ended")
