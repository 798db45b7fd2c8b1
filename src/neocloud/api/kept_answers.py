"""Answers that are the same for everybody who asks the same, until something changes."""

from collections.abc import Callable, Hashable

from neocloud.model.world import World
from neocloud.settings import MOST_KEPT_BYTES
from neocloud.timeline import Span
from neocloud.units import MINUTE_S


class KeptAnswers:
    """Answers as they were made, each under what was asked: as the world is, and in this minute."""

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._seq, self._within = -1, Span(0, 0)
        """As of which entry they were made, and for how long they hold."""
        self._answers: dict[Hashable, bytes] = {}
        self._bytes = 0

    def of(self, asked: Hashable, world: World, now: int, make: Callable[[], bytes]) -> bytes:
        """The answer to what is asked; made anew where an entry came since, a hold ran out or a minute ended."""
        seq = world.head.seq
        if seq != self._seq or not self._within.start_at <= now < self._within.end_at:
            next_at = world.next_expiry_at
            end_at = min(now // MINUTE_S * MINUTE_S + MINUTE_S, next_at if next_at > now else now + 1)
            self._begin(seq, Span(now, end_at))
        found = self._answers.get(asked)
        if found is None:
            found = make()
            if self._bytes + len(found) > self._most_bytes:
                self._begin(self._seq, self._within)
            self._answers[asked] = found
            self._bytes += len(found)
        return found

    def _begin(self, seq: int, within: Span) -> None:
        self._seq, self._within, self._answers, self._bytes = seq, within, {}, 0
