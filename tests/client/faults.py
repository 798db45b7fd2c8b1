"""A server of our own that misbehaves as it is told, between a client and the real one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2 as httpx

Fault = Callable[["Handler"], bool]
"""What is done with a request instead of passing it on; False where it is passed on after all."""


class Handler(BaseHTTPRequestHandler):
    """One request: it is passed on, unless a fault is due."""

    protocol_version = "HTTP/1.1"
    server: "Between"

    def log_message(self, *what: Any) -> None:
        """Nothing is said."""

    def handle_one(self) -> None:
        """A fault, or the answer of the real server."""
        self.raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.command, self.path, headers))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault is None or not fault(self):
            self.answer(self.passed_on())

    do_GET = do_POST = do_PUT = do_PATCH = handle_one  # noqa: N815

    def passed_on(self) -> httpx.Response:
        """What the real server answers."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in {"host", "connection"}}
        return httpx.request(self.command, self.server.behind + self.path, headers=headers, content=self.raw)

    def answer(self, found: httpx.Response) -> None:
        """Pass an answer back."""
        self.say(found.status_code, found.content, dict(found.headers.items()))

    def say(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Answer."""
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Between(ThreadingHTTPServer):
    """The server: the faults that are due, and what was asked."""

    daemon_threads = True
    behind = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: list[Fault | None] = []
        self.seen: list[tuple[str, str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def keys(self) -> list[str]:
        """The Idempotency-Keys of what was asked, in order."""
        return [headers.get("idempotency-key", "") for _, _, headers in self.seen]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever broke off meant to."""


@contextmanager
def between(behind: str = "") -> Iterator[Between]:
    """A misbehaving server before another one."""
    server = Between()
    server.behind = behind
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def busy(status: int, after: str = "0") -> Fault:
    """Not now; Retry-After says when."""

    def fault(handler: Handler) -> bool:
        handler.say(status, b"", {"Retry-After": after})
        return True

    return fault


def dropped(handler: Handler) -> bool:
    """The connection breaks before anything is done."""
    handler.connection.close()
    handler.close_connection = True
    return True


def done_and_dropped(handler: Handler) -> bool:
    """It is done, and the connection breaks before the answer."""
    handler.passed_on()
    return dropped(handler)


def said(status: int, content: bytes, media_type: str, **headers: str) -> Fault:
    """Some other answer."""

    def fault(handler: Handler) -> bool:
        handler.say(status, content, {"Content-Type": media_type, **headers})
        return True

    return fault
