"""A bucket of tokens for each of many callers: who asks takes one, and they come back at a steady rate.

Of a bucket one number is kept, the instant at which it is full again; one that is full is forgotten.
"""

from neocloud.settings import MOST_CALLERS

_SECOND_NS = 1_000_000_000


class Buckets:
    """Buckets of `burst` tokens, each refilled by so many a second; instants are of a clock that only goes forward.

    No more than `most` callers are told apart at a time, twice over; those who come beyond share a bucket.
    """

    def __init__(self, per_s: float, burst: int, most: int = MOST_CALLERS) -> None:
        self._each_ns = round(_SECOND_NS / per_s)
        self._filled_ns = self._each_ns * burst
        """How long an empty bucket takes to be full."""
        self._most = most
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}
        self._turned_ns = 0
        """Since when takers are `young`; whoever is `old` and has taken nothing since is full by the next turn."""

    def __len__(self) -> int:
        """How many callers are told apart."""
        return len(self._young) + len(self._old)

    def take(self, caller: str, now_ns: int) -> int:
        """Take a token: 0; where there is none nothing is taken, and it is after how many seconds there is one."""
        if now_ns - self._turned_ns >= self._filled_ns:
            self._turn(now_ns)
        full_ns = self._young.get(caller)
        if full_ns is None:
            full_ns = self._old.get(caller)
            if full_ns is None and len(self._young) >= self._most:
                caller = ""
                full_ns = self._young.get(caller, self._old.get(caller))
        then_ns = self._each_ns + (now_ns if full_ns is None or full_ns < now_ns else full_ns)
        over_ns = then_ns - now_ns - self._filled_ns
        if over_ns > 0:
            return -(-over_ns // _SECOND_NS)
        self._young[caller] = then_ns
        return 0

    def _turn(self, now_ns: int) -> None:
        """Forget those who are full: whoever took nothing for as long as an empty bucket takes to be full."""
        late = now_ns - self._turned_ns >= 2 * self._filled_ns
        self._old, self._young, self._turned_ns = {} if late else self._young, {}, now_ns
