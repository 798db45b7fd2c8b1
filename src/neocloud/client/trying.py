"""How often and for how long the same is asked again: bounded in tries and in time, with pauses that grow."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import random
from time import monotonic

from neocloud.client.asks import Heard
from neocloud.errors import ServiceUnreachable
from neocloud.settings import CLIENT_PAUSE_S, CLIENT_TRIES, CLIENT_WITHIN_S

AGAIN = frozenset({429, 502, 503, 504})
"""Statuses after which the same may be asked again."""

_LONGEST_PAUSE_S = 8.0


@dataclass(frozen=True)
class Patience:
    """How often the same is asked at the most, within how many seconds, and about how long the first pause is."""

    tries: int = CLIENT_TRIES
    within_s: float = CLIENT_WITHIN_S
    pause_s: float = CLIENT_PAUSE_S


class Tries:
    """The tries of one ask."""

    def __init__(self, patience: Patience, clock: Callable[[], float] = monotonic) -> None:
        self._patience, self._clock = patience, clock
        self._until_s = clock() + patience.within_s
        self._made = 0

    def pause(self, asked_for_s: float | None = None) -> float | None:
        """How long to wait before the next try (seconds); None where there is to be no other.

        It doubles, with chance in it so that many clients do not come back as one, and is never shorter than what
        the service asked for.
        """
        self._made += 1
        if self._made >= self._patience.tries:
            return None
        longest_s = min(_LONGEST_PAUSE_S, self._patience.pause_s * 2 ** (self._made - 1))
        pause_s = max(asked_for_s or 0.0, longest_s * (0.5 + random() / 2))
        return None if self._clock() + pause_s > self._until_s else pause_s


def asked_for(heard: Heard) -> float | None:
    """How long the service asks to be left alone (Retry-After: seconds, or a date); None where it does not say."""
    text = heard.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def may_help(error: Exception) -> bool:
    """Whether the same may succeed in a moment: not where a certificate is wrong."""
    return _tls(error) is None


def unreachable(error: Exception, where: str, key: str | None) -> ServiceUnreachable:
    """What is said when there was no answer; `key` is the Idempotency-Key of a write that may have happened."""
    tls = _tls(error)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return ServiceUnreachable(
            f"the certificate of {where} is not to be trusted: {tls.verify_message}; check the URL, or name the "
            "authority that signed it in SSL_CERT_FILE"
        )
    if tls is not None:
        return ServiceUnreachable(f"{where} does not speak HTTPS as we do ({tls.reason}); does it want http://?")
    if key is None:
        return ServiceUnreachable(f"{where} cannot be reached: {_reason(error)}; is it running, and is that its URL?")
    return ServiceUnreachable(
        f"{where} gave no answer ({_reason(error)}), and it is not known whether it was done; ask again with the "
        f"same Idempotency-Key, {key}: done once it is not done twice",
        idempotency_key=key,
    )


def _reason(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _tls(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error
