"""What keeps the service standing: bounded bodies, depth, time and number of requests, and headers for browsers."""

import asyncio
import logging
from time import perf_counter

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neocloud.api.counted import Requests
from neocloud.api.problems import Problem, problem
from neocloud.errors import Overloaded
from neocloud.settings import BODY_TIMEOUT_S, MOST_BODY_BYTES, MOST_REQUESTS_AT_ONCE, REQUEST_TIMEOUT_S

_log = logging.getLogger(__name__)
ROUTE = "neocloud.route"
"""Where a route says its path as it was declared, in the scope of a request: nobody counts the paths of strangers."""

_DEEPEST = 32

SECURE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""What browsers need to know of every answer."""


async def body_of(request: Request, most_bytes: int = MOST_BODY_BYTES, *, json: bool = True) -> bytes:
    """The whole body. Raises a problem where it is too large, too deep, or too slow in coming."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for part in request.stream():
                size += len(part)
                if size > most_bytes:
                    raise Problem(413, "http.too_large", f"a body has at most {most_bytes:,} bytes")
                parts.append(part)
    except TimeoutError:
        raise Problem(408, "http.too_slow", f"the body did not come within {BODY_TIMEOUT_S} s") from None
    except ClientDisconnect:
        raise Problem(400, "http.broken_off", "the body broke off") from None
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, begun, status = perf_counter(), False, 500
        endless = scope["path"] in _ENDLESS

        async def headed(message: Message) -> None:
            nonlocal begun, status
            if message["type"] == "http.response.start":
                begun, status = True, message["status"]
                known = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in SECURE if each[0] not in known)]
            await send(message)

        if endless:  # counted by the feed: they run for days, and would fill this
            await self._app(scope, receive, headed)
            return
        self._requests.running += 1
        try:
            if self._requests.running > self._most:
                error = Overloaded(f"{self._most} requests are being answered already; ask again in a moment")
                await problem(error)(scope, receive, headed)
                return
            async with asyncio.timeout(self._timeout_s):
                await self._app(scope, receive, headed)
        except TimeoutError:
            if not begun:
                error = Overloaded(f"it took longer than {self._timeout_s} s; ask again")
                await problem(error)(scope, receive, headed)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if begun:
                raise  # it cannot be taken back; the connection is cut
            await problem(_OURS)(scope, receive, headed)
        finally:
            self._requests.running -= 1
            route = scope.get(ROUTE)
            method, path = ("other", "other") if route is None else (scope["method"], route)
            self._requests.note(method, path, status, None if endless else perf_counter() - began_s)


_OURS = Problem(500, "service.failed", "this is our mistake; the service's log says more")
_ENDLESS = frozenset({"/v1/events"})
"""Answers that go on for as long as somebody listens."""
