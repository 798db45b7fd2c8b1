"""A receiver of webhooks that checks signatures by itself, and can fail, be slow, redirect, be gone and come back."""

import json
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest, new
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Got(NamedTuple):
    """One request that came: which message, whether its signature holds, and what it says."""

    message: str
    is_signed: bool
    body: dict[str, Any]
    answered: int
    path: str
    host: str

    @property
    def seq(self) -> int:
        return int(self.body["data"]["seq"])


def holds(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """A signature checked as the scheme says, by other code than ours."""
    key = b64decode(secret.partition("_")[2])
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = b64encode(new(key, content, sha256).digest()).decode()
    signatures = [each.partition(",")[2] for each in headers["webhook-signature"].split(" ")]
    return any(compare_digest(expected, each) for each in signatures)


class Receiver:
    """Listens on a port of its own; `answer` says what status a message gets (after how many seconds it sleeps)."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.secret = ""
        self.answer: Callable[[int], int] = lambda number: 204
        self.slow_s = 0.0
        self.tls: ssl.SSLContext | None = None
        self._moved = threading.Condition()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self._port}/hook"

    @property
    def taken(self) -> list[int]:
        """The entries that were taken, in the order they came."""
        return [each.seq for each in self.got if each.answered < 300]

    def start(self) -> None:
        """Listen; again at the same port after `stop`."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        self._server.daemon_threads = True
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Be gone: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def wait(self, until: Callable[[], bool], timeout_s: float = 20) -> None:
        """Wait until something is so."""
        deadline_s = time.monotonic() + timeout_s
        with self._moved:
            while not until():
                assert time.monotonic() < deadline_s, self.got
                self._moved.wait(0.05)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.answer(len(receiver.got))
                time.sleep(receiver.slow_s)
                is_signed = holds(receiver.secret, headers, raw)
                with receiver._moved:
                    got = Got(headers["webhook-id"], is_signed, json.loads(raw), status, self.path, headers["host"])
                    receiver.got.append(got)
                    receiver._moved.notify_all()
                self.send_response(status)
                if status in {301, 302, 307, 308}:
                    self.send_header("Location", f"http://127.0.0.1:{receiver._port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler
