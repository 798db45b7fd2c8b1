"""What the service counts while it works, in plain numbers: 2 us a request, where prometheus_client took 16.

Requests are counted in the thread of the event loop alone, groups of commands in the one that writes; whoever reads
them may see a count and not yet its sum.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from neocloud.errors import Mistaken, Refused
from neocloud.operations.ledger import Answer

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COMMANDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Histogram:
    """How many values were at or under each of some bounds, and their sum."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """The counts as Prometheus has them: each with all before it."""
        names = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        return list(zip(names, accumulate(self.counts), strict=True))


class Requests:
    """Requests over HTTP: how many run, and by route how many there were and how long they took."""

    def __init__(self) -> None:
        self.running = 0
        self.counts: Counter[tuple[str, str, int]] = Counter()
        self.took: dict[str, Histogram] = {}

    def note(self, method: str, route: str, status: int, took_s: float | None) -> None:
        """Count an answer; without its seconds where it goes on for as long as somebody listens."""
        self.counts[method, route, status] += 1
        if took_s is not None:
            if route not in self.took:
                self.took[route] = Histogram(SECONDS)
            self.took[route].note(took_s)


class Groups:
    """Commands, and the groups of them that shared a commit."""

    def __init__(self) -> None:
        self.outcomes = dict.fromkeys(("accepted", "repeated", "refused", "mistaken", "failed"), 0)
        self.took = Histogram(SECONDS)
        self.sizes = Histogram(COMMANDS)
        self.last_s = 0.0
        """How long the group before took."""

    def note(self, answers: Sequence[Answer | Exception], took_s: float) -> None:
        """Count a group, and what each of its commands came to."""
        self.took.note(took_s)
        self.last_s = took_s
        self.sizes.note(len(answers))
        for answer in answers:
            self.outcomes[_outcome(answer)] += 1


def _outcome(answer: Answer | Exception) -> str:
    match answer:
        case Answer():
            return "repeated" if answer.again else "accepted"
        case Refused():
            return "refused"
        case Mistaken():
            return "mistaken"
        case _:
            return "failed"
