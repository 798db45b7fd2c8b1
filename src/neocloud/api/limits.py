"""How much of the service one caller may have: a tenant by all its keys, an address with keys that do not hold.

The operator's own people are not limited. Each process counts for itself.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address
from time import monotonic_ns

from neocloud.api.buckets import Buckets
from neocloud.errors import TooOften
from neocloud.settings import (
    CUSTOMER_BURST,
    CUSTOMER_REQUESTS_PER_S,
    MOST_WRITES_WAITING_OF_ONE,
    WRONG_KEYS_BURST,
    WRONG_KEYS_PER_S,
)

_log = logging.getLogger(__name__)
_LOGGED_EVERY_NS = 10_000_000_000


class Limits:
    """What each caller has left; used by the event loop alone. `clock_ns` only goes forward."""

    def __init__(
        self,
        customers: Buckets | None = None,
        strangers: Buckets | None = None,
        most_writes: int = MOST_WRITES_WAITING_OF_ONE,
        clock_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        usual = Buckets(CUSTOMER_REQUESTS_PER_S, CUSTOMER_BURST), Buckets(WRONG_KEYS_PER_S, WRONG_KEYS_BURST)
        self._customers = usual[0] if customers is None else customers
        self._strangers = usual[1] if strangers is None else strangers
        self._most_writes = most_writes
        self._writes: Counter[str] = Counter()
        self._clock_ns = clock_ns
        self._logged_ns = -_LOGGED_EVERY_NS

    def customer(self, tenant: str) -> None:
        """Count a request of a tenant. Raises TooOften."""
        if wait_s := self._customers.take(tenant, self._clock_ns()):
            self._note(f"tenant {tenant}")
            raise _too_often("more is asked with the keys of this tenant than is answered", wait_s)

    def wrong_key(self, address: str) -> None:
        """Count a key that does not hold, from an address. Raises TooOften."""
        if wait_s := self._strangers.take(network(address), self._clock_ns()):
            self._note(f"{address} with keys that do not hold")
            raise _too_often("too many keys that do not hold came from this address", wait_s)

    @contextmanager
    def writing(self, tenant: str, wait_s: Callable[[], int]) -> Iterator[None]:
        """While a command of a tenant waits for its turn; `wait_s` says how long that takes. Raises TooOften."""
        if self._writes[tenant] >= self._most_writes:
            raise _too_often(f"{self._most_writes} commands of this tenant wait for their turn already", wait_s())
        self._writes[tenant] += 1
        try:
            yield
        finally:
            self._writes[tenant] -= 1
            if not self._writes[tenant]:
                del self._writes[tenant]

    def _note(self, who: str) -> None:
        """Log who is turned away, once in a while: a flood of requests is to be no flood of lines."""
        now_ns = self._clock_ns()
        if now_ns - self._logged_ns >= _LOGGED_EVERY_NS:
            self._logged_ns = now_ns
            _log.warning("%s asks too often, and is turned away (429)", who)


def _too_often(sentence: str, wait_s: int) -> TooOften:
    return TooOften(f"{sentence}; ask again in {wait_s} s", retry_after_s=wait_s)


def network(address: str) -> str:
    """Who an address is counted as: itself, and of IPv6 the network of 64 bits that one line has."""
    if ":" not in address:
        return address
    try:
        bits = int(IPv6Address(address.partition("%")[0]))
    except ValueError:
        return address
    v4 = IPv6Address(bits).ipv4_mapped
    return str(v4) if v4 is not None else f"{IPv6Address(bits >> 64 << 64)}/64"
