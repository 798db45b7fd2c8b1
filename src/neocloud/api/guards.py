"""What keeps the service standing: bounded bodies, depth, time and number of requests, and headers for browsers."""

import asyncio
import logging
from time import perf_counter

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neocloud.api.counted import Requests
from neocloud.api.problems import Problem, problem
from neocloud.api.time_limits import TimeLimit, TimeLimits
from neocloud.errors import Overloaded
from neocloud.settings import BODY_TIMEOUT_S, MOST_BODY_BYTES, MOST_REQUESTS_AT_ONCE, REQUEST_TIMEOUT_S

_log = logging.getLogger(__name__)
ROUTE = "neocloud.route"
"""Where a route says its path as it was declared, in the scope of a request: nobody counts the paths of strangers."""
LIMIT = "neocloud.limit"
"""Where the time limit of a request is."""

_DEEPEST = 32

SECURE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""What browsers need to know of every answer."""
_SECURED = frozenset(name for name, _ in SECURE)


async def body_of(request: Request, most_bytes: int = MOST_BODY_BYTES, *, json: bool = True) -> bytes:
    """The whole body. Raises a problem where it is too large, too deep, or too slow in coming."""
    limit: TimeLimit = request.scope[LIMIT]
    parts: list[bytes] = []
    size, more = 0, True
    try:
        with limit.sooner(BODY_TIMEOUT_S):
            while more:
                message = await request.receive()
                if message["type"].endswith(".disconnect"):
                    raise Problem(400, "http.broken_off", "the body broke off")
                parts.append(part := message.get("body", b""))
                size, more = size + len(part), message.get("more_body", False)
                if size > most_bytes:
                    raise Problem(413, "http.too_large", f"a body has at most {most_bytes:,} bytes")
    except TimeoutError:
        raise Problem(408, "http.too_slow", f"the body did not come within {BODY_TIMEOUT_S} s") from None
    raw = b"".join(parts)
    if json:
        _check_depth(raw)
    return raw


def _check_depth(raw: bytes) -> None:
    """Raises a problem where brackets go deeper than any true body."""
    if raw.count(b"[") + raw.count(b"{") <= _DEEPEST:
        return
    depth = deepest = 0
    inside = escaped = False
    for byte in raw:
        if inside:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                inside = False
        elif byte == 0x22:
            inside = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    if deepest > _DEEPEST:
        raise Problem(400, "input.invalid", f"this is nested deeper than {_DEEPEST} levels, and nothing needs that")


class Guards:
    """Around the whole app: so many requests at a time, each for so long, every answer with headers for browsers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int = MOST_REQUESTS_AT_ONCE,
        timeout_s: float = REQUEST_TIMEOUT_S,
        requests: Requests | None = None,
    ) -> None:
        self._app = app
        self._most = most
        self._timeout_s = timeout_s
        self._requests = Requests() if requests is None else requests
        self._limits = TimeLimits(min(0.5, timeout_s / 4))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Headed(send)
        if scope["path"] in _ENDLESS:  # counted by the feed: they run for days, and would fill this
            await self._app(scope, receive, answer)
            return
        began_s = perf_counter()
        self._requests.running += 1
        limit = scope[LIMIT] = self._limits.begin(self._timeout_s)
        try:
            await self._answer(scope, receive, answer, limit)
        finally:
            self._limits.end(limit)
            self._requests.running -= 1
            route = scope.get(ROUTE)
            method, path = ("other", "other") if route is None else (scope["method"], route)
            self._requests.note(method, path, answer.status, perf_counter() - began_s)

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Headed", limit: TimeLimit) -> None:
        """Pass a request on; where that comes to nothing, and no answer has begun, say so."""
        try:
            if self._requests.running > self._most:
                error = Overloaded(f"{self._most} requests are being answered already; ask again in a moment")
                await problem(error)(scope, receive, answer)
                return
            await self._app(scope, receive, answer)
        except asyncio.CancelledError:
            if not limit.passed:
                raise
            limit.task.uncancel()
            if not answer.begun:
                error = Overloaded(f"it took longer than {self._timeout_s} s; ask again")
                await problem(error)(scope, receive, answer)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if answer.begun:
                raise  # it cannot be taken back; the connection is cut
            await problem(_OURS)(scope, receive, answer)


class _Headed:
    """Sends an answer with headers for browsers, and knows how far that is."""

    __slots__ = ("_send", "begun", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun, self.status = True, message["status"]
            headers = message["headers"]
            known = _SECURED.intersection([name for name, _ in headers])
            message["headers"] = [*headers, *([each for each in SECURE if each[0] not in known] if known else SECURE)]
        await self._send(message)


_OURS = Problem(500, "service.failed", "this is our mistake; the service's log says more")
_ENDLESS = frozenset({"/v1/events"})
"""Answers that go on for as long as somebody listens."""
