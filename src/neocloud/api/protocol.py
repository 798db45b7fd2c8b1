"""What is read from a connection before a request is one: bounded in bytes, in headers and in time.

Whoever sends too much, too slowly, or takes nothing of what it is sent, is told so where that can be, and cut off.
"""

from asyncio import TimerHandle, Transport
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from neocloud.api.guards import SECURE
from neocloud.api.problems import Problem, problem
from neocloud.settings import HEAD_TIMEOUT_S, MOST_HEAD_BYTES, MOST_HEADERS, MOST_URL_BYTES, STALL_S

_LOOKS = 4
"""A connection is looked at so often in HEAD_TIMEOUT_S: a timer for each request would cost more."""

_WRAPPED = 9
"""So many bytes a chunked body may have on the wire for one of its own: six, were each in a chunk of its own."""


class _TooMuch(Exception):
    """Out of the parser: it goes no further."""


class Bounded(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, which trusts whoever speaks to it; this does not.

    Counted are bytes that are not of a body: the head, and what a chunked body is wrapped in.
    """

    head_timeout_s: float = HEAD_TIMEOUT_S
    stall_s: float = STALL_S

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Somebody is there, and has so long to say what it wants."""
        super().connection_made(transport)
        self.url = b""
        self._piece = self._fed = self._body = 0
        self._spilled = self._unsure = self._in_head = False
        self._refusal: Problem | None = None
        self._waiting, self._moved_s = 0, 0.0  # bytes that are still to be taken, and since when they are so many
        self._until_s: float | None = self.loop.time() + self.head_timeout_s
        self._timer: TimerHandle = self.loop.call_later(self.head_timeout_s / _LOOKS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self._piece = len(data)
        self._fed += self._piece
        self._spilled = self.cycle is not None and self.cycle.more_body
        if self.timeout_keep_alive_task is not None:  # the connection was idle
            self._until_s = self.loop.time() + self.head_timeout_s
        super().data_received(data)
        if self._fed > MOST_HEAD_BYTES and self._fed - _WRAPPED * self._body > MOST_HEAD_BYTES:
            self._refuse(_too_large(self.url))

    def on_message_begin(self) -> None:
        """A head begins. All of the piece that it came in counts, unless something else was in there before it."""
        self._unsure = self._spilled
        self._fed, self._body = 0 if self._spilled else self._piece, 0
        self._spilled = self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is there, and is a request if it is not too large: what was fed is never less than it."""
        self._in_head = False
        much = (self._unsure or self._fed > MOST_HEAD_BYTES) and self._head() > MOST_HEAD_BYTES
        if much or len(self.url) > MOST_URL_BYTES or len(self.headers) > MOST_HEADERS:
            self._refusal = _too_large(self.url)
            raise _TooMuch
        self._until_s = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body += len(body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        """An answer was given: what of its request is still to come, and the next, are not waited for for ever."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self._until_s = self.loop.time() + self.timeout_keep_alive + self.head_timeout_s

    def send_400_response(self, msg: str) -> None:
        """What the parser cannot go on with, as a problem document."""
        self._refuse(self._refusal or Problem(400, "http.malformed", "this is not HTTP/1.1"))

    def _head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _refuse(self, error: Problem) -> None:
        """Say no and hang up; in the middle of another answer nothing is said."""
        if not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_raw(error))
            self.transport.close()

    def _look(self) -> None:
        """Hang up on who is too slow, and at once on who takes nothing, or does not go."""
        now_s, waiting = self.loop.time(), self.transport.get_write_buffer_size()
        if waiting == 0 or waiting != self._waiting:
            self._waiting, self._moved_s = waiting, now_s
        closing = self.transport.is_closing()
        if now_s - self._moved_s >= self.stall_s or (closing and waiting == 0):
            self.transport.abort()
            return
        if not closing and self._until_s is not None and now_s >= self._until_s:
            self._late()
        self._timer = self.loop.call_later(self.head_timeout_s / _LOOKS, self._look)

    def _late(self) -> None:
        if self._in_head:
            self._refuse(Problem(408, "http.too_slow", f"the head did not come within {self.head_timeout_s:g} s"))
        else:
            self.transport.close()


def _too_large(url: bytes) -> Problem:
    if len(url) > MOST_URL_BYTES:
        return Problem(414, "http.url_too_long", f"a URL has at most {MOST_URL_BYTES:,} bytes")
    sentence = f"the head of a request has at most {MOST_HEAD_BYTES:,} bytes and {MOST_HEADERS} headers"
    return Problem(431, "http.head_too_large", sentence)


def _raw(error: Problem) -> bytes:
    """An answer of no as bytes, after which the connection ends."""
    answer = problem(error)
    headers = [*answer.raw_headers, *SECURE, (b"connection", b"close")]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    phrase = HTTPStatus(error.status).phrase.encode()
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (error.status, phrase, lines, bytes(answer.body))
