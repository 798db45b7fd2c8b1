"""What is said to the service about one ask, from the first try to the answer; and where the service is."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from neocloud import __version__
from neocloud.client.answers import seq_of
from neocloud.client.asks import Ask, Heard
from neocloud.client.problems import said_no
from neocloud.client.trying import AGAIN, Patience, Tries, asked_for, may_help, unreachable
from neocloud.errors import Invalid, Unavailable
from neocloud.settings import CLIENT_CONNECT_S


class Service:
    """What both senders know: where the service is, who asks, and the last entry that was seen."""

    def __init__(self, url: str, key: str, patience: Patience, timeout_s: float) -> None:
        self.url = checked_url(url)
        self.seen_seq = 0
        """The highest Journal-Seq of all answers: what is read later is never older."""
        self.patience = patience
        self._headers = {"User-Agent": f"neocloud/{__version__}", "Accept": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {_checked_key(key)}"
        self._options: dict[str, Any] = {
            "headers": self._headers,
            "timeout": httpx_module().Timeout(timeout_s, connect=CLIENT_CONNECT_S),
            "follow_redirects": False,
        }

    def begin(self, ask: Ask[Any]) -> "Conversation":
        """What is said about an ask, from the first try to the answer."""
        return Conversation(self, ask)


class Conversation:
    """One ask: the same request for every try, and what an answer or its absence comes to."""

    def __init__(self, sends: Service, ask: Ask[Any]) -> None:
        self._sends, self._ask = sends, ask
        self._tries = Tries(sends.patience)
        self._key = (ask.key or uuid4().hex) if ask.writes else None

    def request(self) -> dict[str, Any]:
        """What is sent, as httpx takes it."""
        headers = dict(self._ask.headers)
        if self._key is not None:
            headers["Idempotency-Key"] = self._key
        if self._ask.body is not None:
            headers["Content-Type"] = self._ask.media_type
        if self._sends.seen_seq and self._ask.path.startswith("/v1/"):
            headers["If-Known"] = str(self._sends.seen_seq)
        url = self._sends.url + self._ask.path
        params = list(self._ask.query) or None
        return {
            "method": self._ask.method, "url": url, "headers": headers, "content": self._ask.body, "params": params
        }  # fmt: skip

    def after(self, heard: Heard) -> float | None:
        """How long to wait before the next try; None where this answer is the one. Raises what it says no with."""
        if 200 <= heard.status < 300:
            self._sends.seen_seq = max(self._sends.seen_seq, seq_of(heard.headers))
            return None
        pause_s = self._tries.pause(asked_for(heard)) if heard.status in AGAIN else None
        if pause_s is None:
            raise said_no(heard, self._sends.url + self._ask.path)
        return pause_s

    def after_silence(self, error: Exception) -> float:
        """How long to wait where there was no answer. Raises ServiceUnreachable where it is not to be tried again."""
        pause_s = self._tries.pause() if may_help(error) else None
        if pause_s is None:
            raise unreachable(error, self._sends.url, self._key) from None
        return pause_s


def checked_url(text: str) -> str:
    """Where a service is, as it is written everywhere: `https://HOST[:PORT][/PREFIX]`. Raises Invalid."""
    try:
        parts = urlsplit(text.strip())
        there = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        if there and not parts.query and not parts.fragment and parts.username is None:
            return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
    except ValueError:
        pass
    raise Invalid(f"{text!r} is not the URL of a server; write https://HOST:PORT", place="url")


def _checked_key(key: str) -> str:
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Invalid("a key is plain text without spaces: nc_ID_SECRET", place="key")
    return key


def httpx_module() -> Any:
    """httpx, loaded when something is to be sent. Raises Unavailable where it is not installed."""
    try:
        import httpx2 as httpx  # noqa: PLC0415
    except ModuleNotFoundError:
        raise Unavailable("httpx2 is not installed; pip install 'neocloud[client]' brings it") from None
    return httpx
